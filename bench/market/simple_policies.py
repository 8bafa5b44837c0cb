"""What shops do today: policies by rules of thumb, from observables only."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bench.market.observe import Observed
from bench.market.plan import NOTHING, Ids, Plan
from bench.market.shop_figures import by_risk, newcomer_values, spend_shares

VALUE_EVERY = 3
MIDDLE = 0.4  # of those who do not get the dearest lever, so many get the one in the middle


def nothing(_observed: Observed, _rng: np.random.Generator) -> Plan:
    """Spend nothing."""
    return NOTHING


def split(retention_share: float) -> Callable[[Observed, np.random.Generator], Plan]:
    """Return a policy that spends the whole budget: this share on contacts by risk, the rest on media as of late.

    What contacts cannot use (everybody has been reached) goes to media too, unless all was meant for contacts.
    """

    def policy(observed: Observed, _rng: np.random.Generator) -> Plan:
        treatments, cost = contacts_by_risk(observed, retention_share * observed.budget)
        media = observed.budget - cost if retention_share < 1 else 0.0
        shares = spend_shares(observed, months=6 if observed.month <= 0 else observed.month + 6)
        return Plan(spend={channel: media * share for channel, share in shares.items()}, treatments=treatments)

    return policy


def contacts_by_risk(observed: Observed, money: float) -> tuple[dict[str, Ids], float]:
    """Return ids per lever and their cost: everybody at risk by some lever, the riskiest by the dearest one.

    As many get the dearest lever as money allows when the others get the cheapest; money that does not reach all gets
    the cheapest lever to the riskiest.
    """
    if money <= 0:
        return {}, 0.0
    risky = by_risk(observed)
    levers = sorted(observed.levers.values(), key=lambda lever: lever.cost)
    cheap, middle, dear = levers[0], levers[len(levers) // 2], levers[-1]
    everybody = len(risky) * cheap.cost
    dearest = int(max(money - everybody, 0) / max(dear.cost - cheap.cost, 1e-9))
    groups = np.split(risky, [dearest, dearest + int(MIDDLE * max(len(risky) - dearest, 0))])
    chosen: dict[str, Ids] = {}
    left = money
    for lever, group in zip((dear, middle, cheap), groups, strict=True):
        reached = group[: int(left / lever.cost + 1e-9)]
        chosen[lever.name] = np.concatenate([chosen.get(lever.name, reached[:0]), reached])
        left -= len(reached) * lever.cost
    return chosen, money - left


class LastClickRoas:
    """Spend the budget on channels in proportion to what last click says they return, if above what they cost."""

    def __init__(self) -> None:
        self._values: dict[str, float] = {}

    def __call__(self, observed: Observed, _rng: np.random.Generator) -> Plan:
        """Return the month's plan; lifetime values are counted again every quarter."""
        if observed.month % VALUE_EVERY == 0:
            self._values = newcomer_values(observed)
        recent = observed.spend[observed.spend["month"] >= observed.month - 6]
        spent = recent.groupby("channel")["spend"].sum().to_dict()
        won = recent.groupby("channel")["new_customers"].sum().to_dict()
        returned = {
            channel: self._values[channel] * won[channel] / spent[channel] if spent[channel] > 0 else 0.0
            for channel in observed.channels
        }
        good = {channel: value for channel, value in returned.items() if value > 1}
        total = sum(good.values())
        return Plan(spend={channel: observed.budget * value / total for channel, value in good.items()})
