"""What a running subscription tells by a day, and whether it was cancelled in the days that follow."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from keepwell.understand.activity import midnight
from keepwell.understand.clock import day_number
from keepwell.understand.facts import Facts
from keepwell.understand.recurring import paid_terms
from keepwell.vocabulary.errors import InputError

SWITCH_DAYS = 1  # a term that begins within a day of another's end replaces it: no cancellation


def subscription_features(known: Facts, day: date, each: str, attributes: Sequence[str] = ()) -> ir.Table:
    """Return one row per paid subscription, or per customer with one, that runs when a day begins.

    Args:
        known: facts as of the day, see ``known_on``.
        day: first day that is not looked at.
        each: ``"customer"`` or ``"subscription"``.
        attributes: further columns of the subscriptions to be taken as they stand, such as seats; they bear no date,
            so name none that is changed when somebody cancels.

    Returns:
        customer_id, plan (of a customer: of the largest subscription), subscription_age_days (of the oldest), mrr
        (sum), subscriptions (running ones of the customer), ended_subscriptions, days_since_ended, and the
        attributes; subscription_id where ``each`` says so.

    Raises:
        InputError: no subscriptions, or an attribute that they do not have.

    """
    terms = paid_terms(known)
    _check(terms, attributes)
    today = ibis.literal(day.toordinal(), "int64")
    age = (today - day_number(terms.started_at)).cast("float64")
    terms = terms.mutate(age=age, money=terms.mrr.cast("float64"))
    running = terms.filter(terms.ended_at.isnull())
    ended = terms.filter(terms.ended_at.notnull())
    past = ended.group_by("customer_id").aggregate(
        ended_subscriptions=ended.count().cast("float64"),
        days_since_ended=(today - day_number(ended.ended_at).max()).cast("float64"),
    )
    life = running.group_by("customer_id").aggregate(
        subscriptions=running.count().cast("float64"), total=running.money.sum(), oldest=running.age.max()
    )
    first = running.mutate(
        place=ibis.row_number().over(
            ibis.window(group_by="customer_id", order_by=[running.money.desc(), running.subscription_id])
        )
    )
    rows = first.filter(first.place == 0) if each == "customer" else first
    found = rows.select(
        *(["customer_id"] if each == "customer" else ["customer_id", "subscription_id"]),
        *("plan", "age", "money"),
        *attributes,
    )
    found = found.left_join(life, "customer_id").drop("customer_id_right")
    found = found.left_join(past, "customer_id").drop("customer_id_right")
    is_customer = each == "customer"
    return found.mutate(
        subscription_age_days=found.oldest if is_customer else found.age,
        mrr=found.total if is_customer else found.money,
        ended_subscriptions=found.ended_subscriptions.fill_null(0.0),
    ).drop("age", "money", "oldest", "total")


def _check(terms: ir.Table, attributes: Sequence[str]) -> None:
    unknown = [name for name in attributes if name not in terms.columns]
    if unknown:
        raise InputError(
            "churn.missing_column",
            f"The subscriptions have no column {unknown[0]}.",
            value=unknown,
            advice=f"Choose from {', '.join(terms.columns)}.",
        )


def cancelled(facts: Facts, opens: date, window_days: int, each: str) -> ir.Table:
    """Return who had a paid subscription when a window opened, and whether it was gone when the window closed.

    Args:
        facts: the whole log.
        opens: first day of the window.
        window_days: its length.
        each: ``"customer"``: churned means that no paid subscription runs when the window closes;
            ``"subscription"``: churned means that this one ended in the window and none of the customer's others
            began within a day of its end.

    Returns:
        customer_id (and subscription_id), churned (boolean).

    """
    terms = paid_terms(facts)
    start, end = midnight(opens), midnight(opens + timedelta(days=window_days))

    def running(moment: ir.TimestampScalar) -> ir.Table:
        return terms.filter(terms.started_at < moment, terms.ended_at.isnull() | (terms.ended_at >= moment))

    if each == "customer":
        people, left = running(start).select("customer_id").distinct(), running(end)
        stayed = left.select(person="customer_id").distinct()
        found = people.left_join(stayed, people.customer_id == stayed.person)
        return found.select("customer_id", churned=found.person.isnull())
    rows = running(start).select("customer_id", "subscription_id", "ended_at")
    others = terms.select(person="customer_id", other="subscription_id", began="started_at")
    day = ibis.interval(days=SWITCH_DAYS)
    switched = rows.inner_join(
        others,
        [
            rows.customer_id == others.person,
            rows.subscription_id != others.other,
            others.began >= rows.ended_at - day,
            others.began <= rows.ended_at + day,
        ],
    )
    replaced = switched.select(switch="subscription_id").distinct()
    found = rows.left_join(replaced, rows.subscription_id == replaced.switch)
    is_over = (found.ended_at < end).fill_null(False) & found.switch.isnull()
    return found.select("customer_id", "subscription_id", churned=is_over)
