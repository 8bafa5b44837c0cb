"""Blattberg & Deighton over ranges of what an order log does not know."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from keepwell.decide.blattberg_deighton import Optimum, Response, optimum
from keepwell.decide.last_year import LastYear
from keepwell.decide.order_log import Floats
from keepwell.vocabulary.answer import Figure, StatedSplit
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import Estimate, Evidence, NotAvailable

DRAWS = 500
KEEPING, WINNING = "keeping", "winning"
ASSUMED = frozenset({Evidence.NONE, Evidence.CLAIM, Evidence.PRIOR})


@dataclass(frozen=True, slots=True)
class Range:
    """A stated low and high, and where they come from.

    Raises:
        InputError: the high lies below the low, or the low below 0.

    """

    low: float
    high: float
    evidence: Evidence = Evidence.STATED

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.high:
            raise InputError(
                "stated.range",
                f"The range from {self.low} to {self.high} is not one.",
                value=(self.low, self.high),
                advice="Give a low of at least 0 and a high that is not below it.",
            )


@dataclass(frozen=True, slots=True)
class StatedRanges:
    """What the business would have to say for the split to be known; every field is a range.

    ``cac`` and ``retention_spend`` are money (per customer won; per customer and year). ``acquisition_rate`` is the
    share of prospects reached who become customers now, ``acquisition_room`` how many times that a boundless budget
    could reach. ``retention_rate`` is yearly, ``retention_room`` the share of today's leavers that a boundless budget
    could keep.
    """

    cac: Range
    acquisition_rate: Range
    acquisition_room: Range
    retention_spend: Range
    retention_rate: Range
    retention_room: Range


def assumed_ranges(last: LastYear, allowable: float, cac: Figure | None = None) -> StatedRanges:
    """Return wide ranges to start from: the kept rate from the log, everything else assumed until it is stated.

    Args:
        last: margin per customer and the kept rate.
        allowable: what a newcomer earns within the horizon, above 0.
        cac: what is paid now, where spend is known.

    """
    prior = Evidence.PRIOR
    margin = last.margin.mean
    paid = Range(0.1 * allowable, allowable, prior)
    if isinstance(cac, Estimate) and cac.value > 0:
        paid = Range(cac.low or cac.value, cac.high or cac.value, Evidence.OBSERVED)
    kept = Range(0.3, 0.7, prior)
    if isinstance(last.kept, Estimate) and last.kept.low is not None and last.kept.high is not None:
        kept = Range(last.kept.low, last.kept.high, Evidence.COUNTED)
    return StatedRanges(
        cac=paid,
        acquisition_rate=Range(0.01, 0.05, prior),
        acquisition_room=Range(1.2, 3.0, prior),
        retention_spend=Range(0.01 * margin, 0.10 * margin, prior),
        retention_rate=kept,
        retention_room=Range(0.1, 0.5, prior),
    )


def stated_split(
    last: LastYear, business: Business, ranges: StatedRanges, seed: int, draws: int = DRAWS
) -> StatedSplit | NotAvailable:
    """Return the range of best spends over the stated ranges, each unknown drawn evenly and by itself.

    Args:
        last: margin per customer and year.
        business: discount rate.
        ranges: the unknowns.
        seed: of the drawing.
        draws: settings drawn, at least 1.

    """
    if last.margin.n == 0 or last.margin.mean <= 0:
        return NotAvailable("customers earned no margin in the last year, so nothing is worth spending on them")
    rng = np.random.default_rng(seed)
    drawn: list[tuple[Optimum, float, float]] = []
    for _ in range(draws):
        responses = _responses(ranges, rng)
        if responses is None:
            return NotAvailable("a stated rate leaves no room between 0 and its ceiling, or a stated spend is 0")
        best = optimum(*responses, margin=last.margin.mean, discount_rate=business.discount_rate)
        drawn.append((best, responses[0].spend, responses[1].spend))
    bests = [best for best, _, _ in drawn]
    named = _named(ranges)
    evidence = Evidence.STATED if any(row[3] is Evidence.STATED for row in named) else Evidence.PRIOR
    shares = [best.retention_share for best in bests if best.retention_share is not None]
    return StatedSplit(
        retention_share=_spread(np.array(shares), evidence) if shares else NotAvailable("nothing is worth spending on"),
        acquisition_spend=_spread(np.array([best.acquisition_spend for best in bests]), evidence),
        retention_spend=_spread(np.array([best.retention_spend for best in bests]), evidence),
        customer_value=_spread(np.array([best.customer_value for best in bests]), evidence),
        more_on_keeping=_more([best.retention_spend > now for best, _, now in drawn], ranges.retention_spend, KEEPING),
        more_on_winning=_more([best.acquisition_spend > now for best, now, _ in drawn], ranges.cac, WINNING),
        ranges=named,
        note=_note(ranges),
    )


def _more(is_more: list[bool], today: Range, side: str) -> float | NotAvailable:
    """Return how often more than today is best; against a spend that is only assumed it says nothing."""
    if today.evidence in ASSUMED:
        return NotAvailable(f"what is spent on {side} today is not known")
    return sum(is_more) / len(is_more)


def _note(ranges: StatedRanges) -> str:
    note = "middle 80% of settings drawn evenly from the ranges; those not stated or counted are assumed, and wide "
    note += "on purpose"
    sides = ((KEEPING, ranges.retention_spend), (WINNING, ranges.cac))
    unknown = [side for side, today in sides if today.evidence in ASSUMED]
    if not unknown:
        return note
    left_out = f"whether {' or '.join(unknown)} should get more than today is left out"
    return f"{note}; {left_out}, for what is spent on {'them' if len(unknown) > 1 else 'it'} today is not known"


def _responses(ranges: StatedRanges, rng: np.random.Generator) -> tuple[Response, Response] | None:
    def drawn(stated: Range) -> float:
        return float(rng.uniform(stated.low, stated.high))

    won, kept = drawn(ranges.acquisition_rate), drawn(ranges.retention_rate)
    winning_ceiling = min(1.0, won * drawn(ranges.acquisition_room))
    keeping_ceiling = kept + (1 - kept) * drawn(ranges.retention_room)
    winning_spend, keeping_spend = drawn(ranges.cac) * won, drawn(ranges.retention_spend)
    has_room = 0 < won < winning_ceiling and 0 < kept < keeping_ceiling <= 1
    if not has_room or winning_spend <= 0 or keeping_spend <= 0:
        return None
    return Response(winning_spend, won, winning_ceiling), Response(keeping_spend, kept, keeping_ceiling)


def _spread(values: Floats, evidence: Evidence) -> Estimate:
    low, middle, high = np.quantile(values, [0.1, 0.5, 0.9])
    return Estimate(float(middle), float(low), float(high), level=0.8, evidence=evidence)


def _named(ranges: StatedRanges) -> tuple[tuple[str, float, float, Evidence], ...]:
    names = {
        "cost of a new customer now": ranges.cac,
        "share of prospects won now": ranges.acquisition_rate,
        "times that share at most": ranges.acquisition_room,
        "spend on keeping, per customer and year": ranges.retention_spend,
        "share of customers kept per year": ranges.retention_rate,
        "share of leavers that could be kept at most": ranges.retention_room,
    }
    return tuple((name, stated.low, stated.high, stated.evidence) for name, stated in names.items())
