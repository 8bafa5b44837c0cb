"""The sentences of the answer: plain, calm, and never saying more than the facts do."""

from __future__ import annotations

from dataclasses import dataclass

from keepwell.decide.allowable_cac import THIN
from keepwell.decide.last_year import LastYear
from keepwell.decide.order_log import OrderLog
from keepwell.decide.wording import about_with_range, signed_rate, within
from keepwell.vocabulary.answer import AllowableCac, ChannelVerdict, Holdout, Lean, NotIdentified, RetentionPoint
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.estimate import Estimate, NotAvailable


@dataclass(frozen=True)
class Findings:
    """What the sentences are made from."""

    lean: Lean
    order_log: OrderLog
    business: Business
    last: LastYear
    allowable: AllowableCac | None
    point: RetentionPoint
    verdicts: tuple[ChannelVerdict, ...]
    holdout: Holdout | NotAvailable

    @property
    def price(self) -> str | None:
        """What a new customer may cost, as a sentence says it; ``None`` when it is not known or nothing."""
        figure = self.allowable.within_horizon if self.allowable else None
        if not isinstance(figure, Estimate) or figure.value <= 0:
            return None
        return about_with_range(figure, self.business.currency)

    @property
    def point_worth(self) -> str | None:
        """What a point of retention is worth, likewise."""
        figure = self.point.worth
        if not isinstance(figure, Estimate) or figure.value <= 0:
            return None
        return about_with_range(figure, self.business.currency)


def headline(found: Findings) -> str:
    """Return the first sentence: which way, and the money reason."""
    if found.lean is Lean.SPEND_LESS:
        return _spend_less(found)
    if found.lean is Lean.WIN:
        return _win(found)
    price, worth = found.price, found.point_worth
    if found.lean is Lean.KEEP:
        share = found.last.returning_share
        brought = (
            ""
            if isinstance(share, NotAvailable)
            else f"customers you already had brought {share.value:.0%} of last year's revenue, and "
        )
        but = f"; win a new customer only where one costs less than {price}" if price else ""
        return f"Lean towards keeping: {brought}each extra point of yearly retention is worth {worth} a year{but}."
    if price is None or worth is None or _is_small(found):
        return f"It is too early to say whether keeping or winning pays better: {_why_early(found)}."
    return (
        "Orders alone do not say whether keeping or winning pays better, but they set the price of each: a new "
        f"customer may cost up to {price}, and keeping one customer more in every hundred is worth {worth} a year."
    )


def caveat(found: Findings) -> str:
    """Return the second sentence: what the first rests on, and what nobody knows yet."""
    margin = f"a margin of {found.business.margin_rate:.0%} of revenue"
    assumed = f"{margin}, which is assumed," if found.business.margin_is_assumed else f"{margin}"
    if any(verdict.spend > 0 for verdict in found.verdicts):
        unknown = "it compares averages, and how many of a channel's customers came because of it is not known"
    else:
        unknown = "which channel or message works is not known"
    return f"This rests on {assumed} and on past orders; {unknown} until a control group has shown it."


def next_step(found: Findings) -> str:
    """Return what to do first."""
    if isinstance(found.holdout, Holdout):
        return found.holdout.sentence
    return f"Go on collecting orders: a control group cannot be sized yet: {found.holdout.reason}."


def not_identified(found: Findings) -> list[NotIdentified]:
    """Return the questions that these facts leave open, each with what would answer it."""
    has_spend = any(verdict.spend > 0 for verdict in found.verdicts)
    channel = "spend by channel and day, as a CSV, and the channel that won each customer"
    if has_spend:
        channel = "pausing each channel in some regions or weeks, to see who comes anyway"
    gaps = [
        NotIdentified("Which channel should get the next unit of money?", channel),
        NotIdentified("Which campaign or offer keeps customers?", "a control group that is left alone"),
        NotIdentified(
            "What does it cost to keep a customer?", "spend on campaigns, discounts and service to customers"
        ),
        NotIdentified("What is a customer worth beyond the horizon?", "a model of lifetime value on the same orders"),
    ]
    if found.business.margin_is_assumed:
        gaps.append(NotIdentified("What is the margin?", "cost of goods, shipping and fees, or a margin rate of yours"))
    return gaps


def assumptions(found: Findings, growth_wanted: float) -> list[str]:
    """Return what was assumed, one sentence each."""
    business, last = found.business, found.last
    said = "assumed, until you give yours" if business.margin_is_assumed else "as you gave it"
    lines = [
        f"Contribution margin is {business.margin_rate:.0%} of net revenue, {said}.",
        f"Later money is discounted by {business.discount_rate:.0%} a year.",
        f"Value is historic: what customers brought whose first {found.order_log.horizon_days} days are all observed.",
        f"What-ifs are held against {signed_rate(growth_wanted)} on last year's margin.",
        "Next year's newcomers come as last year's did and bring what newcomers brought before.",
    ]
    if last.carried_is_measured:
        lines.append(f"Last year's customers bring {last.carried:.0%} of their margin again, as those before them did.")
    else:
        lines.append("With less than two years of orders, newcomers are taken to just replace what is lost.")
    if last.is_scaled:
        lines.append(f"The log holds {last.days} days; newcomers are scaled to a year, other figures are not.")
    return lines


def _win(found: Findings) -> str:
    best = next((v for v in found.verdicts if v.lean is Lean.WIN and v.spend > 0), None)
    horizon = within(found.order_log.horizon_days)
    if best is not None and isinstance(best.cac, Estimate) and isinstance(best.allowable_cac, Estimate):
        currency = found.business.currency
        return (
            f"Lean towards winning through {best.channel}: a new customer cost {about_with_range(best.cac, currency)} "
            f"there and earns {about_with_range(best.allowable_cac, currency)} {horizon}."
        )
    return (
        f"Lean towards winning: a new customer earns {found.price} {horizon}, so winning pays wherever one costs less; "
        f"a point of yearly retention is worth {found.point_worth} a year."
    )


def _spend_less(found: Findings) -> str:
    horizon = within(found.order_log.horizon_days)
    if found.price is None:
        return f"Spend less: new customers have earned nothing {horizon}, so no price for one would come back."
    return (
        f"Spend less on the channels you pay for: a new customer there costs more than one earns {horizon}; over all "
        f"customers, one earns {found.price}."
    )


def _is_small(found: Findings) -> bool:
    mature = found.allowable.customers if found.allowable else 0
    return mature < THIN or found.last.active < THIN


def _why_early(found: Findings) -> str:
    mature = found.allowable.customers if found.allowable else 0
    if found.last.active < THIN:
        return f"{_people(found.last.active)} ordered in the last year"
    if mature < THIN:
        days = found.order_log.horizon_days
        return f"{_people(mature)} has been watched for the {days} days after the first order"
    return "last year's orders brought no margin"


def _people(count: int) -> str:
    """Return a small count of customers as the subject of a sentence in the singular or plural alike."""
    if count == 0:
        return "no customer"
    return "only one customer" if count == 1 else f"a group of only {count} customers"
