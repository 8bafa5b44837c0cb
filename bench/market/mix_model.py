"""The serious competitor: a marketing-mix regression with lifetime values, and no word on keeping.

All newcomers of a week (so that last click cannot mislead it) on carried-over, saturating exposure by channel, season
and trend; non-negative ridge regression within a search over carry-over and saturation; money where the marginal
newcomer is worth most, and none where she is worth less than she costs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq, nnls
from scipy.signal import lfilter

from bench.market.observe import WEEKS_PER_MONTH, Observed
from bench.market.plan import Plan
from bench.market.shop_figures import newcomer_values, price_of_hundred

Floats = NDArray[np.float64]

CARRIED = (0.0, 0.2, 0.4, 0.6, 0.75)
SATURATIONS = (0.4, 0.8, 1.5, 3.0, 6.0)  # in units of the channel's mean exposure
SWEEPS = 3
RIDGE = 0.3
REFIT_EVERY = 3
WEEKS_PER_YEAR = 52


@dataclass(frozen=True)
class Response:
    """A channel's fitted response: newcomers a week = most × (1 − exp(−carried exposure / scale))."""

    most: float
    carried: float
    scale: float


class MixModel:
    """A policy: regression, lifetime value, equal marginal returns; fitted again every quarter."""

    def __init__(self) -> None:
        self._responses: dict[str, Response] = {}
        self._values: dict[str, float] = {}

    def __call__(self, observed: Observed, _rng: np.random.Generator) -> Plan:
        """Return the month's plan."""
        if observed.month % REFIT_EVERY == 0:
            self._responses = fitted(observed)
            self._values = newcomer_values(observed)
        rows = []
        for channel in observed.channels:
            response, price = self._responses[channel], price_of_hundred(observed, channel)
            gain = WEEKS_PER_MONTH * response.most * self._values[channel]
            size = WEEKS_PER_MONTH * price * (1 - response.carried) * response.scale
            rows.append((gain, size))
        return Plan(spend=dict(zip(observed.channels, equal_marginals(rows, observed.budget), strict=True)))


def equal_marginals(rows: list[tuple[float, float]], budget: float) -> list[float]:
    """Return money per item where gain·(1 − exp(−x/size)) has equal slopes of at least 1, within the budget."""

    def spend(slope: float) -> list[float]:
        return [size * float(np.log(max(gain / size / slope, 1.0))) for gain, size in rows]

    if sum(spend(1.0)) <= budget:
        return spend(1.0)
    steepest = max(gain / size for gain, size in rows)
    price = brentq(lambda slope: sum(spend(slope)) - budget, 1.0, steepest)
    money = spend(float(price))
    over = max(sum(money) / budget, 1.0)
    return [part / over for part in money]


def fitted(observed: Observed) -> dict[str, Response]:
    """Return each channel's response, fitted to all weeks so far."""
    weekly = observed.spend.pivot(index="week_starting", columns="channel", values=["impressions", "new_customers"])
    won = weekly["new_customers"].to_numpy(dtype=float).sum(axis=1)
    exposure = weekly["impressions"][list(observed.channels)].to_numpy(dtype=float) / 100
    means = np.maximum(exposure.mean(axis=0), 1e-9)
    around = _surroundings(len(won))
    chosen = [(CARRIED[1], SATURATIONS[2])] * exposure.shape[1]
    columns = [_transformed(exposure[:, c], means[c], *chosen[c]) for c in range(exposure.shape[1])]
    for _ in range(SWEEPS):
        for c in range(exposure.shape[1]):
            tried = []
            for carried in CARRIED:
                for saturation in SATURATIONS:
                    columns[c] = _transformed(exposure[:, c], means[c], carried, saturation)
                    tried.append((_fit(columns, around, won)[1], (carried, saturation)))
            chosen[c] = min(tried)[1]
            columns[c] = _transformed(exposure[:, c], means[c], *chosen[c])
    effects = _fit(columns, around, won)[0]
    return {
        channel: Response(float(effects[c]), chosen[c][0], chosen[c][1] * float(means[c]))
        for c, channel in enumerate(observed.channels)
    }


def _transformed(exposure: Floats, mean: float, carried: float, saturation: float) -> Floats:
    pressure: Floats = lfilter([1.0], [1.0, -carried], exposure)
    saturated: Floats = -np.expm1(-pressure / (saturation * mean))
    return saturated


def _surroundings(weeks: int) -> Floats:
    """Return columns of level, trend and season, each also with its sign turned where it may fall."""
    week = np.arange(weeks)
    angle = 2 * np.pi * week / WEEKS_PER_YEAR
    waves = [np.cos(angle), np.sin(angle), np.cos(2 * angle), np.sin(2 * angle)] if weeks > WEEKS_PER_YEAR else []
    signed = np.column_stack([week / max(weeks, 1) - 0.5, *waves])
    return np.column_stack([np.ones(weeks), signed, -signed])


def _fit(columns: list[Floats], around: Floats, won: Floats) -> tuple[Floats, float]:
    """Return the channels' effects and the penalised loss."""
    design = np.column_stack([*columns, around])
    scale = float(won.mean())
    penalty = np.zeros((len(columns), design.shape[1]))
    penalty[:, : len(columns)] = np.eye(len(columns)) * RIDGE * np.sqrt(len(won)) / 10
    found, loss = nnls(np.vstack([design, penalty]), np.concatenate([won / scale, np.zeros(len(columns))]))
    return found[: len(columns)] * scale, float(loss)
