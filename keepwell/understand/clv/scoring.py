"""What each customer will do and bring, scored batch by batch so that memory does not grow with the base."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from keepwell.stats.btyd.customer_base import CustomerBase
from keepwell.stats.btyd.model import BuyTillYouDie
from keepwell.stats.gamma_gamma import GammaGamma
from keepwell.understand.clv.uncertainty import Uncertainty, spend_line
from keepwell.vocabulary.errors import KeepwellError
from keepwell.vocabulary.estimate import Z_95

Floats = npt.NDArray[np.float64]

READ = ("customer_id", "frequency", "recency_days", "age_days", "monetary_value")
NUMBERS = (
    "probability_alive", "expected_orders", "expected_spend", "value", "value_low", "value_high",
    "discounted_value", "discounted_value_low", "discounted_value_high",
)  # fmt: skip
SCHEMA = pa.schema(
    [
        ("customer_id", pa.string()),
        *((name, pa.int64()) for name in READ[1:4]),
        ("monetary_value", pa.float64()),
        *((name, pa.float64()) for name in NUMBERS),
        ("next_order_on", pa.date32()),
    ]
)
FURTHEST_DAYS = 3 * 365  # a median wait beyond is no date that anybody could plan with


@dataclass(frozen=True, slots=True)
class Scoring:
    """All that is needed to score any batch of the customers whom the models and the uncertainty are of.

    Args:
        model, spend: fitted.
        uncertainty: of the same customers.
        as_of: first day not observed; the horizon begins with it.
        horizon_days: length of the horizon.
        margin_rate: contribution margin as a fraction of revenue.
        discount_rate: per year.

    """

    model: BuyTillYouDie
    spend: GammaGamma
    uncertainty: Uncertainty
    as_of: date
    horizon_days: float
    margin_rate: float
    discount_rate: float

    def scored(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return a batch with the columns of ``SCHEMA`` from one with the columns of ``READ``.

        Raises:
            KeepwellError: a model gave something that is not a number.

        """
        frequency, recency, age = (batch.column(name).to_numpy().astype(np.int64) for name in READ[1:4])
        base = CustomerBase(
            frequency, recency.astype(np.float64), age.astype(np.float64), np.ones_like(frequency), True
        )
        own = batch.column("monetary_value").to_numpy(zero_copy_only=False).astype(np.float64)
        numbers = self._numbers(base, np.nan_to_num(own))
        _must_be_numbers(numbers, batch)
        columns = {name: batch.column(name).cast(SCHEMA.field(name).type) for name in READ}
        return pa.record_batch(
            {**columns, **{name: numbers[name] for name in NUMBERS}, "next_order_on": self._next_order(base)},
            schema=SCHEMA,
        )

    def _numbers(self, base: CustomerBase, own: Floats) -> dict[str, Floats]:
        horizon = self.horizon_days / self.model.time_unit.days
        alive, orders, discounted = self.model.scores(base, horizon, self.discount_rate)
        each = self.spend.expected_value(base.frequency, own)
        factor = self._factor(base, each)
        value, now = (self.margin_rate * count * each for count in (orders, discounted))
        return {
            "probability_alive": alive,
            "expected_orders": orders,
            "expected_spend": each,
            "value": value,
            "value_low": value / factor,
            "value_high": value * factor,
            "discounted_value": now,
            "discounted_value_low": now / factor,
            "discounted_value_high": now * factor,
        }

    def _factor(self, base: CustomerBase, each: Floats) -> Floats:
        """Return what the value is divided and multiplied by to get its interval."""
        a, _ = spend_line(self.spend, np.arange(base.frequency.max() + 1, dtype=np.float64))
        cell = self.uncertainty.cells.at(base.frequency, base.recency_days, base.age_days)
        share_of_all = np.clip(a[base.frequency] / each, 0.0, 1.0)
        return np.exp(Z_95 * self.uncertainty.spread(cell, base.frequency, share_of_all))

    def _next_order(self, base: CustomerBase) -> pa.Array:
        """Return the day by which half of such customers, if they are still there, will have ordered again."""
        wait = np.ceil(self.model.wait_days(base))
        is_far = wait > FURTHEST_DAYS
        days = np.where(is_far, 0, np.maximum(wait, 1.0)).astype(np.int64) - 1
        return pa.array(np.datetime64(self.as_of, "D") + days, mask=is_far)


def _must_be_numbers(numbers: dict[str, Floats], batch: pa.RecordBatch) -> None:
    for name, column in numbers.items():
        bad = np.flatnonzero(~np.isfinite(column))
        if bad.size:
            row = {key: batch.column(key)[int(bad[0])].as_py() for key in READ}
            raise KeepwellError(
                "clv.not_finite",
                f"The models gave no number for {name} of {bad.size} customers.",
                where=f"customer {row['customer_id']}",
                value=row,
                advice="Choose another model, or leave these customers out.",
            )
