"""Qini and the area under the uplift curve: what a ranking of people is worth, measured on an experiment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import Estimate, Evidence

Floats = npt.NDArray[np.float64]

REPEATS = 200


@dataclass(frozen=True, eq=False)
class QiniCurve:
    """Gain per treated person when only the best share of people is treated.

    Args:
        share: of people treated, those foretold the largest effect first, from 0 to 1.
        gain: outcome gained by treating that share, over everybody who could be treated; shape of ``share``.

    """

    share: Floats
    gain: Floats

    @property
    def area(self) -> float:
        """Area under the curve (AUUC)."""
        return float(np.trapezoid(self.gain, self.share))

    @property
    def qini(self) -> float:
        """Area between the curve and the straight line of treating people by lot."""
        return self.area - float(self.gain[-1]) / 2


def qini_curve(foretold: npt.ArrayLike, treated: npt.ArrayLike, outcome: npt.ArrayLike) -> QiniCurve:
    """Return the curve ``g(k)/N_t``, ``g(k) = Y_t(k) − Y_c(k) n_t(k)/n_c(k)`` over the k people ranked first.

    Y and n are sums of outcomes and people of the treated and the control arm among those k, N_t all treated people
    (Radcliffe 2007, with areas over the share of people). With equal arms N_t = N/2, so the area between this curve
    and the straight line is 2 · area / N of the curve in counts. People of equal rank enter together, on a straight
    piece, so that a ranking that tells nothing has a Qini of 0.

    Args:
        foretold: shape (rows,), larger where more is to be gained.
        treated: shape (rows,), 1 or 0; assigned by lot with one chance for all.
        outcome: shape (rows,).

    Raises:
        InputError: shapes differ, a number is not finite, or an arm is empty.

    >>> curve = qini_curve([4, 3, 2, 1], [1, 0, 1, 0], [1, 0, 0, 0])
    >>> curve.gain.tolist(), curve.qini
    ([0.0, 0.5, 0.5, 0.5, 0.5], 0.1875)

    """
    rank, t, y = _checked(foretold, treated, outcome)
    order = np.argsort(-rank, kind="stable")
    ends = _ends(rank[order])
    return _curve(t[order], y[order], np.ones(t.size), ends)


def qini(
    foretold: npt.ArrayLike,
    treated: npt.ArrayLike,
    outcome: npt.ArrayLike,
    *,
    repeats: int = REPEATS,
    seed: int = 0,
) -> tuple[Estimate, Estimate]:
    """Return Qini and AUUC, each with its 95 % interval.

    People are drawn again within each arm (bootstrap of the percentiles about the estimate, the ranking as given).

    Args:
        foretold: shape (rows,), from a model that has not seen these people.
        treated: shape (rows,), 1 or 0.
        outcome: shape (rows,).
        repeats: of the bootstrap.
        seed: of it.

    Raises:
        InputError: see `qini_curve`.

    >>> rng = np.random.default_rng(1)
    >>> effect, t = rng.random(4000), rng.integers(0, 2, 4000)
    >>> found, area = qini(effect, t, effect * t + 0.1 * rng.normal(size=4000))
    >>> found.low < 1 / 12 < found.high, area.low < 1 / 3 < area.high
    (True, True)

    """
    rank, t, y = _checked(foretold, treated, outcome)
    order = np.argsort(-rank, kind="stable")
    ends, t, y = _ends(rank[order]), t[order], y[order]
    whole = _curve(t, y, np.ones(t.size), ends)
    rng = np.random.default_rng(seed)
    arms = [np.flatnonzero(t == 1), np.flatnonzero(t == 0)]
    found = np.empty((repeats, 2))
    for repeat in range(repeats):
        weight = np.zeros(t.size)
        for arm in arms:
            weight[arm] = np.bincount(rng.integers(0, arm.size, arm.size), minlength=arm.size)
        curve = _curve(t, y, weight, ends)
        found[repeat] = curve.qini, curve.area
    bounds = np.quantile(found, [0.025, 0.975], axis=0)
    values = (whole.qini, whole.area)
    both = tuple(
        # A resampled area can be biased where arms are small: the interval holds the estimate all the same.
        Estimate(v, min(v, float(low)), max(v, float(high)), evidence=Evidence.EXPERIMENT)
        for v, low, high in zip(values, bounds[0], bounds[1], strict=True)
    )
    return both[0], both[1]


def _checked(foretold: npt.ArrayLike, treated: npt.ArrayLike, outcome: npt.ArrayLike) -> tuple[Floats, Floats, Floats]:
    rank, t, y = (np.asarray(values, dtype=np.float64) for values in (foretold, treated, outcome))
    if rank.ndim != 1 or not rank.shape == t.shape == y.shape:
        raise _bad("shape", (rank.shape, t.shape, y.shape), "Give one forecast, arm and outcome a person.")
    if not (np.isfinite(rank).all() and np.isfinite(y).all()):
        raise _bad("number", "a number that is not finite", "Leave out people whose outcome is not known.")
    if not np.isin(t, (0.0, 1.0)).all() or not 0 < t.sum() < t.size:
        raise _bad("arms", np.unique(t)[:3].tolist(), "Give 1 for treated and 0 for control, some of each.")
    return rank, t, y


def _ends(ranked: Floats) -> npt.NDArray[np.int64]:
    """Return the last place of each run of equal forecasts."""
    return np.flatnonzero(np.append(np.diff(ranked) != 0, True))


def _curve(t: Floats, y: Floats, weight: Floats, ends: npt.NDArray[np.int64]) -> QiniCurve:
    people = np.cumsum(weight)[ends]
    with_it, without = np.cumsum(weight * t)[ends], np.cumsum(weight * (1 - t))[ends]
    gained, anyway = np.cumsum(weight * t * y)[ends], np.cumsum(weight * (1 - t) * y)[ends]
    gain = gained - anyway * with_it / np.maximum(without, 1)
    share = np.append(0.0, people / people[-1])
    return QiniCurve(share, np.append(0.0, gain / with_it[-1]))


def _bad(name: str, value: object, advice: str) -> InputError:
    return InputError(f"qini.{name}", f"The uplift curve cannot be drawn from {value!r}.", value=value, advice=advice)
