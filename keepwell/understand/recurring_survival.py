"""How long subscribers stay: survival by cohort, and how many trials turn into money."""

from __future__ import annotations

from datetime import date, datetime

import ibis
import ibis.expr.types as ir

from keepwell.understand.activity import midnight
from keepwell.understand.clock import start_of, step_of
from keepwell.understand.facts import Facts
from keepwell.understand.ratio import ratio
from keepwell.understand.recurring import MONTHS_A_YEAR, is_trial, paid_terms, subscriptions_of
from keepwell.vocabulary.period import Grain

FAR_FUTURE = datetime(9999, 1, 1)  # noqa: DTZ001  business-local, as every timestamp of the facts
TRIAL_WINDOW_DAYS = 60


def survival(facts: Facts, grain: Grain, until: date) -> ir.Table:
    """Share of each cohort of subscribers still paying without a break, by months since the first paid term.

    A subscriber's life is the first unbroken spell of paid terms: overlapping terms, and terms that begin when
    another ends, are one spell. Survivors at age a went on paying past the a-th monthly anniversary of the start;
    who leaves on the day itself did not renew. Who comes back later is not counted as a survivor.

    Args:
        facts: must hold ``subscriptions``.
        grain: step by which first paid terms are put into cohorts.
        until: the first day that is not looked at.

    Returns:
        An expression, ordered, with ``cohort`` (first day), ``age`` (months, from 0), ``size`` (subscribers won),
        ``survivors`` and ``retention`` (survivors / size). Ages that not every member of the cohort has reached by
        ``until`` are absent.

    Raises:
        InputError: the facts hold no subscriptions.

    >>> from datetime import date, datetime
    >>> from decimal import Decimal
    >>> from keepwell.understand.facts import Facts
    >>> from keepwell.vocabulary.business import Business
    >>> terms = ibis.memtable({"customer_id": ["a", "b"], "mrr": [Decimal(10), Decimal(15)],
    ...     "started_at": [datetime(2024, 1, 1), datetime(2024, 1, 1)],
    ...     "ended_at": [datetime(2024, 2, 1), None], "is_trial": [False, False]})
    >>> facts = Facts(orders=terms, business=Business(), subscriptions=terms)
    >>> survival(facts, Grain.MONTH, date(2024, 3, 1)).execute()[["age", "survivors"]].values.tolist()
    [[0, 2], [1, 1]]

    """
    lives = subscriber_lives(facts, until)
    lives = lives.mutate(step=step_of(lives.started_at, grain))
    cohorts = lives.group_by("step").aggregate(size=lives.count(), observed=lives.observed_months.min())
    ages = cohorts.mutate(age=ibis.range(ibis.literal(0, "int64"), cohorts.observed + 1).unnest())
    pairs = ages.join(lives.select("step", "lived_months"), "step")
    survivors = (pairs.lived_months >= pairs.age).cast("int64").sum()
    curve = pairs.group_by("step", "age", "size").aggregate(survivors=survivors)
    return curve.order_by("step", "age").select(
        start_of(curve.step, grain).name("cohort"),
        "age",
        "size",
        "survivors",
        retention=ratio(curve.survivors, curve.size),
    )


