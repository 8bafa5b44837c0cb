"""Those who would leave in the time that an action covers: how many, what they would buy if kept, and who shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from keepwell.stats.btyd.pareto_nbd import ParetoNBD
from keepwell.vocabulary.errors import InputError

Floats = npt.NDArray[np.float64]

NODES, WEIGHTS = np.polynomial.legendre.leggauss(12)


@dataclass(frozen=True, eq=False)
class Leavers:
    """Customers under Pareto/NBD seen as people who may leave within the next days.

    Who is about to leave leaves easily: among leavers dropout rates are gamma(s + 1, β + T), not gamma(s, β + T),
    so that what they would buy if kept is less than what others of the same history buy. ``alive``, shape (rows,), is
    the model's chance that each is still there.

    >>> base = {"frequency": [2, 1, 0, 4], "recency_days": [213, 12, 0, 228], "age_days": [272] * 4}
    >>> model = ParetoNBD().fit({**base, "customers": [9, 9, 60, 9]})
    >>> Leavers(model, base, 28).chance(model.probability_alive(base)).round(2).tolist()
    [0.02, 0.0, 0.0, 0.03]


    Args:
        model: fitted, in days.
        base: its columns, ``frequency``, ``recency_days``, ``age_days``, shape (rows,) each.
        within_days: for how long the action works.

    """

    model: ParetoNBD
    base: Any
    within_days: float

    def __post_init__(self) -> None:
        if not self.within_days > 0:
            raise InputError(
                "leavers.within",
                f"Nobody leaves within {self.within_days} days.",
                value=self.within_days,
                advice="Say for how many days the action works.",
            )

    def chance(self, alive: Floats) -> Floats:
        """Return the chance to be there now and to leave within the days, shape (rows,)."""
        _, _, s, beta = self._days()
        hazard = s * self.within_days / (beta + self._age())
        return np.asarray(alive * np.minimum(hazard, 1.0), dtype=np.float64)

    def orders(self, horizon_days: float, discount_rate: float, alive: Floats) -> Floats:
        """Return the discounted orders within the horizon of those who would leave, were they kept: shape (rows,)."""
        parameters = self.model.parameters()
        later = [parameters[name] for name in self.model.parameter_names] + np.array([0.0, 0.0, 1.0, 0.0])
        there, _, bought = self.model.at(later).scores(self.base, horizon_days, discount_rate)
        return np.asarray(self.chance(alive) * bought / np.maximum(there, 1e-9), dtype=np.float64)

    def buy_at_all(self, start: float, end: float, alive: Floats) -> tuple[Floats, Floats]:
        """Return chances of any order in (start, end] days from now: of everybody, and of leavers who are kept.

        A first order at v after ``start`` and no end before: ``∫ f(v) S(v) dv`` with f the Lomax density of the waiting
        time and S the survival of the dropout time, both given that the customer is there (12 nodes).

        Returns:
            Two arrays of shape (rows,), the first times the chance to be there, the second times `chance`.

        """
        r, alpha, s, beta = self._days()
        shape = r + np.asarray(self.base["frequency"], dtype=np.float64)
        rate, reach = alpha + self._age(), beta + self._age()
        most = np.log1p((end - start) / rate)
        everybody, kept = np.zeros(rate.size), np.zeros(rate.size)
        for node, weight in zip(NODES, WEIGHTS, strict=True):
            depth = most * (node + 1) / 2
            density = shape * np.exp(-shape * depth) * most / 2 * weight
            time = rate * np.expm1(depth)
            everybody += density * (reach / (reach + start + time)) ** s
            kept += density * (reach / (reach + time)) ** (s + 1)
        return alive * everybody, self.chance(alive) * kept

    def _age(self) -> Floats:
        return np.asarray(self.base["age_days"], dtype=np.float64)

    def _days(self) -> tuple[float, float, float, float]:
        parameters, unit = self.model.parameters(), self.model.time_unit.days
        return parameters["r"], parameters["alpha"] * unit, parameters["s"], parameters["beta"] * unit
