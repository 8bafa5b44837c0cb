"""Customers of any number who buy and stop as the BG/NBD says: deterministic by seed, written with bounded memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from bench.benchmark import Task

CHUNK = 500_000
SEED = 2005
LONGEST_DAYS = 730
R, ALPHA, A, B = 0.243, 31.0, 0.793, 2.426  # CDNOW's, in days
COLUMNS = ("frequency", "recency_days", "age_days", "spend")


def prepare(rows: int, folder: Path) -> Path:
    """Write customers with what they spend on an order, unless they are there, and return the file."""
    target = folder / f"customers-{rows}-{SEED}.parquet"
    if target.exists():
        return target
    staged = target.with_suffix(".part")
    random = np.random.default_rng(SEED)
    schema = pa.schema([(name, pa.float64() if name == "spend" else pa.int64()) for name in COLUMNS])
    with pq.ParquetWriter(staged, schema, compression="zstd") as writer:
        for begin in range(0, rows, CHUNK):
            writer.write_table(pa.table(_customers(min(CHUNK, rows - begin), random), schema=schema))
    return staged.rename(target)


def read(task: Task) -> pd.DataFrame:
    """Return all customers."""
    return pq.read_table(task.source).to_pandas()


def _customers(count: int, random: np.random.Generator) -> dict[str, npt.NDArray[np.generic]]:
    """Let customers buy and stop in continuous time; purchases of one day are one, and the first day's are none."""
    rate, stop = random.gamma(R, 1 / ALPHA, count), random.beta(A, B, count)
    age = random.integers(0, LONGEST_DAYS + 1, count)
    frequency, recency, now = np.zeros(count, np.int64), np.zeros(count, np.int64), np.zeros(count)
    there = np.flatnonzero(age > 0)
    while there.size:
        now[there] += random.exponential(1 / np.maximum(rate[there], 1e-12))
        there = there[now[there] <= age[there]]
        day = np.floor(now[there]).astype(np.int64)
        frequency[there] += day > recency[there]
        recency[there] = day
        there = there[random.random(there.size) >= stop[there]]
    spend = np.round(random.gamma(6.25, 15.44 / random.gamma(3.74, 1, count)) + 0.01, 2)
    return {"frequency": frequency, "recency_days": recency, "age_days": age, "spend": spend}
