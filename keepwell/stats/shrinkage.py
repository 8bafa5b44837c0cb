"""Means of small groups, drawn towards the mean of all: the normal–normal empirical Bayes estimate."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from keepwell.vocabulary.estimate import Z_95, SampleMean

PRIOR_FREEDOM = 4


@dataclass(frozen=True, slots=True)
class ShrunkMean:
    """A group's mean after shrinking, its 95 % interval, and the weight of the base in it (0 to 1)."""

    mean: float
    low: float
    high: float
    weight_of_base: float


def pooled_variance(groups: Sequence[SampleMean]) -> float:
    """Return the variance within groups, weighted by their degrees of freedom; 0 when no group has two people.

    >>> pooled_variance([SampleMean(3, 6.0, 14.0), SampleMean(1, 5.0, 25.0)])
    1.0
    """
    freedom = sum(group.n - 1 for group in groups if group.n > 1)
    return sum(group.variance * (group.n - 1) for group in groups if group.n > 1) / freedom if freedom else 0.0


def own_variance(group: SampleMean, pooled: float) -> float:
    """Return a group's variance, its own sample variance drawn towards the pooled one, worth four observations.

    A few people's own variance is a poor guide, and the pooled one understates groups with rare large orders; the
    weighted mean of both is the posterior under a scaled-inverse-χ² prior (Smyth 2004, eq. 1, with d₀ = 4).

    >>> own_variance(SampleMean(1, 5.0, 25.0), pooled=9.0)
    9.0
    """
    freedom = max(0, group.n - 1)
    return (PRIOR_FREEDOM * pooled + freedom * group.variance) / (PRIOR_FREEDOM + freedom)


def between_variance(groups: Sequence[SampleMean]) -> float:
    """Return τ², the variance between the groups' true means, at least 0.

    Method of moments with the groups' sizes as weights (DerSimonian & Kacker 2007, eq. 6, a_i = n_i):
    ``[Σ n_i (x̄_i − μ)² − Σ (1 − n_i/N) σ_i²] / (N − Σ n_i²/N)``.

    >>> between_variance([SampleMean(100, 1000.0, 10100.0), SampleMean(100, 1000.0, 10100.0)])
    0.0
    """
    known = [group for group in groups if group.n]
    if len(known) < 2:
        return 0.0
    pooled, people = pooled_variance(known), sum(group.n for group in known)
    centre = sum(group.total for group in known) / people
    spread = sum(group.n * (group.mean - centre) ** 2 for group in known)
    chance = sum((1 - group.n / people) * own_variance(group, pooled) for group in known)
    return max(0.0, (spread - chance) / (people - sum(group.n**2 for group in known) / people))


def shrink(groups: Sequence[SampleMean], z: float = Z_95) -> list[ShrunkMean]:
    """Return each group's mean drawn towards the mean of all people by how little it says itself.

    With σ_i² the variance within a group (`own_variance`), τ² that between groups and μ the mean of all people:
    ``B = (σ_i²/n) / (σ_i²/n + τ²)``, ``mean = B μ + (1 − B) x̄``, ``variance = (1 − B) σ_i²/n + B² Var(μ)``
    (Efron & Morris 1975; Gelman et al., Bayesian Data Analysis, 3rd ed., eq. 5.17, with τ² plugged in). The
    uncertainty of τ² itself is left out, which makes the intervals of few groups somewhat narrow.

    Args:
        groups: disjoint groups of people; empty ones get the mean of all.
        z: normal quantile of the interval.

    >>> wide, thin = shrink([SampleMean(1000, 10000.0, 200000.0), SampleMean(2, 100.0, 5100.0)])
    >>> thin.weight_of_base > wide.weight_of_base
    True

    """
    known = [group for group in groups if group.n]
    if not known:
        return [ShrunkMean(0.0, 0.0, 0.0, 1.0) for _ in groups]
    pooled, between = pooled_variance(known), between_variance(known)
    people = sum(group.n for group in known)
    centre = sum(group.total for group in known) / people
    error = sum(group.n * own_variance(group, pooled) for group in known) / people**2
    return [_one(group, own_variance(group, pooled), between, centre, error, z) for group in groups]


def _one(group: SampleMean, within: float, between: float, base: float, base_variance: float, z: float) -> ShrunkMean:
    own = within / group.n if group.n else math.inf
    if own == math.inf:
        weight, mean, variance = 1.0, base, between + base_variance
    elif own + between == 0:
        weight, mean, variance = 0.0, group.mean, 0.0
    else:
        weight = own / (own + between)
        mean = weight * base + (1 - weight) * group.mean
        variance = (1 - weight) * own + weight**2 * base_variance
    half = z * math.sqrt(variance)
    return ShrunkMean(mean, mean - half, mean + half, weight)
