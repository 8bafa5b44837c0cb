"""Intervals that know how far the model has missed before."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import pytest

from keepwell.understand.clv.forecast_scores import AmountScore
from keepwell.understand.clv.misfit import NONE, Correction, corrected, correction, misfit
from keepwell.understand.clv.totals import Totals
from keepwell.understand.clv.validate import Forecast, Validation
from keepwell.vocabulary.estimate import Estimate, NotAvailable

TOTALS = Totals(Estimate(50.0, 45.0, 55.0), Estimate(100.0, 90.0, 112.0), Estimate(1000.0, 900.0, 1100.0),
                Estimate(950.0, 850.0, 1050.0))  # fmt: skip


def score(predicted: float, actual: float) -> AmountScore:
    """Build a score of a total foretold to within a tenth."""
    return AmountScore(Estimate(predicted, predicted * 0.9, predicted * 1.1), actual, predicted / actual - 1, 1, 1, 0.5)


def validation(orders: AmountScore, value: AmountScore | NotAvailable) -> Validation:
    """Build what a holdout said of one model."""
    forecast = Forecast("ParetoNBD", "Pareto/NBD", orders, NotAvailable(""), value)
    empty: dict[str, object] = dict.fromkeys(Validation.__dataclass_fields__, ())
    held = {"forecasts": (forecast,), "missing": {}, "split": date(2011, 1, 1), "as_of": date(2012, 1, 1)}
    return Validation(**{**empty, **held})


def test_a_total_inside_its_interval_widens_nothing() -> None:
    assert misfit(score(104.0, 100.0)) == 0
    assert corrected(TOTALS, validation(score(104.0, 100.0), score(104.0, 100.0)), "ParetoNBD") == TOTALS


def test_a_miss_widens_the_interval_until_it_would_have_been_no_surprise() -> None:
    found = corrected(TOTALS, validation(score(130.0, 100.0), score(104.0, 100.0)), "ParetoNBD")
    assert found.orders.low < 100 / 1.3 < found.orders.high
    assert found.orders.value == 100
    assert found.value == TOTALS.value


def test_a_miss_in_money_widens_both_values() -> None:
    found = corrected(TOTALS, validation(score(104.0, 100.0), score(130.0, 100.0)), "ParetoNBD")
    assert found.discounted_value.high - 950 == pytest.approx((100**2 + (1.96 * 0.2956 * 950) ** 2) ** 0.5, rel=1e-2)
    assert "missed the holdout" in found.value.note


def test_an_interval_never_goes_below_nothing() -> None:
    found = corrected(TOTALS, validation(score(400.0, 100.0), NotAvailable("no spend model")), "ParetoNBD")
    assert found.orders.low == 0
    assert found.value == TOTALS.value


@pytest.mark.parametrize("name", ["BetaGeo", "ParetoNBD"])
def test_without_a_holdout_of_this_model_nothing_changes(name: str) -> None:
    held = SimpleNamespace(forecast=lambda _name: NotAvailable("not asked for"))
    assert corrected(TOTALS, NotAvailable("too short a log"), name) == TOTALS
    assert corrected(TOTALS, held, name) == TOTALS


def test_a_year_missed_beyond_chance_brings_the_forecast_of_a_year_to_what_came() -> None:
    found = correction(validation(score(150.0, 100.0), score(125.0, 100.0)), "ParetoNBD", 365)
    assert found.orders == pytest.approx(1 / 1.5)
    assert found.value == pytest.approx(0.8)
    assert "50% more orders" in found.note


@pytest.mark.parametrize(("foretold", "said"), [(125.0, "25% more revenue"), (80.0, "20% less revenue")])
def test_a_miss_in_money_alone_is_not_told_of_orders(foretold: float, said: str) -> None:
    found = correction(validation(score(104.0, 100.0), score(foretold, 100.0)), "ParetoNBD", 365)
    assert said in found.note
    assert "orders than came" not in found.note


def test_a_miss_within_chance_or_of_a_shorter_time_corrects_nothing() -> None:
    near = validation(score(104.0, 100.0), score(104.0, 100.0))
    far = validation(score(150.0, 100.0), score(150.0, 100.0))
    assert correction(near, "ParetoNBD", 365) == NONE
    assert correction(far, "ParetoNBD", 730) == NONE
    assert correction(NotAvailable("too short"), "ParetoNBD", 365) == NONE


def test_the_model_s_own_figure_lies_at_the_edge_of_the_corrected_interval() -> None:
    held = validation(score(150.0, 100.0), score(125.0, 100.0))
    sure = Totals(*(Estimate(v, v, v) for v in (50.0, 100.0, 1000.0, 950.0)))
    found = corrected(sure, held, "ParetoNBD", correction(held, "ParetoNBD", 365))
    assert found.value.value == pytest.approx(800)
    assert found.value.high == pytest.approx(1000)
    assert found.orders.high == pytest.approx(100)
    assert found.customers_alive == sure.customers_alive


def test_no_correction_is_the_default() -> None:
    assert Correction() == NONE


def test_money_follows_the_orders_where_no_spend_model_was_held_out() -> None:
    held = validation(score(150.0, 100.0), NotAvailable("no spend model"))
    assert correction(held, "ParetoNBD", 365).value == pytest.approx(1 / 1.5)
