"""Order-line logs of any size that look like a shop's: deterministic by seed, written with bounded memory.

Customers arrive over three years, buy at gamma-distributed rates and drop out at gamma-distributed rates (the
Pareto/NBD model: Schmittlein, Morrison and Colombo 1987); an order has about four lines of log-normal prices. The log
is in order of time, as a shop's is.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

START, END = date(2022, 1, 1), date(2025, 1, 1)
DAYS = (END - START).days
LINES_A_CUSTOMER = 10
CUSTOMERS_A_CHUNK = 40_000
ROWS_A_GROUP = 200_000
DAYS_A_BUCKET = 30
SEED = 20250101
COUNTRIES = (("GB", 0.55), ("DE", 0.15), ("FR", 0.1), ("PL", 0.08), ("KR", 0.07), ("US", 0.05))
CHANNELS = (("search", 0.35), ("social", 0.25), ("direct", 0.2), ("email", 0.12), ("affiliate", 0.08))
HOURS = np.array([1, 1, 1, 1, 1, 1, 2, 4, 6, 7, 8, 8, 8, 7, 7, 7, 7, 7, 8, 9, 9, 7, 4, 2], float)
MICROS_A_MINUTE = 60_000_000

SCHEMA = pa.schema(
    [
        ("order_id", pa.string()),
        ("customer_id", pa.string()),
        ("ordered_at", pa.timestamp("us")),
        ("product_id", pa.string()),
        ("quantity", pa.int32()),
        ("unit_price", pa.float64()),
        ("country", pa.string()),
        ("channel", pa.string()),
    ]
)

Numbers = npt.NDArray[np.int64]
Products = tuple[pa.Array, npt.NDArray[np.float64]]  # their ids and prices
Generator = np.random.Generator


def parquet(rows: int, folder: Path) -> Path:
    """Write ``rows`` order lines as Parquet into ``folder``, unless they are there, and return the file."""
    target = folder / f"lines-{rows}-{SEED}.parquet"
    if target.exists():
        return target
    folder.mkdir(parents=True, exist_ok=True)
    staged = target.with_suffix(".part")
    with pq.ParquetWriter(staged, SCHEMA, compression="zstd") as writer:
        for table in in_order_of_time(rows, folder / f"buckets-{rows}"):
            writer.write_table(table, row_group_size=ROWS_A_GROUP)
    staged.rename(target)
    return target


def csv(rows: int, folder: Path) -> Path:
    """Write ``rows`` order lines as CSV into ``folder``, unless they are there, and return the file."""
    target = folder / f"lines-{rows}-{SEED}.csv"
    if target.exists():
        return target
    folder.mkdir(parents=True, exist_ok=True)
    staged = target.with_suffix(".part")
    types = {"ordered_at": pa.timestamp("s"), "unit_price": pa.decimal128(12, 2)}
    schema = pa.schema([(field.name, types.get(field.name, field.type)) for field in SCHEMA])
    with pa.csv.CSVWriter(staged, schema, write_options=pa.csv.WriteOptions(quoting_style="needed")) as writer:
        for table in in_order_of_time(rows, folder / f"buckets-{rows}"):
            writer.write_table(table.cast(schema))
    staged.rename(target)
    return target


def in_order_of_time(rows: int, buckets: Path) -> Iterator[pa.Table]:
    """Return the log in pieces, oldest first; ``buckets`` is a folder for what is not yet sorted, removed at the end.

    Customers are made in chunks, whose lines are scattered over files of a month; one file at a time is then sorted.
    """
    buckets.mkdir(parents=True, exist_ok=True)
    count = -(-DAYS // DAYS_A_BUCKET)
    paths = [buckets / f"{number}.arrow" for number in range(count)]
    writers = [pa.ipc.new_file(str(path), SCHEMA) for path in paths]
    for table, bucket in _scattered(rows):
        for number in np.unique(bucket):
            writers[number].write_table(table.filter(pa.array(bucket == number)))
    for writer in writers:
        writer.close()
    for path in paths:
        with pa.ipc.open_file(str(path)) as reader:
            table = reader.read_all()
        path.unlink()
        if table.num_rows:
            yield table.sort_by([("ordered_at", "ascending"), ("order_id", "ascending")])
    buckets.rmdir()


def _scattered(rows: int) -> Iterator[tuple[pa.Table, Numbers]]:
    """Return lines by customer, with the bucket of time that each belongs to."""
    random = np.random.default_rng(SEED)
    begin = np.datetime64(START, "us").astype(np.int64)
    products = _products(random)
    left, customers, orders = rows, 0, 0
    while left:
        chunk = min(CUSTOMERS_A_CHUNK, left // LINES_A_CUSTOMER + 10)
        buyer, minute = _orders(random, chunk)
        lines = 1 + random.poisson(3, len(buyer))
        last = min(int(np.searchsorted(np.cumsum(lines), left)) + 1, len(lines))
        lines, buyer, minute = lines[:last], buyer[:last], minute[:last]
        lines[-1] -= max(int(lines.sum()) - left, 0)
        order = np.repeat(np.arange(len(lines)), lines)
        values = _lines(random, order, buyer, products, chunk)
        table = pa.table(
            {
                "order_id": _ids("o", orders + order, 10),
                "customer_id": _ids("c", customers + buyer[order], 9),
                "ordered_at": pa.array(begin + minute[order] * MICROS_A_MINUTE).cast(pa.timestamp("us")),
                **values,
            },
            schema=SCHEMA,
        )
        yield table, minute[order] // (DAYS_A_BUCKET * 1440)
        left, customers, orders = left - len(order), customers + chunk, orders + len(lines)


def _orders(random: Generator, customers: int) -> tuple[Numbers, Numbers]:
    """Return the customer and the minute since the beginning of every order, in order of customers."""
    arrival = random.uniform(0, DAYS, customers)
    rate = random.gamma(0.6, 1 / 110, customers)  # orders a day: two a year on average, very uneven
    lifetime = random.exponential(1, customers) / random.gamma(0.7, 1 / 150, customers).clip(1e-6)
    active = np.minimum(lifetime, DAYS - arrival)
    repeats = random.poisson(rate * active)
    buyer = np.concatenate([np.arange(customers), np.repeat(np.arange(customers), repeats)])
    later = random.uniform(0, 1, int(repeats.sum())) * np.repeat(active, repeats)
    day = np.concatenate([arrival, np.repeat(arrival, repeats) + later]).astype(np.int64).clip(0, DAYS - 1)
    hour = random.choice(24, len(day), p=HOURS / HOURS.sum())
    minute = (day * 24 + hour) * 60 + random.integers(0, 60, len(day))
    order = np.argsort(buyer, kind="stable")
    return buyer[order], minute[order]


def _lines(
    random: Generator, order: Numbers, buyer: Numbers, products: Products, customers: int
) -> dict[str, Any]:  # fmt: skip
    codes, prices = products
    product = (len(codes) * random.beta(0.7, 2.5, len(order))).astype(np.int64)
    country = _drawn(random, COUNTRIES, customers)
    channel = _drawn(random, CHANNELS, int(order[-1]) + 1)
    return {
        "product_id": codes.take(pa.array(product)),
        "quantity": pa.array(1 + random.geometric(0.55, len(order)).clip(1, 40).astype(np.int32) // 2),
        "unit_price": pa.array(prices[product]),
        "country": country.take(pa.array(buyer[order])),
        "channel": channel.take(pa.array(order)),
    }


def _products(random: Generator) -> Products:
    count = 5000
    return _ids("p", np.arange(count), 5), np.round(random.lognormal(2.3, 0.8, count), 2).clip(0.25)


def _drawn(random: Generator, choices: tuple[tuple[str, float], ...], count: int) -> pa.Array:
    names, shares = zip(*choices, strict=True)
    return pa.array(names).take(pa.array(random.choice(len(names), count, p=shares)))


def _ids(letter: str, numbers: Numbers, digits: int) -> pa.Array:
    """Return ids such as c000000042: of one length, so that their order as text is that of the numbers."""
    raw = np.empty((len(numbers), digits + 1), np.uint8)
    raw[:, 0] = ord(letter)
    rest = numbers.copy()
    for place in range(digits, 0, -1):
        rest, digit = np.divmod(rest, 10)
        raw[:, place] = digit + ord("0")
    offsets = np.arange(0, raw.size + 1, digits + 1, dtype=np.int32)
    return pa.StringArray.from_buffers(len(numbers), pa.py_buffer(offsets), pa.py_buffer(raw))
