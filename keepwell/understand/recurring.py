"""How monthly recurring revenue (MRR) moved: what was won, grew, shrank, was lost and came back."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from keepwell.understand.activity import midnight
from keepwell.understand.clock import start_of, step_of
from keepwell.understand.facts import Facts
from keepwell.understand.ratio import ratio
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.period import Grain

MONEY = "decimal(18, 4)"
MONTHS_A_YEAR = 12


def movements(facts: Facts, grain: Grain, until: date) -> ir.Table:
    """MRR movements: one row per period, from the first paid term to the period that holds the last day.

    A customer's MRR at an instant is the sum over the paid terms then in force, so overlapping subscriptions add up,
    and a term that ends when the next begins leaves no gap. The opening is taken just before the period's first
    midnight: what starts or ends at that midnight is a movement of the period. A customer's movement is closing less
    opening; what came and went inside one period does not show. Trials have no MRR.

    Args:
        facts: must hold ``subscriptions``.
        grain: length of a period.
        until: the first day that is not looked at; starts and ends from then on are left out.

    Returns:
        An expression, ordered by ``period`` (first day), with ``opening``, ``new``, ``expansion``, ``contraction``,
        ``churned``, ``reactivation``, ``closing`` (money a month, exact decimals; closing = opening + new +
        expansion + reactivation − contraction − churned), ``customers_opening``, ``customers_new``,
        ``customers_reactivated``, ``customers_churned``, ``customers_closing`` (paying customers),
        ``gross_retention`` and ``net_retention`` (fractions of the opening customers' own MRR; gross ≤ 1; null when
        there was none), ``logo_churn`` (customers churned / opening), ``arr`` (12 × closing), ``arpa`` (closing /
        customers closing) and ``is_complete`` (the whole period lies before ``until``).

    Raises:
        InputError: the facts hold no subscriptions.

    >>> from datetime import date, datetime
    >>> from decimal import Decimal
    >>> from keepwell.understand.facts import Facts
    >>> from keepwell.vocabulary.business import Business
    >>> terms = ibis.memtable({"customer_id": ["a", "a"], "mrr": [Decimal(10), Decimal(15)],
    ...     "started_at": [datetime(2024, 1, 5), datetime(2024, 2, 5)],
    ...     "ended_at": [datetime(2024, 2, 5), None], "is_trial": [False, False]})
    >>> facts = Facts(orders=terms, business=Business(), subscriptions=terms)
    >>> rows = movements(facts, Grain.MONTH, date(2024, 3, 1)).execute()
    >>> rows[["opening", "new", "expansion", "closing"]].astype(float).values.tolist()
    [[0.0, 10.0, 0.0, 10.0], [10.0, 0.0, 5.0, 15.0]]

    """
    changes = customer_changes(facts, grain, until)
    moved = changes.group_by("step").aggregate(**_totals(changes))
    steps = changes.aggregate(first=changes.step.min())
    last = grain.step(until - timedelta(days=1))
    spine = steps.select(step=ibis.range(steps.first, ibis.literal(last + 1, "int64")).unnest())
    rows = spine.left_join(moved, "step").drop("step_right")
    rows = rows.mutate(**{name: _zero_when_null(rows[name]) for name in moved.columns if name != "step"})
    return _with_rates(_with_balances(rows), grain, until)


def paid_terms(facts: Facts) -> ir.Table:
    """Terms that bring money: not trials, MRR above 0, and not ended before they began.

    Raises:
        InputError: the facts hold no subscriptions.

    """
    terms = subscriptions_of(facts)
    in_order = terms.ended_at.isnull() | (terms.ended_at > terms.started_at)
    return terms.filter(~is_trial(terms), terms.mrr > 0, in_order)


def is_trial(terms: ir.Table) -> ir.BooleanValue:
    """Whether a term is a trial; a source that does not say has no trials."""
    return terms.is_trial.fill_null(ibis.literal(False))


def subscriptions_of(facts: Facts) -> ir.Table:
    """Return the subscription terms, or refuse because there are none."""
    if facts.subscriptions is None:
        raise InputError(
            "facts.no_subscriptions",
            "There are no subscription facts, so there is no recurring revenue to follow.",
            advice="Import a subscriptions export, or hand in a table with customer_id, started_at, ended_at, mrr.",
        )
    return facts.subscriptions


def customer_changes(facts: Facts, grain: Grain, until: date) -> ir.Table:
    """Return whose MRR changed in a step: ``customer_id``, ``step``, ``opening``, ``closing``, ``is_first``.

    Only steps with a start or an end have a row: between them a customer's MRR stands still, so the running sum of
    the changes is the MRR itself and no customer × period grid is needed.
    """
    limit = midnight(until)
    terms = paid_terms(facts)
    terms = terms.filter(terms.started_at < limit)
    ended = terms.filter(terms.ended_at < limit)
    starts = terms.select("customer_id", step=step_of(terms.started_at, grain), change=terms.mrr.cast(MONEY))
    ends = ended.select("customer_id", step=step_of(ended.ended_at, grain), change=(-ended.mrr).cast(MONEY))
    both = starts.union(ends)
    changes = both.group_by("customer_id", "step").aggregate(change=both.change.sum().cast(MONEY))
    so_far = ibis.window(group_by="customer_id", order_by="step", preceding=None, following=0)
    changes = changes.mutate(
        closing=changes.change.sum().over(so_far).cast(MONEY), first_step=changes.step.min().over(so_far)
    )
    return changes.select(
        "customer_id",
        "step",
        "closing",
        opening=(changes.closing - changes.change).cast(MONEY),
        is_first=changes.step == changes.first_step,
    )


def _totals(changes: ir.Table) -> dict[str, ir.Value]:
    opening, closing = changes.opening, changes.closing
    won = (opening == 0) & (closing > 0)
    is_new, is_back = won & changes.is_first, won & ~changes.is_first
    is_lost = (opening > 0) & (closing == 0)
    grew, shrank = (opening > 0) & (closing > opening), (closing > 0) & (closing < opening)
    sums = {
        "new": closing.sum(where=is_new),
        "expansion": (closing - opening).sum(where=grew),
        "contraction": (opening - closing).sum(where=shrank),
        "churned": opening.sum(where=is_lost),
        "reactivation": closing.sum(where=is_back),
    }
    counts = {
        "customers_new": is_new.cast("int64").sum(),
        "customers_reactivated": is_back.cast("int64").sum(),
        "customers_churned": is_lost.cast("int64").sum(),
    }
    return {name: value.cast(MONEY) for name, value in sums.items()} | counts


def _zero_when_null(column: ir.NumericColumn) -> ir.NumericColumn:
    return column.fill_null(ibis.literal(0, column.type()))


def _with_balances(rows: ir.Table) -> ir.Table:
    so_far = ibis.window(order_by="step", preceding=None, following=0)
    change = (rows.new + rows.expansion + rows.reactivation - rows.contraction - rows.churned).cast(MONEY)
    customers = rows.customers_new + rows.customers_reactivated - rows.customers_churned
    rows = rows.mutate(change=change, customer_change=customers)
    rows = rows.mutate(
        closing=rows.change.sum().over(so_far).cast(MONEY),
        customers_closing=rows.customer_change.sum().over(so_far).cast("int64"),
    )
    return rows.mutate(
        opening=(rows.closing - rows.change).cast(MONEY),
        customers_opening=rows.customers_closing - rows.customer_change,
    )


def _with_rates(rows: ir.Table, grain: Grain, until: date) -> ir.Table:
    kept = rows.opening - rows.contraction - rows.churned
    return rows.order_by("step").select(
        start_of(rows.step, grain).name("period"),
        *("opening", "new", "expansion", "contraction", "churned", "reactivation", "closing"),
        *("customers_opening", "customers_new", "customers_reactivated", "customers_churned", "customers_closing"),
        gross_retention=ratio(kept, rows.opening),
        net_retention=ratio(kept + rows.expansion, rows.opening),
        logo_churn=ratio(rows.customers_churned, rows.customers_opening),
        arr=(rows.closing * MONTHS_A_YEAR).cast(MONEY),
        arpa=ratio(rows.closing, rows.customers_closing),
        is_complete=start_of(rows.step + 1, grain) <= ibis.literal(until, "date"),
    )
