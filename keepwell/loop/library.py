"""What a notebook calls: any table in, pandas frames and frozen values out; no server, no lake needed."""

from __future__ import annotations

import weakref
from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from keepwell.lake.engine import connect, to_ibis
from keepwell.lake.failure import explained_tables
from keepwell.loop.answer import SEED, answer_from
from keepwell.loop.facts import OpenFacts, open_facts
from keepwell.loop.frames import frame, without_reasons
from keepwell.loop.notebook import of_facts
from keepwell.understand import (
    acquisition,
    customer_value,
    recurring,
    revenue,
)
from keepwell.understand import (
    cohorts as cohorts_,
)
from keepwell.understand import (
    concentration as concentration_,
)
from keepwell.understand import (
    funnel as funnel_,
)
from keepwell.understand import (
    gaps as gaps_,
)
from keepwell.understand import (
    growth as growth_,
)
from keepwell.understand import (
    kpis as kpis_,
)
from keepwell.understand import (
    personas as personas_,
)
from keepwell.understand import (
    rfm as rfm_,
)
from keepwell.understand.activity import prepared
from keepwell.understand.facts import Facts, facts_from_tables
from keepwell.understand.persona_words import Persona
from keepwell.vocabulary.answer import Answer
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import NotAvailable
from keepwell.vocabulary.kpi import KpiValue
from keepwell.vocabulary.period import Grain, Period

Day = date | str | None
FURTHER = ("refunds", "order_lines", "customers", "events", "subscriptions", "spend")


def facts(
    orders: Any,
    *,
    currency: str = "EUR",
    time_zone: str = "UTC",
    margin_rate: float | None = None,
    discount_rate: float = 0.10,
    columns: Mapping[str, str] | None = None,
    drop_missing: bool = False,
    **tables: Any,
) -> Facts:
    """Return facts from your own tables, ready for every analysis.

    Args:
        orders: a pandas, Polars, Arrow, DuckDB or Ibis table with one row an order or one row an order line: a
            customer, a time, and an amount or quantity × price; well-known column names are recognised.
        currency: ISO 4217 code of the amounts.
        time_zone: IANA name; aware times are converted to it, naive ones are taken as local.
        margin_rate: contribution margin as a fraction of revenue, in (0, 1]; 0.5 is assumed when not given.
        discount_rate: per year.
        columns: Keepwell's name → yours, where yours is not recognised.
        drop_missing: leave rows without customer, time or amount out instead of refusing them.
        **tables: ``refunds``, ``order_lines``, ``customers``, ``events``, ``subscriptions``, ``spend``: tables too.

    Raises:
        InputError: a column is missing or cannot be used; the message says how to name it.

    >>> import pandas as pd
    >>> log = pd.DataFrame({"customer": ["a", "a", "b"], "order": [1, 2, 3], "total": [5.0, 7.0, 6.0],
    ...                     "date": pd.to_datetime(["2011-01-01", "2011-02-01", "2011-02-05"])})
    >>> shop = facts(log, currency="GBP")
    >>> growth(shop)["active"].tolist()
    [1, 2]

    """
    business = Business(
        currency=currency,
        time_zone=time_zone,
        margin_rate=0.5 if margin_rate is None else margin_rate,
        discount_rate=discount_rate,
        margin_is_assumed=margin_rate is None,
    )
    with explained_tables():
        return prepared(_facts(orders, tables, business, columns, drop_missing=drop_missing))


def _facts(
    orders: Any,
    tables: Mapping[str, Any],
    business: Business,
    columns: Mapping[str, str] | None,
    *,
    drop_missing: bool,
) -> Facts:
    unknown = sorted(set(tables) - set(FURTHER))
    if unknown:
        raise InputError(
            "facts.unknown_table",
            f"There is no table {unknown[0]}.",
            value=unknown[0],
            advice=f"Hand in {', '.join(FURTHER)}.",
        )
    backend = connect()
    others = {name: None if table is None else to_ibis(table, backend) for name, table in tables.items()}
    return facts_from_tables(
        to_ibis(orders, backend), business=business, columns=columns, drop_missing=drop_missing, **others
    )


def open_folder(
    data: str | Path = "keepwell-data", *, engine: str = "duckdb", include: Sequence[str] = ("items",)
) -> Facts:
    """Return the facts of a data folder, as they are now; they may be read for as long as you keep them.

    Args:
        data: the folder that ``keepwell import`` fills.
        engine: ``"duckdb"``, ``"spark://local"`` or ``"spark://host:port"``.
        include: what counts as revenue, of items, shipping, other, tax.

    Raises:
        InputError: there is no lake in it.

    """
    stack = ExitStack()
    opened = stack.enter_context(open_facts(data, engine=engine, include=include))
    weakref.finalize(opened.facts, stack.close)
    return opened.facts


@of_facts
def kpis(facts: Facts, period: Period | str | None = None, by: str | None = None, **options: Any) -> pd.DataFrame:
    """Return every KPI as one row: key, value, low, high, numerator, denominator, group, note.

    ``period`` is such as ``"2011-12"``; the last 365 days where not given. A KPI that does not exist has no value and
    its reason in ``note``. ``options`` are those of ``keepwell.understand.kpis.kpis``.
    """
    return _kpi_frame(kpis_.kpis(facts, _period(facts, period), by, **options))


