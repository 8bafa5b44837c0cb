"""Means of small groups, drawn towards the mean of all: the normal–normal empirical Bayes estimate."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from keepwell.vocabulary.estimate import Z_95, SampleMean


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


def between_variance(groups: Sequence[SampleMean]) -> float:
    """Return τ², the variance between the groups' true means (DerSimonian & Laird 1986, eq. 8), at least 0.

    >>> between_variance([SampleMean(100, 1000.0, 10100.0), SampleMean(100, 1000.0, 10100.0)])
    0.0
    """
    within = pooled_variance(groups)
    weights = [group.n / within for group in groups if group.n] if within > 0 else []
    if len(weights) < 2:
        return 0.0
    means = [group.mean for group in groups if group.n]
    total = sum(weights)
    centre = sum(w * m for w, m in zip(weights, means, strict=True)) / total
    spread = sum(w * (m - centre) ** 2 for w, m in zip(weights, means, strict=True))
    room = total - sum(w * w for w in weights) / total
    return max(0.0, (spread - (len(weights) - 1)) / room) if room > 0 else 0.0


def shrink(groups: Sequence[SampleMean], z: float = Z_95) -> list[ShrunkMean]:
    """Return each group's mean drawn towards the mean of all groups by how little it says itself.

    With σ² the variance within groups, τ² between them and μ the precision-weighted mean of all:
    ``B = (σ²/n) / (σ²/n + τ²)``, ``mean = B μ + (1 − B) x̄``, ``variance = (1 − B) σ²/n + B² Var(μ)``
    (Efron & Morris 1975; Gelman et al., Bayesian Data Analysis 3rd ed., eq. 5.17 and 5.20 with τ² plugged in). σ² is
    pooled, because a small group's own variance is a poor guide in data with rare large orders; the uncertainty of
    τ² itself is left out, which makes intervals of few groups somewhat narrow.

    Args:
        groups: disjoint groups of people; empty ones get the base's mean.
        z: normal quantile of the interval.

    >>> wide, thin = shrink([SampleMean(1000, 10000.0, 200000.0), SampleMean(2, 100.0, 5100.0)])
    >>> thin.weight_of_base > wide.weight_of_base
    True

    """
    known = [group for group in groups if group.n]
    if not known:
        return [ShrunkMean(0.0, 0.0, 0.0, 1.0) for _ in groups]
    within, between = pooled_variance(known), between_variance(known)
    precisions = [1 / (within / group.n + between) if within > 0 or between > 0 else float(group.n) for group in known]
    total = sum(precisions)
    base = sum(p * group.mean for p, group in zip(precisions, known, strict=True)) / total
    base_variance = 1 / total if within > 0 or between > 0 else 0.0
    return [_one(group, within, between, base, base_variance, z) for group in groups]


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
