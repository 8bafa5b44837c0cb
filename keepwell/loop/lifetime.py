"""What customers are worth from here on: the model that a holdout speaks for, the base, and newcomers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from keepwell.stats.btyd.model import BuyTillYouDie
from keepwell.stats.time_unit import Length, days_of
from keepwell.understand.activity import observed
from keepwell.understand.clv.choose import FEWEST_DAYS, Choice, choose, default_split, untested
from keepwell.understand.clv.customers import CustomerValues, customer_values
from keepwell.understand.clv.distribution import ValueClass, value_classes
from keepwell.understand.clv.misfit import NONE, Correction, corrected, correction
from keepwell.understand.clv.models import CAN_FLAG, LABELS, named
from keepwell.understand.clv.scoring import SCHEMA
from keepwell.understand.clv.surface import SurfaceCell, surface
from keepwell.understand.clv.totals import Totals
from keepwell.understand.clv.validate import Validation, validate
from keepwell.understand.facts import Facts
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import NotAvailable

Progress = Callable[[str, float], None]

HORIZON = "365d"
SEED = 20240101
NOT_TRIED = NotAvailable("no holdout was tried")
MONEY = tuple(f"{name}{end}" for name in ("value", "discounted_value") for end in ("", "_low", "_high"))


@dataclass(frozen=True, repr=False)
class Lifetime:
    """Every customer's value with the model behind it.

    Args:
        values: customers, totals, fitted models.
        choice: which model, and why.
        validation: how far each model was off in the last part of the log, or why that could not be tried.
        correction: what the model's expectations are multiplied by, where a holdout as long as the horizon says so.
        backtest: the holdout as long as the horizon, where the log holds one; else ``validation``. Figures are
            corrected and intervals widened by it, whichever holdout was asked for.

    """

    values: CustomerValues
    choice: Choice
    validation: Validation | NotAvailable
    correction: Correction = NONE
    backtest: Validation | NotAvailable = NOT_TRIED

    @property
    def totals(self) -> Totals:
        """The whole base; intervals hold chance, the fit, and how far the model missed the holdout."""
        return corrected(self.values.totals, self.backtest, self.choice.model_name, self.correction)

    @property
    def model(self) -> str:
        """The model's name in the literature."""
        return LABELS.get(self.choice.model_name, self.choice.model_name)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know, what weighs most first."""
        return tuple(filter(None, (self.correction.note, self.choice.warning, *self.values.notes)))

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield the customers as `CustomerValues.batches` does, corrected."""
        each = self.correction.value / self.correction.orders  # so that orders times spend is still the revenue
        factors = {
            "expected_orders": self.correction.orders,
            "expected_spend": each,
            **dict.fromkeys(MONEY, self.correction.value),
        }
        for batch in self.values.batches():
            yield batch if self.correction is NONE else _times(batch, factors)

    def table(self) -> pa.Table:
        """Return one row a customer as an Arrow table, in no particular order; see `CustomerValues.batches`."""
        return pa.Table.from_batches(self.batches(), schema=SCHEMA)

    def frame(self) -> pd.DataFrame:
        """Return one row a customer as a pandas frame, most valuable first; see `CustomerValues.batches`."""
        ordered = self.table().sort_by([("value", "descending"), ("customer_id", "ascending")])
        found: pd.DataFrame = ordered.to_pandas()
        return found

    def surface(self) -> list[SurfaceCell]:
        """Return P(alive) and expected orders of customers as old as the log, half a year at least."""
        age = max(180, (self.values.as_of - self._first_day).days)
        return surface(self.values.model, min(age, 730), self.values.horizon_days)

    def distribution(self) -> list[ValueClass]:
        """Return how many customers are worth how much."""
        values = [batch.column("value").to_numpy() for batch in self.batches()]
        return value_classes(np.concatenate(values))

    @property
    def _first_day(self) -> date:
        if isinstance(self.validation, Validation):
            return self.validation.first_day
        return self.values.as_of

    def __repr__(self) -> str:
        values, totals = self.values, self.totals
        return (
            f"<{values.customers:,} customers by {self.model}: {totals.customers_alive.value:,.0f} still there, "
            f"{totals.orders.value:,.0f} orders and {totals.value.value:,.0f} of margin in {values.horizon_days} days "
            f"({_span(totals.value.low, totals.value.high)})>"
        )


