"""What if: changes to next year, one or several in order, each with an interval from the shop's own customers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from keepwell.decide.next_year import Year, redrawn
from keepwell.decide.order_log import Floats
from keepwell.vocabulary.answer import Figure, WhatIfResult
from keepwell.vocabulary.estimate import Estimate, Evidence, NotAvailable

DRAWS = 400
LARGEST_SAMPLE = 10_000
FEWEST_CUSTOMERS = 30

Change = Callable[[Year, np.random.Generator | None], Year]


@dataclass(frozen=True)
class WhatIf:
    """One change to next year.

    ``change`` takes a year and a generator and returns the changed year: drawn person by person with a generator,
    as expected with ``None``. ``missing`` says why the question cannot be put to a year, or nothing.
    """

    name: str
    description: str
    change: Change
    assumptions: tuple[str, ...]
    evidence: Evidence = Evidence.STATED
    missing: Callable[[Year], str] = lambda year: ""


def simulate(
    year: Year,
    scenarios: Sequence[Sequence[WhatIf]],
    seed: int,
    goal: float | None = None,
    draws: int = DRAWS,
) -> list[WhatIfResult]:
    """Return what each scenario does to next year's margin; every scenario meets the same simulated years.

    The value is the expected one on all customers. The interval is a bootstrap over customers; of more than 10,000
    customers, 10,000 are drawn and the spread scaled by √(m/n) (m out of n: Bickel, Götze & van Zwet 1997).

    Args:
        year: the expected year.
        scenarios: each a sequence of changes, applied in order.
        seed: of the simulation; the same seed gives the same intervals.
        goal: margin per year to be reached, or ``None``.
        draws: simulated years, at least 50.

    """
    possible = [not _missing(year, scenario) for scenario in scenarios]
    spreads = _spreads(year, [s for s, ok in zip(scenarios, possible, strict=True) if ok], seed, draws)
    results = []
    for scenario, is_possible in zip(scenarios, possible, strict=True):
        if is_possible:
            results.append(_result(year, scenario, spreads.pop(0), goal))
        else:
            results.append(_unavailable(year, scenario, goal))
    return results


def apply(scenario: Sequence[WhatIf], year: Year, rng: np.random.Generator | None = None) -> Year:
    """Return the year after every change, in order."""
    for what_if in scenario:
        year = what_if.change(year, rng)
    return year


def total(year: Year) -> float:
    """Return the year's margin after acquisition spend."""
    return float(year.margin.sum()) + year.rest


def _spreads(year: Year, scenarios: Sequence[Sequence[WhatIf]], seed: int, draws: int) -> list[tuple[Floats, Floats]]:
    """Return per scenario the deviations of the total before and of the change, arrays of shape (draws,)."""
    size = min(year.margin.size, LARGEST_SAMPLE)
    base = np.zeros((draws, len(scenarios) + 1))
    rest = np.zeros_like(base)
    for draw in range(draws):
        rng = np.random.default_rng([seed, draw])
        before = redrawn(year, size, rng)
        base[draw, 0], rest[draw, 0] = before.margin.sum(), before.rest
        for column, scenario in enumerate(scenarios, start=1):
            after = apply(scenario, before, np.random.default_rng([seed, draw, column]))
            base[draw, column], rest[draw, column] = after.margin.sum(), after.rest
    # A sum over m of n customers, brought to n, spreads by √(n/m) too much.
    shrink = math.sqrt(year.margin.size / size) if size else 1.0
    deviations = (base - base.mean(axis=0)) * shrink + (rest - rest.mean(axis=0))
    return [(deviations[:, 0], deviations[:, column]) for column in range(1, len(scenarios) + 1)]


def _result(year: Year, scenario: Sequence[WhatIf], spread: tuple[Floats, Floats], goal: float | None) -> WhatIfResult:
    before, after = total(year), total(apply(scenario, year))
    around_before, around_after = spread
    is_enough = year.margin.size >= FEWEST_CUSTOMERS
    evidence = _weakest(scenario)
    reaches = None
    if goal is not None and is_enough:
        reaches = float((after + around_after >= goal).mean())
    return WhatIfResult(
        name=_name(scenario),
        description=" Then: ".join(what_if.description for what_if in scenario) or "Nothing changes.",
        before=_with_interval(before, around_before, is_enough, year.evidence),
        after=_with_interval(after, around_after, is_enough, evidence),
        change=_with_interval(after - before, around_after - around_before, is_enough, evidence),
        goal=goal,
        reaches_goal=reaches,
        evidence=evidence,
        assumptions=tuple(dict.fromkeys(line for what_if in scenario for line in what_if.assumptions)),
        note="" if is_enough else f"fewer than {FEWEST_CUSTOMERS} customers ordered in the last year: no interval",
    )


def _unavailable(year: Year, scenario: Sequence[WhatIf], goal: float | None) -> WhatIfResult:
    reason = NotAvailable(_missing(year, scenario))
    return WhatIfResult(
        name=_name(scenario),
        description=" Then: ".join(what_if.description for what_if in scenario),
        before=Estimate(total(year), evidence=year.evidence),
        after=reason,
        change=reason,
        goal=goal,
        reaches_goal=None,
        evidence=Evidence.NONE,
        assumptions=(),
        note=reason.reason,
    )


def _with_interval(value: float, deviations: Floats, is_enough: bool, evidence: Evidence) -> Figure:
    if not is_enough:
        return Estimate(value, evidence=evidence, note="too few customers for an interval")
    low, high = np.quantile(deviations, [0.025, 0.975])
    return Estimate(value, value + float(min(low, 0.0)), value + float(max(high, 0.0)), evidence=evidence)


def _missing(year: Year, scenario: Sequence[WhatIf]) -> str:
    if year.margin.size == 0:
        return "nobody ordered in the last year"
    return next((why for what_if in scenario if (why := what_if.missing(year))), "")


def _name(scenario: Sequence[WhatIf]) -> str:
    return " + ".join(what_if.name for what_if in scenario) or "nothing changes"


def _weakest(scenario: Sequence[WhatIf]) -> Evidence:
    order = list(Evidence)
    return min((what_if.evidence for what_if in scenario), key=order.index, default=Evidence.COUNTED)
