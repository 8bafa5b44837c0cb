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
from keepwell.loop.plan.lever import PRIOR_EFFECT, Lever
from keepwell.loop.plan.past_actions import FEATURES
from keepwell.understand.facts import Facts
from keepwell.understand.rfm import rfm
from keepwell.vocabulary.answer import NotIdentified
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import Evidence

Floats = npt.NDArray[np.float64]

WIDTH_80 = 2 * 1.2815515655446004  # standard deviations between the ends of an 80 % range
OTHERS = "other customers"


@dataclass(frozen=True, eq=False)
class LeverEffect:
    """One lever on every customer: uplift and its error, cost, shape (N,) each; before the contact's cost."""

    lever: Lever
    uplift: Floats
    error: Floats
    cost: Floats
    evidence: Evidence
    note: str


@dataclass(frozen=True, eq=False)
class LeverItem:
    """Levers on the customers of one segment, as an item of the plan.

    ``people`` are those in the segment, ``window_days`` how long they are watched; ``outcome_mean`` and
    ``outcome_deviation`` are of their margin in as many days before today.
    """

    curve: MarginCurve
    now: float
    levers: tuple[LeverEffect, ...]
    segment: str
    people: int
    window_days: int
    outcome_mean: float
    outcome_deviation: float


@dataclass(frozen=True, eq=False)
class KeepingSide:
    """Items, and the levers of which nothing can be said."""

    items: tuple[LeverItem, ...]
    not_identified: tuple[NotIdentified, ...]


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
        _measured(people, lever, past[lever.name])
        if lever.name in past
        else _assumed(people, lever, found.values.horizon_days)
        for lever in levers
    ]
    items, unknown = [], []
    parts = _parts(people, effects)
    reached = {
        lever.name: sum(int(members.sum()) for _, members, on in parts if lever.name in {one.lever.name for one in on})
        for lever in levers
    }
    for number, (segment, members, reaching) in enumerate(parts):
        item = _item(people, segment, members, reaching, reached, draws, seed + number)
        if item is None:
            unknown.append(_nobody(segment, reaching))
        else:
            items.append(item)
    return KeepingSide(tuple(items), tuple(unknown))


def _people(facts: Facts, as_of: date, found: Lifetime) -> pd.DataFrame:
    values = found.table().select(["customer_id", "value", "expected_orders"]).to_pandas()
    scored = frame(rfm(facts, as_of).select("customer_id", "segment", *FEATURES))
    joined: pd.DataFrame = values.merge(scored, on="customer_id", how="inner")
    return joined.sort_values("customer_id", ignore_index=True)


def _measured(people: pd.DataFrame, lever: Lever, past: LeverUplift) -> LeverEffect:
    """Return the effect that past campaigns showed; a discount is in their orders, so only the contact is paid."""
    found = past.predict(people[list(FEATURES)])
    cost = np.full(len(people), lever.contact_cost)
    note = f"{past.sentence} ({', '.join(past.campaigns)})"
    return LeverEffect(lever, found.value[:, 0], found.error[:, 0], cost, past.evidence, note)


def _assumed(people: pd.DataFrame, lever: Lever, horizon_days: int) -> LeverEffect:
    """Return ``u = e m − incentive × redemption × P(orders anyway)`` with cost ``contact + incentive × e⁺ × orders``.

    m is the customer's expected margin and orders within the window, ``P = 1 − exp(−orders)``; the incentive of those
    who come because of the lever is a cost, that of those who would have come is margin given away.
    """
    low, high = lever.effect or PRIOR_EFFECT
    mean, spread = (low + high) / 2, (high - low) / WIDTH_80
    share = min(1.0, lever.window_days / horizon_days)
    margin = people["value"].to_numpy(dtype=np.float64) * share
    orders = people["expected_orders"].to_numpy(dtype=np.float64) * share
    given_away = lever.incentive * lever.redemption * -np.expm1(-orders)
    said = "stated by you" if lever.effect else "an industry prior, wide on purpose"
    note = f"Effect of {low:+.0%} to {high:+.0%} on margin within {lever.window_days} days: {said}, not measured."
    return LeverEffect(
        lever=lever,
        uplift=mean * margin - given_away,
        error=spread * margin,
        cost=lever.contact_cost + lever.incentive * max(0.0, mean) * orders,
        evidence=Evidence.STATED if lever.effect else Evidence.PRIOR,
        note=note.replace("-", "−"),
    )