def lifetime(
    facts: Facts,
    as_of: date,
    *,
    horizon: Length = HORIZON,
    model: str | BuyTillYouDie | None = None,
    split: date | None = None,
    seed: int = SEED,
    progress: Progress | None = None,
) -> Lifetime:
    """Choose a model by holdout, fit it to the whole log, and work out every customer's value.

    Args:
        facts: orders and, where known, refunds.
        as_of: first day not counted.
        horizon: how far ahead, such as ``"365d"``.
        model: a model's name, or a fitted or unfitted model, in place of the choice; the holdout is tried all the same.
        split: first day of the holdout. Where not given, one horizon before ``as_of`` if as much lies before it, so
            that what is tried is what is asked; else the last third of the log.
        seed: of the intervals.
        progress: called with what is being done and the fraction done.

    Raises:
        InputError: "Not enough repeat purchases: …", nobody bought before ``as_of``, or a given split lies outside the
            log.

    """
    tell = progress or (lambda _stage, _fraction: None)
    days = round(days_of(horizon))
    tell("trying models on the end of the log", 0.1)
    whole = _one_horizon(facts, as_of, days)
    choice, validation = _chosen(facts, as_of, split or whole, seed)
    backtest = validation if split is None or whole is None or split == whole else _chosen(facts, as_of, whole, seed)[1]
    given = named(model)() if isinstance(model, str) else model
    if given is not None:
        name = type(given).__name__
        choice = Choice(name, name, f"{LABELS.get(name, name)} is used because you asked for it.", choice.is_tested)
    tell("fitting and scoring", 0.7)
    values = customer_values(facts, as_of, horizon_days=days, model=given or named(choice.model_name)(), seed=seed)
    found = correction(backtest, choice.model_name, days)
    return Lifetime(values, choice, validation, found, backtest)


def _chosen(facts: Facts, as_of: date, split: date | None, seed: int) -> tuple[Choice, Validation | NotAvailable]:
    """Return the choice among the models that can say who has left, and the holdout of all of them.

    The BG/NBD holds everybody without a repeat purchase for still there, so it is shown but never taken.
    """
    day = default_split(facts, as_of) if split is None else split
    if isinstance(day, NotAvailable):
        return untested(day.reason), day
    try:
        validation = validate(facts, day, as_of, seed=seed)
    except InputError as error:
        if split is not None:
            raise
        reason = NotAvailable(error.message[0].lower() + error.message[1:].rstrip("."))
        return untested(reason.reason), reason
    able = tuple(item for item in validation.forecasts if item.model is None or item.name in CAN_FLAG)
    return choose(replace(validation, forecasts=able)), validation


def _one_horizon(facts: Facts, as_of: date, days: int) -> date | None:
    """Return the day one horizon ago where the log holds two; shorter ones cannot have seen every season twice."""
    log, day = observed(facts), as_of - timedelta(days=days)
    return day if (day - log.start).days >= days and 2 * days >= FEWEST_DAYS and day < log.end else None


def _times(batch: pa.RecordBatch, factors: Mapping[str, float]) -> pa.RecordBatch:
    columns = {name: batch.column(name) for name in batch.schema.names}
    scaled = {name: pc.multiply(columns[name], factor) for name, factor in factors.items()}
    return pa.record_batch({**columns, **scaled}, schema=batch.schema)


def _span(low: float | None, high: float | None) -> str:
    return "no interval" if low is None or high is None else f"{low:,.0f} to {high:,.0f}"
