"""The library on the Parquet file, through DuckDB."""

from __future__ import annotations

from bench.benchmark import Task
from bench.kpis_cohorts_rfm.answer import END, KPIS, RFM, START, TABLES, write_kpis
from keepwell.lake.engine import connect
from keepwell.understand.activity import prepared
from keepwell.understand.cohorts import cohorts
from keepwell.understand.facts import facts_from_tables
from keepwell.understand.growth import growth
from keepwell.understand.kpis import kpis
from keepwell.understand.revenue import new_and_returning
from keepwell.understand.rfm import rfm
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.estimate import NotAvailable
from keepwell.vocabulary.period import Grain, Period


def run(task: Task) -> None:
    connection = connect(memory=task.memory, spill=task.results / "spill")
    facts = prepared(facts_from_tables(connection.read_parquet(task.source), business=Business(currency="GBP")))
    found = {value.key: value.value for value in kpis(facts, Period(START, END))}
    write_kpis(task.results, {key: value for key in KPIS if not isinstance(value := found[key], NotAvailable)})
    tables = {
        "growth": growth(facts, Grain.MONTH, END),
        "revenue": new_and_returning(facts, Grain.MONTH, END),
        "cohorts": cohorts(facts, Grain.MONTH, until=END),
    }
    for name, columns in TABLES.items():
        tables[name].select(*columns).to_parquet(task.results / f"{name}.parquet")
    rfm(facts, END).select(*RFM).to_parquet(task.results / "rfm.parquet")
