"""Tables of lifetime value that report and terminal share: totals, errors of the holdout, newcomers, customers."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from keepwell.loop.lifetime import Lifetime
from keepwell.loop.newcomers import Newcomers
from keepwell.loop.report import numbers, words
from keepwell.loop.report.blocks import Heading, Table
from keepwell.loop.report.tables import table
from keepwell.understand.clv.cohorts import QUARTER
from keepwell.understand.clv.forecast_scores import AmountScore
from keepwell.understand.clv.validate import Forecast, Validation
from keepwell.vocabulary.estimate import Estimate, NotAvailable
from keepwell.vocabulary.kpi import Unit

CUSTOMER = (
    "customer_id", "repeat_orders", "probability_alive", "expected_orders", "expected_spend", "expected_value",
    "value_low", "value_high", "next_order_on",
)  # fmt: skip
NEWCOMER = (
    "group", "customers", "newcomer_value", "newcomer_low", "newcomer_high", "first_order", "later_orders",
    "weight_of_base",
)  # fmt: skip


def totals_table(found: Lifetime, currency: str) -> Table:
    """Return what is expected of the whole base, each figure with its interval."""
    rows = [
        [label, numbers.in_unit(figure.value, unit, currency), numbers.span(figure.low, figure.high, unit, currency)]
        for label, figure, unit in base_figures(found)
    ]
    caption = f"{numbers.count(found.values.customers)} customers, the next {numbers.days(found.values.horizon_days)}"
    headings = [Heading("Figure"), Heading("Expected", is_number=True), Heading("95 % interval", is_number=True)]
    return Table(caption, headings, rows)


def base_figures(found: Lifetime) -> list[tuple[str, Estimate, Unit]]:
    """Return the four figures of a base with their names and units."""
    totals = found.totals
    figures = (totals.customers_alive, totals.orders, totals.value, totals.discounted_value)
    units = (Unit.COUNT, Unit.COUNT, Unit.MONEY, Unit.MONEY)
    return list(zip(words.BASE_FIGURES, figures, units, strict=True))


def errors_table(validation: Validation) -> Table:
    """Return how far each forecast of orders was off."""
    rows = [_errors(forecast.label, forecast.orders, Unit.COUNT, "") for forecast in validation.forecasts]
    rows += [[name, f"{words.NOT_AVAILABLE}: {why.reason}", *[""] * 6] for name, why in validation.missing.items()]
    caption = (
        f"Orders of {numbers.count(validation.customers)} customers from {numbers.day(validation.split)} on, "
        f"{numbers.days(validation.days)}"
    )
    return Table(caption, _error_headings("Orders"), rows)


def money_errors_table(validation: Validation, currency: str) -> Table:
    """Return how far each forecast of revenue was off."""
    rows = []
    for forecast in validation.forecasts:
        if isinstance(forecast.value, NotAvailable):
            rows.append([forecast.label, f"{words.NOT_AVAILABLE}: {forecast.value.reason}", *[""] * 6])
        else:
            rows.append(_errors(forecast.label, forecast.value, Unit.MONEY, currency))
    return Table("Revenue of the same customers in the same days", _error_headings("Revenue"), rows)


def returns_table(validation: Validation) -> Table:
    """Return how well each model told who would buy again at all."""
    rows = []
    for forecast in validation.models:
        found = forecast.returns
        if isinstance(found, NotAvailable):
            continue
        parts = (found.log_loss, found.brier, found.area_under_curve)
        rows.append(
            [forecast.label, numbers.rate(found.predicted), numbers.rate(found.actual), *map(_three_decimals, parts)]
        )
    headings = [
        Heading("Model"),
        Heading("Expected", "Mean probability of at least one order in the days held out.", is_number=True),
        Heading("Came", "Share of the customers who ordered in these days.", is_number=True),
        Heading("Log loss", "Mean of −log of the probability given to what happened; lower is better.", is_number=True),
        Heading("Brier", "Mean squared error of the probabilities; lower is better.", is_number=True),
        Heading(
            "AUC", "Of a customer who came back and one who did not, how often the first had the higher probability.",
            is_number=True,
        ),
    ]  # fmt: skip
    return Table("Who buys again at all", headings, rows)


def calibration_table(validation: Validation) -> Table:
    """Return mean orders after the split by how often customers had bought before it, counted and foretold."""
    rows = pd.DataFrame(validation.calibration)
    wide = rows.pivot_table(index="frequency", columns="series", values="mean", sort=False)
    people = rows.groupby("frequency", sort=False)["customers"].first()
    texts = [
        [str(frequency), numbers.count(people[frequency]), *(numbers.decimal(mean) for mean in means)]
        for frequency, means in zip(wide.index, wide.to_numpy(), strict=True)
    ]
    series = [Heading(str(name), is_number=True) for name in wide.columns]
    headings = [
        Heading("Repeat purchases before", "Purchases after the first, before the split."),
        Heading("Customers", is_number=True),
        *series,
    ]
    return Table("Orders per customer in the days held out, by how often they had bought", headings, texts)


def tracking_table(validation: Validation) -> Table:
    """Return repeat purchases period by period, counted and foretold, in the period and so far."""
    rows = pd.DataFrame(validation.tracking)
    names = list(dict.fromkeys(rows["series"]))
    wide = rows.pivot_table(index="period", columns="series", values=["purchases", "cumulative"], sort=False)
    texts = [
        [
            numbers.month(period),
            *(numbers.count(wide.loc[period, ("purchases", name)]) for name in names),
            *(numbers.count(wide.loc[period, ("cumulative", name)]) for name in names),
        ]
        for period in wide.index
    ]
    headings = [
        Heading("From"),
        *(Heading(name, is_number=True) for name in names),
        *(Heading(f"{name}, so far", is_number=True) for name in names),
    ]
    note = f"Up to {numbers.day(validation.split)} the models had seen the orders."
    return Table("Repeat purchases", headings, texts, note, is_dense=True)


def newcomers_table(found: Newcomers, currency: str) -> Table:
    """Return what a newcomer of each group is expected to bring; quarters by time, other groups the largest first."""
    names = {"value": "newcomer_value", "value_low": "newcomer_low", "value_high": "newcomer_high"}
    rows = found.frame().rename(columns=names)
    if found.by != QUARTER:
        rows = rows.sort_values(["customers", "group"], ascending=[False, True])
    title = f"Contribution margin of a newly won customer within {numbers.days(found.horizon_days)}"
    caption = f"{title}, by {found.by}" if found.by else title
    return table(rows, NEWCOMER, caption, currency, note=found.note)


def customers_table(rows: pd.DataFrame, currency: str) -> Table:
    """Return customers with what is expected of each."""
    named = rows.rename(columns={"value": "expected_value", "frequency": "repeat_orders"})
    return table(named, CUSTOMER, f"The {len(rows)} most valuable customers", currency)


def _errors(label: str, score: AmountScore, unit: Unit, currency: str) -> list[str]:
    total = score.predicted

    def amount(value: float) -> str:
        return numbers.money(value, currency) if unit is Unit.MONEY else numbers.decimal(value)

    return [
        label,
        numbers.in_unit(total.value, unit, currency),
        numbers.span(total.low, total.high, unit, currency) or numbers.NONE,
        numbers.in_unit(score.actual, unit, currency),
        numbers.NONE if isinstance(score.bias, NotAvailable) else signed_rate(score.bias),
        amount(score.mean_absolute_error),
        amount(score.root_mean_square_error),
        numbers.decimal(score.rank_correlation),
    ]


def signed_rate(value: float) -> str:
    """Write a share with its sign.

    >>> signed_rate(0.081), signed_rate(-0.06)
    ('+8.1%', '−6.0%')
    """
    text = numbers.rate(value)
    return text if text.startswith(numbers.MINUS) else f"+{text}"


def _error_headings(what: str) -> Sequence[Heading]:
    return [
        Heading("Forecast", words.FORECASTS),
        Heading("Foretold", f"{what} of all together.", is_number=True),
        Heading("95 % interval", "In which the total was foretold to lie.", is_number=True),
        Heading("Came", "Counted in the days held out.", is_number=True),
        Heading("Off by", "Foretold ÷ came − 1.", is_number=True),
        Heading("MAE", words.MAE, is_number=True),
        Heading("RMSE", words.RMSE, is_number=True),
        Heading("Rank corr.", words.RANK_CORRELATION, is_number=True),
    ]


def _three_decimals(value: float | NotAvailable) -> str:
    return numbers.NONE if isinstance(value, NotAvailable) else f"{value:.3f}"


def chosen_forecast(found: Lifetime) -> Forecast | NotAvailable:
    """Return how the model in use did on the holdout, or why that is not known."""
    if isinstance(found.validation, NotAvailable):
        return found.validation
    return found.validation.forecast(found.choice.model_name)
