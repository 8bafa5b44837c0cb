"""Every KPI of a period, for the whole business or by group, and its course over time."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from keepwell.understand.activity import observed
from keepwell.understand.definitions import DEFINITIONS
from keepwell.understand.facts import Facts
from keepwell.understand.gaps import SHORTEST_WINDOW_DAYS, activity_window
from keepwell.understand.kpi_context import Context, Number
from keepwell.understand.kpi_formulas import FORMULAS
from keepwell.understand.period_totals import gap_medians, period_totals, spend_totals
from keepwell.understand.recurring_kpis import DEFINITIONS_RECURRING, subscription_kpis
from keepwell.understand.retention import Rules
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import NotAvailable
from keepwell.vocabulary.kpi import KpiValue
from keepwell.vocabulary.period import Grain, Period

REPEAT_DAYS = 90
GAP_KEYS = frozenset({"time_between_orders", "customer_time_between_orders"})


def kpis(
    facts: Facts,
    period: Period,
    by: str | None = None,
    *,
    activity_days: int | None = None,
    repeat_days: int = REPEAT_DAYS,
) -> list[KpiValue]:
    """Return every KPI that the facts allow, with numerator, denominator and interval; runs a handful of queries.

    Nothing after the period's end is looked at. What cannot be said is ``NotAvailable`` with its reason. Definitions
    are in ``DEFINITIONS``.

    Args:
        facts: orders and whatever else is known; ``prepared`` facts are quicker.
        period: days in business-local time.
        by: attribute of the customer to split by (``attributes``): its value at the first order.
        activity_days: days after an order during which a customer is active; the 90th percentile of gaps up to the
            period's end, at least 30, where not given.
        repeat_days: age by which a second order counts as a repeat purchase.

    Raises:
        InputError: there is no order, no such attribute, or a number of days below 1.

    >>> import datetime as dt, ibis
    >>> from keepwell.understand.facts import facts_from_tables
    >>> from keepwell.vocabulary.business import Business
    >>> log = ibis.memtable({"customer": ["a", "a", "b"], "order": ["1", "2", "3"], "total": [5.0, 7.0, 6.0],
    ...                      "date": [dt.date(2011, 1, 1), dt.date(2011, 2, 1), dt.date(2011, 2, 5)]})
    >>> values = kpis(facts_from_tables(log, business=Business(currency="GBP")), Period.parse("2011-02"))
    >>> [(value.key, value.value) for value in values if value.key in ("orders", "average_order_value")]
    [('orders', 2.0), ('average_order_value', 6.5)]

    """
    _check_days(activity_days, repeat_days)
    window = activity_window(facts, period.end) if activity_days is None else activity_days
    return _period_kpis(facts, period, by, window, repeat_days, observed(facts), DEFINITIONS)


def trend(
    facts: Facts,
    keys: Collection[str],
    grain: Grain = Grain.MONTH,
    until: date | None = None,
    *,
    activity_days: int | None = None,
    repeat_days: int = REPEAT_DAYS,
) -> list[KpiValue]:
    """Return KPIs for every step of time that is over, oldest first, all with one activity window.

    Args:
        facts: as for ``kpis``.
        keys: which KPIs, of ``DEFINITIONS``.
        grain: length of a step.
        until: first day not observed; the day after the last order where not given.
        activity_days: as for ``kpis``, from the gaps up to ``until`` where not given.
        repeat_days: as for ``kpis``.

    Raises:
        InputError: a key that is not known, or as for ``kpis``.

    """
    if unknown := set(keys) - set(DEFINITIONS):
        raise InputError(
            "kpi.unknown",
            f"There is no KPI {sorted(unknown)[0]!r}.",
            value=sorted(unknown)[0],
            advice=f"Choose from {', '.join(DEFINITIONS)}.",
        )
    _check_days(activity_days, repeat_days)
    log = observed(facts)
    until = until or log.end
    window = activity_window(facts, until) if activity_days is None else activity_days
    values: list[KpiValue] = []
    for step in range(grain.step(log.start), grain.step(until)):
        period = Period(grain.start(step), grain.start(step + 1))
        values.extend(_period_kpis(facts, period, None, window, repeat_days, log, keys))
    return values


def _period_kpis(
    facts: Facts,
    period: Period,
    by: str | None,
    window: int | NotAvailable,
    repeat_days: int,
    log: Period,
    keys: Collection[str],
) -> list[KpiValue]:
    unsaid = window if isinstance(window, NotAvailable) else None
    rules = Rules(SHORTEST_WINDOW_DAYS if isinstance(window, NotAvailable) else window, repeat_days)
    totals = period_totals(facts, period, rules, by)
    medians = gap_medians(facts, period, by) if GAP_KEYS.intersection(keys) else {}
    spend = _spend(facts, period, by)
    note = f"the log ends on {log.last_day}" if period.end > log.end else ""
    columns = frozenset(facts.orders.columns)
    values: list[KpiValue] = []
    for group, sums in totals.items():
        context = Context(
            sums, medians.get(group, {}), spend, period, log, rules, unsaid, facts.business, group,
            columns, note,
        )  # fmt: skip
        values.extend(value for formula in FORMULAS for value in formula(context))
    if facts.subscriptions is not None and by is None and not DEFINITIONS_RECURRING.keys().isdisjoint(keys):
        values.extend(subscription_kpis(facts, period))
    return [value for value in values if value.key in keys]


def _spend(facts: Facts, period: Period, by: str | None) -> Number | NotAvailable:
    if facts.spend is None:
        return NotAvailable("no marketing spend is given")
    if by is not None:
        return NotAvailable(f"spend is not known by {by}; see the acquisition channels")
    found: Number | None = spend_totals(facts, period)
    return NotAvailable("no marketing spend is given for the period") if found is None else found


def _check_days(activity_days: int | None, repeat_days: int) -> None:
    for name, days in (("activity_days", activity_days), ("repeat_days", repeat_days)):
        if days is not None and days < 1:
            raise InputError(f"kpi.{name}", f"{name} must be at least 1.", value=days, advice="Give whole days.")
