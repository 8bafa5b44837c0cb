"""What a notebook hands in by mistake is refused in words that name the column, never with an engine's traceback."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

import keepwell as kw
from keepwell.vocabulary.errors import InputError

LOG = pd.DataFrame(
    {
        "order_id": [f"o{i}" for i in range(60)],
        "customer_id": [f"c{i % 12}" for i in range(60)],
        "ordered_at": pd.date_range("2022-01-01", periods=60, freq="9D"),
        "revenue": [10.0 + i % 7 for i in range(60)],
    }
)
BAD: dict[str, tuple[Any, str]] = {
    "decimals and floats": (LOG.assign(revenue=[Decimal("10.50"), 1.5, 3] * 20), "revenue"),
    "numbers and texts": (LOG.assign(customer_id=[1, "a"] * 30), "customer_id"),
    "complex": (LOG.assign(revenue=1j), "revenue"),
    "infinite": (LOG.assign(revenue=float("inf")), "revenue"),
    "beyond any shop": (LOG.assign(revenue=1e17), "revenue"),
    "two of one name": (pd.concat([LOG, LOG[["revenue"]]], axis=1), "revenue"),
    "two but for the case": (LOG.assign(Revenue=1.0), "revenue"),
    "a date in the year 1": (LOG.assign(ordered_at=[dt.date(1, 1, 1), dt.date(2022, 1, 1)] * 30), "ordered_at"),
    "no customer at all": (LOG.assign(customer_id=None), "customer_id"),
    "one value": ({"a": 1}, "dict"),
    "no rows": (LOG.head(0), "no rows"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_table_that_cannot_be_used_is_refused_by_column(case: str) -> None:
    table, word = BAD[case]
    with pytest.raises(InputError) as refusal:
        kw.facts(table)
    assert word in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_an_impossible_amount_of_a_further_table_is_refused_when_it_is_read() -> None:
    refunds = pd.DataFrame({"customer_id": ["c1"], "refunded_at": [pd.Timestamp("2022-03-01")], "amount": [1e17]})
    with pytest.raises(InputError, match="amount"):
        kw.kpis(kw.facts(LOG, refunds=refunds))


@pytest.mark.parametrize("function", [kw.kpis, kw.growth, kw.keep_or_win, kw.personas, kw.report])
def test_a_bare_table_is_sent_to_facts_first(function: Any) -> None:
    with pytest.raises(InputError, match=r"kw\.facts\(df\)"):
        function(LOG)


def test_an_unknown_table_is_refused_by_name() -> None:
    with pytest.raises(InputError, match="order_lines"):
        kw.facts(LOG, lines=LOG)


def test_a_record_batch_is_a_table() -> None:
    assert len(kw.rfm(kw.facts(pa.RecordBatch.from_pandas(LOG)))) == 12
