"""Where each thing stands in a data folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Paths:
    """The data folder's layout; everything that Keepwell writes for a business is below ``root``."""

    root: Path

    @property
    def business(self) -> Path:
        """The settings of the business."""
        return self.root / "business.toml"

    @property
    def identity_key(self) -> Path:
        """The key that turns e-mail addresses into opaque ids; losing it unlinks old and new facts."""
        return self.root / "identity.key"

    @property
    def mappings(self) -> Path:
        """Saved column mappings, one file a layout."""
        return self.root / "mappings"

    @property
    def refused(self) -> Path:
        """Error files: the refused rows of each import."""
        return self.root / "refused"

    @property
    def lake(self) -> Path:
        """The Delta tables."""
        return self.root / "lake"

    @property
    def ledger(self) -> Path:
        """The Delta table that says which imports count."""
        return self.lake / "imports"

    @property
    def staging(self) -> Path:
        """Files of imports that have not been committed, and the engine's spill files."""
        return self.lake / "_staging"

    def table(self, name: str) -> Path:
        """Return the folder of one fact table."""
        return self.lake / name
