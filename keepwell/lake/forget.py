"""Erasing a customer: no file of the data folder holds their rows any more."""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from keepwell.lake.durable import publish
from keepwell.lake.paths import Paths
from keepwell.lake.rewrite import remove_rows
from keepwell.vocabulary.tables import FACTS


def forget(paths: Paths, customer_id: str) -> dict[str, int]:
    """Remove the customer's rows from every table; return the rows removed by table.

    The replaced files are still on disk until they are swept; the caller does that while it holds both locks.
    """
    counts = {name: remove_rows(paths, name, "customer_id", customer_id) for name in FACTS}
    return {name: count for name, count in counts.items() if count}


def scrub_refused(paths: Paths, is_about: Callable[[str, Mapping[str, str]], bool]) -> int:
    """Remove from the error files every row that ``is_about`` the person; return how many.

    ``is_about`` is called with the import's id and the row's cells by column.
    """
    return sum(_scrub(path, is_about) for path in sorted(paths.refused.glob("*.csv")))


def _scrub(path: Path, is_about: Callable[[str, Mapping[str, str]], bool]) -> int:
    removed = 0
    staged = path.with_suffix(".scrubbed")
    csv.field_size_limit(sys.maxsize)  # a refused record may be longer than the reader's default allows
    # like the file that it replaces, it is read by nobody but the owner
    descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with (
        path.open(encoding="utf-8", newline="") as old,
        os.fdopen(descriptor, "w", encoding="utf-8", newline="") as new,
    ):
        reader, writer = csv.reader(old), csv.writer(new)
        header = next(reader, [])
        writer.writerow(header)
        for row in reader:
            if is_about(path.stem, dict(zip(header, row, strict=False))):
                removed += 1
            else:
                writer.writerow(row)
    if removed:
        publish(staged, path)
    else:
        staged.unlink()
    return removed
