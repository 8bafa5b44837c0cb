"""How much wider an interval must be where the model has missed before: chance and the fit are not all that can err."""

from __future__ import annotations

import math
from dataclasses import replace

from keepwell.understand.clv.forecast_scores import AmountScore
from keepwell.understand.clv.totals import Totals
from keepwell.understand.clv.validate import Forecast, Validation
from keepwell.vocabulary.estimate import Z_95, Estimate, NotAvailable


def misfit(score: AmountScore | NotAvailable) -> float:
    """Return the relative standard deviation that a holdout adds to a total's forecast; 0 where nothing was held out.

    The miss of one holdout is one draw of the error. What chance and the fit explain of it is taken off: the method of
    moments with one observation, ``τ² = max(0, (predicted/actual − 1)² − σ²)``, with σ half the relative width of
    the predictive interval over 1.96.

    >>> hit = AmountScore(Estimate(100.0, 80.0, 120.0), 101.0, -0.01, 1.0, 1.0, 0.5)
    >>> round(misfit(hit), 3), round(misfit(replace(hit, actual=80.0)), 3)
    (0.0, 0.228)

    """
    if isinstance(score, NotAvailable) or score.actual <= 0 or score.predicted.value <= 0:
        return 0.0
    predicted = score.predicted
    missed = predicted.value / score.actual - 1
    known = 0.0
    if predicted.low is not None and predicted.high is not None:
        known = (predicted.high - predicted.low) / (2 * Z_95 * predicted.value)
    return math.sqrt(max(0.0, missed**2 - known**2))


def widened(totals: Totals, validation: Validation | NotAvailable, model_name: str) -> Totals:
    """Return the totals with intervals that also hold how far this model missed the holdout.

    Args:
        totals: with predictive intervals.
        validation: of the same log, or why there is none; nothing changes then.
        model_name: the model the totals are of.

    """
    forecast = NotAvailable("") if isinstance(validation, NotAvailable) else validation.forecast(model_name)
    if not isinstance(forecast, Forecast):
        return totals
    orders, value = misfit(forecast.orders), misfit(forecast.value)
    return replace(
        totals,
        orders=_wider(totals.orders, orders),
        value=_wider(totals.value, value),
        discounted_value=_wider(totals.discounted_value, value),
    )


def _wider(estimate: Estimate, relative: float) -> Estimate:
    if relative == 0 or estimate.low is None or estimate.high is None:
        return estimate
    more = Z_95 * relative * estimate.value
    low = estimate.value - math.hypot(estimate.value - estimate.low, more)
    high = estimate.value + math.hypot(estimate.high - estimate.value, more)
    note = f"the interval also holds how far the model missed the holdout (±{relative:.0%})"
    return replace(estimate, low=max(0.0, low), high=high, note=note)
