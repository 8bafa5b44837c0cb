"""How far expectations move as the parameters of the models do, within what the data leave open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from keepwell.stats.btyd.customer_base import CustomerBase
from keepwell.stats.btyd.model import BuyTillYouDie
from keepwell.stats.gamma_gamma import GammaGamma
from keepwell.understand.clv.cells import Cells
from keepwell.vocabulary.estimate import Z_95

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

DRAWS = 200
ENDS = (2.5, 97.5)
WIDEST = 5.0  # standard deviation of a logarithm from which an interval means "anything": e^±10


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """Expectations under drawn parameters, relative to those under the fitted ones, by cell or by frequency's bin.

    Args:
        cells: of the customers.
        alive, orders: P(alive) and expected orders of each cell's typical customer, shape (cells, draws).
        from_all, from_own: expected spend is ``A + B m`` in a customer's own mean m; A and B, shape (bins, draws).
        bin_of_cell: the frequency's bin of each cell, shape (cells,).

    """

    cells: Cells
    alive: Floats
    orders: Floats
    from_all: Floats
    from_own: Floats
    bin_of_cell: Ints

    @classmethod
    def of(
        cls, model: BuyTillYouDie, spend: GammaGamma, base: CustomerBase, horizon_days: float, seed: int
    ) -> Self:  # fmt: skip
        """Draw the parameters of both models.

        Args:
            model, spend: fitted.
            base: customers, in whole days.
            horizon_days: of the expected orders.
            seed: of the draws.

        """
        cells = Cells.of(base)
        horizon = horizon_days / model.time_unit.days
        alive, orders = (np.empty((cells.count, DRAWS)) for _ in range(2))
        for place, drawn in enumerate(model.draws(DRAWS, seed)):
            alive[:, place], orders[:, place], _ = model.at(drawn).scores(cells.middle, horizon, 0.0)
        fitted_alive, fitted_orders, _ = model.scores(cells.middle, horizon, 0.0)
        bin_of_cell = cells.bin_of_frequency[cells.middle.frequency]
        from_all, from_own = _spend_lines(spend, cells, seed + 1)
        return cls(
            cells, _relative(alive, fitted_alive), _relative(orders, fitted_orders), from_all, from_own, bin_of_cell
        )

    def spread(self, cell: Ints, frequency: Ints, share_of_all: Floats) -> Floats:
        """Return the standard deviation of the logarithm of expected value, by customer, shape (rows,).

        Args:
            cell: of each customer.
            frequency: repeat occasions.
            share_of_all: how much of the expected spend stems from everybody's mean, A / (A + B m), in [0, 1].

        """
        logs = np.log(np.clip(self.orders, 1e-300, None))
        low, high = np.percentile(logs, ENDS, axis=1)
        orders = ((high - low) / (2 * Z_95)) ** 2
        all_, own = self.from_all, self.from_own
        both = ((all_ - all_.mean(axis=1, keepdims=True)) * (own - own.mean(axis=1, keepdims=True))).mean(axis=1)
        row = self.cells.bin_of_frequency[frequency]
        share_of_own = 1 - share_of_all
        spend = (
            share_of_all**2 * all_.var(axis=1)[row]
            + 2 * share_of_all * share_of_own * both[row]
            + share_of_own**2 * own.var(axis=1)[row]
        )
        return np.asarray(np.minimum(np.sqrt(orders[cell] + np.maximum(spend, 0.0)), WIDEST))


def _spend_lines(spend: GammaGamma, cells: Cells, seed: int) -> tuple[Floats, Floats]:
    """Return A and B of every frequency's bin under drawn parameters, relative to the fitted ones."""
    bins = cells.bin_of_frequency
    first = np.unique(bins, return_index=True)[1].astype(np.float64)
    a, b = spend_line(spend, first)
    lines = [spend_line(spend.at(drawn), first) for drawn in spend.draws(DRAWS, seed)]
    from_all = _relative(np.stack([line[0] for line in lines], axis=1), a)
    # where spend has a heavy tail, a few draws of a mean near infinity would drown the rest
    low, high = np.percentile(from_all, ENDS, axis=1, keepdims=True)
    return np.clip(from_all, low, high), _relative(np.stack([line[1] for line in lines], axis=1), b)


def spend_line(spend: GammaGamma, frequency: Floats) -> tuple[Floats, Floats]:
    """Return A and B of expected spend A + B m, linear in a customer's own mean m, for each frequency."""
    unit = spend.mean_of_population()
    at_one = spend.expected_value(frequency, np.full(len(frequency), unit))
    at_two = spend.expected_value(frequency, np.full(len(frequency), 2 * unit))
    return 2 * at_one - at_two, (at_two - at_one) / unit


def _relative(drawn: Floats, fitted: Floats) -> Floats:
    """Return drawn over fitted, 1 where the fitted is zero: what is nothing stays nothing."""
    over = fitted[:, None]
    return np.divide(drawn, over, out=np.ones_like(drawn), where=over > 0)
