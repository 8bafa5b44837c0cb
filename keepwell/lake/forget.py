"""Erasing a customer: no file of the data folder holds their rows any more."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
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


def scrub_refused(paths: Paths, mentions: Callable[[str], bool]) -> int:
    """Remove from the error files every row whose text ``mentions`` the person; return how many."""
    removed = 0
    for path in sorted(paths.refused.glob("*.csv")):
        removed += _scrub(path, mentions)
    return removed


def words(text: str) -> list[str]:
    """Split a raw row into the pieces that may be an id or an e-mail address.

    >>> words('17,"ann@example.com",C-1')
    ['17', 'ann@example.com', 'C-1']
    """
    return [word for word in re.split(r"[\s,;|\"'<>{}\[\]():=]+", text) if word]


def _scrub(path: Path, mentions: Callable[[str], bool]) -> int:
    removed = 0
    staged = path.with_suffix(".scrubbed")
    with path.open(encoding="utf-8", newline="") as old, staged.open("w", encoding="utf-8", newline="") as new:
        writer = csv.writer(new)
        for index, row in enumerate(csv.reader(old)):
            if index and mentions(" ".join(row)):
                removed += 1
            else:
                writer.writerow(row)
    if removed:
        publish(staged, path)
    else:
        staged.unlink()
    return removed
