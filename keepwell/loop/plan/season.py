"""How a planning period's season compares with the mean of the year."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from keepwell.understand.acquisition_margin import new_customers
from keepwell.understand.activity import observed
from keepwell.understand.facts import Facts
from keepwell.understand.truncation import known_since
from keepwell.vocabulary.period import Period

YEAR = 365
# As many newcomers in the season's own days as make it count by half: fewer, and it is drawn to the mean of the year.
HALF_TRUSTED = 25.0


@dataclass(frozen=True, slots=True)
class Season:
    """``factor``: newcomers a day in the period's days of earlier years over those of the whole year, shrunk to 1."""

    factor: float
    years: int
    newcomers: int
    note: str


def season(facts: Facts, period: Period, as_of: date) -> Season:
    """Return the season of a planning period, from first orders in the same days of earlier years.

    With n first orders in the period's days of Y whole years, and e as many as there would be without a season,
    ``factor = (n + 25) / (e + 25)``. Years are whole years before ``as_of``, as far back as first orders are surely
    first orders; without one, 1.

    Args:
        facts: orders.
        period: to be planned, at most a year.
        as_of: first day not counted.

    """
    start = known_since(facts, as_of) or observed(facts).start
    years = (as_of - start).days // YEAR
    if years < 1 or period.days >= YEAR:
        return Season(1.0, 0, 0, "No season: first orders of a whole year are not known, or the plan is for a year.")
    whole = Period(as_of - timedelta(days=YEAR * years), as_of)
    days = new_customers(facts, whole).select("first_day").to_pyarrow()["first_day"].to_pylist()
    wanted = {(period.start.toordinal() + day) % YEAR for day in range(period.days)}
    inside = sum(day % YEAR in wanted for day in days)
    expected = len(days) * len(wanted) / YEAR
    factor = (inside + HALF_TRUSTED) / (expected + HALF_TRUSTED)
    note = (
        f"In these days of the year {inside:,} customers were won in {years} year{'s' if years > 1 else ''}, against "
        f"{expected:,.0f} without a season: what spend brings is taken times {factor:.2f}."
    )
    return Season(factor, years, inside, note)
