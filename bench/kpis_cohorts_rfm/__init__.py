"""KPIs, monthly cohorts and RFM of an order-line log: what an analyst does first with one."""

from __future__ import annotations

from bench.benchmark import Benchmark, Contender

HERE = "bench.kpis_cohorts_rfm"
MILLION = 1_000_000

BENCHMARK = Benchmark(
    name="kpis_cohorts_rfm",
    title="KPIs, cohorts and RFM of an order-line log",
    work="One Parquet file of order lines, grouped to orders; 22 KPIs of the last year (with the activity window from "
    "the gaps between orders), growth accounting and new against returning revenue by month, monthly cohorts with "
    "retention and value, RFM scores and named segments of every customer (written to a file).",
    goal="10 M lines in at most 10 s; 100 M in at most 120 s with a peak below 6 GB",
    rows=(10 * MILLION, 100 * MILLION),
    repeats=3,
    prepare="bench.generate:parquet",
    contenders=(
        Contender("keepwell", f"{HERE}.keepwell_way:run", "the library on DuckDB; also all other KPIs and intervals"),
        Contender("polars", f"{HERE}.polars_way:run", "lazy scan, streaming engine, by hand"),
        Contender("pandas", f"{HERE}.pandas_way:run", "read_parquet of the needed columns, by hand", 10 * MILLION),
    ),
    compare=f"{HERE}.answer:compare",
)
