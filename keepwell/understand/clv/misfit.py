"""What the holdout says of the totals: a forecast that missed is brought nearer, and its interval is made honest."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from keepwell.understand.clv.forecast_scores import AmountScore, ReturnScore
from keepwell.understand.clv.totals import Totals
from keepwell.understand.clv.validate import Forecast, Validation
from keepwell.vocabulary.estimate import Z_95, Estimate, NotAvailable


@dataclass(frozen=True, slots=True)
class Correction:
    """What a model's expectations are multiplied by.

    Args:
        orders: for expected orders, above 0.
        value: for money, above 0.
        note: one sentence on why, for the owner; empty where nothing is changed.

    """

    orders: float = 1.0
    value: float = 1.0
    note: str = ""


NONE = Correction()
SAME = 0.05  # shares nearer than this are not worth a sentence


def correction(validation: Validation | NotAvailable, model_name: str, horizon_days: int) -> Correction:
    """Return how to bring a forecast to what the same model would have had to say one horizon ago.

    Only where the holdout was as long as the horizon, so that all seasons are in it, and where the miss is beyond
    chance (what came lies outside the predictive interval). Shops lose customers faster than these models learn from
    short histories, and a log that ends in its busy season makes them hope too much; a miss of a whole year repeats.

    Args:
        validation: of the same log, or why there is none.
        model_name: the model that is used.
        horizon_days: of the forecast.

    """
    if isinstance(validation, NotAvailable) or validation.days < horizon_days:
        return NONE
    forecast = validation.forecast(model_name)
    if not isinstance(forecast, Forecast):
        return NONE
    orders = _factor(forecast.orders)
    # Without a spend model to hold out, money is orders times what an order was worth.
    value = orders if isinstance(forecast.value, NotAvailable) else _factor(forecast.value)
    if orders == value == 1:
        return NONE
    parts = [
        f"{name} by {factor - 1:+.0%}".replace("-", "−")
        for name, factor in (("orders", orders), ("money", value))
        if factor != 1
    ]
    missed = f"{_missed(forecast.orders)} orders" if orders != 1 else f"{_missed(forecast.value, 'less')} revenue"
    note = (
        f"One horizon ago the model would have said {missed} than came, beyond chance: it "
        f"is corrected for that ({', '.join(parts)}), and the intervals reach back to the model's own figures."
    )
    if isinstance(forecast.returns, ReturnScore) and forecast.returns.predicted - forecast.returns.actual > SAME:
        note += (
            f" It foretold {forecast.returns.predicted:.0%} to order again, and {forecast.returns.actual:.0%} did: "
            "count on fewer customers still there than it says."
        )
    return Correction(orders, value, note)


def _factor(score: AmountScore | NotAvailable) -> float:
    if isinstance(score, NotAvailable) or score.is_inside is not False or score.predicted.value <= 0:
        return 1.0
    return score.actual / score.predicted.value if score.actual > 0 else 1.0


def _missed(score: AmountScore | NotAvailable, less: str = "fewer") -> str:
    if isinstance(score, NotAvailable) or score.actual <= 0:
        return "more"
    share = score.predicted.value / score.actual - 1
    return f"{abs(share):.0%} {'more' if share > 0 else less}"


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


def corrected(
    totals: Totals, validation: Validation | NotAvailable, model_name: str, found: Correction = NONE
) -> Totals:
    """Return the totals, corrected, with intervals that also hold how far this model missed the holdout.

    What was corrected lies in an interval whose edge is the model's own figure; what was not is as wide as `misfit`
    says.

    Args:
        totals: with predictive intervals.
        validation: of the same log, or why there is none; nothing changes then.
        model_name: the model the totals are of.
        found: by `correction`.

    """
    forecast = NotAvailable("") if isinstance(validation, NotAvailable) else validation.forecast(model_name)
    if not isinstance(forecast, Forecast):
        return totals
    orders, value = misfit(forecast.orders), misfit(forecast.value)
    return replace(
        totals,
        orders=_one(totals.orders, found.orders, orders),
        value=_one(totals.value, found.value, value),
        discounted_value=_one(totals.discounted_value, found.value, value),
    )


def _one(estimate: Estimate, factor: float, relative: float) -> Estimate:
    if factor != 1:
        ends = (None if end is None else end * factor for end in (estimate.low, estimate.high))
        low, high = ends
        nearer = replace(estimate, value=estimate.value * factor, low=low, high=high)
        return _wider(nearer, abs(1 / factor - 1) / Z_95, "the model's own figure lies at the interval's edge")
    note = f"the interval also holds how far the model missed the holdout (±{relative:.0%})"
    return _wider(estimate, relative, note)


def _wider(estimate: Estimate, relative: float, note: str) -> Estimate:
    if relative == 0 or estimate.low is None or estimate.high is None:
        return estimate
    more = Z_95 * relative * estimate.value
    low = estimate.value - math.hypot(estimate.value - estimate.low, more)
    high = estimate.value + math.hypot(estimate.high - estimate.value, more)
    return replace(estimate, low=max(0.0, low), high=high, note=note)
