"""From subscription terms to renewals: how often everybody has come to one, and who left at which."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from enum import StrEnum

import ibis
import ibis.expr.types as ir

from keepwell.understand.activity import midnight
from keepwell.understand.clock import start_of, step_of
from keepwell.understand.facts import Facts
from keepwell.understand.recurring import paid_terms, subscriptions_of
from keepwell.understand.recurring_survival import subscriber_lives
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.period import Grain

UNKNOWN = "(unknown)"
EVERYBODY = "(all)"
MONTHS = {Grain.MONTH: 1, Grain.QUARTER: 3, Grain.YEAR: 12}


class Holder(StrEnum):
    """Whose life is followed: a customer over all their terms, or each subscription by itself."""

    CUSTOMER = "customer"
    SUBSCRIPTION = "subscription"


def renewal_lives(
    facts: Facts,
    as_of: date,
    *,
    by: str | None = None,
    renewal: Grain = Grain.MONTH,
    holder: Holder = Holder.CUSTOMER,
) -> ir.Table:
    """Return one row per payer who began before ``as_of``, with the renewals they came to.

    Trials do not count, and terms that follow each other without a gap are one life (see `subscriber_lives`). The
    n-th renewal is the n-th anniversary (month, quarter, year) of the start; who ends on the day itself did not renew.
    Who ended since their last anniversary is lost at a renewal that lies ahead: not counted as lost yet, just as their
    peers are not counted as renewed yet, but not active either.

    Args:
        facts: must hold ``subscriptions``.
        as_of: the first day that is not looked at.
        by: group payers by this text column of the subscriptions (of the first paid term) or of the customers, such
            as ``"plan"``; without it, all are one group.
        renewal: length of a period: month, quarter or year.
        holder: whose life.

    Returns:
        An expression with ``holder_id``, ``group`` (text), ``cohort`` (first day of the month of the start),
        ``started_at``, ``observed`` (renewals before ``as_of`` had they stayed), ``periods`` and ``is_churned`` (as
        `keepwell.stats.contract.renewals.Renewals.of_customers` takes them), ``is_active`` and ``mrr`` (of the paid
        terms in force, money a month; 0 where there are none).

    Raises:
        InputError: no subscriptions, no such column, or a renewal period that contracts do not have.

    >>> from datetime import datetime
    >>> from keepwell.vocabulary.business import Business
    >>> terms = ibis.memtable({"customer_id": ["a", "b"], "mrr": [20.0, 30.0], "is_trial": [False, False],
    ...     "started_at": [datetime(2024, 1, 15)] * 2, "ended_at": [datetime(2024, 3, 1), None]})
    >>> facts = Facts(orders=terms, business=Business(), subscriptions=terms)
    >>> lives = renewal_lives(facts, date(2024, 5, 1)).order_by("holder_id")
    >>> lives.select("holder_id", "observed", "periods", "is_churned").execute().values.tolist()
    [['a', 3, 2, True], ['b', 3, 3, False]]

    """
    if renewal not in MONTHS:
        raise InputError(
            "churn.renewal",
            f"Renewals each {renewal.value} are not counted.",
            value=renewal.value,
            advice="Use month, quarter or year.",
        )
    facts = _held_by(facts, holder)
    months = MONTHS[renewal]
    lives = subscriber_lives(facts, as_of)
    limit = midnight(as_of)
    observed, lived = lives.observed_months // months, lives.lived_months // months
    lives = lives.select(
        "customer_id",
        "started_at",
        cohort=start_of(step_of(lives.started_at, Grain.MONTH), Grain.MONTH),
        observed=observed.cast("int64"),
        periods=ibis.ifelse(lived < observed, lived + 1, observed).cast("int64"),
        is_churned=lived < observed,
        is_active=lives.ended_at.isnull() | (lives.ended_at > limit),
    )
    lives = _with_mrr(lives, facts, as_of)
    groups = _groups(facts, as_of, by, holder)
    named = lives.left_join(groups, lives.customer_id == groups.grouped_id).drop("grouped_id")
    return named.mutate(group=named.group.fill_null(UNKNOWN)).rename(holder_id="customer_id")


def renewal_counts(lives: ir.Table) -> ir.Table:
    """Return how many share the same renewals, by group and start: small, however many payers there are.

    Returns:
        An expression, ordered, with ``group``, ``cohort``, ``observed``, ``periods``, ``is_churned`` and ``customers``.

    """
    keys = ["group", "cohort", "observed", "periods", "is_churned"]
    return lives.group_by(keys).aggregate(customers=lives.count()).order_by(keys)


def _held_by(facts: Facts, holder: Holder) -> Facts:
    if holder is Holder.CUSTOMER:
        return facts
    terms = subscriptions_of(facts)
    return replace(facts, subscriptions=terms.mutate(customer_id=terms.subscription_id), customers=None)


def _with_mrr(lives: ir.Table, facts: Facts, as_of: date) -> ir.Table:
    limit = midnight(as_of)
    terms = paid_terms(facts)
    current = terms.filter(terms.started_at < limit, terms.ended_at.isnull() | (terms.ended_at > limit))
    paying = current.group_by(payer_id=current.customer_id).aggregate(mrr=current.mrr.sum().cast("float64"))
    joined = lives.left_join(paying, lives.customer_id == paying.payer_id).drop("payer_id")
    return joined.mutate(mrr=ibis.ifelse(joined.is_active, joined.mrr.fill_null(0.0), 0.0))


def _groups(facts: Facts, as_of: date, by: str | None, holder: Holder) -> ir.Table:
    terms = paid_terms(facts)
    terms = terms.filter(terms.started_at < midnight(as_of))
    if by is None:
        return terms.select(grouped_id="customer_id").distinct().mutate(group=ibis.literal(EVERYBODY))
    if by in terms.columns and terms[by].type().is_string():
        terms = terms.mutate(said=terms[by])
        order = ibis.window(group_by="customer_id", order_by=["started_at", "said"])
        first = terms.mutate(place=ibis.row_number().over(order)).filter(lambda rows: rows.place == 0)
        return first.select(grouped_id="customer_id", group="said")
    if facts.customers is not None and by in facts.customers.columns:
        return facts.customers.select(grouped_id="customer_id", group=facts.customers[by].cast("string"))
    known = sorted(name for name, kind in terms.schema().items() if kind.is_string() and not name.endswith("_id"))
    raise InputError(
        "attribute.unknown",
        f"A {holder.value}'s terms have no attribute {by!r}.",
        value=by,
        advice=f"Choose from {', '.join(known)}." if known else "Leave it out.",
    )
