"""From facts to what the decision needs to know of them."""

from __future__ import annotations

from datetime import date
from typing import Any

import ibis
import pandas as pd

from keepwell.decide.order_log import (
    CUSTOMER_NUMBERS,
    EVERYONE,
    GapDays,
    OrderLog,
    ProductTrial,
    RevenueShares,
    ValueGroup,
)
from keepwell.loop.foretold import foretold, with_expectations
from keepwell.loop.frames import frame
from keepwell.loop.lifetime import Lifetime
from keepwell.understand import concentration, gaps
from keepwell.understand.activity import observed
from keepwell.understand.attributes import attributes
from keepwell.understand.customer_value import value_by
from keepwell.understand.facts import Facts
from keepwell.understand.growth import growth
from keepwell.understand.product_trial import NewProductBuyers, new_product_buyers
from keepwell.understand.recent_years import recent_years
from keepwell.understand.revenue import new_and_returning
from keepwell.understand.rfm import rfm
from keepwell.understand.truncation import known_since, won_since
from keepwell.vocabulary.answer import NO_MODEL
from keepwell.vocabulary.estimate import NotAvailable, SampleMean
from keepwell.vocabulary.period import Grain, Period

HORIZON_DAYS = 365
DIMENSIONS = ("cohort", "country", "channel")


def order_log(
    facts: Facts,
    as_of: date,
    *,
    channels: pd.DataFrame | None = None,
    horizon_days: int = HORIZON_DAYS,
    lifetime: Lifetime | NotAvailable = NO_MODEL,
) -> OrderLog:
    """Return what `decide.keep_or_win.answer` reads; runs about a dozen queries.

    Args:
        facts: orders and what else is known; ``prepared`` facts are quicker.
        as_of: first day not counted.
        channels: as returned by ``understand.acquisition.channels``, over the last year; ``None`` without spend.
        horizon_days: days after the first order within which value counts.
        lifetime: what customers are worth from here on, within as many days, or why that is not known.

    """
    log = observed(facts)
    last_year = Period(max(log.start, date.fromordinal(as_of.toordinal() - 365)), as_of)
    return OrderLog(
        as_of=as_of,
        period=Period(log.start, as_of),
        horizon_days=horizon_days,
        values=_values(facts, horizon_days, as_of),
        customers=_customers(facts, as_of, lifetime),
        growth=frame(growth(facts, Grain.MONTH, as_of)),
        revenue=frame(new_and_returning(facts, Grain.MONTH, as_of)),
        gaps=_gaps(facts, as_of),
        shares=_shares(facts, last_year),
        channels=channels,
        channel_days=last_year.days,
        monthly_spend=_monthly_spend(facts),
        product_trial=_trial(facts, as_of),
        foretold=foretold(facts, lifetime, as_of, DIMENSIONS) if isinstance(lifetime, Lifetime) else lifetime,
    )


def _values(facts: Facts, horizon_days: int, as_of: date) -> tuple[ValueGroup, ...]:
    """Return what newcomers brought, by group, leaving out those who may have been customers before the log began.

    Where the log is too short to leave them out, everybody counts and is marked as perhaps not new.
    """
    since = known_since(facts, as_of)
    clean = None if since is None else won_since(facts, since)
    whole = [] if clean is None else _groups(clean, None, horizon_days, as_of, is_truncated=False)
    is_truncated = not whole
    newcomers = facts if clean is None or is_truncated else clean
    groups = whole or _groups(newcomers, None, horizon_days, as_of, is_truncated=True)
    for by in (name for name in DIMENSIONS if name in attributes(facts)):
        found = _groups(newcomers, by, horizon_days, as_of, is_truncated=is_truncated)
        if len(found) > 1:  # one group says nothing that the whole base does not
            groups += found
    return tuple(groups)


def _groups(facts: Facts, by: str | None, horizon_days: int, as_of: date, *, is_truncated: bool) -> list[ValueGroup]:
    rows = value_by(facts, by, horizon_days, as_of).to_pyarrow().to_pylist()
    return [_group(by or EVERYONE, row, is_truncated=is_truncated) for row in rows]


def _group(dimension: str, row: dict[str, Any], *, is_truncated: bool) -> ValueGroup:
    return ValueGroup(
        dimension,
        row["group"],
        SampleMean(row["customers"], float(row["total"]), row["sum_squares"]),
        SampleMean(row["customers"], float(row["first_order_total"]), row["first_order_sum_squares"]),
        is_truncated=is_truncated,
    )


def _customers(facts: Facts, as_of: date, lifetime: Lifetime | NotAvailable) -> pd.DataFrame:
    years = recent_years(facts, as_of)
    scored = rfm(facts, as_of).select(scored="customer_id", segment="segment")
    joined = years.join(scored, years.customer_id == scored.scored)
    people = frame(joined.select("customer_id", "segment", *CUSTOMER_NUMBERS))
    return with_expectations(people, lifetime) if isinstance(lifetime, Lifetime) else people.drop(columns="customer_id")


def _gaps(facts: Facts, as_of: date) -> GapDays | None:
    found = gaps.summary(gaps.gaps(facts, as_of))
    return None if isinstance(found, NotAvailable) else GapDays(found.median, found.p90, found.mean, found.n)


def _shares(facts: Facts, period: Period) -> RevenueShares | None:
    found = concentration.summary(facts, period)
    if isinstance(found, NotAvailable):
        return None
    return RevenueShares(found.top_1, found.top_10, found.top_20, found.gini)


def _monthly_spend(facts: Facts) -> pd.DataFrame | None:
    if facts.spend is None:
        return None
    month = facts.spend.spent_on.truncate("M")
    by_month = facts.spend.group_by(period=month).aggregate(spend=facts.spend.amount.sum()).order_by(ibis.asc("period"))
    return frame(by_month)


def _trial(facts: Facts, as_of: date) -> ProductTrial | None:
    found = new_product_buyers(facts, as_of)
    if not isinstance(found, NewProductBuyers):
        return None
    return ProductTrial(found.existing_customers, found.existing_buyers, found.new_customers, found.new_buyers)
