"""The reasons behind the answer, and the figures at which it would change."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from keepwell.decide.foretold import Foretold
from keepwell.decide.order_log import Floats
from keepwell.decide.revenue_share import share_of_the_best
from keepwell.decide.sentences import Findings
from keepwell.decide.what_if_changes import break_even_uplift
from keepwell.decide.wording import about, about_with_range, within
from keepwell.vocabulary.answer import Holdout, Reason, Threshold
from keepwell.vocabulary.estimate import Estimate, NotAvailable
from keepwell.vocabulary.kpi import Unit

DISCOUNT = 0.10
MOST_CHANNELS = 3


def reasons(found: Findings) -> list[Reason]:
    """Return the facts that speak, each as a sentence with its figure."""
    currency, last = found.business.currency, found.last
    listed: list[Reason] = []
    base = Estimate(last.margin.total) if last.margin.n else NotAvailable("nobody ordered in the last year")
    if isinstance(base, Estimate):
        people = f"The {last.active:,} customers who ordered" if last.active != 1 else "The one customer who ordered"
        sentence = f"{people} in the last year brought {about(base.value, currency)} of margin."
        listed.append(Reason(sentence, base, Unit.MONEY, ("historic, not a forecast",)))
    if isinstance(found.order_log.foretold, Foretold):
        listed.append(_base(found.order_log.foretold, currency))
    if isinstance(last.returning_share, Estimate):
        share = last.returning_share
        listed.append(Reason(f"{share.value:.0%} of revenue came from customers of earlier years.", share, Unit.RATE))
    if isinstance(last.kept, Estimate):
        sentence = f"{last.kept.value:.0%} of the customers of the year before ordered again."
        listed.append(Reason(sentence, last.kept, Unit.RATE))
    if found.order_log.shares is not None:
        top = share_of_the_best(found.order_log.shares.top_10, _revenue(found), 0.1)
        listed.append(Reason(f"The best tenth of customers brought {top.value:.0%} of revenue.", top, Unit.RATE))
    if found.price is not None and found.allowable is not None:
        horizon = within(found.order_log.horizon_days)
        earned = about_with_range(found.price, currency)
        sentence = f"A new customer earns {earned} of margin {horizon}, on average."
        listed.append(Reason(sentence, found.allowable.within_horizon, Unit.MONEY, (_counted_on(found),)))
    if found.point_worth is not None:
        sentence = f"One point of yearly retention is worth {about_with_range(found.point_worth, currency)} a year."
        listed.append(Reason(sentence, found.point.worth, Unit.MONEY, ("those kept are worth the average",)))
    return [*listed, *_channels(found)]


def _base(foretold: Foretold, currency: str) -> Reason:
    alive = f"{foretold.alive.value:,.0f} of the {foretold.customers:,} customers there have been"
    sentence = (
        f"Today's customers are expected to bring {about_with_range(foretold.margin, currency)} of margin "
        f"{within(foretold.days)}; {alive} are expected to be still there."
    )
    return Reason(sentence, foretold.margin, Unit.MONEY, (f"foretold by {foretold.model}",))


def _counted_on(found: Findings) -> str:
    foretold = found.order_log.foretold
    if isinstance(foretold, Foretold) and foretold.newcomers:
        return f"foretold by {foretold.model}"
    return "customers with a full horizon"


def _channels(found: Findings) -> list[Reason]:
    """Return what a customer cost and earns in the channels with the most spend."""
    currency, listed = found.business.currency, []
    for paid in found.paid[:MOST_CHANNELS]:
        if isinstance(paid.cac, Estimate) and isinstance(paid.allowable_cac, Estimate):
            earned = about_with_range(paid.allowable_cac, currency)
            sentence = (
                f"Through {paid.channel} a new customer cost {about_with_range(paid.cac, currency)} and earns {earned} "
                f"{within(found.order_log.horizon_days)}."
            )
            cost = replace(paid.cac, evidence=paid.evidence)
            listed.append(Reason(sentence, cost, Unit.MONEY, ("customers as attributed to the channel",)))
    return listed


def _revenue(found: Findings) -> Floats:
    """Return the last year's revenue of each customer who ordered, as concentration counts it: at least 0."""
    is_active = found.order_log.column("orders_year") > 0
    revenue: Floats = np.maximum(found.order_log.column("revenue_year")[is_active], 0)
    return revenue


def thresholds(found: Findings) -> list[Threshold]:
    """Return the figures at which the answer changes: prices, uplifts, and the effect a test must show."""
    currency = found.business.currency
    listed: list[Threshold] = []
    if found.price is not None and found.allowable is not None:
        limit, first = found.allowable.within_horizon, found.allowable.on_first_order
        horizon = within(found.order_log.horizon_days)
        most = about_with_range(found.price, currency)
        sentence = f"Win wherever a new customer costs less than {most}; above that one does not pay back {horizon}."
        listed.append(Threshold("most a new customer may cost", sentence, limit, Unit.MONEY))
        if isinstance(first, Estimate):
            sentence = f"Below {about_with_range(first, currency)} the first order alone pays for the customer."
            listed.append(Threshold("paid back by the first order", sentence, first, Unit.MONEY))
    if found.point_worth is not None:
        worth = about_with_range(found.point_worth, currency)
        sentence = f"Keep wherever one more customer in a hundred stays for less than {worth} a year."
        listed.append(Threshold("most a point of retention may cost", sentence, found.point.worth, Unit.MONEY))
    listed.append(_discount(found))
    if isinstance(found.holdout, Holdout):
        lift = found.holdout.lift if found.holdout.is_feasible else found.holdout.visible_lift
        sentence = f"A retention campaign counts as proven here from an effect of {lift:.0%} on margin per customer."
        listed.append(Threshold("effect that a test can show", sentence, Estimate(lift), Unit.RATE))
    return listed


def _discount(found: Findings) -> Threshold:
    name, rate = f"extra orders that pay for a {DISCOUNT:.0%} discount", found.business.margin_rate
    uplift = break_even_uplift(DISCOUNT, rate)
    if uplift is None:
        reason = f"at a margin of {rate:.0%} no number of orders pays for it"
        return Threshold(
            name, f"A {DISCOUNT:.0%} discount to everyone never pays: {reason}.", NotAvailable(reason), Unit.RATE
        )
    sentence = f"A {DISCOUNT:.0%} discount to everyone pays only if orders rise by more than {uplift:.0%}."
    return Threshold(name, sentence, Estimate(uplift), Unit.RATE)
