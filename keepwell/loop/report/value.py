"""The sections about lifetime value: what today's customers are worth, and how far that can be trusted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pandas as pd

from keepwell import plot
from keepwell.loop.lifetime import Lifetime
from keepwell.loop.report import numbers, words
from keepwell.loop.report.blocks import Block, Heading, Points, Section, Table, Terms, Tile, Tiles
from keepwell.loop.report.content import ReportContent
from keepwell.loop.report.drawing import figure
from keepwell.loop.report.present import section
from keepwell.loop.report.tables import with_intervals_below
from keepwell.loop.report.value_tables import (
    base_figures,
    calibration_table,
    errors_table,
    money_errors_table,
    returns_table,
    signed_rate,
    tracking_table,
)
from keepwell.understand.clv.calibration import COUNTED
from keepwell.understand.clv.forecast_scores import AmountScore
from keepwell.understand.clv.naive import SAME_AS_BEFORE
from keepwell.understand.clv.tracking import TrackingRow
from keepwell.understand.clv.validate import Forecast, Validation
from keepwell.vocabulary.estimate import Estimate, NotAvailable
from keepwell.vocabulary.kpi import Unit


def value(content: ReportContent) -> Section | None:
    """Show what the base is expected to bring, by which model and why, and how value is spread over customers."""
    found = content.lifetime
    if found is None:
        return None
    if isinstance(found, NotAvailable):
        return section("value", [numbers.sentence(f"{words.NO_VALUE} {found.reason}")], [])
    currency = content.business.currency
    why = [found.choice.why, found.choice.warning, found.correction.note]
    blocks: list[Block] = [
        Tiles([_tile(place, found, content) for place in range(len(words.BASE_FIGURES))]),
        Points("Which model, and why", [numbers.prose(text) for text in why if text]),
    ]
    classes = found.distribution()
    if sum(one.value for one in classes) > 0:
        shown = _classes_table(pd.DataFrame(classes), currency)
        blocks.append(
            figure(
                "value", lambda width: plot.value_distribution(classes, currency=currency, width=width), [shown],
                finding=_few_bring_most(pd.DataFrame(classes)),
            )
        )  # fmt: skip
    blocks.append(Terms(_notes(found), words.RESTS_ON, is_folded=True))
    return section("value", [_worth(found, currency)], blocks)


def trust(content: ReportContent) -> Section | None:
    """Show how far off models were that saw only what was known before a day, next to going on as before."""
    found = content.lifetime
    if not isinstance(found, Lifetime):
        return None
    validation = found.validation
    if isinstance(validation, NotAvailable):
        return section("trust", [numbers.sentence(f"{words.NO_HOLDOUT} {validation.reason}")], [])
    tracked, weekly = _used(validation.tracking, found), _used(_whole_periods(validation), found)
    binned, shown = _used(validation.calibration, found), tracking_table(validation)
    finding = _foretold(found, validation)
    money = money_errors_table(validation, content.business.currency)
    blocks: list[Block] = [
        figure(
            "tracking", lambda width: plot.tracking(tracked, split=validation.split, width=width), [shown],
            finding=finding,
        ),
        figure(
            "weekly",
            lambda width: plot.tracking(weekly, split=validation.split, cumulative=False, width=width), [shown],
        ),
        with_intervals_below(errors_table(validation)),
        with_intervals_below(_unexplained(money)),
        figure(
            "calibration", lambda width: plot.calibration_by_frequency(binned, width=width),
            [calibration_table(validation)],
        ),
        replace(returns_table(validation), is_prose=True),
        Points(words.OTHER_MODELS, [words.OTHER_MODELS_NOTE]),
    ]  # fmt: skip
    return section("trust", [finding, *_beside(found, validation)], blocks)


def _used(rows: Sequence[Any], found: Lifetime) -> pd.DataFrame:
    """Return what was counted, the model in use and the naive forecast: other models lie over each other in a chart."""
    table = pd.DataFrame(rows)
    return table[table["series"].isin([COUNTED, found.model, SAME_AS_BEFORE])]


def _whole_periods(validation: Validation) -> list[TrackingRow]:
    """Return the periods of full length: a last one of a day would look like a collapse."""
    starts = sorted({row.period for row in validation.tracking})
    ends = [*starts[1:], validation.as_of]
    days = {start: (end - start).days for start, end in zip(starts, ends, strict=True)}
    longest = max(days.values())
    return [row for row in validation.tracking if days[row.period] == longest]


def _unexplained(shown: Table) -> Table:
    """Return a table without what its headings mean, where the one above it says so."""
    return replace(shown, headings=[replace(heading, meaning="") for heading in shown.headings])


def _notes(found: Lifetime) -> list[tuple[str, str]]:
    return [(f"{place}", numbers.prose(text)) for place, text in enumerate(found.values.notes, start=1)]


def _worth(found: Lifetime, currency: str) -> str:
    totals, values = found.totals, found.values
    return (
        f"Of {numbers.count(values.customers)} customers about {numbers.count(totals.customers_alive.value)} are "
        f"still there. In the next {numbers.days(values.horizon_days)} they are expected to order "
        f"{numbers.count(totals.orders.value)} times and to bring "
        f"{numbers.money(totals.value.value, currency)} of contribution margin "
        f"({numbers.span(totals.value.low, totals.value.high, Unit.MONEY, currency)})."
    )


def _tile(place: int, found: Lifetime, content: ReportContent) -> Tile:
    label, figure_, unit = base_figures(found)[place]
    currency, values = content.business.currency, found.values
    last = values.as_of + timedelta(days=values.horizon_days - 1)
    span = numbers.span(figure_.low, figure_.high, unit, currency)
    period = f"{numbers.day(values.as_of)} to {numbers.day(last)}"
    margin = f"{numbers.rate(values.margin_rate)} of revenue"
    discount = f"{numbers.rate(values.discount_rate)} a year"
    parts = [
        ("What it says", words.BASE_MEANINGS[place]),
        ("Model", f"{found.model} for orders, gamma–gamma for what an order brings"),
        ("Customers", numbers.count(values.customers)),
        ("Period", numbers.day(values.as_of) if place == 0 else period),
        ("Margin", margin if unit is Unit.MONEY else ""),
        ("Discount", discount if place == len(words.BASE_FIGURES) - 1 else ""),
        ("95 % interval", f"{span}; {words.INTERVAL_HOLDS}"),
        ("Note", numbers.sentence(figure_.note)),
    ]
    text = numbers.in_unit(figure_.value, unit, currency)
    return Tile(label, text, span, [(name, said) for name, said in parts if said])


def _classes_table(classes: pd.DataFrame, currency: str) -> Table:
    people, worth = classes["customers"].sum(), classes["value"].sum()
    rows = [
        [
            numbers.money(row["value_from"], currency),
            numbers.money(row["value_to"], currency),
            numbers.count(row["customers"]),
            numbers.rate(row["customers"] / people),
            numbers.money(row["value"], currency),
            numbers.rate(row["value"] / worth),
        ]
        for row in classes.to_dict("records")
    ]
    names = ("From", "Below", "Customers", "Share of customers", "Their value", "Share of value")
    return Table("Customers by expected value", [Heading(name, is_number=True) for name in names], rows)


def _few_bring_most(classes: pd.DataFrame) -> str:
    last = classes[classes["customers"] > 0].iloc[-1]
    people, worth = last["customers"] / classes["customers"].sum(), last["value"] / classes["value"].sum()
    return f"The most valuable {numbers.rate(people)} of the customers hold {numbers.rate(worth)} of the value."


def _foretold(found: Lifetime, validation: Validation) -> str:
    forecast = validation.forecast(found.choice.model_name)
    since = numbers.day(validation.split)
    if not isinstance(forecast, Forecast):
        return f"Models that saw only what was known before {since} foretold the {numbers.days(validation.days)} after."
    score = forecast.orders
    return (
        f"{forecast.label}, shown only what was known before {since}, foretold {numbers.count(score.predicted.value)} "
        f"orders for the {numbers.days(validation.days)} after; {numbers.count(score.actual)} came"
        f"{_off(score)}."
    )


def _off(score: AmountScore) -> str:
    if isinstance(score.bias, NotAvailable):
        return ""
    total: Estimate = score.predicted
    span = numbers.span(total.low, total.high, Unit.COUNT, None)
    place = {True: f", inside its interval ({span})", False: f", outside its interval ({span})"}
    return f": off by {signed_rate(score.bias)}{place.get(score.is_inside, '') if score.is_inside is not None else ''}"


def _beside(found: Lifetime, validation: Validation) -> list[str]:
    """Say how the naive forecast did, and what was done about a miss."""
    naive, chosen = validation.forecast(SAME_AS_BEFORE), validation.forecast(found.choice.model_name)
    said = []
    if isinstance(naive, Forecast) and not isinstance(naive.orders.bias, NotAvailable):
        text = f"Everybody going on as before would have been off by {signed_rate(naive.orders.bias)}"
        if isinstance(chosen, Forecast):
            one, other = chosen.orders.root_mean_square_error, naive.orders.root_mean_square_error
            text += f"; for one customer {chosen.label} errs by ±{one:.2f} orders, going on as before by ±{other:.2f}"
        said.append(f"{text}.")
    if found.correction.note:
        said.append(numbers.prose(found.correction.note))
    return said
