"""Fit models to the first part of a log, foretell the rest, and say how far off they were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations

import numpy as np
import numpy.typing as npt

from keepwell.stats.btyd.model import BuyTillYouDie
from keepwell.stats.gamma_gamma import GammaGamma
from keepwell.understand.clv.calibration import CalibrationRow, calibration
from keepwell.understand.clv.forecast_scores import (
    AmountScore,
    LossGap,
    ReturnScore,
    amount_score,
    loss_gap,
    return_score,
)
from keepwell.understand.clv.holdout import Holdout, holdout
from keepwell.understand.clv.models import MODELS, label, named
from keepwell.understand.clv.naive import NOBODY, SAME_AS_BEFORE, same_as_before
from keepwell.understand.clv.spend import fitted_spend
from keepwell.understand.clv.totals import Totals, totals
from keepwell.understand.clv.totals import expected as totals_expected
from keepwell.understand.clv.tracking import TrackingRow, repeats_by_day, tracking
from keepwell.understand.clv.uncertainty import Uncertainty
from keepwell.understand.facts import Facts
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import Estimate, Evidence, NotAvailable

Floats = npt.NDArray[np.float64]

NO_PROBABILITY = NotAvailable("this forecast says how many orders, not how likely any is")


@dataclass(frozen=True)
class Forecast:
    """One forecast of the holdout, and how far it was off.

    Args:
        name: a model's class, ``"Same as before"`` or ``"Nobody buys again"``.
        label: as the literature calls it.
        orders: orders per customer.
        returns: who buys again at all; not available for the naive forecasts, which give no probability.
        value: net revenue per customer; not available where no spend model could be fitted.
        model: fitted to what was known before the split; ``None`` for the naive forecasts.
        note: what the fit has to say for itself.

    """

    name: str
    label: str
    orders: AmountScore
    returns: ReturnScore | NotAvailable
    value: AmountScore | NotAvailable
    model: BuyTillYouDie | None = None
    note: str = ""


@dataclass(frozen=True)
class Validation:
    """What a holdout says of the models.

    Args:
        split: first day of the holdout.
        as_of: first day after it.
        first_day: the first customer's first day.
        customers: known before the split; whoever came later is in no figure here.
        repeat_customers: of them, with a repeat purchase before the split.
        repeat_orders: repeat purchases before the split.
        forecasts: models in the order asked for, then the naive ones.
        missing: models that could not be fitted, with the reason.
        spend: the spend model fitted to what was known before the split.
        gaps: how models differ in squared error, each pair once.
        calibration: mean orders by frequency bin, counted and foretold; ready to plot.
        tracking: repeat purchases as time goes by, counted and expected; ready to plot.

    """

    split: date
    as_of: date
    first_day: date
    customers: int
    repeat_customers: int
    repeat_orders: int
    forecasts: tuple[Forecast, ...]
    missing: dict[str, NotAvailable]
    spend: GammaGamma | NotAvailable
    gaps: tuple[LossGap, ...]
    calibration: tuple[CalibrationRow, ...]
    tracking: tuple[TrackingRow, ...]

    @property
    def days(self) -> int:
        """Length of the holdout."""
        return (self.as_of - self.split).days

    @property
    def orders(self) -> int:
        """Orders (occasions) that came in the holdout."""
        return round(self.forecasts[-1].orders.actual)

    @property
    def models(self) -> tuple[Forecast, ...]:
        """The forecasts of models, without the naive ones."""
        return tuple(forecast for forecast in self.forecasts if forecast.model is not None)

    def forecast(self, name: str) -> Forecast | NotAvailable:
        """Return the forecast of this name, or why there is none."""
        found = next((forecast for forecast in self.forecasts if forecast.name == name), None)
        return found or self.missing.get(name, NotAvailable(f"{name} was not asked for"))


def validate(
    facts: Facts,
    split: date,
    as_of: date,
    *,
    models: Sequence[str] = tuple(MODELS),
    since: date | None = None,
    count_free: bool = False,
    seed: int = 0,
) -> Validation:
    """Return how far models, and two forecasts without one, were off in the last part of a log.

    Args:
        facts: orders and, where known, refunds.
        split: first day of the holdout; models see what was known the day before.
        as_of: first day after the holdout.
        models: names from ``clv.models.MODELS``.
        since: leave out customers whose first occasion lies before this day.
        count_free: see `repeat_purchases`.
        seed: of the intervals.

    Raises:
        InputError: a model is unknown, the split does not lie within the log, or nobody bought before it.

    >>> import datetime as dt
    >>> import ibis
    >>> from keepwell.understand.facts import facts_from_tables
    >>> from keepwell.vocabulary.business import Business
    >>> start = dt.date(2011, 1, 1)
    >>> days = [(who, start + dt.timedelta(days=7 * who + 20 * n)) for who in range(9) for n in range(who)]
    >>> log = ibis.memtable({"customer": [str(who) for who, _ in days], "date": [day for _, day in days],
    ...                      "order": [str(n) for n in range(len(days))], "total": [5.0] * len(days)})
    >>> facts = facts_from_tables(log, business=Business())
    >>> found = validate(facts, dt.date(2011, 4, 1), dt.date(2011, 6, 1), models=["ModifiedBetaGeo"])
    >>> [(forecast.label, forecast.orders.actual) for forecast in found.forecasts]
    [('MBG/NBD', 11.0), ('Same as before', 11.0), ('Nobody buys again', 11.0)]

    """
    kinds = {name: named(name) for name in models}
    cut = holdout(facts, split, as_of, since=since, count_free=count_free)
    fitted, missing = _fitted(kinds, cut)
    spend = _spend(cut)
    expected = {name: model.expected_purchases(cut.base, cut.days)[cut.tuple_of_row] for name, model in fitted.items()}
    shown = {label(model): model for model in fitted.values()}
    days = repeats_by_day(facts, cut.base, split, as_of, since=since, count_free=count_free)
    return Validation(
        split=split,
        as_of=as_of,
        first_day=days.start,
        customers=cut.base.total,
        repeat_customers=int(cut.base.customers[cut.base.frequency > 0].sum()),
        repeat_orders=int(cut.base.customers @ cut.base.frequency),
        forecasts=(
            *(_of_model(name, model, expected[name], cut, spend, seed) for name, model in fitted.items()),
            *_naive(cut),
        ),
        missing=missing,
        spend=spend,
        gaps=tuple(
            loss_gap(one, other, expected[one], expected[other], cut.orders, cut.customers)
            for one, other in combinations(fitted, 2)
        ),
        calibration=tuple(
            calibration(
                cut,
                {
                    **{label(fitted[name]): orders for name, orders in expected.items()},
                    SAME_AS_BEFORE: same_as_before(cut),
                },
            )
        ),
        tracking=tuple(tracking(days, shown)),
    )


def _fitted(
    kinds: dict[str, type[BuyTillYouDie]], cut: Holdout
) -> tuple[dict[str, BuyTillYouDie], dict[str, NotAvailable]]:
    fitted, missing = {}, {}
    for name, kind in kinds.items():
        try:
            fitted[name] = kind().fit(cut.base)
        except InputError as error:
            missing[name] = NotAvailable(error.message)
    return fitted, missing


def _spend(cut: Holdout) -> GammaGamma | NotAvailable:
    try:
        return fitted_spend(cut.spend, cut.first_values)
    except InputError as error:
        return NotAvailable(error.message)


def _of_model(
    name: str, model: BuyTillYouDie, expected: Floats, cut: Holdout, spend: GammaGamma | NotAvailable, seed: int
) -> Forecast:
    any_order = 1 - model.probability_of_no_purchase(cut.base, cut.days)[cut.tuple_of_row]
    value: AmountScore | NotAvailable
    if isinstance(spend, NotAvailable):
        value, count = spend, Estimate(float(cut.customers @ expected), evidence=Evidence.REGRESSION)
    else:
        sums = _totals(model, spend, cut, seed)
        worth = expected * spend.expected_value(cut.frequency, cut.monetary_value)
        value, count = amount_score(worth, cut.value, cut.customers, sums.value), sums.orders
    return Forecast(
        name=name,
        label=label(model),
        orders=amount_score(expected, cut.orders, cut.customers, count),
        returns=return_score(any_order, cut.orders > 0, cut.customers),
        value=value,
        model=model,
        note=model.convergence_.note,
    )


def _totals(model: BuyTillYouDie, spend: GammaGamma, cut: Holdout, seed: int) -> Totals:
    """Return predicted sums over all customers; revenue, so at a margin of 1."""
    groups, days = cut.groups, float(cut.days)
    uncertainty = Uncertainty.of(model, spend, groups.base, days, seed)
    found = totals_expected(model, spend, groups, days, 0.0)
    return totals(model, spend, groups, found, uncertainty, horizon_days=days, margin_rate=1.0, seed=seed)


def _naive(cut: Holdout) -> list[Forecast]:
    found = []
    for name, orders in ((SAME_AS_BEFORE, same_as_before(cut)), (NOBODY, np.zeros(len(cut.orders)))):
        totals = [Estimate(float(cut.customers @ amount)) for amount in (orders, orders * cut.monetary_value)]
        found.append(
            Forecast(
                name=name,
                label=name,
                orders=amount_score(orders, cut.orders, cut.customers, totals[0]),
                returns=NO_PROBABILITY,
                value=amount_score(orders * cut.monetary_value, cut.value, cut.customers, totals[1]),
            )
        )
    return found
