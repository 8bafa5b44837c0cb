"""What one would write oneself: read, cast, write."""

from __future__ import annotations

import pandas as pd
import polars as pl

from bench.benchmark import Task
from bench.import_csv.answer import NAME

TEXTS = ("order_id", "customer_id", "product_id", "country", "channel")


def with_pandas(task: Task) -> None:
    lines = pd.read_csv(
        task.source,
        dtype={**dict.fromkeys(TEXTS, "string[pyarrow]"), "quantity": "int32", "unit_price": "float64"},
        parse_dates=["ordered_at"],
    )
    lines["unit_price"] = lines["unit_price"].round(2)
    lines.to_parquet(task.results / NAME)


def with_polars(task: Task) -> None:
    schema = {**dict.fromkeys(TEXTS, pl.String), "ordered_at": pl.String, "quantity": pl.Int32}
    amount = pl.Decimal(18, 4)
    pl.scan_csv(task.source, schema_overrides={**schema, "unit_price": pl.String}).with_columns(
        pl.col("ordered_at").str.to_datetime("%Y-%m-%d %H:%M:%S"), pl.col("unit_price").cast(amount)
    ).sink_parquet(task.results / NAME)
