"""Orders of a shop whose customers buy and stop as the BG/NBD model says and spend as the gamma–gamma model says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from bench.generate import _ids

START, DAYS = date(2022, 1, 1), 1095
AS_OF = START + timedelta(days=DAYS)
CUSTOMERS_A_CHUNK = 200_000
DAYS_A_BUCKET = 30
ROWS_A_GROUP = 200_000
SEED = 2005
R, ALPHA, A, B = 0.9, 80.0, 0.6, 4.0
P, Q, GAMMA = 6.25, 3.74, 15.44
MICROS_A_DAY = 86_400_000_000
SCHEMA = pa.schema(
    [
        ("customer_id", pa.string()),
        ("order_id", pa.string()),
        ("ordered_at", pa.timestamp("us")),
        ("revenue", pa.decimal128(18, 4)),
    ]
)
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def prepare(rows: int, folder: Path) -> Path:
    """Write ``rows`` orders in order of time as Parquet into ``folder``, unless they are there; return the file."""
    target = folder / f"orders-{rows}-{SEED}.parquet"
    if target.exists():
        return target
    folder.mkdir(parents=True, exist_ok=True)
    buckets = folder / f"buckets-orders-{rows}"
    buckets.mkdir(exist_ok=True)
    paths = [buckets / f"{number}.arrow" for number in range(-(-DAYS // DAYS_A_BUCKET))]
    writers = [pa.ipc.new_file(str(path), SCHEMA) for path in paths]
    for table, bucket in _chunks(rows):
        ends = np.searchsorted(bucket, np.arange(len(paths) + 1))
        for writer, begin, end in zip(writers, ends[:-1], ends[1:], strict=True):
            writer.write_table(table.slice(begin, end - begin))
    for writer in writers:
        writer.close()
    staged = target.with_suffix(".part")
    with pq.ParquetWriter(staged, SCHEMA, compression="zstd") as whole:
        for path in paths:
            with pa.ipc.open_file(str(path)) as reader:
                month = reader.read_all()
            path.unlink()
            whole.write_table(month.sort_by("ordered_at"), row_group_size=ROWS_A_GROUP)
    buckets.rmdir()
    staged.rename(target)
    return target


def _chunks(rows: int) -> Iterator[tuple[pa.Table, Ints]]:
    """Return orders of some customers at a time, in order of time, with the bucket of each."""
    random = np.random.default_rng(SEED)
    left, customers, orders = rows, 0, 0
    while left:
        chunk = min(CUSTOMERS_A_CHUNK, left // 5 + 10)
        buyer, day = _purchases(random, chunk)
        last = min(left, len(buyer))
        order = np.argsort(day[:last], kind="stable")
        buyer, day = buyer[:last][order], day[:last][order]
        mean = (P / random.gamma(Q, 1 / GAMMA, chunk))[buyer]
        cents = np.maximum(1, np.rint(100 * random.gamma(P, mean / P))).astype(np.int64)
        moment = np.datetime64(START, "us").astype(np.int64) + (day * MICROS_A_DAY).astype(np.int64)
        table = pa.table(
            {
                "customer_id": _ids("c", customers + buyer, 9),
                "order_id": _ids("o", orders + np.arange(last), 10),
                "ordered_at": pa.array(moment).cast(pa.timestamp("us")),
                "revenue": _money(cents),
            },
            schema=SCHEMA,
        )
        yield table, (day // DAYS_A_BUCKET).astype(np.int64)
        left, customers, orders = left - last, customers + chunk, orders + last


def _purchases(random: np.random.Generator, customers: int) -> tuple[Ints, Floats]:
    """Return the buyer and the time in days of every purchase, by buyer."""
    first = random.uniform(0, DAYS, customers)
    rate, stop = random.gamma(R, 1 / ALPHA, customers), random.beta(A, B, customers)
    buyers, days = [np.arange(customers)], [first]
    who, day = buyers[0], first
    while len(who):
        day = day + random.exponential(1, len(who)) / rate[who]
        who, day = who[day < DAYS], day[day < DAYS]
        buyers.append(who)
        days.append(day)
        stays = random.uniform(size=len(who)) >= stop[who]
        who, day = who[stays], day[stays]
    buyer, moment = np.concatenate(buyers), np.concatenate(days)
    order = np.argsort(buyer, kind="stable")
    return buyer[order], moment[order]


def _money(cents: Ints) -> pa.Array:
    """Return cents as decimals with four places; they are 16-byte integers of ten-thousandths."""
    words = np.zeros((len(cents), 2), dtype=np.int64)
    words[:, 0] = cents * 100
    return pa.Array.from_buffers(pa.decimal128(18, 4), len(cents), [None, pa.py_buffer(words)])