@of_facts
def trend(facts: Facts, keys: Collection[str], grain: str = "month", until: Day = None) -> pd.DataFrame:
    """Return KPIs for every step of time, oldest first; columns as in ``kpis`` with start and end."""
    return _kpi_frame(kpis_.trend(facts, keys, Grain(grain), _day(until)))


@of_facts
def cohorts(facts: Facts, grain: str = "month", by: str | None = None, until: Day = None) -> pd.DataFrame:
    """Return retention and value of acquisition cohorts by age; see ``keepwell.understand.cohorts``."""
    return frame(cohorts_.cohorts(facts, Grain(grain), by, _day(until)))


@of_facts
def growth(facts: Facts, grain: str = "month", until: Day = None) -> pd.DataFrame:
    """Return active = new + retained + resurrected customers, and those lost, by step of time."""
    return frame(growth_.growth(facts, Grain(grain), _day(until)))


@of_facts
def rfm(facts: Facts, as_of: Day = None) -> pd.DataFrame:
    """Return every customer's recency, frequency, money, scores and segment."""
    return frame(rfm_.rfm(facts, _as_of(facts, as_of)).order_by("customer_id"))


@of_facts
def segments(facts: Facts, as_of: Day = None) -> pd.DataFrame:
    """Return the RFM segments with their customers and revenue."""
    return frame(rfm_.segments(rfm_.rfm(facts, _as_of(facts, as_of))))


@of_facts
def migration(facts: Facts, since: Day, as_of: Day = None) -> pd.DataFrame:
    """Return how many customers moved between segments since a day."""
    return frame(rfm_.migration(rfm_.rfm(facts, _as_of(facts, since)), rfm_.rfm(facts, _as_of(facts, as_of))))


@of_facts
def gaps(facts: Facts, until: Day = None) -> gaps_.GapSummary | NotAvailable:
    """Return median, 90th percentile and mean of the days between two orders of a customer."""
    return gaps_.summary(gaps_.gaps(facts, _day(until)))


@of_facts
def concentration(facts: Facts, period: Period | str | None = None) -> pd.DataFrame:
    """Return the cumulative share of revenue by percentile of customers, best first."""
    return frame(concentration_.concentration(facts, _period(facts, period)))


@of_facts
def new_and_returning(facts: Facts, grain: str = "month", until: Day = None) -> pd.DataFrame:
    """Return first-order revenue against later revenue by step of time."""
    return frame(revenue.new_and_returning(facts, Grain(grain), _day(until)))


@of_facts
def channels(facts: Facts, period: Period | str | None = None, **options: Any) -> pd.DataFrame:
    """Return CAC, payback and LTV:CAC by channel; options as in ``keepwell.understand.acquisition.acquisition``."""
    rows = acquisition.channels(facts, _period(facts, period), **options)
    return pd.DataFrame([without_reasons(row) for row in rows])


@of_facts
def movements(facts: Facts, grain: str = "month", until: Day = None) -> pd.DataFrame:
    """Return recurring revenue and its movements by step of time."""
    return frame(recurring.movements(facts, Grain(grain), _as_of(facts, until)))


@of_facts
def funnel(
    facts: Facts, steps: Sequence[str], period: Period | str, window_days: int = 30, by: str | None = None
) -> pd.DataFrame:
    """Return how many people got from one event to the next."""
    asked = Period.parse(period) if isinstance(period, str) else period
    return pd.DataFrame(without_reasons(step) for step in funnel_.funnel(facts, list(steps), window_days, asked, by=by))


@of_facts
def personas(
    facts: Facts, as_of: Day = None, clusters: int | None = None, seed: int = 0
) -> list[Persona] | NotAvailable:
    """Return groups of customers, described by what sets them apart, or why there are none."""
    return personas_.personas(facts, _as_of(facts, as_of), clusters=clusters, seed=seed)


@of_facts
def value_by(facts: Facts, by: str | None = None, horizon_days: int = 365, until: Day = None) -> pd.DataFrame:
    """Return sums of net revenue per customer within a horizon after the first order, mature customers only."""
    return frame(customer_value.value_by(facts, by, horizon_days, _day(until)))


@of_facts
def keep_or_win(facts: Facts, as_of: Day = None, seed: int = SEED) -> Answer:
    """Answer keep or win, with reasons, intervals, thresholds, what-ifs, and what cannot be known."""
    return answer_from(facts, _as_of(facts, as_of), seed)


def _period(facts: Facts, period: Period | str | None) -> Period:
    if isinstance(period, str):
        return Period.parse(period)
    return OpenFacts(facts, facts.business, (), has_orders=True).period(period)


def _day(day: Day) -> date | None:
    return date.fromisoformat(day) if isinstance(day, str) else day


def _as_of(facts: Facts, day: Day) -> date:
    return OpenFacts(facts, facts.business, (), has_orders=True).as_of(_day(day))


def _kpi_frame(values: Sequence[KpiValue]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "key": value.key,
                "group": value.group,
                "start": value.start,
                "end": value.end,
                "value": None if isinstance(value.value, NotAvailable) else value.value,
                "low": value.low,
                "high": value.high,
                "numerator": value.numerator,
                "denominator": value.denominator,
                "note": value.value.reason if isinstance(value.value, NotAvailable) else value.note,
            }
            for value in values
        ]
    )
