"""Split a budget between winning and keeping: the answer with everything behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from keepwell.decide.constraints import Constraints
from keepwell.decide.margin_curve import Floats, MarginCurve, Side, check_together
from keepwell.decide.next_unit import next_unit
from keepwell.decide.plan import NextUnit, Plan, PlanItem, estimate_of
from keepwell.decide.plan_thresholds import plan_thresholds
from keepwell.decide.ranges import ranges
from keepwell.decide.risk import margin_of, worst_mean
from keepwell.decide.side_curves import side_curves
from keepwell.decide.split import best_split
from keepwell.decide.wording import about, about_with_range
from keepwell.vocabulary.answer import Figure, Lean
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import Estimate, Evidence, NotAvailable

FEWEST_TO_HALVE = 40  # draws below which choosing and scoring share them
WEAKEST_FIRST = list(Evidence)


def allocate(
    curves: Sequence[MarginCurve],
    limits: Constraints,
    *,
    now: Mapping[str, float] | None = None,
    unit: float = 1000.0,
    currency: str = "EUR",
) -> Plan:
    """Return the split that maximises ``(1 − ρ) E[U] + ρ CVaR₂₀(U)``, U margin less spend, and what it rests on.

    Money goes where the next unit brings the most (`split.best_split`) and stops where that is below 1 + hurdle:
    spending less, or nothing, are answers. The split is chosen on the even draws and every figure is taken from the
    odd ones (with fewer than 40 draws, both from all).

    Args:
        curves: one per channel and per lever and segment, the same number of draws each.
        limits: budget, hurdle, risk aversion and what else must be kept to.
        now: money spent per item now, over the same length of period: where the next unit starts; floors if not given.
        unit: the next unit, money above 0.
        currency: for the sentences.

    Raises:
        InputError: the curves do not belong together, the floors break a limit, ``now`` names an item that is not
            there or a spend below 0, or the unit is not above 0.

    >>> import numpy as np
    >>> from keepwell.decide.margin_curve import Side
    >>> spend = np.array([0.0, 1000, 2000])
    >>> search = MarginCurve("search", Side.WIN, spend, np.array([[0.0, 1800, 2400]]), Evidence.PLATFORM)
    >>> winback = MarginCurve("win-back", Side.KEEP, spend, np.array([[0.0, 3000, 3900]]), Evidence.EXPERIMENT)
    >>> plan = allocate([search, winback], Constraints(budget=5000), currency="GBP")
    >>> [(line.item, line.spend, line.bound_by) for line in plan.items]
    [('search', 1000.0, 'hurdle'), ('win-back', 1000.0, 'hurdle')]
    >>> plan.lean, plan.unspent, round(plan.gain.value)
    (<Lean.KEEP: 'keep'>, 3000.0, 2800)

    """
    draws = check_together(curves)
    _check_items(curves, now or {})
    free = limits.held_out(curves)
    halves = (slice(0, None, 2), slice(1, None, 2)) if draws >= FEWEST_TO_HALVE else (slice(None), slice(None))
    choosing, scoring = ([curve.of(half) for curve in free] for half in halves)
    spends = best_split(choosing, limits).spends
    gain, flattered = (margin_of(half, spends) - spends.sum() for half in (scoring, choosing))
    following = next_unit(choosing, scoring, now or {}, unit=unit, hurdle=limits.hurdle, currency=currency)
    unlimited = sum(curve.most for curve in choosing)
    worth = float(best_split(choosing, replace(limits, budget=max(unlimited, limits.budget))).spends.sum())
    spent = float(spends.sum())
    stops = _stops(limits, spent, unit)
    lean = _lean(spent, now, following)
    evidence = _weakest([c.evidence for c, spend in zip(free, spends, strict=True) if spend > 0])
    gained = estimate_of(gain, evidence)
    keeping = float(sum(x for c, x in zip(free, spends, strict=True) if c.side is Side.KEEP))
    shown = max(limits.budget, sum((now or {}).values()), 2 * unit)
    return Plan(
        budget=limits.budget,
        spent=spent,
        unspent=max(0.0, limits.budget - spent),
        lean=lean,
        headline=_headline(spent, keeping, gained, stops, currency) if spent else _nothing(stops),
        stops=stops,
        items=_items(choosing, scoring, spends, limits, now, unit),
        gain=gained,
        worst_fifth=worst_mean(gain),
        optimism=float(flattered.mean() - gain.mean()),
        keeping_share=keeping / spent if spent else None,
        most_worth_spending=worth,
        next_unit=following,
        curves=side_curves(choosing, scoring, shown),
        thresholds=plan_thresholds(free, following, worth, limits.hurdle, currency),
    )


def _check_items(curves: Sequence[MarginCurve], now: Mapping[str, float]) -> None:
    names = [curve.item for curve in curves]
    for item, spend in now.items():
        if item not in names or not spend >= 0:
            message = f"The spend now on {item!r} cannot be {spend!r}."
            advice = f"Give amounts of at least 0 for items of the plan: {', '.join(names)}."
            raise InputError("plan.now", message, where=item, value=spend, advice=advice)


def _items(
    choosing: list[MarginCurve],
    scoring: list[MarginCurve],
    spends: Floats,
    limits: Constraints,
    now: Mapping[str, float] | None,
    unit: float,
) -> tuple[PlanItem, ...]:
    low, high = ranges(choosing, limits)
    return tuple(
        PlanItem(
            item=curve.item,
            side=curve.side,
            spend=float(spends[index]),
            spend_low=min(float(low[index]), float(spends[index])),
            spend_high=max(float(high[index]), float(spends[index])),
            spend_now=None if now is None else now.get(curve.item, 0.0),
            margin=estimate_of(curve.at(float(spends[index])), curve.evidence),
            next_return=_next_return(curve, float(spends[index]), unit),
            evidence=curve.evidence,
            bound_by=_bound_by(choosing[index], float(spends[index]), limits, unit),
            note=curve.note,
        )
        for index, curve in enumerate(scoring)
    )


def _next_return(curve: MarginCurve, spend: float, unit: float) -> Figure:
    step = min(unit, curve.most - spend)
    if step <= 1e-9 * max(1.0, curve.most):
        return NotAvailable("the item is at its cap")
    return estimate_of((curve.at(spend + step) - curve.at(spend)) / step, curve.evidence)


def _bound_by(curve: MarginCurve, spend: float, limits: Constraints, unit: float) -> str:
    if spend >= curve.most * (1 - 1e-9):
        return "cap"
    step = min(unit, curve.most - spend)
    slope = float((curve.at(spend + step) - curve.at(spend)).mean()) / step
    if slope < 1 + limits.hurdle:
        return "floor" if curve.floor and spend <= curve.floor * (1 + 1e-9) else "hurdle"
    if any(curve.uses.get(name) for name in limits.capacity):
        return "budget or capacity"
    return "budget"


def _stops(limits: Constraints, spent: float, unit: float) -> str:
    if limits.budget - spent <= 1e-6 * max(1.0, limits.budget):
        return "the budget is used up"
    if limits.is_plain:
        return f"the next unit returns less than {1 + limits.hurdle:g} for each 1 spent, or every item is at its cap"
    return "the next unit returns too little for its risk, or a capacity, the cash or a cap does not allow it"


def _lean(spent: float, now: Mapping[str, float] | None, following: NextUnit) -> Lean:
    if spent == 0 or (now is not None and following.lean is Lean.SPEND_LESS and spent < sum(now.values())):
        return Lean.SPEND_LESS
    return following.lean


def _weakest(grades: list[Evidence]) -> Evidence:
    return min(grades, key=WEAKEST_FIRST.index) if grades else Evidence.NONE


def _headline(spent: float, keeping: float, gain: Estimate, stops: str, currency: str) -> str:
    expected = about_with_range(gain, currency)
    return (
        f"Spend {about(spent, currency)}: {about(keeping, currency)} on keeping and {about(spent - keeping, currency)} "
        f"on winning. It is expected to gain {expected} beyond what it costs; {stops}."
    )


def _nothing(stops: str) -> str:
    return f"Spend nothing: {stops}."
