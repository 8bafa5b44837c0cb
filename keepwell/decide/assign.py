"""Which person gets which lever: the best assignment under a budget, capacities and caps, by prices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from keepwell.decide.margin_curve import Floats
from keepwell.decide.offers import Offers, TreatmentLimits, scores
from keepwell.decide.prices import Resources, choose, find_prices
from keepwell.decide.rounding import fill_up, mixed, trim

NOBODY = -1


@dataclass(frozen=True, eq=False)
class Assignment:
    """Who is treated how.

    Args:
        lever: index of the lever per person, shape (N,); −1 for those left alone.
        control: the same for those who would be treated but were held out by lot.
        value: margin gained less ``1 + hurdle`` × cost, after caution; what was maximised.
        bound: no assignment exceeds it (the dual value).
        uplift: expected margin gained, before cost and caution.
        cost: money.
        counts: people treated per lever.
        price_of_money: λ: what one more unit of budget would bring; at least 1 + hurdle.
        prices: of each capacity and cap per unit, 0 where it does not bind.

    """

    lever: npt.NDArray[np.int64]
    control: npt.NDArray[np.int64]
    value: float
    bound: float
    uplift: float
    cost: float
    counts: Mapping[str, int]
    price_of_money: float
    prices: Mapping[str, float]

    @property
    def gap(self) -> float:
        """Relative distance to the bound, at least 0."""
        return max(0.0, 1 - self.value / self.bound) if self.bound > 0 else 0.0


def assign(offers: Offers, limits: TreatmentLimits, *, seed: int = 0) -> Assignment:
    """Return the assignment that maximises ``Σ (u − caution se − (1 + hurdle) c) z``, at most one lever a person.

    Lagrangian relaxation (Fisher 1981): person i takes ``argmax_k (u_ik − λ c_ik − Σ_r μ_r a_rk)`` or nothing, with
    prices λ, μ that minimise the dual. At those prices some people are indifferent; they are split as the dual's
    solution says, then what does not fit is dropped and what is left over is filled. The dual bounds the gap.

    People drawn by lot into the holdout are not treated; those of them who would have been, at the same prices, are
    the control group.

    Args:
        offers: people × levers.
        limits: what must be kept to.
        seed: for the lots: the holdout and those who are indifferent.

    >>> offers = Offers(("mail", "call"), np.array([[5.0, 11], [4, 2], [-3, -1]]), np.array([1.0, 5]))
    >>> found = assign(offers, TreatmentLimits(budget=6))
    >>> found.lever, found.uplift, found.cost
    (array([ 1,  0, -1]), 15.0, 6.0)

    """
    rng = np.random.default_rng(seed)
    worth = scores(offers, limits)
    is_held = rng.random(offers.people) < limits.holdout if limits.holdout else np.zeros(offers.people, dtype=bool)
    open_worth = np.where(is_held[:, None], -np.inf, worth) if limits.holdout else worth
    resources = _resources(offers, limits, [open_worth, worth])
    prices = find_prices(open_worth, offers.cost, resources, seed=seed)
    lever = mixed(open_worth, offers.cost, resources, prices, rng)
    lever = trim(lever, open_worth, offers.cost, resources, prices.best)
    lever = fill_up(lever, open_worth, offers.cost, resources, prices.best)
    treated = np.flatnonzero(lever != NOBODY)
    where = (treated, lever[treated])
    control = np.full(offers.people, NOBODY, dtype=np.int64)
    if is_held.any():
        held = np.flatnonzero(is_held)
        control[held] = choose(worth[held], offers.cost[held], prices.best, resources).lever
    return Assignment(
        lever=lever,
        control=control,
        value=float(open_worth[where].sum()),
        bound=prices.bound,
        uplift=float(offers.uplift[where].sum()),
        cost=float(offers.cost[where].sum()),
        counts={name: int((lever == index).sum()) for index, name in enumerate(offers.levers)},
        price_of_money=1 + limits.hurdle + float(prices.best[0]),
        prices=dict(zip(resources.names[1:], prices.best[1:].tolist(), strict=True)),
    )


def _resources(offers: Offers, limits: TreatmentLimits, worths: list[Floats]) -> Resources:
    """Return the rows; levers of which not even one contact fits into a limit are closed in ``worths``."""
    names, rows, most = ["budget"], [np.zeros(len(offers.levers))], [limits.budget]
    for name, units in limits.capacity.items():
        if name in offers.uses:
            names.append(name)
            rows.append(np.asarray(offers.uses[name], dtype=np.float64))
            most.append(units)
    for index, lever in enumerate(offers.levers):
        if lever in limits.caps:
            names.append(f"people: {lever}")
            rows.append(np.eye(len(offers.levers))[index])
            most.append(limits.caps[lever])
    kept = [0]
    for index in range(1, len(names)):
        if most[index] >= rows[index][rows[index] > 0].min(initial=np.inf):
            kept.append(index)
            continue
        for worth in worths:
            worth[:, rows[index] > 0] = -np.inf
    if limits.budget < offers.cost.min(initial=np.inf):
        for worth in worths:
            worth[:] = -np.inf
    return Resources(
        tuple(names[i] for i in kept), np.array([rows[i] for i in kept]), np.array([most[i] for i in kept])
    )
