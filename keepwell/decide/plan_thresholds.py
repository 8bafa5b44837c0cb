"""The figures at which a plan's answer would change."""

from __future__ import annotations

from collections.abc import Sequence

from keepwell.decide.margin_curve import MarginCurve
from keepwell.decide.plan import NextUnit, Return
from keepwell.decide.wording import about
from keepwell.vocabulary.answer import Threshold
from keepwell.vocabulary.estimate import Estimate
from keepwell.vocabulary.kpi import Unit


def plan_thresholds(
    curves: Sequence[MarginCurve], unit: NextUnit, most_worth_spending: float, hurdle: float, currency: str
) -> tuple[Threshold, ...]:
    """Return thresholds of the next unit (cost of a newcomer, uplift per treated person) and of the whole budget.

    With X and Y what the next unit u brings in winning and keeping, V a newcomer's value and c the cost of treating a
    person: a newcomer now costs u V / X at the margin, and winning is worse than the alternative above
    ``u V / max(Y, u (1 + hurdle))``; a treated person now brings c Y / u, and keeping is worse below
    ``c max(X, u (1 + hurdle)) / u``. Where V or c is not known the same is said as margin per unit.

    Args:
        curves: for ``per_person``.
        unit: the next unit on both sides.
        most_worth_spending: the budget beyond which the next unit does not pay.
        hurdle: return asked for above getting the money back.
        currency: for the sentences.

    """
    of_item = {curve.item: curve for curve in curves}
    needed = unit.unit * (1 + hurdle)
    win, keep = unit.winning, unit.keeping
    found = []
    if isinstance(win, Return):
        rival = max(needed, keep.margin.value) if isinstance(keep, Return) else needed
        found.append(_cost_of_newcomer(win, of_item[win.item].per_person, unit.unit, rival, currency))
    if isinstance(keep, Return):
        rival = max(needed, win.margin.value) if isinstance(win, Return) else needed
        found.append(_uplift(keep, of_item[keep.item].per_person, unit.unit, rival, currency))
    sentence = f"Beyond {about(most_worth_spending, currency)} in all, the next unit returns less than it must."
    found.append(Threshold("most worth spending", sentence, Estimate(most_worth_spending), Unit.MONEY))
    return tuple(found)


def _cost_of_newcomer(win: Return, value: float | None, unit: float, rival: float, currency: str) -> Threshold:
    if value is None or win.margin.value <= 0:
        return _per_unit(win, rival, currency)
    now, turns = unit * value / win.margin.value, unit * value / rival
    sentence = (
        f"In {win.item} the next newcomer costs {about(now, currency)}; winning there is the best use of the next "
        f"{about(unit, currency)} up to {about(turns, currency)}."
    )
    return Threshold(f"cost of a newcomer: {win.item}", sentence, Estimate(turns), Unit.MONEY)


def _uplift(keep: Return, cost: float | None, unit: float, rival: float, currency: str) -> Threshold:
    if cost is None:
        return _per_unit(keep, rival, currency)
    now, turns = cost * keep.margin.value / unit, cost * rival / unit
    sentence = (
        f"In {keep.item} the next person treated brings {about(now, currency)} more than if left alone; keeping there "
        f"is the best use of the next {about(unit, currency)} from {about(turns, currency)}."
    )
    return Threshold(f"uplift per person: {keep.item}", sentence, Estimate(turns), Unit.MONEY)


def _per_unit(entry: Return, rival: float, currency: str) -> Threshold:
    sentence = (
        f"{entry.item} brings {about(entry.margin.value, currency)} with the next unit; it is the better use of it "
        f"from {about(rival, currency)}."
    )
    return Threshold(f"margin of the next unit: {entry.item}", sentence, Estimate(rival), Unit.MONEY)
