"""A data folder read by Spark gives what DuckDB gives."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from builders import DAY_ONE, append, lines, orders, rows

from keepwell.lake.lake import Lake
from keepwell.loop.facts import OpenFacts, open_facts
from keepwell.loop.frames import frame
from keepwell.understand.cohorts import cohorts
from keepwell.understand.kpis import kpis
from keepwell.understand.rfm import rfm
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.estimate import NotAvailable

pytestmark = pytest.mark.spark


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("spark") / "shop"
    lake = Lake.create(root, Business(currency="GBP", time_zone="Europe/London"))
    append(lake, {"order_lines": lines(120)}, folds=True)
    entry, _ = append(lake, {"orders": orders(30, first=500, customer="d")})
    append(lake, {"refunds": rows("refunds", [{"refund_id": "r1", "customer_id": "c1", "refunded_at": DAY_ONE}])})
    lake.undo(entry.import_id)
    return root


def values(opened: OpenFacts) -> dict[str, float | None]:
    found = kpis(opened.facts, opened.period(None))
    return {value.key: None if isinstance(value.value, NotAvailable) else value.value for value in found}


ANALYSES: dict[str, Callable[[OpenFacts], object]] = {
    "kpis": values,
    "cohorts": lambda opened: frame(cohorts(opened.facts, until=opened.as_of(None)).order_by("cohort", "age")),
    "rfm": lambda opened: frame(rfm(opened.facts, opened.as_of(None)).order_by("customer_id")),
}


@pytest.mark.parametrize("name", ANALYSES)
def test_both_engines_give_the_same(data: Path, name: str) -> None:
    found = []
    for engine in ("duckdb", "spark://local"):
        with open_facts(data, engine=engine) as opened:
            found.append(ANALYSES[name](opened))
    if isinstance(found[0], pd.DataFrame):
        pd.testing.assert_frame_equal(*found, check_dtype=False)
    else:
        assert found[0] == pytest.approx(found[1], nan_ok=False)