def _parts(
    people: pd.DataFrame, effects: Sequence[LeverEffect]
) -> list[tuple[str, npt.NDArray[np.bool_], list[LeverEffect]]]:
    """Return segments, who is in them, and the levers that reach them; everybody falls in one part at most."""
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
    return [part for part in parts if part[1].any()]


def _item(
    people: pd.DataFrame,
    segment: str,
    members: npt.NDArray[np.bool_],
    effects: Sequence[LeverEffect],
    reached: Mapping[str, int],
    draws: int,
    seed: int,
) -> LeverItem | None:
    name = " or ".join(one.lever.name for one in effects) + (f": {segment}" if segment else "")
    weakest = min((one.evidence for one in effects), key=list(Evidence).index)
    note = " ".join(one.note for one in effects)
    if not any((one.uplift[members] > 0).any() for one in effects):
        return None
    if len(effects) == 1:
        one = effects[0]
        curve = supply_curve(
            name, one.uplift[members], one.cost[members], evidence=weakest, draws=draws,
            error=one.error[members], seed=seed, note=note,
        )  # fmt: skip
    else:
        offers = Offers(
            tuple(one.lever.name for one in effects),
            np.column_stack([one.uplift[members] for one in effects]),
            np.column_stack([one.cost[members] for one in effects]),
            error=np.column_stack([one.error[members] for one in effects]),
        )
        limits = TreatmentLimits(budget=0.0)
        curve = joint_supply_curve(name, offers, limits, evidence=weakest, draws=draws, seed=seed, note=note)
    monetary = people["value"].to_numpy(dtype=np.float64)[members]
    window = max(one.lever.window_days for one in effects)
    orders = people["expected_orders"].to_numpy(dtype=np.float64)[members] * min(1.0, window / 365)
    mean, deviation = _outcome(monetary * min(1.0, window / 365), orders)
    reach = {one.lever.name: reached[one.lever.name] for one in effects}
    curve = _limited(curve, effects, reach, int(members.sum()))
    now = sum(one.lever.spend_now * int(members.sum()) / reach[one.lever.name] for one in effects)
    return LeverItem(
        curve, min(now, curve.most), tuple(effects), segment or "everybody", int(members.sum()), window, mean, deviation
    )


def _outcome(margin: Floats, orders: Floats) -> tuple[float, float]:
    """Return mean and standard deviation of a customer's margin in the window: between customers, and by chance.

    By chance orders are Poisson with the customer's own mean, so that the variance of their margin is margin² / orders.
    """
    chance = float(np.mean(np.divide(margin**2, orders, out=np.zeros_like(margin), where=orders > 0)))
    return float(margin.mean()), float(np.sqrt(margin.var() + chance))


def _limited(curve: MarginCurve, effects: Sequence[LeverEffect], reach: Mapping[str, int], people: int) -> MarginCurve:
    """Return the curve with its use of capacities and, by its people, its part of the levers' floors."""
    each = curve.per_person or 1.0
    uses: dict[str, float] = {}
    for one in effects:
        for name, units in one.lever.uses.items():
            uses[name] = max(uses.get(name, 0.0), units / each)
        if one.lever.cap is not None:
            uses[cap_of(one.lever)] = 1.0
    floor = sum(one.lever.floor * people / reach[one.lever.name] for one in effects)
    return replace(curve, floor=min(floor, curve.most), uses=uses)


def cap_of(lever: Lever) -> str:
    """Return the name of the capacity that a lever's cap is: one purse for all segments that it reaches."""
    return f"spend on {lever.name}"


def caps(levers: Sequence[Lever]) -> dict[str, float]:
    """Return the levers' caps as capacities."""
    return {cap_of(lever): lever.cap for lever in levers if lever.cap is not None}


def _nobody(segment: str, effects: Sequence[LeverEffect]) -> NotIdentified:
    names = " or ".join(one.lever.name for one in effects)
    where = f" in {segment}" if segment else ""
    return NotIdentified(
        f"Whom to treat by {names}: nobody{where} is expected to bring more if treated.",
        "As stated it costs more than it brings: lower the incentive, or show by a control group that it does more.",
    )
