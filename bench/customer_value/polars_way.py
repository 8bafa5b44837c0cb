"""The same by hand in Polars."""

from __future__ import annotations

import time
from datetime import timedelta

import polars as pl

from bench.benchmark import Task
from bench.customer_value.orders import AS_OF


def repeats(task: Task) -> dict[str, float]:
    begin = time.process_time()
    day = pl.col("day")
    lines = pl.scan_parquet(task.source).select("customer_id", "revenue", day=pl.col("ordered_at").dt.date())
    days = lines.group_by("customer_id", "day").agg(pl.col("revenue").sum()).filter(pl.col("revenue") > 0)
    customers = days.group_by("customer_id").agg(
        frequency=pl.len().cast(pl.Int64) - 1,
        recency_days=(day.max() - day.min()).dt.total_days(),
        age_days=(pl.lit(AS_OF - timedelta(days=1)) - day.min()).dt.total_days(),
        total=pl.col("revenue").sum().cast(pl.Float64),
        first=pl.col("revenue").get(day.arg_min()).cast(pl.Float64),
    )
    repeated = pl.col("frequency") > 0
    customers = customers.with_columns(
        monetary_value=pl.when(repeated).then((pl.col("total") - pl.col("first")) / pl.col("frequency"))
    ).drop("total", "first")
    customers.collect(engine="streaming").write_parquet(task.results / "repeats.parquet")
    return {"cpu_seconds": time.process_time() - begin}
