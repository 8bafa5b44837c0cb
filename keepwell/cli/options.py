"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, TypeVar

import click

from keepwell.stats.time_unit import days_of
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.period import Period

Command = TypeVar("Command", bound=Callable[..., Any])
MOST_DAYS = 100 * 365

data_option = click.option(
    "--data",
    "data",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("keepwell-data"),
    envvar="KEEPWELL_DATA",
    show_default=True,
    show_envvar=True,
    help="The data folder.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
as_of_option = click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="YYYY-MM-DD",
    help="First day not counted; else the day after the last one known.",
)
engine_option = click.option(
    "--engine",
    default="duckdb",
    show_default=True,
    help="duckdb, spark://local, or spark://HOST:PORT of a cluster.",
)


class PeriodType(click.ParamType[Period]):
    """A period such as 2011, 2011-Q4, 2011-12 or 2011-01-01..2011-06-30."""

    name = "period"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Period:
        """Read the text; wrong text is wrong usage."""
        if isinstance(value, Period):
            return value
        try:
            return Period.parse(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


period_option = click.option(
    "--period",
    type=PeriodType(),
    help="2011, 2011-Q4, 2011-12, 2011-12-09 or 2011-01-01..2011-06-30; else the last 365 days.",
)


class LengthType(click.ParamType[int]):
    """A length of time such as 365d, 26w, 12m or 1y, in whole days."""

    name = "length"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read the text; wrong text is wrong usage."""
        if isinstance(value, int):
            return value
        try:
            days = round(days_of(f"{value}d" if str(value).strip().isdigit() else str(value)))
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if not 1 <= days <= MOST_DAYS:
            self.fail(f"{value!r} is not a length from 1 day to {MOST_DAYS // 365} years.", param, ctx)
        return days


class RateType(click.ParamType[tuple[str, Decimal]]):
    """A rate such as ``EUR=0.86``: units of the business currency for one unit of that currency."""

    name = "rate"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, Decimal]:
        """Read the text; wrong text is wrong usage."""
        if isinstance(value, tuple):
            return value
        code, equals, number = str(value).partition("=")
        try:
            rate = Decimal(number)
        except InvalidOperation:
            rate = Decimal(0)
        if not equals or rate <= 0 or not rate.is_finite():
            self.fail(f"{value!r} is not a rate; write EUR=0.86.", param, ctx)
        return code.strip().upper(), rate


def business_options(command: Command) -> Command:
    """Add the settings of the business; whatever is given is saved in the data folder."""
    for option in reversed(
        [
            click.option("--currency", help="Currency of the business, and of files that name none, such as GBP."),
            click.option("--time-zone", help="IANA time zone of the business, such as Europe/London."),
            click.option("--margin", "margin_rate", type=float, help="Contribution margin as a fraction of revenue."),
            click.option("--discount-rate", type=float, help="Yearly rate at which later money is discounted."),
            click.option("--rate", "rates", type=RateType(), multiple=True, help="Exchange rate, such as EUR=0.86."),
            click.option("--business-name", "name", help="Name that reports show."),
        ]
    ):
        command = option(command)
    return command


def merged_business(saved: Business | None, given: Mapping[str, Any]) -> Business:
    """Return the saved settings with those that were given on the command line."""
    business = saved or Business()
    changes = {key: value for key, value in given.items() if key != "rates" and value is not None}
    if "currency" in changes:
        changes["currency"] = str(changes["currency"]).upper()
    if given.get("rates"):
        changes["rates"] = {**business.rates, **dict(given["rates"])}
    if "margin_rate" in changes:
        changes["margin_is_assumed"] = False
    return replace(business, **changes)
