"""Uplift in money: margin gained, less what is given to those who would have bought anyway, against what it costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from keepwell.decide.margin_curve import Floats
from keepwell.decide.offers import Offers
from keepwell.vocabulary.errors import InputError


@dataclass(frozen=True, slots=True)
class LeverTerms:
    """What a lever costs and gives.

    Args:
        contact: money per person addressed, above 0.
        incentive: money per redemption, at least 0; leave it at 0 where the outcome is margin *after* discounts, for
            there both what buyers redeemed and whom it won are already in.
        redemption: share of purchases by those addressed on which it is redeemed, in [0, 1].
        worth: margin of one unit of the outcome, before incentives: 1 where the outcome is margin, the margin of an
            order where it is a purchase.

    Raises:
        InputError: a number is out of its range.

    """

    contact: float
    incentive: float = 0.0
    redemption: float = 1.0
    worth: float = 1.0

    def __post_init__(self) -> None:
        for name, is_fine in (
            ("contact", np.isfinite(self.contact) and self.contact > 0),
            ("incentive", np.isfinite(self.incentive) and self.incentive >= 0),
            ("redemption", 0 <= self.redemption <= 1),
            ("worth", np.isfinite(self.worth) and self.worth > 0),
        ):
            if not is_fine:
                value = getattr(self, name)
                raise InputError(
                    f"lever.{name}",
                    f"A lever's {name} cannot be {value!r}.",
                    value=value,
                    advice="Costs are money, above 0 for a contact; redemption is a share; worth is money above 0.",
                )


@dataclass(frozen=True, eq=False)
class PersonMoney:
    """One lever on N people, in money: gain before the cost, its standard error, and the cost; shape (N,) each."""

    gain: Floats
    error: Floats
    cost: Floats


def margin_after_discount(revenue: npt.ArrayLike, discount: npt.ArrayLike, margin_rate: float) -> Floats:
    """Return ``m (revenue + discount) − discount``: a discount lowers the price, not what the goods cost.

    Args:
        revenue: after the discount, shape (people,).
        discount: given, at least 0, shape (people,).
        margin_rate: m, of the full price, in (0, 1].

    >>> margin_after_discount([90.0], [10.0], 0.4).tolist()
    [30.0]

    """
    given = np.asarray(discount, dtype=np.float64)
    if not 0 < margin_rate <= 1 or (given < 0).any():
        raise InputError(
            "lever.margin",
            "The margin lies in (0, 1] and discounts are at least 0.",
            value=margin_rate,
            advice="Give the margin as a fraction.",
        )
    return np.asarray(margin_rate * (np.asarray(revenue, dtype=np.float64) + given) - given, dtype=np.float64)


def in_money(
    uplift: npt.ArrayLike, error: npt.ArrayLike, terms: LeverTerms, *, anyway: npt.ArrayLike | None = None
) -> PersonMoney:
    """Return what a lever gains and costs per person.

    ``u = worth × uplift − incentive × redemption × P(buys anyway)``, the second what is given away, and
    ``c = contact + incentive × redemption × P(buys only if addressed)``; those who are driven away redeem nothing. So
    ``u − c = worth × uplift − contact − incentive × redemption × P(buys if addressed)``.

    Args:
        uplift: in units of the outcome, shape (N,).
        error: its standard error, shape (N,).
        terms: of the lever.
        anyway: chance of a purchase if left alone, in [0, 1], shape (N,); needed with an incentive, whose outcome is
            then a purchase (0 or 1).

    Raises:
        InputError: an incentive without ``anyway``, or chances outside [0, 1].

    >>> found = in_money([0.1], [0.02], LeverTerms(contact=0.5, incentive=5, worth=40), anyway=[0.3])
    >>> found.gain.round(2).tolist(), found.cost.tolist()
    ([2.5], [1.0])

    """
    change, spread = np.asarray(uplift, dtype=np.float64), np.asarray(error, dtype=np.float64)
    given = terms.incentive * terms.redemption
    if not given:
        return PersonMoney(terms.worth * change, terms.worth * spread, np.full(change.shape, terms.contact))
    if anyway is None:
        raise InputError(
            "lever.anyway",
            "An incentive is also given to those who would have bought anyway: who are they?",
            value=terms.incentive,
            advice="Hand in anyway=…, the chance of a purchase if left alone (Uplift.anyway).",
        )
    sure = np.asarray(anyway, dtype=np.float64)
    if sure.shape != change.shape or not ((sure >= 0) & (sure <= 1)).all():
        raise InputError(
            "lever.anyway",
            "Give one chance of a purchase a person, from 0 to 1.",
            value=sure.shape,
            advice="See Uplift.",
        )
    # Those it drives away are no longer there to redeem.
    stays = np.minimum(sure, np.maximum(sure + change, 0.0))
    gain = terms.worth * change - given * stays
    cost = terms.contact + given * np.clip(change, 0.0, 1 - sure)
    slope = np.where(change < 0, terms.worth - given, terms.worth)
    return PersonMoney(gain, np.abs(slope) * spread, cost)


def offers_of(levers: Mapping[str, PersonMoney]) -> Offers:
    """Return the offers that `assign` takes, one column a lever.

    Args:
        levers: per lever its money, all for the same people in the same order.

    >>> money = in_money([2.0, -1.0], [0.1, 0.1], LeverTerms(contact=0.5))
    >>> offers_of({"mail": money}).uplift.tolist()
    [[2.0], [-1.0]]

    """
    names = tuple(levers)
    gain, error, cost = (
        np.column_stack([getattr(levers[name], part) for name in names]) for part in ("gain", "error", "cost")
    )
    return Offers(names, gain, cost, error=error)
