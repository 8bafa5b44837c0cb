"""The sentences of the answer: plain, calm, and never saying more than the facts do."""

from __future__ import annotations

from dataclasses import dataclass

from keepwell.decide.allowable_cac import THIN
from keepwell.decide.foretold import Foretold
from keepwell.decide.last_year import LastYear
from keepwell.decide.order_log import OrderLog
from keepwell.decide.wording import about, signed_rate, within
from keepwell.vocabulary.answer import (
    AllowableCac,
    ChannelVerdict,
    Figure,
    Holdout,
    Lean,
    NotIdentified,
    RetentionPoint,
)
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
    def price(self) -> Estimate | None:
        """What a new customer may cost; ``None`` when it is not known or nothing."""
        return _above_nothing(self.allowable.within_horizon if self.allowable else None)

    @property
    def point_worth(self) -> Estimate | None:
        """What a point of retention is worth, likewise."""
        return _above_nothing(self.point.worth)

    @property
    def paid(self) -> tuple[ChannelVerdict, ...]:
        """The channels with spend, most first."""
        return tuple(verdict for verdict in self.verdicts if verdict.spend > 0)

    def said(self, figure: Estimate) -> str:
        """Return an amount as a sentence says it."""
        return about(figure.value, self.business.currency)


def headline(found: Findings) -> str:
    """Return the first sentence: the verdict, and at most the two figures that it turns on.

    It is to be read aloud; intervals and everything else stand in the reasons.
    """
    if found.lean is Lean.SPEND_LESS:
        return _spend_less(found)
    if found.lean is Lean.WIN:
        return _win(found)
    price, worth = found.price, found.point_worth
    if found.lean is Lean.KEEP and worth is not None:
        kept = f"Lean towards keeping: one more customer kept in every hundred is worth {found.said(worth)} a year"
        return f"{kept}." if price is None else f"{kept}; pay at most {found.said(price)} to win a new one."
    if price is None or worth is None or _is_small(found):
        return f"It is too early to say whether keeping or winning pays better: {_why_early(found)}."
    return (
        f"Neither side leads yet: pay up to {found.said(price)} to win a new customer, or {found.said(worth)} a year "
        "to keep one more in every hundred."
    )


def caveat(found: Findings) -> str:
    """Return the second sentence: the margin that the first rests on, and what nobody knows yet."""
    margin = f"{found.business.margin_rate:.0%}"
    rests = (
        f"It assumes a margin of {margin}" if found.business.margin_is_assumed else f"It takes your margin of {margin}"
    )
    unknown = "how many customers a channel really brings" if found.paid else "which channel or message works"
    return f"{rests}, and only a control group can show {unknown}."


def next_step(found: Findings) -> str:
    """Return what to do first."""
    if isinstance(found.holdout, Holdout):
        return found.holdout.sentence
    return f"Go on collecting orders: a control group cannot be sized yet: {found.holdout.reason}."


def not_identified(found: Findings) -> list[NotIdentified]:
    """Return the questions that these facts leave open, each with what would answer it."""
    channel = "spend by channel and day, as a CSV, and the channel that won each customer"
    if found.paid:
        channel = "pausing each channel in some regions or weeks, to see who comes anyway"
    gaps = [
        NotIdentified("Which channel should get the next unit of money?", channel),
        NotIdentified("Which campaign or offer keeps customers?", "a control group that is left alone"),
        NotIdentified(
            "What does it cost to keep a customer?", "spend on campaigns, discounts and service to customers"
        ),
    ]
    if isinstance(found.order_log.foretold, NotAvailable):
        needs = f"a model of lifetime value, and there is none: {found.order_log.foretold.reason}"
        gaps.append(NotIdentified("What will today's customers bring?", needs))
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
        _value_of(found),
        f"What-ifs are held against {signed_rate(growth_wanted)} on last year's margin.",
        f"Next year's newcomers come as last year's did and bring {_newcomers_bring(found)}.",
    ]
    if found.order_log.foretold:
        lines.append("What today's customers bring next year is foretold customer by customer.")
    elif last.carried_is_measured:
        lines.append(f"Last year's customers bring {last.carried:.0%} of their margin again, as those before them did.")
    else:
        lines.append("With less than two years of orders, newcomers are taken to just replace what is lost.")
    if found.paid:
        lines.append("Channels are compared by what a customer cost on average, not by what the next one would cost.")
    if last.is_scaled:
        lines.append(f"The log holds {last.days} days; newcomers are scaled to a year, other figures are not.")
    return lines


def _value_of(found: Findings) -> str:
    foretold, days = found.order_log.foretold, found.order_log.horizon_days
    if isinstance(foretold, Foretold):
        return (
            f"Value is foretold by {foretold.model}, the model that the last part of the log spoke for: {foretold.why}"
        )
    return f"Value is historic: what customers brought whose first {days} days are all observed."


def _newcomers_bring(found: Findings) -> str:
    foretold = found.order_log.foretold
    return "what the model foretells" if isinstance(foretold, Foretold) else "what newcomers brought before"


def _win(found: Findings) -> str:
    best = next((verdict for verdict in found.paid if verdict.lean is Lean.WIN), None)
    horizon = within(found.order_log.horizon_days)
    if best is not None and isinstance(best.cac, Estimate) and isinstance(best.allowable_cac, Estimate):
        return (
            f"Lean towards winning through {best.channel}: a new customer costs {found.said(best.cac)} there and earns "
            f"{found.said(best.allowable_cac)} {horizon}."
        )
    if found.price is None:
        return "Lean towards winning: more speaks for new customers than for those you have."
    return (
        f"Lean towards winning: a new customer earns {found.said(found.price)} {horizon}, so winning pays wherever one "
        "costs less."
    )


def _spend_less(found: Findings) -> str:
    horizon = within(found.order_log.horizon_days)
    if found.price is None:
        return f"Spend less: new customers have earned nothing {horizon}, so none is worth paying for."
    if len(found.paid) > 1:
        return f"Spend less on the channels you pay for: in each, a new customer costs more than one earns {horizon}."
    paid = found.paid[0]
    if isinstance(paid.cac, Estimate) and isinstance(paid.allowable_cac, Estimate):
        return (
            f"Spend less on {paid.channel}: a new customer costs {found.said(paid.cac)} there and earns "
            f"{found.said(paid.allowable_cac)} {horizon}."
        )
    spent = about(paid.spend, found.business.currency)
    return f"Spend less on {paid.channel}: {spent} went there, and no new customer is known to have come of it."


def _above_nothing(figure: Figure | None) -> Estimate | None:
    return figure if isinstance(figure, Estimate) and figure.value > 0 else None


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
