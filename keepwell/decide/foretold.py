"""What a model of lifetime value foretells, as the decision reads it: the base, and newcomers by group."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from keepwell.vocabulary.estimate import Estimate

Floats = npt.NDArray[np.float64]

FORETOLD_COLUMNS = ("expected_margin", "expected_margin_low", "expected_margin_high", "probability_alive")
# A customer who is almost surely gone says next to nothing of what one who stayed would bring.
LEAST_ALIVE = 0.01


@dataclass(frozen=True, slots=True)
class NewcomerForecast:
    """What a newly won customer of a group is expected to bring within the horizon.

    Args:
        dimension: ``"all"``, ``"cohort"``, ``"country"``, ``"channel"`` or another attribute of the customer.
        group: the group's name; ``"all"`` for the whole base.
        customers: those of the group whom the model saw.
        value: discounted net revenue per newcomer within the horizon, the first order included.
        first_order: net revenue of the first order alone.
        weight_of_base: how far the group was drawn towards the whole base, 0 (its own) to 1 (the base's).
        note: what is to be known of it, or nothing.

    """

    dimension: str
    group: str
    customers: int
    value: Estimate
    first_order: Estimate
    weight_of_base: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class Foretold:
    """What a fitted model says of the days after ``as_of``; money is contribution margin of the whole base.

    Args:
        model: its name as the literature has it, such as ``"Pareto/NBD"``.
        why: one sentence on why this model.
        days: how far ahead.
        customers: in the base.
        alive: customers expected to be still there.
        orders: expected orders.
        margin: expected margin, undiscounted; its interval holds both what the model does not know and chance.
        discounted_margin: the same in money of today.
        newcomers: by group, the whole base first.
        notes: what is to be known of the fit.

    """

    model: str
    why: str
    days: int
    customers: int
    alive: Estimate
    orders: Estimate
    margin: Estimate
    discounted_margin: Estimate
    newcomers: tuple[NewcomerForecast, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def relative_error(self) -> tuple[float, float]:
        """How far the base's margin may lie below and above what is expected, as fractions of it (95 %)."""
        margin = self.margin
        if margin.low is None or margin.high is None or margin.value <= 0:
            return 0.0, 0.0
        return 1 - margin.low / margin.value, margin.high / margin.value - 1

    @property
    def everyone(self) -> NewcomerForecast | None:
        """The newcomer of the whole base; ``None`` when it was not foretold."""
        return next((group for group in self.newcomers if group.dimension == "all"), None)


def if_alive(customers: pd.DataFrame, column: str) -> Floats:
    """Return what each customer would bring who is surely still there: the expectation by the probability of it."""
    alive = np.maximum(customers["probability_alive"].to_numpy(dtype=np.float64), LEAST_ALIVE)
    return np.asarray(customers[column].to_numpy(dtype=np.float64) / alive, dtype=np.float64)