def subscriber_lives(facts: Facts, until: date) -> ir.Table:
    """First unbroken paid spell of each customer who began before ``until``.

    Returns:
        ``customer_id``, ``started_at``, ``ended_at`` (null: still paying at ``until``), ``lived_months`` (monthly
        anniversaries that the spell outlived, within what is observed) and ``observed_months`` (anniversaries that
        lie before ``until``).

    """
    limit = midnight(until)
    terms = paid_terms(facts)
    terms = terms.filter(terms.started_at < limit)
    terms = terms.select("customer_id", "started_at", ends=terms.ended_at.fill_null(FAR_FUTURE))
    before = ibis.window(group_by="customer_id", order_by=["started_at", "ends"], preceding=(None, 1))
    terms = terms.mutate(covered_to=terms.ends.max().over(before))
    so_far = ibis.window(group_by="customer_id", order_by=["started_at", "ends"], preceding=None, following=0)
    breaks = (terms.covered_to.notnull() & (terms.started_at > terms.covered_to)).cast("int64")
    terms = terms.mutate(is_break=breaks)
    terms = terms.mutate(spell=terms.is_break.sum().over(so_far))
    first = terms.filter(terms.spell == 0)
    lives = first.group_by("customer_id").aggregate(started_at=first.started_at.min(), ends=first.ends.max())
    observed_months = months_before(lives.started_at, limit)
    lived = months_before(lives.started_at, ibis.least(lives.ends, limit))
    return lives.select(
        "customer_id",
        "started_at",
        ended_at=lives.ends.nullif(FAR_FUTURE),
        lived_months=ibis.ifelse(lives.ends > limit, observed_months, lived),
        observed_months=observed_months,
    )


def months_before(start: ir.TimestampValue, moment: ir.TimestampValue) -> ir.IntegerValue:
    """Whole months from ``start`` that lie strictly before ``moment`` (its own day and time do not count).

    A month is full once the day of the month is passed; a month too short for the day is full at its end.
    """
    months = _month_index(moment) - _month_index(start)
    into_moment, into_start = _seconds_into_month(moment), _seconds_into_month(start)
    return months - (into_moment <= into_start).cast("int64")


def _month_index(moment: ir.TimestampValue) -> ir.IntegerValue:
    return moment.year().cast("int64") * MONTHS_A_YEAR + moment.month().cast("int64")


def _seconds_into_month(moment: ir.TimestampValue) -> ir.IntegerValue:
    of_day = moment.hour().cast("int64") * 3600 + moment.minute().cast("int64") * 60 + moment.second().cast("int64")
    return moment.day().cast("int64") * 86_400 + of_day


def trial_conversion(facts: Facts, grain: Grain, until: date, window_days: int = TRIAL_WINDOW_DAYS) -> ir.Table:
    """Trials that turned into paying customers, by the period in which the trial began.

    People are counted once, at their first trial; who had paid before it is not on trial in this sense. Converted
    means that a paid term began within ``window_days`` days of the trial's start. Trials whose window has not
    passed by ``until`` are absent, never unconverted.

    Args:
        facts: must hold ``subscriptions``.
        grain: length of a period.
        until: the first day that is not looked at.
        window_days: days from the trial's start in which a paid term counts; at least 1.

    Returns:
        An expression, ordered, with ``period`` (first day), ``trials``, ``converted`` and ``conversion``.

    Raises:
        InputError: the facts hold no subscriptions.

    """
    limit = midnight(until)
    trials = first_trials(facts, window_days)
    mature = trials.filter(trials.trial_at + ibis.interval(days=window_days) <= limit)
    mature = mature.mutate(step=step_of(mature.trial_at, grain))
    counted = mature.group_by("step").aggregate(
        trials=mature.count(), converted=mature.is_converted.cast("int64").sum()
    )
    return counted.order_by("step").select(
        start_of(counted.step, grain).name("period"),
        "trials",
        "converted",
        conversion=ratio(counted.converted, counted.trials),
    )


def first_trials(facts: Facts, window_days: int) -> ir.Table:
    """First trial of everyone who had not paid before it: ``customer_id``, ``trial_at``, ``is_converted``."""
    terms = subscriptions_of(facts)
    on_trial = terms.filter(is_trial(terms))
    trials = on_trial.group_by("customer_id").aggregate(trial_at=on_trial.started_at.min())
    paid = paid_terms(facts)
    first_paid = paid.group_by("customer_id").aggregate(paid_at=paid.started_at.min())
    trials = trials.left_join(first_paid, "customer_id").drop("customer_id_right")
    trials = trials.filter(trials.paid_at.isnull() | (trials.paid_at >= trials.trial_at))
    within = trials.paid_at < trials.trial_at + ibis.interval(days=window_days)
    return trials.select("customer_id", "trial_at", is_converted=within.fill_null(ibis.literal(False)))
