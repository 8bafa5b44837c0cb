"""The library on the Parquet file, through DuckDB."""

from __future__ import annotations

import json
import time
from dataclasses import asdict

import pyarrow.parquet as pq

from bench.benchmark import Task
from bench.customer_value.orders import AS_OF
from keepwell.lake.engine import connect
from keepwell.understand.clv.customers import customer_values
from keepwell.understand.clv.repeat_purchases import repeat_purchases
from keepwell.understand.clv.scoring import SCHEMA
from keepwell.understand.facts import Facts
from keepwell.vocabulary.business import Business

ENGINE_MEMORY = "2GB"  # the engine's share; fits and scores take the rest of the four
HORIZON_DAYS = 365


def _facts(task: Task) -> Facts:
    engine = connect(memory=ENGINE_MEMORY, spill=task.results / "spill")
    return Facts(orders=engine.read_parquet(task.source), business=Business(currency="USD"))


def repeats(task: Task) -> dict[str, float]:
    begin = time.process_time()
    found = repeat_purchases(_facts(task), AS_OF)
    columns = ("customer_id", "frequency", "recency_days", "age_days", "monetary_value")
    found.select(*columns).to_parquet(task.results / "repeats.parquet")
    return {"cpu_seconds": time.process_time() - begin}


def values(task: Task) -> dict[str, float]:
    begin = time.process_time()
    found = customer_values(_facts(task), AS_OF, horizon_days=HORIZON_DAYS)
    with pq.ParquetWriter(task.results / "values.parquet", SCHEMA, compression="zstd", use_dictionary=False) as writer:
        for batch in found.batches():
            writer.write_batch(batch)
    spent = time.process_time() - begin
    answer = {"customers": found.customers, "totals": asdict(found.totals), "model": repr(found.model)}
    (task.results / "totals.json").write_text(json.dumps(answer), encoding="utf-8")
    return {"cpu_seconds": spent}
