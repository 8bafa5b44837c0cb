"""The supply of retained margin: what each sum spent on keeping would bring, from people's uplifts."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from keepwell.decide.margin_curve import Floats, MarginCurve, Side
from keepwell.decide.offers import Offers, TreatmentLimits, scores
from keepwell.decide.prices import Resources, choose
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import Evidence

POINTS = 41


def supply_curve(
    item: str,
    uplift: Floats,
    cost: Floats | float,
    *,
    evidence: Evidence,
    draws: int = 1000,
    error: Floats | None = None,
    correlation: float = 1.0,
    seed: int = 0,
    uses: Mapping[str, float] | None = None,
    note: str = "",
) -> MarginCurve:
    """Return the margin that treating people by one lever brings, those with the most per unit of cost first.

    People are sorted by mean uplift over cost and both are cumulated; the curve ends at the last person whose mean
    uplift is above 0. With draws of the uplift each draw is cumulated in that same order. With means and standard
    errors the sum's spread is ``√(r (Σ se)² + (1 − r) Σ se²)`` for people whose errors correlate by r: models err
    alike for all whom they place in the same way, so 1 is the cautious default.

    Args:
        item: the lever, and the segment.
        uplift: shape (D, N) draws or (N,) means: margin within the horizon, before the contact's cost.
        cost: money per person treated, shape (N,) or one number, above 0.
        evidence: of the uplift.
        draws: D, where ``uplift`` holds means.
        error: standard error per person, shape (N,), where ``uplift`` holds means; ``None`` for 0.
        correlation: r in [0, 1].
        seed: of the draws.
        uses: capacity taken per unit of money.
        note: what was assumed.

    Raises:
        InputError: a shape does not fit, a cost is not above 0, or nobody's uplift is above 0.

    >>> curve = supply_curve("mail", np.array([3.0, 1, -2]), 2.0, evidence=Evidence.EXPERIMENT, draws=2)
    >>> curve.spend, curve.mean
    (array([0., 2., 4.]), array([0., 3., 4.]))

    """
    drawn = np.atleast_2d(np.asarray(uplift, dtype=np.float64))
    has_draws = np.ndim(uplift) == 2
    mean = drawn.mean(axis=0)
    each = np.broadcast_to(np.asarray(cost, dtype=np.float64), mean.shape)
    if not (np.isfinite(each).all() and (each > 0).all() and np.isfinite(drawn).all()):
        raise _bad("cost", item, "Give what one contact costs, above 0, and uplifts that are numbers.")
    if error is not None and (has_draws or np.shape(error) != mean.shape or not 0 <= correlation <= 1):
        raise _bad("error", item, "Give one standard error per mean, and a correlation in [0, 1].")
    ranked = np.argsort(-mean / each, kind="stable")
    ranked = ranked[: int((mean > 0).sum())]
    if not ranked.size:
        raise _bad("nobody", item, "Nobody's expected uplift is above 0: leave the lever out.")
    ends = np.unique(np.linspace(0, ranked.size, min(POINTS, ranked.size + 1)).astype(np.int64))[1:]
    spend = np.cumsum(each[ranked])[ends - 1]
    if has_draws:
        parts = np.add.reduceat(drawn[:, ranked], np.concatenate(([0], ends[:-1])), axis=1)
        margin = np.cumsum(parts, axis=1)
    else:
        margin = _around(np.cumsum(mean[ranked])[ends - 1], ranked, ends, error, correlation, draws, seed)
    return MarginCurve(
        item=item,
        side=Side.KEEP,
        spend=np.concatenate(([0.0], spend)),
        margin=np.column_stack((np.zeros(len(margin)), margin)),
        evidence=evidence,
        uses=dict(uses or {}),
        note=note,
        per_person=float(each[ranked].mean()),
    )


def joint_supply_curve(
    item: str,
    offers: Offers,
    limits: TreatmentLimits,
    *,
    evidence: Evidence,
    draws: int = 1000,
    correlation: float = 1.0,
    seed: int = 0,
    note: str = "",
) -> MarginCurve:
    """Return what spending on several levers together brings when each person gets one of them at most.

    At a price λ of money everyone takes ``argmax_k (u_ik − caution se − λ c_ik)``; falling prices trace the whole
    curve, so that people whom two levers would reach are not counted twice. Capacities and caps are left to `assign`.

    Args:
        item: a name for the levers together.
        offers: people × levers.
        limits: caution, wear, contacts and holdout count; budget and hurdle do not.
        evidence: of the uplifts.
        draws: D.
        correlation: of people's errors, as in `supply_curve`.
        seed: of the draws.
        note: what was assumed.

    Raises:
        InputError: nobody's uplift is above 0.

    """
    worth = scores(offers, TreatmentLimits(0.0, 0.0, limits.caution, {}, {}, limits.most_contacts, limits.wear))
    gross = worth + offers.cost
    best = float(np.max(gross / offers.cost))
    if best <= 0:
        raise _bad("nobody", item, "Nobody's expected uplift is above 0: leave the levers out.")
    resources = Resources(("budget",), np.zeros((1, len(offers.levers))), np.ones(1))
    spend, mean, squares, sums = [0.0], [0.0], [0.0], [0.0]
    for price in best * (1 - np.linspace(0, 1, POINTS) ** 0.7)[1:]:
        lever = choose(gross, offers.cost, np.array([price]), resources).lever
        people = np.flatnonzero(lever >= 0)
        where = (people, lever[people])
        spent = float(offers.cost[where].sum())
        if spent > spend[-1] * (1 + 1e-9) + 1e-9:
            spend.append(spent)
            mean.append(float((gross[where] + _caution(offers, limits)[where]).sum()))
            errors = np.zeros(people.size) if offers.error is None else offers.error[where]
            sums.append(float(errors.sum()))
            squares.append(float((errors**2).sum()))
    noise = np.random.default_rng(seed).standard_normal((draws, 1))
    spread = np.sqrt(correlation * np.array(sums) ** 2 + (1 - correlation) * np.array(squares))
    curve = MarginCurve(
        item,
        Side.KEEP,
        np.array(spend),
        np.array(mean) + noise * spread,
        evidence,
        note=note,
        per_person=float(np.median(offers.cost)),
    )
    return curve.reserving(limits.holdout)


def _caution(offers: Offers, limits: TreatmentLimits) -> Floats:
    if offers.error is None or not limits.caution:
        return np.zeros(offers.uplift.shape)
    return np.asarray(limits.caution * offers.error, dtype=np.float64)


def _around(
    mean: Floats,
    ranked: np.typing.NDArray[np.int64],
    ends: np.typing.NDArray[np.int64],
    error: Floats | None,
    correlation: float,
    draws: int,
    seed: int,
) -> Floats:
    """Return draws around cumulated means, one deviate a draw, so that a curve is too high or too low as a whole."""
    if error is None:
        return np.tile(mean, (draws, 1))
    own = np.asarray(error, dtype=np.float64)[ranked]
    together, apart = np.cumsum(own)[ends - 1], np.cumsum(own**2)[ends - 1]
    spread = np.sqrt(correlation * together**2 + (1 - correlation) * apart)
    noise = np.random.default_rng(seed).standard_normal((draws, 1))
    return np.asarray(mean + noise * spread, dtype=np.float64)


def _bad(name: str, value: object, advice: str) -> InputError:
    message = f"The supply curve of {value!r} cannot be drawn."
    return InputError(f"supply.{name}", message, value=value, advice=advice)
