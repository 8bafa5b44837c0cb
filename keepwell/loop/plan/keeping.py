"""The side of keeping: what each sum spent on levers would bring, from every customer's expected margin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from keepwell.decide.margin_curve import MarginCurve
from keepwell.decide.offers import Offers, TreatmentLimits
from keepwell.decide.supply import joint_supply_curve, supply_curve
from keepwell.decide.uplift.levers import LeverUplift
from keepwell.loop.frames import frame
from keepwell.loop.lifetime import Lifetime
from keepwell.loop.plan.lever import Lever
from keepwell.loop.plan.lever_effect import LeverEffect, assumed, measured
from keepwell.loop.plan.past_actions import FEATURES
from keepwell.understand.facts import Facts
from keepwell.understand.rfm import rfm
from keepwell.vocabulary.answer import NotIdentified
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import Evidence

Floats = npt.NDArray[np.float64]

OTHERS = "other customers"


@dataclass(frozen=True, eq=False)
class Reach:
    """The customers of one segment and the levers that may reach them.

    Args:
        name: of the levers, with the segment where there are several.
        segment: its name.
        customers: their ids, shape (N,).
        levers: what each does to each of them, shape (N,).
        window_days: how long they are watched.
        outcome_mean, outcome_deviation: of their margin within as many days.

    """

    name: str
    segment: str
    customers: npt.NDArray[np.object_]
    levers: tuple[LeverEffect, ...]
    window_days: int
    outcome_mean: float
    outcome_deviation: float

    @property
    def people(self) -> int:
        """Number of customers, N."""
        return len(self.customers)

    @property
    def evidence(self) -> Evidence:
        """The weakest grade among the levers."""
        return min((one.evidence for one in self.levers), key=list(Evidence).index)

    def offers(self, uses: Mapping[str, Floats] | None = None) -> Offers:
        """Return what each customer could be offered; ``uses`` as in `Offers`."""
        return Offers(
            tuple(one.lever.name for one in self.levers),
            np.column_stack([one.uplift for one in self.levers]),
            np.column_stack([one.cost for one in self.levers]),
            error=np.column_stack([one.error for one in self.levers]),
            uses=uses or {},
        )


@dataclass(frozen=True, eq=False)
class LeverItem:
    """Levers on the customers of one segment, as an item of the plan; ``now`` is what is spent on it today."""

    reach: Reach
    curve: MarginCurve
    now: float

    @property
    def levers(self) -> tuple[LeverEffect, ...]:
        """What each lever does to each customer of the segment."""
        return self.reach.levers


@dataclass(frozen=True, eq=False)
class KeepingSide:
    """Items, whom levers reach without anybody being expected to bring more, and what cannot be said."""

    items: tuple[LeverItem, ...] = ()
    idle: tuple[Reach, ...] = ()
    not_identified: tuple[NotIdentified, ...] = ()


def keeping_side(
    facts: Facts,
    as_of: date,
    found: Lifetime,
    levers: Sequence[Lever],
    past: Mapping[str, LeverUplift],
    *,
    draws: int,
    seed: int,
) -> KeepingSide:
    """Return the levers' supply curves, one for each segment that a lever names and one for everybody else.

    A customer of a segment that several levers may reach gets one of them at most (`joint_supply_curve`).

    Args:
        facts: orders.
        as_of: first day not counted.
        found: every customer's value.
        levers: as stated.
        past: by lever, what its past campaigns changed.
        draws: D.
        seed: of the draws.

    Raises:
        InputError: a lever names a segment that nobody is in.

    """
    people = _people(facts, as_of, found)
    effects = [
        measured(people, lever, past[lever.name])
        if lever.name in past
        else assumed(people, lever, found.values.horizon_days)
        for lever in levers
    ]
    parts = _parts(people, effects)
    reached = {
        lever.name: sum(part.people for part in parts if lever.name in {one.lever.name for one in part.levers})
        for lever in levers
    }
    items, idle = [], []
    for number, part in enumerate(parts):
        if any((one.uplift > 0).any() for one in part.levers):
            items.append(_item(part, reached, draws, seed + number))
        else:
            idle.append(part)
    return KeepingSide(tuple(items), tuple(idle), tuple(_nobody(part) for part in idle))


def _people(facts: Facts, as_of: date, found: Lifetime) -> pd.DataFrame:
    values = found.table().select(["customer_id", "value", "expected_orders"]).to_pandas()
    scored = frame(rfm(facts, as_of).select("customer_id", "segment", *FEATURES))
    joined: pd.DataFrame = values.merge(scored, on="customer_id", how="inner")
    return joined.sort_values("customer_id", ignore_index=True)


def _parts(people: pd.DataFrame, effects: Sequence[LeverEffect]) -> list[Reach]:
    """Return segments with the levers that reach them; every customer is in one at most."""
    names = list(dict.fromkeys(name for effect in effects for name in effect.lever.segments))
    known = sorted(people["segment"].unique())
    for effect in effects:
        for name in effect.lever.segments:
            if name not in known:
                raise InputError(
                    "lever.segment", f"Nobody is in the segment {name!r}.", where=effect.lever.name, value=name,
                    advice=f"Choose from {', '.join(known)}.",
                )  # fmt: skip
    segment = people["segment"].to_numpy()
    parts = [
        (name, segment == name, [one for one in effects if not one.lever.segments or name in one.lever.segments])
        for name in names
    ]
    everywhere = [one for one in effects if not one.lever.segments]
    if everywhere:
        rest = ~np.isin(segment, names)
        parts.append((OTHERS if names else "", rest, everywhere))
    return [_reach(people, *part) for part in parts if part[1].any()]


def _reach(people: pd.DataFrame, segment: str, members: npt.NDArray[np.bool_], effects: Sequence[LeverEffect]) -> Reach:
    window = max(one.lever.window_days for one in effects)
    share = min(1.0, window / 365)
    margin, orders = (people[name].to_numpy(dtype=np.float64)[members] * share for name in ("value", "expected_orders"))
    return Reach(
        " or ".join(one.lever.name for one in effects) + (f": {segment}" if segment else ""),
        segment or "everybody",
        people["customer_id"].to_numpy(dtype=object)[members],
        tuple(one.of(members) for one in effects),
        window,
        *_outcome(margin, orders),
    )


def _item(reach: Reach, reached: Mapping[str, int], draws: int, seed: int) -> LeverItem:
    note = " ".join(one.note for one in reach.levers)
    if len(reach.levers) == 1:
        one = reach.levers[0]
        curve = supply_curve(
            reach.name, one.uplift, one.cost, evidence=reach.evidence, draws=draws, error=one.error, seed=seed,
            note=note,
        )  # fmt: skip
    else:
        curve = joint_supply_curve(
            reach.name, reach.offers(), TreatmentLimits(budget=0.0), evidence=reach.evidence, draws=draws, seed=seed,
            note=note,
        )  # fmt: skip
    curve = _limited(curve, reach, reached)
    now = sum(one.lever.spend_now * reach.people / reached[one.lever.name] for one in reach.levers)
    return LeverItem(reach, curve, min(now, curve.most))


def _outcome(margin: Floats, orders: Floats) -> tuple[float, float]:
    """Return mean and standard deviation of a customer's margin in the window: between customers, and by chance.

    By chance orders are Poisson with the customer's own mean, so that the variance of their margin is margin² / orders.
    """
    chance = float(np.mean(np.divide(margin**2, orders, out=np.zeros_like(margin), where=orders > 0)))
    return float(margin.mean()), float(np.sqrt(margin.var() + chance))


def _limited(curve: MarginCurve, reach: Reach, reached: Mapping[str, int]) -> MarginCurve:
    """Return the curve with its use of capacities and, by its people, its part of the levers' floors."""
    each = curve.per_person or 1.0
    uses: dict[str, float] = {}
    for one in reach.levers:
        for name, units in one.lever.uses.items():
            uses[name] = max(uses.get(name, 0.0), units / each)
        if one.lever.cap is not None:
            uses[cap_of(one.lever)] = 1.0
    floor = sum(one.lever.floor * reach.people / reached[one.lever.name] for one in reach.levers)
    return replace(curve, floor=min(floor, curve.most), uses=uses)


def cap_of(lever: Lever) -> str:
    """Return the name of the capacity that a lever's cap is: one purse for all segments that it reaches."""
    return f"spend on {lever.name}"


def caps(levers: Sequence[Lever]) -> dict[str, float]:
    """Return the levers' caps as capacities."""
    return {cap_of(lever): lever.cap for lever in levers if lever.cap is not None}


def _nobody(reach: Reach) -> NotIdentified:
    names = " or ".join(one.lever.name for one in reach.levers)
    where = f" in {reach.segment}" if reach.name != names else ""
    return NotIdentified(
        f"Whom to treat by {names}: nobody{where} is expected to bring more if treated.",
        "As stated it costs more than it brings: lower the incentive, or show by a control group that it does more.",
    )
