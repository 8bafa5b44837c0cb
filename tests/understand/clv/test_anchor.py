"""Forecasts of newcomers brought to what newcomers brought."""

from __future__ import annotations

import datetime as dt

import ibis
import numpy as np
import pandas as pd
import pytest

from keepwell.understand.clv.anchor import Anchor, anchor, anchored
from keepwell.understand.clv.newcomers import newcomer_values
from keepwell.understand.customer_value import value_by
from keepwell.understand.facts import Facts, facts_from_tables
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.estimate import NotAvailable

AS_OF = dt.date(2012, 1, 1)


def shop(customers: int = 300) -> Facts:
    """Build a shop whose customers come over two years and buy less and less often."""
    rng = np.random.default_rng(7)
    rows = []
    for number in range(customers):
        day = int(rng.integers(0, 700))
        gap = 20.0
        while day < 730:
            rows.append((f"c{number}", dt.date(2010, 1, 1) + dt.timedelta(days=day), float(rng.lognormal(3, 0.5))))
            if rng.random() < 0.25:
                break
            day += 1 + int(rng.exponential(gap))
            gap *= 1.6
    log = pd.DataFrame(rows, columns=["customer", "date", "total"]).assign(order=range(len(rows)))
    return facts_from_tables(ibis.memtable(log), business=Business(currency="GBP", discount_rate=0.0))


def test_the_base_s_newcomer_is_worth_what_those_brought_who_were_watched_to_the_end() -> None:
    facts = shop()
    base = newcomer_values(facts, AS_OF, None, 365)[0]
    held = anchor(facts, base, 365, AS_OF)
    counted = value_by(facts, None, 365, AS_OF).execute().iloc[0]
    found = anchored([base], held)[0]
    assert isinstance(held, Anchor)
    assert found.value.value == pytest.approx(float(counted["total"]) / counted["customers"])
    assert held.customers == counted["customers"]


def test_its_interval_is_that_of_the_count() -> None:
    facts = shop()
    base = newcomer_values(facts, AS_OF, None, 365)[0]
    row = value_by(facts, None, 365, AS_OF).execute().iloc[0]
    n, total = int(row["customers"]), float(row["total"])
    error = np.sqrt((row["sum_squares"] - total**2 / n) / (n - 1) / n)
    found = anchored([base], anchor(facts, base, 365, AS_OF))[0].value
    assert found.high - found.value == pytest.approx(1.959964 * error, rel=1e-4)


def test_a_group_s_interval_also_holds_how_well_the_model_knows_it() -> None:
    facts = shop()
    base = newcomer_values(facts, AS_OF, None, 365)[0]
    held = anchor(facts, base, 365, AS_OF)
    groups = newcomer_values(facts, AS_OF, "cohort", 365)
    widths = [value.value.high - value.value.low for value in anchored(groups, held)]
    assert min(widths) > 0
    assert all(held.note in value.note for value in anchored(groups, held))


def test_without_enough_newcomers_watched_to_the_end_there_is_no_anchor() -> None:
    facts = shop(40)
    base = newcomer_values(facts, AS_OF, None, 365)[0]
    assert isinstance(anchor(facts, base, 700, AS_OF), NotAvailable)
