"""How a plan's outcome is judged: its mean, and the mean of its worst fifth."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from keepwell.decide.margin_curve import Floats, MarginCurve

WORST = 0.2


def worst_mean(outcome: Floats, share: float = WORST) -> float:
    """Return CVaR: the mean of the worst share of equally likely outcomes (Rockafellar & Uryasev 2000, eq. 3).

    Args:
        outcome: shape (D,).
        share: in (0, 1].

    >>> worst_mean(np.array([5.0, 1, 2, 3, 4]), share=0.4)
    1.5

    """
    return float(worst_weights(outcome, share) @ outcome)


def worst_weights(outcome: Floats, share: float = WORST) -> Floats:
    """Return weights that sum to 1 on the worst share of the outcomes, a fraction on the one at the border."""
    whole = share * outcome.size
    weights = np.zeros(outcome.size)
    ranked = np.argsort(outcome, kind="stable")
    full = int(whole)
    weights[ranked[:full]] = 1.0
    if full < outcome.size:
        weights[ranked[full]] = whole - full
    return weights / whole


def margin_of(curves: Sequence[MarginCurve], spends: Floats) -> Floats:
    """Return the margin of a split before its spend, shape (D,)."""
    total = np.zeros(curves[0].draws)
    for curve, spend in zip(curves, spends, strict=True):
        if spend > 0:
            total += curve.at(float(spend))
    return total


def objective(curves: Sequence[MarginCurve], spends: Floats, risk_aversion: float, least: float = 1.0) -> float:
    """Return ``(1 − ρ) E[M] + ρ CVaR₂₀(M) − least × Σ spend``; with ``least`` 1 the objective of the plan in money.

    Args:
        curves: the items.
        spends: shape (items,).
        risk_aversion: ρ in [0, 1].
        least: what a unit of spend must return, ``1 + hurdle``.

    """
    margin = margin_of(curves, spends)
    tail = worst_mean(margin) if risk_aversion else 0.0
    return (1 - risk_aversion) * float(margin.mean()) + risk_aversion * tail - least * float(spends.sum())
