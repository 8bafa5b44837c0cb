"""The ingest behind ``keepwell import``, into a new lake."""

from __future__ import annotations

from datetime import UTC, datetime

from bench.benchmark import Task
from keepwell.lake.append import held_files
from keepwell.lake.lake import Lake
from keepwell.loop.ingest import ingest
from keepwell.observe.importer import ImportContext
from keepwell.observe.tabular import Tabular
from keepwell.vocabulary.business import Business


def run(task: Task) -> None:
    lake = Lake.create(task.results / "lake")
    business = Business(currency="GBP")
    context = ImportContext(business, lake.identity_key, datetime(2025, 6, 1, tzinfo=UTC), currency="GBP")
    outcome = ingest(lake, task.source, Tabular(saved=lake.paths.mappings), context, business=business)
    assert outcome.rows_kept == task.rows, f"{outcome.rows_kept} rows were kept, not {task.rows}: {outcome.refused}"
    files = held_files(lake.paths)["order_lines"]
    (task.results / "files.txt").write_text("\n".join(map(str, files)), encoding="utf-8")
