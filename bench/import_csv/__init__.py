"""A CSV of order lines into typed, queryable storage."""

from __future__ import annotations

from bench.benchmark import Benchmark, Contender

HERE = "bench.import_csv"

BENCHMARK = Benchmark(
    name="import_csv",
    title="Importing a CSV of order lines",
    work="One CSV of order lines with eight columns to Parquet with typed columns and exact amounts.",
    goal="at least 100,000 lines/s with a peak below 500 MB, whatever the size",
    rows=(1_000_000, 5_000_000),
    repeats=3,
    prepare="bench.generate:csv",
    contenders=(
        Contender(
            "keepwell",
            f"{HERE}.keepwell_way:run",
            "`keepwell import`: columns and formats guessed, every value checked, refusals named, people made opaque, "
            "lines folded to orders, keys checked against the lake, committed so that no crash or repeat does harm",
        ),
        Contender("pandas", f"{HERE}.by_hand:with_pandas", "read_csv, cast, to_parquet: nothing is checked"),
        Contender("polars", f"{HERE}.by_hand:with_polars", "scan_csv, cast, sink_parquet: nothing is checked"),
    ),
    compare=f"{HERE}.answer:compare",
    has_rate=True,
)
