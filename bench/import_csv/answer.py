"""What an import must have kept: rows, orders, customers, pieces, money to the penny, and the span of time."""

from __future__ import annotations

from pathlib import Path

import duckdb

NAME = "lines.parquet"


def compare(folders: list[Path]) -> list[str]:
    """Return whose lines sum up otherwise than Keepwell's."""
    first, *others = [(folder.name, _summary(folder)) for folder in folders]
    return [f"{name} kept {found}, not {first[1]}" for name, found in others if found != first[1]]


def _summary(folder: Path) -> tuple[object, ...]:
    """Sum up the lines of an answer; the lake's files are named in ``files.txt``."""
    listed = folder / "files.txt"
    files = listed.read_text(encoding="utf-8").splitlines() if listed.exists() else [str(folder / NAME)]
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        found = connection.execute(
            """SELECT count(*), count(DISTINCT order_id), count(DISTINCT customer_id), count(DISTINCT product_id),
                      sum(quantity)::DECIMAL(18, 0), sum((quantity * unit_price)::DECIMAL(18, 2)),
                      min(ordered_at)::TIMESTAMP, max(ordered_at)::TIMESTAMP,
                      count(*) FILTER (country = 'PL'), count(*) FILTER (channel = 'email')
               FROM read_parquet(?)""",
            [files],
        ).fetchone()
    assert found is not None
    return tuple(found)
