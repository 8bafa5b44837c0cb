"""Customer value from a log of orders: repeat purchases alone, and everything up to a file of values.

Orders are simulated as the BG/NBD and gamma–gamma models say. Sizes are orders; there are five a customer. Seconds are
of processor time.
"""

from __future__ import annotations

from bench.benchmark import Benchmark, Contender

HERE = "bench.customer_value"
MILLION = 1_000_000

REPEATS = Benchmark(
    name="repeat_purchases",
    title="Repeat purchases of a log of orders",
    work="One Parquet file of orders, in order of time, to every customer's frequency, recency, age, and mean value of "
    "the repeat occasions. Sizes are orders; figures are processor seconds.",
    goal="10 M orders in at most 5 s",
    rows=(10 * MILLION,),
    repeats=1,
    prepare=f"{HERE}.orders:prepare",
    contenders=(
        Contender("keepwell", f"{HERE}.keepwell_way:repeats", "`repeat_purchases` on DuckDB"),
        Contender("polars", f"{HERE}.polars_way:repeats", "lazy scan, streaming engine, by hand"),
        Contender("lifetimes", f"{HERE}.lifetimes_way:repeats", "`summary_data_from_transaction_data`", 10 * MILLION),
    ),
    compare=f"{HERE}.answer:compare_repeats",
    figure="cpu_seconds",
)
VALUES = Benchmark(
    name="customer_values",
    title="Customer value, end to end",
    work="One Parquet file of orders to a Parquet file with every customer's P(alive), expected orders, spend, value "
    "with interval, discounted value and next order, and totals with predictive intervals: repeat purchases, both "
    "fits, scores. Sizes are orders, five a customer; figures are processor seconds.",
    goal="50 M orders of 10 M customers in at most 60 s with a peak below 4 GB",
    rows=(50 * MILLION,),
    repeats=1,
    prepare=f"{HERE}.orders:prepare",
    contenders=(Contender("keepwell", f"{HERE}.keepwell_way:values", "`customer_values`, written batch by batch"),),
    compare=f"{HERE}.answer:check_values",
    figure="cpu_seconds",
)
