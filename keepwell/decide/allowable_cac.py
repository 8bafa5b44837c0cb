"""The most one may pay for a new customer: what a newcomer earns within the horizon, by group."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from keepwell.decide.foretold import Foretold, NewcomerForecast
from keepwell.decide.last_year import scaled
from keepwell.decide.order_log import EVERYONE, OrderLog, ValueGroup
from keepwell.stats.discounting import spread_factor
from keepwell.stats.shrinkage import ShrunkMean, shrink
from keepwell.vocabulary.answer import AllowableCac, Figure
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.estimate import Estimate, NotAvailable

THIN = 30  # below this many customers the normal interval of a skewed mean is not to be trusted


def allowable_cac(order_log: OrderLog, business: Business) -> list[AllowableCac]:
    """Return the most that a new customer may cost, for the whole base and for each group of each dimension.

    A newcomer's net revenue within the horizon (mature customers only, so everyone was watched for the whole of
    it) × margin rate, later orders discounted as if they came evenly over the horizon. Within a dimension the
    means are shrunk towards the base (`stats.shrinkage.shrink`). Pay more, and a newcomer does not earn it back
    within the horizon; what comes after the horizon is not counted.

    Where a model of lifetime value foretells what newcomers bring, its figure takes that place (young groups then
    count too), and what was counted stands beside it in ``as_measured``.

    Args:
        order_log: the value groups, and what is foretold.
        business: margin rate and discount rate.

    Returns:
        The whole base first; then group by group in the order given. Amounts are at least 0.

    """
    counted = _counted(order_log, business)
    if not isinstance(order_log.foretold, Foretold) or not order_log.foretold.newcomers:
        return counted
    measured = {(item.dimension, item.group): item for item in counted}
    answers = [
        _foretold(group, measured.pop((group.dimension, group.group), None), order_log, business)
        for group in order_log.foretold.newcomers
    ]
    return answers + list(measured.values())


def _counted(order_log: OrderLog, business: Business) -> list[AllowableCac]:
    answers = []
    for dimension in order_log.dimensions:
        groups = order_log.groups(dimension)
        if dimension == EVERYONE and order_log.everyone is not None:
            groups = [order_log.everyone]
        shrunk = shrink([group.value for group in groups])
        answers += [_one(g, s, order_log, business) for g, s in zip(groups, shrunk, strict=True)]
    return answers


def present_share(group: ValueGroup | None, order_log: OrderLog, business: Business) -> float:
    """Return what one unit of value within the horizon is worth on the day of the first order, in (0, 1].

    The first order counts in full, the rest by the mean discount factor of money that comes in evenly.

    Args:
        group: the group whose split between first and later orders is used.
        order_log: the horizon.
        business: the yearly discount rate.

    """
    if group is None or group.is_discounted:
        return 1.0
    later = spread_factor(business.discount_rate, order_log.horizon_days)
    first, total = group.first_order.total, group.value.total
    # Refunds of first orders are dated later: a first order above the net total leaves nothing to discount.
    share_of_first = min(1.0, max(0.0, first / total)) if total > 0 else 0.0
    return share_of_first + later * (1 - share_of_first)


def _one(group: ValueGroup, shrunk: ShrunkMean, order_log: OrderLog, business: Business) -> AllowableCac:
    is_everyone = group.dimension == EVERYONE
    # A small group's own split between first and later orders is noise, so the whole base's is used for all.
    factor = business.margin_rate * present_share(order_log.everyone or group, order_log, business)
    has_spread = is_everyone or any(g.value.n > 1 for g in order_log.groups(group.dimension))
    measured = _floored(scaled(group.value, factor).estimate, group)
    within: Figure = measured
    if not is_everyone and has_spread:
        low, high = max(0.0, shrunk.low * factor), max(0.0, shrunk.high * factor)
        within = Estimate(max(0.0, shrunk.mean * factor), low, high, evidence=group.evidence)
    is_thin = group.value.n < THIN
    loses = group.value.total < 0
    return AllowableCac(
        dimension=group.dimension,
        group=group.group,
        customers=group.value.n,
        within_horizon=within,
        as_measured=measured,
        on_first_order=_floored(scaled(group.first_order, business.margin_rate).estimate, group),
        shrinkage=0.0 if is_everyone else shrunk.weight_of_base,
        is_thin=is_thin,
        note=_note(group, is_thin, loses),
    )


def _foretold(
    group: NewcomerForecast, counted: AllowableCac | None, order_log: OrderLog, business: Business
) -> AllowableCac:
    nobody = NotAvailable(f"nobody of this group has been watched for the whole {order_log.horizon_days} days yet")
    is_thin = group.customers < THIN
    notes = [group.note] if group.note else []
    if is_thin:
        notes.append(f"few customers ({group.customers}): the figure leans on the whole base")
    return AllowableCac(
        dimension=group.dimension,
        group=group.group,
        customers=group.customers,
        within_horizon=_margin_of(group.value, business),
        as_measured=nobody if counted is None else counted.as_measured,
        on_first_order=_margin_of(group.first_order, business),
        shrinkage=group.weight_of_base,
        is_thin=is_thin,
        note="; ".join(notes),
    )


def _margin_of(revenue: Estimate, business: Business) -> Estimate:
    low, high = (None if end is None else max(0.0, end * business.margin_rate) for end in (revenue.low, revenue.high))
    return replace(revenue, value=max(0.0, revenue.value * business.margin_rate), low=low, high=high)


def _floored(estimate: Callable[[], Estimate | NotAvailable], group: ValueGroup) -> Figure:
    found = estimate()
    if isinstance(found, NotAvailable):
        return found
    low = None if found.low is None else max(0.0, found.low)
    high = None if found.high is None else max(0.0, found.high)
    return Estimate(max(0.0, found.value), low, high, found.level, group.evidence, found.note)


def _note(group: ValueGroup, is_thin: bool, loses: bool) -> str:
    parts = []
    if group.is_truncated:
        parts.append("some were first seen at the start of the log and may be older customers: it reads high")
    if loses:
        parts.append("these customers returned more than they bought: nothing may be paid")
    if is_thin:
        parts.append(f"few customers ({group.value.n}): the figure leans on the whole base")
    return "; ".join(parts)
