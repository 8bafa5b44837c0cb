"""Training rows that know nothing of the future: features up to a day, a gap, then a window in which somebody left."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from keepwell.understand.activity import midnight, observed
from keepwell.understand.churn.known import known_on
from keepwell.understand.churn.order_features import event_features, event_kinds, joined, order_features
from keepwell.understand.churn.subscription_features import cancelled, subscription_features
from keepwell.understand.facts import Facts
from keepwell.understand.recurring import paid_terms
from keepwell.vocabulary.errors import InputError, NotIdentifiedError

ORDERS, CUSTOMER, SUBSCRIPTION = "order", "customer", "subscription"
SNAPSHOTS = 4
LABEL = "churned"


@dataclass(frozen=True)
class Snapshots:
    """Rows of customers at several days, with what was known then and whether they left afterwards.

    Args:
        table: Ibis; customer_id, as_of (the day), churned, and the features.
        days: the snapshots' days, ascending.
        window_days, gap_days: churned tells of [as_of + gap, as_of + gap + window), whole local days.
        keys: columns that are no features.
        kinds, attributes: events and further columns that were looked at; hand them to ``features_on`` to get the same
            columns for a day to predict from.
        notes: what was left out.

    """

    table: ir.Table
    days: tuple[date, ...]
    window_days: int
    gap_days: int
    keys: tuple[str, ...]
    kinds: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def test(self) -> ir.Table:
        """The rows of the last day."""
        return self.table.filter(self.table.as_of == ibis.literal(self.days[-1], type="date"))

    @property
    def train(self) -> ir.Table:
        """The rows of earlier days whose windows had closed by the last day.

        Raises:
            NotIdentifiedError: there is none.

        """
        closed = [day for day in self.days[:-1] if day + self._length <= self.days[-1]]
        if not closed:
            raise NotIdentifiedError(
                "churn.one_snapshot",
                f"Not enough snapshots: no window of {self.window_days} days closes before {self.days[-1]}, so there "
                "is nothing to train on that lies before what is judged.",
                value=len(self.days),
                advice="Use a longer log, a shorter window, or more days.",
            )
        return self.table.filter(self.table.as_of <= ibis.literal(closed[-1], type="date"))

    @property
    def _length(self) -> timedelta:
        return timedelta(days=self.gap_days + self.window_days)


def snapshots(
    facts: Facts,
    window_days: int,
    *,
    gap_days: int = 0,
    days: Sequence[date] | None = None,
    until: date | None = None,
    each: str = ORDERS,
    attributes: Sequence[str] = (),
) -> Snapshots:
    """Return rows to fit and to judge a churn model with; runs small queries to see how far the log goes.

    Args:
        facts: the whole log.
        window_days: length of the window in which leaving counts, at least 1.
        gap_days: days between the features and the window, at least 0: time to act.
        days: of the snapshots; by default up to four, a window apart, the last as late as the log allows.
        until: first day that is not looked at; by default the day after the last fact. Snapshots whose window is not
            closed by then are dropped, and ``notes`` says so.
        each: ``"order"``: whoever had ordered; churned means no order in the window. ``"customer"`` or
            ``"subscription"``: who had a paid subscription when the window opened, see ``cancelled``.
        attributes: see ``subscription_features``.

    Raises:
        InputError: a length or ``each`` that cannot be.
        NotIdentifiedError: no window closes within the log.

    >>> from keepwell.understand.facts import facts_from_tables
    >>> from keepwell.vocabulary.business import Business
    >>> log = ibis.memtable({"customer": ["a", "b", "a"], "order": ["1", "2", "3"], "total": [5.0, 7.0, 6.0],
    ...                      "date": [date(2024, 1, 1), date(2024, 1, 20), date(2024, 3, 1)]})
    >>> facts = facts_from_tables(log, business=Business())
    >>> found = snapshots(facts, 29, days=[date(2024, 2, 1)])
    >>> found.table.order_by("customer_id").select("customer_id", "recency_days", "churned").execute().values.tolist()
    [['a', 31.0, True], ['b', 12.0, True]]

    """
    _check(window_days, gap_days, each)
    first, end = _range(facts, each)
    end = end if until is None else min(until, end)
    length = timedelta(days=gap_days + window_days)
    wanted = _regular(first, end - length, window_days + gap_days) if days is None else sorted(set(days))
    closed = [day for day in wanted if day + length <= end and day > first]
    if not closed:
        raise _no_window(first, end, window_days, gap_days)
    kinds = event_kinds(known_on(facts, closed[0]))
    rows = [_labelled(facts, day, window_days, gap_days, each, kinds, attributes) for day in closed]
    dropped = len(wanted) - len(closed)
    note = f"{dropped} of {len(wanted)} snapshots are dropped: their window does not lie within the log."
    return Snapshots(
        table=functools.reduce(lambda one, other: one.union(other.select(one.columns)), rows),
        days=tuple(closed),
        window_days=window_days,
        gap_days=gap_days,
        keys=("customer_id", "as_of", *(["subscription_id"] if each == SUBSCRIPTION else [])),
        kinds=tuple(kinds),
        attributes=tuple(attributes),
        notes=(note,) if dropped else (),
    )


def _check(window_days: int, gap_days: int, each: str) -> None:
    if window_days < 1 or gap_days < 0 or each not in (ORDERS, CUSTOMER, SUBSCRIPTION):
        raise InputError(
            "churn.window",
            f"A window of {window_days} days after a gap of {gap_days}, each {each!r}, cannot be.",
            value=(window_days, gap_days, each),
            advice='Use a window of at least 1 day, a gap of at least 0, and each "order", "customer" or '
            '"subscription".',
        )


def _no_window(first: date, end: date, window_days: int, gap_days: int) -> NotIdentifiedError:
    return NotIdentifiedError(
        "churn.no_window",
        f"Not enough history: the log runs from {first} to {end}, and no window of {window_days} days after a gap of "
        f"{gap_days} closes within it.",
        value=window_days,
        advice="Use a shorter window, or wait for more days.",
    )


def features_on(
    facts: Facts, day: date, *, each: str = ORDERS, kinds: Sequence[str] = (), attributes: Sequence[str] = ()
) -> ir.Table:
    """Return what was known of each customer when a day began: the rows to predict for.

    Args:
        facts: the whole log; nothing from ``day`` on is looked at.
        day: first day that is not looked at.
        each: as in ``snapshots``.
        kinds: names of events to look at.
        attributes: see ``subscription_features``.

    Returns:
        customer_id, as_of and the features of ``order_features``, ``event_features`` and ``subscription_features``.

    """
    known = known_on(facts, day)
    of_orders = order_features(known, day)
    rows = of_orders if each == ORDERS else joined(subscription_features(known, day, each, attributes), of_orders)
    of_events = event_features(known, day, kinds)
    if of_events is not None:
        rows = joined(rows, of_events)
    return rows.mutate(as_of=ibis.literal(day, type="date"))


def _labelled(
    facts: Facts,
    day: date,
    window_days: int,
    gap_days: int,
    each: str,
    kinds: Sequence[str],
    attributes: Sequence[str],
) -> ir.Table:
    rows = features_on(facts, day, each=each, kinds=kinds, attributes=attributes)
    opens = day + timedelta(days=gap_days)
    if each == ORDERS:
        orders, closes = facts.orders, midnight(opens + timedelta(days=window_days))
        came = orders.filter(orders.ordered_at >= midnight(opens), orders.ordered_at < closes)
        stayed = came.select(person="customer_id").distinct()
        found = rows.left_join(stayed, rows.customer_id == stayed.person)
        return found.mutate(churned=found.person.isnull()).drop("person")
    label = cancelled(facts, opens, window_days, each)
    if each == CUSTOMER:
        return rows.inner_join(label, "customer_id")
    label = label.select(ends_of="subscription_id", churned="churned")
    return rows.inner_join(label, rows.subscription_id == label.ends_of).drop("ends_of")


def _range(facts: Facts, each: str) -> tuple[date, date]:
    """Return the first day of the log and the day after the last."""
    if each == ORDERS:
        period = observed(facts)
        return period.start, period.end
    terms = paid_terms(facts)
    ends = terms.aggregate(first=terms.started_at.min(), start=terms.started_at.max(), end=terms.ended_at.max())
    found = ends.to_pyarrow().to_pylist()[0]
    if found["first"] is None:
        raise InputError("subscriptions.empty", "There is no paid subscription.", advice="Import subscriptions first.")
    last = max(moment for moment in (found["start"], found["end"]) if moment is not None)
    return found["first"].date(), last.date() + timedelta(days=1)


def _regular(first: date, last: date, apart: int) -> list[date]:
    found = [last - timedelta(days=apart * number) for number in range(SNAPSHOTS)]
    kept = [day for day in found if day > first + timedelta(days=apart)]
    return sorted(kept or found[:1])
