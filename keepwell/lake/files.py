"""The files of a lake as they are at one moment, for a copy of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from keepwell.lake.durable import lock
from keepwell.lake.lake import READ_PATIENCE, WRITE_PATIENCE
from keepwell.lake.paths import Paths

# a hint for readers that is written over; without it they look through the log
HINT = "_last_checkpoint"


@contextmanager
def frozen_files(root: Path) -> Iterator[list[Path]]:
    """Yield the files of the lake in the data folder ``root``; none of them changes or goes while the block runs.

    Writers wait while the files are listed, a moment, and may then add others: the files of a Delta table are never
    written over, and those that were replaced are not removed while somebody reads.

    >>> import tempfile
    >>> with frozen_files(Path(tempfile.mkdtemp())) as files:
    ...     files
    []

    """
    paths = Paths(root)
    if not paths.lake.exists():
        yield []
        return
    with ExitStack() as reading:
        # in this order, as everybody who takes both does
        with lock(paths.lake / ".writers", exclusive=True, patience=WRITE_PATIENCE, busy="An import is being written."):
            reading.enter_context(
                lock(paths.lake / ".readers", exclusive=False, patience=READ_PATIENCE, busy="The lake is being swept.")
            )
            found = sorted(path for path in paths.lake.rglob("*") if path.is_file() and not path.is_symlink())
        staged = (paths.lake / ".writers", paths.lake / ".readers")
        yield [p for p in found if p not in staged and p.name != HINT and paths.staging not in p.parents]
