"""The same with the function that users of lifetimes call."""

from __future__ import annotations

import time
from datetime import timedelta

import pandas as pd
from lifetimes.utils import summary_data_from_transaction_data

from bench.benchmark import Task
from bench.customer_value.orders import AS_OF


def repeats(task: Task) -> dict[str, float]:
    begin = time.process_time()
    lines = pd.read_parquet(task.source, columns=["customer_id", "ordered_at", "revenue"])
    lines["revenue"] = lines["revenue"].astype(float)
    found = summary_data_from_transaction_data(
        lines, "customer_id", "ordered_at", "revenue", observation_period_end=str(AS_OF - timedelta(days=1))
    ).reset_index()
    table = found.rename(columns={"recency": "recency_days", "T": "age_days"})
    table = table.astype(dict.fromkeys(("frequency", "recency_days", "age_days"), "int64"))
    table.loc[table.frequency == 0, "monetary_value"] = None
    table.to_parquet(task.results / "repeats.parquet", index=False)
    return {"cpu_seconds": time.process_time() - begin}
