"""The sections about lifetime value and leaving: what they say, and what they say when they cannot."""

from __future__ import annotations

from dataclasses import replace

import pytest

from keepwell.loop.lifetime import Lifetime
from keepwell.loop.report import churn, numbers, value
from keepwell.loop.report.blocks import Figure, Points, Section, Table, Tiles
from keepwell.loop.report.content import ReportContent
from keepwell.understand.churn.contractual import ContractualChurn
from keepwell.understand.churn.non_contractual import NonContractualChurn
from keepwell.understand.clv.forecast_scores import AmountScore
from keepwell.understand.clv.misfit import Correction
from keepwell.understand.clv.validate import Forecast, Validation
from keepwell.vocabulary.estimate import NotAvailable

WHY = NotAvailable("not enough repeat purchases: 3 of 90 customers bought on a second day")


@pytest.fixture(scope="module")
def found(content: ReportContent) -> Lifetime:
    assert isinstance(content.lifetime, Lifetime)
    return content.lifetime


def made(section: Section | None) -> Section:
    assert section is not None
    return section


def tables(section: Section) -> dict[str, Table]:
    return {block.caption: block for block in section.blocks if isinstance(block, Table)}


def figures(section: Section) -> list[Figure]:
    return [block for block in section.blocks if isinstance(block, Figure)]


@pytest.fixture(scope="module")
def worth(content: ReportContent) -> Section:
    return made(value.value(content))


@pytest.fixture(scope="module")
def trusted(content: ReportContent) -> Section:
    return made(value.trust(content))


def test_four_numbers_open_to_definition_and_interval(worth: Section, found: Lifetime) -> None:
    tiles = next(block for block in worth.blocks if isinstance(block, Tiles)).tiles
    assert [tile.value for tile in tiles] == [
        numbers.count(found.totals.customers_alive.value),
        numbers.count(found.totals.orders.value),
        numbers.money(found.totals.value.value, "GBP"),
        numbers.money(found.totals.discounted_value.value, "GBP"),
    ]
    for tile in tiles:
        assert {"What it says", "Model", "95 % interval"} <= {name for name, _ in tile.parts}


def test_the_model_and_the_reason_for_it_are_said(worth: Section, found: Lifetime) -> None:
    said = next(block for block in worth.blocks if isinstance(block, Points)).points
    assert said[0] == numbers.prose(found.choice.why)


def test_a_correction_is_said_where_there_is_one(content: ReportContent, found: Lifetime) -> None:
    corrected = replace(found, correction=Correction(0.5, 0.5, "It is corrected by −50%."))
    section = made(value.value(replace(content, lifetime=corrected)))
    said = next(block for block in section.blocks if isinstance(block, Points)).points
    assert said[-1] == "It is corrected by −50%."


def test_every_customer_is_in_one_class_of_value(worth: Section, found: Lifetime) -> None:
    (shown,) = figures(worth)[0].tables
    counts = [int(row[2].replace(",", "")) for row in shown.rows]
    assert sum(counts) == found.values.customers


def test_the_holdout_is_told_with_what_came_and_what_going_on_as_before_would_have_said(
    trusted: Section, found: Lifetime
) -> None:
    assert isinstance(found.validation, Validation)
    said = " ".join(trusted.findings)
    assert f"{numbers.count(found.validation.orders)} came" in said
    assert "Everybody going on as before would have been off by" in said


def test_tracking_and_calibration_are_drawn_with_their_numbers(trusted: Section) -> None:
    drawn = figures(trusted)
    assert [figure.title for figure in drawn] == [
        "Repeat purchases so far: counted and foretold",
        "Repeat purchases period by period: counted and foretold",
        "Do the models foretell each kind of customer?",
    ]
    assert all(table.rows for figure in drawn for table in figure.tables)


def test_errors_are_shown_of_every_forecast(trusted: Section, found: Lifetime) -> None:
    assert isinstance(found.validation, Validation)
    shown = next(table for caption, table in tables(trusted).items() if caption.startswith("Orders of"))
    assert [row[0] for row in shown.rows] == [forecast.label for forecast in found.validation.forecasts]


def test_a_miss_is_called_one(content: ReportContent, found: Lifetime) -> None:
    assert isinstance(found.validation, Validation)
    forecasts = tuple(_twice_as_many(forecast) for forecast in found.validation.forecasts)
    missed = replace(found, validation=replace(found.validation, forecasts=forecasts))
    said = made(value.trust(replace(content, lifetime=missed))).findings[0]
    assert "+100.0%, outside its interval" in said


def _twice_as_many(forecast: Forecast) -> Forecast:
    score = forecast.orders
    half = AmountScore(
        score.predicted,
        score.predicted.value / 2,
        1.0,
        score.mean_absolute_error,
        score.root_mean_square_error,
        score.rank_correlation,
    )
    return replace(forecast, orders=half)


def test_the_bands_of_risk_show_what_came_true(content: ReportContent) -> None:
    assert isinstance(content.churn, NonContractualChurn)
    section = made(churn.still_there(content))
    shown = next(table for caption, table in tables(section).items() if caption.startswith("No order in"))
    assert [row[0] for row in shown.rows] == ["Low", "Middling", "High", "Very high"]
    assert sum(int(row[2].replace(",", "")) for row in shown.rows) == content.churn.customers.num_rows


def test_whom_to_treat_is_not_decided_by_risk(content: ReportContent) -> None:
    section = made(churn.still_there(content))
    said = next(block for block in section.blocks if isinstance(block, Points)).points
    assert any("decided by uplift" in text for text in said)


def test_expected_orders_of_every_kind_of_customer_are_corrected_like_the_total(
    content: ReportContent, found: Lifetime
) -> None:
    halved = replace(found, correction=Correction(0.5, 1.0, "half"))
    cells = {
        name: figures(made(churn.still_there(replace(content, lifetime=one))))[1].tables[0].rows[0][1]
        for name, one in (("own", found), ("halved", halved))
    }
    assert float(cells["halved"]) == pytest.approx(found.correction.orders**-1 * float(cells["own"]) / 2, abs=0.01)


def test_subscribers_are_drawn_with_counted_and_foretold_survival(content: ReportContent) -> None:
    assert isinstance(content.contractual, ContractualChurn)
    section = made(churn.contracts(content))
    assert [figure.title for figure in figures(section)] == [
        "How many customers are still there",
        "How many renew, period by period",
    ]
    assert len(tables(section)["By group"].rows) == 2


@pytest.mark.parametrize("make", [value.value, churn.contracts, churn.still_there])
def test_what_is_not_available_says_why(content: ReportContent, make: object) -> None:
    without = replace(content, lifetime=WHY, churn=WHY, contractual=WHY)
    section = made(make(without))  # type: ignore[operator]
    assert "3 of 90 customers" in section.findings[0]
    assert section.blocks == []


def test_a_log_too_short_to_hold_back_says_so(content: ReportContent, found: Lifetime) -> None:
    untried = replace(found, validation=NotAvailable("the log covers 40 days"))
    section = made(value.trust(replace(content, lifetime=untried)))
    assert section.findings == ["No part of the log could be held back to try the forecast: the log covers 40 days."]


def test_what_was_not_computed_leaves_no_section(content: ReportContent) -> None:
    without = replace(content, lifetime=None, churn=None, contractual=None)
    assert [make(without) for make in (value.value, value.trust, churn.still_there, churn.contracts)] == [None] * 4
