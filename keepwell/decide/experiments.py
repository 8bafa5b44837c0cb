"""Which experiment to run next: what its result would be worth against what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from keepwell.decide import linear_program
from keepwell.decide.candidate import Candidate
from keepwell.decide.constraints import Constraints
from keepwell.decide.envelope import segments
from keepwell.decide.greedy import fill
from keepwell.decide.margin_curve import Floats, MarginCurve, check_together
from keepwell.decide.risk import margin_of
from keepwell.decide.wording import about
from keepwell.stats.sample_information import value_of_sample
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import NotAvailable

# Standard deviations of the results at which the plan is made anew: the middles of seven equal slices.
RESULTS = np.array([-1.465, -0.792, -0.366, 0.0, 0.366, 0.792, 1.465])


@dataclass(frozen=True, slots=True)
class ExperimentValue:
    """What one candidate is worth.

    ``information`` is the expected rise of the plan's gain per decision from knowing the result, ``at_most`` the same
    if the item's effect were known exactly; ``net`` is ``decisions × information − cost``. Money.
    """

    candidate: Candidate
    information: float
    at_most: float
    decisions: float
    net: float
    sentence: str


def experiment_values(
    curves: Sequence[MarginCurve],
    limits: Constraints,
    candidates: Sequence[Candidate],
    *,
    decisions: float = 1.0,
    currency: str = "EUR",
    seed: int = 0,
) -> tuple[ExperimentValue, ...]:
    """Return what each candidate experiment is worth, the best first.

    Preposterior analysis on the draws: the plan is made anew for seven results that the experiment could have
    (weighing draw d by the likelihood ``Normal(x; φ_d, se)`` of the result x), which together with today's plan are
    the actions; the value of choosing among them by the result is `stats.sample_information.value_of_sample`.
    Risk aversion is left out: it changes which plan is chosen, hardly which question is worth asking.

    Args:
        curves: of all items, the plan's.
        limits: of the plan.
        candidates: experiments on items of the plan.
        decisions: how many periods will be planned by the result, above 0.
        currency: for the sentences.
        seed: of the simulated results.

    Raises:
        InputError: a candidate's item is not there, or the number of decisions is not above 0.

    """
    check_together(curves)
    if not decisions > 0:
        raise InputError(
            "experiments.decisions", f"{decisions!r} decisions.", value=decisions, advice="Give at least 1."
        )
    free = limits.held_out(curves)
    index = {curve.item: place for place, curve in enumerate(free)}
    for candidate in candidates:
        if candidate.item not in index:
            message = f"There is no item {candidate.item!r} in the plan."
            raise InputError("experiments.item", message, value=candidate.item, advice=f"Name one of {list(index)}.")
    whole = np.concatenate([curve.margin for curve in free], axis=1)
    today = _split(free, limits, whole.mean(axis=0))
    rng = np.random.default_rng(seed)
    effects = [free[index[one.item]].at(one.spend_high) - free[index[one.item]].at(one.spend_low) for one in candidates]
    weights = [_weights(effect, one.standard_error) for effect, one in zip(effects, candidates, strict=True)]
    # One product for all candidates: many small ones cost more than they compute.
    means = np.split(np.concatenate(weights) @ whole, len(candidates)) if candidates else []
    found = []
    for candidate, measured, expected in zip(candidates, effects, means, strict=True):
        plans = [today, *(_split(free, limits, mean) for mean in expected)]
        gain = np.column_stack([margin_of(free, plan) - plan.sum() for plan in _distinct(plans)])
        worth = value_of_sample(gain, measured, candidate.standard_error, rng)
        perfect = max(worth, value_of_sample(gain, measured, 0.0, rng))
        net = decisions * worth - candidate.cost
        sentence = _sentence(candidate, decisions * worth, currency)
        found.append(ExperimentValue(candidate, worth, perfect, decisions, net, sentence))
    return tuple(sorted(found, key=lambda entry: -entry.net))


def next_experiment(values: Sequence[ExperimentValue]) -> ExperimentValue | NotAvailable:
    """Return the experiment to run next, or why none should be."""
    if not values:
        return NotAvailable("no experiment was proposed")
    best = max(values, key=lambda entry: entry.net)
    if best.net <= 0:
        return NotAvailable("no experiment is worth its cost: its result would not change the plan enough")
    return best


def _weights(measured: Floats, error: float) -> Floats:
    """Return the weights of the draws under seven results from low to high, shape (7, D)."""
    results = float(measured.mean()) + float(np.hypot(measured.std(), error)) * RESULTS
    # A perfect measurement would weigh single draws; a quarter of the spread of the draws is sharp enough for a plan.
    width = max(error, 0.25 * float(measured.std()))
    logs = -0.5 * ((results[:, None] - measured[None, :]) / width) ** 2
    weights = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), dtype=np.float64)


def _split(free: list[MarginCurve], limits: Constraints, mean: Floats) -> Floats:
    ends = np.cumsum([curve.spend.size for curve in free])[:-1]
    means = np.split(mean, ends)
    pieces = segments(free, means)
    if limits.capacity or limits.cash is not None:
        return linear_program.solve(free, means, pieces, limits)
    return fill(free, pieces, limits.budget, 1 + limits.hurdle)


def _distinct(plans: list[Floats]) -> list[Floats]:
    found: list[Floats] = []
    for plan in plans:
        if not any(np.allclose(plan, other, rtol=1e-6, atol=1e-6) for other in found):
            found.append(plan)
    return found


def _sentence(candidate: Candidate, worth: float, currency: str) -> str:
    size = f" with {candidate.per_arm:,} people in each arm" if candidate.per_arm is not None else ""
    return (
        f"To {candidate.name} takes {candidate.days} days{size}, costs about {about(candidate.cost, currency)} and is "
        f"expected to make plans better by {about(worth, currency)}."
    )
