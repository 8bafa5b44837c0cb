"""Where the next unit of money goes: the best item of each side, against each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from keepwell.decide.margin_curve import Floats, MarginCurve, Side
from keepwell.decide.plan import NextUnit, Return, estimate_of
from keepwell.decide.wording import about, about_with_range
from keepwell.vocabulary.answer import Lean
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import NotAvailable

CLEAR = 2 / 3  # probability from which one side is named


def next_unit(
    choosing: Sequence[MarginCurve],
    scoring: Sequence[MarginCurve],
    now: Mapping[str, float],
    *,
    unit: float = 1000.0,
    hurdle: float = 0.0,
    currency: str = "EUR",
) -> NextUnit:
    """Return what the next unit brings in the best acquisition and the best retention item.

    The best item of each side is the one whose mean over ``choosing`` is highest; its return, the interval and the
    probability come from ``scoring``, so that the luck that made it best is not counted (the winner's curse).

    Args:
        choosing: the curves over one half of the draws.
        scoring: the same curves, in the same order, over the other half.
        now: money already spent per item; an item not named stands at its floor.
        unit: money, above 0.
        hurdle: return asked for above getting the money back.
        currency: for the sentence.

    Raises:
        InputError: the unit is not above 0.

    """
    if not unit > 0:
        raise InputError("plan.unit", f"The unit cannot be {unit!r}.", value=unit, advice="Give money above 0.")
    best = {side: _best(choosing, now, unit, side) for side in Side}
    gains = {side: gained(scoring[index], now, unit) for side, index in best.items() if index is not None}
    returns = {
        side: Return(
            scoring[index].item, side, estimate_of(gains[side], scoring[index].evidence), _start(scoring[index], now)
        )
        if index is not None
        else NotAvailable(f"no item for {_doing(side)} has room for {about(unit, currency)} more")
        for side, index in best.items()
    }
    wins: float | NotAvailable = NotAvailable("only one side has an item with room")
    if len(gains) == 2:
        keep, win = gains[Side.KEEP], gains[Side.WIN]
        wins = float(np.mean(keep > win) + np.mean(keep == win) / 2)
    lean = _lean(returns, wins, unit * (1 + hurdle))
    sentence = _sentence(returns, wins, unit, currency)
    return NextUnit(unit, returns[Side.WIN], returns[Side.KEEP], wins, lean, sentence)


def gained(curve: MarginCurve, now: Mapping[str, float], unit: float) -> Floats:
    """Return the margin that the next unit brings in one item, shape (D,)."""
    start = _start(curve, now)
    return np.asarray(curve.at(start + unit) - curve.at(start), dtype=np.float64)


def _start(curve: MarginCurve, now: Mapping[str, float]) -> float:
    return max(curve.floor, now.get(curve.item, 0.0))


def _best(curves: Sequence[MarginCurve], now: Mapping[str, float], unit: float, side: Side) -> int | None:
    means = {
        index: float(gained(curve, now, unit).mean())
        for index, curve in enumerate(curves)
        if curve.side is side and _start(curve, now) + unit <= curve.most * (1 + 1e-9)
    }
    # The item's name breaks ties, so that the order of the items does not matter.
    return min(means, key=lambda index: (-means[index], curves[index].item)) if means else None


def _lean(returns: Mapping[Side, Return | NotAvailable], wins: float | NotAvailable, needed: float) -> Lean:
    found = {side: entry.margin.value for side, entry in returns.items() if isinstance(entry, Return)}
    if not found:
        return Lean.CANNOT_TELL
    if max(found.values()) < needed:
        return Lean.SPEND_LESS
    if isinstance(wins, NotAvailable):
        return Lean.KEEP if Side.KEEP in found else Lean.WIN
    if max(wins, 1 - wins) < CLEAR:
        return Lean.CANNOT_TELL
    return Lean.KEEP if wins > 0.5 else Lean.WIN


def _doing(side: Side) -> str:
    return "winning customers" if side is Side.WIN else "keeping customers"


def _sentence(
    returns: Mapping[Side, Return | NotAvailable], wins: float | NotAvailable, unit: float, currency: str
) -> str:
    parts = [
        f"{about_with_range(entry.margin, currency)} in {entry.item} ({_doing(side)})"
        for side, entry in returns.items()
        if isinstance(entry, Return)
    ]
    if not parts:
        return f"No item has room for {about(unit, currency)} more."
    said = f"The next {about(unit, currency)} brings {' and '.join(parts)}"
    if isinstance(wins, NotAvailable):
        return f"{said}."
    return f"{said}; keeping beats winning with a probability of {_chance(wins)}."


def _chance(share: float) -> str:
    """Return a probability as people read it: draws never prove a certainty."""
    if share > 0.99:
        return "over 99%"
    return "under 1%" if share < 0.01 else f"{share:.0%}"
