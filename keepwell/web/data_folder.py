"""The folder that holds everything an instance keeps, and the secrets made at its first start."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from keepwell.vocabulary.errors import InputError


@dataclass(frozen=True)
class DataFolder:
    """Where things stand in the data folder of an instance.

    The lake (``keepwell.lake.paths.Paths``) lives in the same folder; what is here belongs to the web application.
    """

    root: Path

    @classmethod
    def prepare(cls, root: str | Path) -> DataFolder:
        """Open the folder, making what is missing, readable by its owner alone.

        Raises:
            InputError: it cannot be made or written to.

        """
        folder = cls(Path(root).expanduser().resolve())
        try:
            folder.root.mkdir(parents=True, exist_ok=True)
            for inner in (folder.uploads, folder.temporary, folder.marts, folder.backups, folder.brand):
                inner.mkdir(exist_ok=True, mode=0o700)
        except OSError as error:
            raise InputError(
                "data.folder",
                f"The data folder cannot be made: {error.strerror}.",
                where=str(folder.root),
                advice="Choose a folder that you may write to with KEEPWELL_DATA or --data.",
            ) from error
        return folder

    @property
    def database(self) -> Path:
        """The SQLite database, used when DATABASE_URL is not set."""
        return self.root / "operations.sqlite3"

    @property
    def uploads(self) -> Path:
        """Files handed in through the browser, until they are imported or discarded."""
        return self.root / "uploads"

    @property
    def temporary(self) -> Path:
        """Files that are being received or made."""
        return self.root / "temporary"

    @property
    def marts(self) -> Path:
        """Tables computed in advance from the lake; they can be deleted at any time."""
        return self.root / "marts"

    @property
    def backups(self) -> Path:
        """Where ``keepwell backup`` writes when it is not told otherwise."""
        return self.root / "backups"

    @property
    def brand(self) -> Path:
        """The logo."""
        return self.root / "brand"

    def secret_key(self) -> str:
        """Return the key that signs sessions and tokens, making it at the first call."""
        path = self.root / "secret_key"
        if not path.exists():
            mine = path.with_name(f".secret_key.{secrets.token_hex(8)}")
            descriptor = os.open(mine, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(secrets.token_urlsafe(48) + "\n")
                file.flush()
                os.fsync(file.fileno())
            try:
                os.link(mine, path)  # unlike a rename, never replaces a key that another process has just made
            except FileExistsError:
                pass
            finally:
                mine.unlink()
        key = path.read_text(encoding="ascii").strip()
        if len(key) < 40:
            raise InputError(
                "secret.key",
                "The secret key is damaged.",
                where=str(path),
                advice="Restore it from a backup, or delete it: everybody must then sign in again.",
            )
        return key
