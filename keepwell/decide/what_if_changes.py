"""The changes one can ask about, with defaults that the result names as assumptions."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

import numpy as np
from scipy.optimize import brentq

from keepwell.decide.next_year import Year
from keepwell.decide.order_log import Floats
from keepwell.decide.what_if import WhatIf
from keepwell.decide.wording import signed, signed_rate
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import Evidence

NEEDS_SPEND = "acquisition spend per channel is not known; add it as a CSV of date, channel and amount"
INCREMENTAL = (
    "of the customers a channel reports, about half came because of its spend (prior: 0.5, 95% range 0.15 to 1)"
)


class Leavers(StrEnum):
    """Which customers leave."""

    RANDOM = "at random"
    RISKIEST = "those who have not ordered for longest"
    MOST_VALUABLE = "those who brought the most last year"


def customers_leave(share: float = 0.25, who: Leavers = Leavers.RANDOM) -> WhatIf:
    """Let a share of the customers of the last year leave before the next.

    Args:
        share: fraction in [0, 1].
        who: drawn at random, the riskiest by recency, or the most valuable.

    Raises:
        InputError: the share is not a fraction.

    """
    _fraction("share", share)

    def change(year: Year, rng: np.random.Generator | None) -> Year:
        stays: Floats
        if who is Leavers.RANDOM:
            size = year.margin.size
            stays = np.full(size, 1 - share) if rng is None else (rng.random(size) >= share).astype(np.float64)
        else:
            stays = 1 - _top(year.recency if who is Leavers.RISKIEST else year.margin, share)
        return replace(year, margin=year.margin * stays, kept_margin=year.kept_margin * stays)

    return WhatIf(
        f"{share:.0%} leave, {who.value}",
        f"{share:.0%} of the customers who ordered in the last year leave, {who.value}, and none comes back.",
        change,
        ("customers who would have left anyway are among them only as far as the drawing takes them",),
    )


def new_product(
    buyers: float = 0.5, price: float | None = None, margin_rate: float | None = None, cannibalised: float = 0.3
) -> WhatIf:
    """Let a share of the base buy a new product, once each, some of it in place of what they bought before.

    Each customer's own probability is ``1 − e^(−c·λ)``, λ the mean of their orders last year and the base's mean, c
    such that the probabilities average ``buyers``.

    Args:
        buyers: share of last year's customers who buy it, in [0, 1).
        price: money; the shop's average order value unless given.
        margin_rate: of the new product; the shop's unless given.
        cannibalised: share of the new revenue that replaces old revenue, in [0, 1].

    Raises:
        InputError: an argument is out of its range.

    """
    _fraction("cannibalised", cannibalised)
    if not 0 <= buyers < 1:
        raise _bad("buyers", buyers, "Give a fraction below 1.")
    if price is not None and not price > 0:
        raise _bad("price", price, "Give a price above 0.")

    def change(year: Year, rng: np.random.Generator | None) -> Year:
        paid = year.order_value if price is None else price
        chance = _purchase_chance(year.orders, buyers)
        bought = chance if rng is None else (rng.random(chance.size) < chance).astype(np.float64)
        gained = paid * (year.margin_rate if margin_rate is None else margin_rate)
        lost = np.minimum(paid * cannibalised * year.margin_rate, np.maximum(year.margin, 0))
        return replace(year, margin=year.margin + bought * (gained - lost))

    at_price = "the average order value" if price is None else f"{price:,.2f}"
    return WhatIf(
        f"{buyers:.0%} buy a new product",
        f"{buyers:.0%} of the customers buy a new product once, at {at_price}; {cannibalised:.0%} of that replaces "
        "what they would have bought.",
        change,
        (
            f"{buyers:.0%} buy, likelier those who order often",
            f"{cannibalised:.0%} of the new revenue replaces old revenue",
            "no launch cost is taken off",
        ),
    )


def retention_changes(points: float) -> WhatIf:
    """Let the share of customers kept over the year change.

    Args:
        points: percentage points, such as 5 or −3, in [−100, 100].

    Raises:
        InputError: the points are out of their range.

    """
    if not -100 <= points <= 100:
        raise _bad("points", points, "Give percentage points between −100 and 100.")
    share = abs(points) / 100

    def change(year: Year, rng: np.random.Generator | None) -> Year:
        size = year.margin.size
        moved = np.full(size, share) if rng is None else (rng.random(size) < share).astype(np.float64)
        return replace(year, margin=year.margin + np.sign(points) * moved * year.kept_margin)

    def missing(year: Year) -> str:
        if year.kept_rate is None:
            return ""
        if points > 0 and year.kept_rate + share > 1:
            return f"{year.kept_rate:.0%} are kept already: {points:g} points more is above 100%"
        return f"only {year.kept_rate:.0%} are kept" if points < 0 and share > year.kept_rate else ""

    return WhatIf(
        f"retention {signed(points)} points",
        f"{abs(points):g} in 100 customers {'stay who would have left' if points >= 0 else 'leave who would stay'}.",
        change,
        ("those who stay or leave are worth the average customer", "the cost of keeping them is not taken off"),
        missing=missing,
    )


def discount_for_all(depth: float = 0.10, uplift: float = 0.0) -> WhatIf:
    """Give everyone a discount on every order.

    Args:
        depth: fraction off the price, in [0, 1).
        uplift: relative change of orders that it causes, at least −1; 0 unless a test has shown one.

    Raises:
        InputError: an argument is out of its range.

    """
    if not 0 <= depth < 1:
        raise _bad("depth", depth, "Give a fraction such as 0.10.")
    if uplift < -1:
        raise _bad("uplift", uplift, "Give a relative change of at least −1.")

    def change(year: Year, rng: np.random.Generator | None) -> Year:
        factor = (1 - depth / year.margin_rate) * (1 + uplift)
        return replace(
            year,
            margin=year.margin * factor,
            kept_margin=year.kept_margin * factor,
            newcomer_margin=year.newcomer_margin * factor,
        )

    return WhatIf(
        f"{depth:.0%} discount to everyone",
        f"Everyone gets {depth:.0%} off every order, and {_orders(uplift)}.",
        change,
        (f"{_orders(uplift)}: what a discount causes is not known without a control group",),
    )


def break_even_uplift(depth: float, margin_rate: float) -> float | None:
    """Return the relative rise of orders that pays for a discount; ``None`` when no rise can.

    Args:
        depth: fraction off the price, in [0, 1).
        margin_rate: contribution margin before the discount, a fraction.

    >>> break_even_uplift(0.10, 0.50)
    0.25

    """
    return round(margin_rate / (margin_rate - depth) - 1, 12) if depth < margin_rate else None


def cac_rises(by: float = 0.20) -> WhatIf:
    """Let a new customer cost more at the same budget, so that fewer come.

    Args:
        by: relative rise, above −1.

    Raises:
        InputError: the rise is not above −1.

    """
    if by <= -1:
        raise _bad("by", by, "Give a relative rise such as 0.20.")
    return WhatIf(
        f"CAC {signed_rate(by)}",
        f"A new customer costs {abs(by):.0%} {'more' if by >= 0 else 'less'} at the same budget.",
        lambda year, rng: _fewer_newcomers(year, by / (1 + by)),
        (INCREMENTAL,),
        Evidence.PRIOR,
        lambda year: "" if year.spend else NEEDS_SPEND,
    )


def budget_cut(share: float = 0.5) -> WhatIf:
    """Cut the acquisition budget by a share, across all channels alike.

    Args:
        share: fraction in [0, 1].

    Raises:
        InputError: the share is not a fraction.

    """
    _fraction("share", share)

    def change(year: Year, rng: np.random.Generator | None) -> Year:
        return replace(_fewer_newcomers(year, share), spend=(year.spend or 0.0) * (1 - share))

    return WhatIf(
        f"acquisition budget −{share:.0%}",
        f"The acquisition budget is cut by {share:.0%} in every channel.",
        change,
        (
            INCREMENTAL,
            "the share of paid customers lost equals the share of budget cut; if spend saturates, fewer are lost",
        ),
        Evidence.PRIOR,
        lambda year: "" if year.spend else NEEDS_SPEND,
    )


def _orders(uplift: float) -> str:
    if uplift == 0:
        return "nobody orders more because of it"
    return f"orders {'rise' if uplift > 0 else 'fall'} by {abs(uplift):.0%} because of it"


def _fewer_newcomers(year: Year, share: float) -> Year:
    lost = year.paid_newcomers * year.incremental * share
    return replace(year, newcomers=year.newcomers - lost, paid_newcomers=year.paid_newcomers * (1 - share))


def _top(key: Floats, share: float) -> Floats:
    """Return 1 for the top share by ``key``, 0 for the rest, and a fraction for the one on the border."""
    inside = np.zeros(key.size)
    wanted = share * key.size
    whole = int(wanted)
    ranked = np.argsort(-key, kind="stable")
    inside[ranked[:whole]] = 1.0
    if whole < key.size:
        inside[ranked[whole]] = wanted - whole
    return inside


def _purchase_chance(orders: Floats, mean_chance: float) -> Floats:
    if mean_chance == 0 or orders.size == 0:
        return np.zeros(orders.size)
    # Few distinct order counts: solve on the counts, then look every customer up.
    counts = orders.astype(np.int64)
    weights = np.bincount(counts) / counts.size
    rates = (np.arange(weights.size) + counts.mean()) / 2

    def excess(c: float) -> float:
        return float(weights @ -np.expm1(-c * rates)) - mean_chance

    c = brentq(excess, 0.0, 50 / rates[weights > 0].min())
    looked_up: Floats = -np.expm1(-c * rates)[counts]
    return looked_up


def _fraction(name: str, value: float) -> None:
    if not 0 <= value <= 1:
        raise _bad(name, value, "Give a fraction between 0 and 1.")


def _bad(name: str, value: object, advice: str) -> InputError:
    return InputError(f"what_if.{name}", f"The {name} cannot be {value!r}.", value=value, advice=advice)
