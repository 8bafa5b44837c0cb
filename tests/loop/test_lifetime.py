"""Lifetime values of a real shop: chosen by holdout, corrected by a year, the same whatever is asked beside."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

import keepwell as kw
from keepwell.loop.foretold import foretold, lifetime_or_reason, with_expectations
from keepwell.loop.lifetime import Lifetime, lifetime
from keepwell.understand.clv.misfit import NONE
from keepwell.understand.clv.validate import Validation
from keepwell.vocabulary.estimate import NotAvailable

AS_OF = dt.date(2012, 1, 12)


@pytest.fixture(scope="module")
def shop():
    """Build two years of a shop that loses customers faster in its second year than models can foresee."""
    rng = np.random.default_rng(3)
    rows = []
    for number in range(600):
        day = int(rng.integers(0, 250 if number < 450 else 700) if number else 0)
        rate = rng.gamma(2.0, 1 / 80)
        while day < 740:
            rows.append((f"c{number}", dt.date(2010, 1, 2) + dt.timedelta(days=day), float(rng.lognormal(3, 0.5))))
            day += 1 + int(rng.exponential(1 / rate))
            if rng.random() < (0.25 if day > 365 else 0.06):
                break
    log = pd.DataFrame(rows, columns=["customer", "date", "total"]).assign(order=range(len(rows)))
    return kw.facts(log, currency="GBP", margin_rate=0.4)


@pytest.fixture(scope="module")
def found(shop) -> Lifetime:
    return lifetime(shop, AS_OF)


def test_with_two_horizons_of_log_the_holdout_is_one_horizon_long(found: Lifetime) -> None:
    assert isinstance(found.validation, Validation)
    assert found.validation.days == 365


def test_a_year_that_was_missed_corrects_customers_and_totals_alike(found: Lifetime) -> None:
    assert found.correction.value < 1
    assert found.frame()["value"].sum() == pytest.approx(found.totals.value.value, rel=1e-6)
    assert found.frame()["expected_orders"].sum() == pytest.approx(found.totals.orders.value, rel=1e-6)
    assert found.correction.note in found.notes


def test_corrected_orders_times_what_an_order_brings_are_the_corrected_value(found: Lifetime) -> None:
    rows = found.frame()
    assert np.allclose(0.4 * rows["expected_orders"] * rows["expected_spend"], rows["value"])


def test_a_day_long_after_the_last_order_is_answered_without_a_holdout(shop) -> None:
    late = lifetime(shop, dt.date(2050, 1, 1))
    assert isinstance(late.validation, NotAvailable)
    assert late.totals.customers_alive.value < 100


def test_another_holdout_to_look_at_does_not_change_the_figures(shop, found: Lifetime) -> None:
    other = lifetime(shop, AS_OF, split=dt.date(2011, 7, 1), model=found.choice.model_name)
    assert other.validation.split == dt.date(2011, 7, 1)
    assert other.totals.value.value == pytest.approx(found.totals.value.value)


def test_a_shorter_log_is_not_corrected(shop) -> None:
    young = lifetime(shop, dt.date(2011, 3, 1))
    assert young.correction == NONE


def test_the_decision_reads_the_same_figures(shop, found: Lifetime) -> None:
    read = foretold(shop, found, AS_OF, ["cohort"])
    people = pd.DataFrame({"customer_id": [*found.frame()["customer_id"], "nobody"]})
    expected = with_expectations(people, found)
    assert read.margin == found.totals.value
    assert expected["expected_margin"].sum() == pytest.approx(read.margin.value, rel=1e-6)
    assert expected["expected_margin"].iloc[-1] == 0
    assert {group.dimension for group in read.newcomers} == {"all", "cohort"}


def test_a_log_without_repeats_has_a_reason_in_place_of_a_model() -> None:
    days = [dt.date(2011, 1, 1) + dt.timedelta(days=n) for n in range(200)]
    log = pd.DataFrame({"customer": [str(n) for n in range(200)], "order": range(200), "total": 5.0, "date": days})
    reason = lifetime_or_reason(kw.facts(log), AS_OF)
    assert isinstance(reason, NotAvailable)
    assert "not enough repeat purchases" in reason.reason
