"""Who has stopped buying from a shop without saying so: the chance of no order in the days ahead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from keepwell.stats.arrow_table import arrow_of
from keepwell.stats.btyd.customer_base import CustomerBase
from keepwell.stats.btyd.model import BuyTillYouDie
from keepwell.stats.calibration import PlattScaling
from keepwell.stats.folds import folds
from keepwell.understand.activity import observed
from keepwell.understand.churn.churn_report import Score, score
from keepwell.understand.churn.label import LEAST_OF_EACH
from keepwell.understand.churn.risk_bands import RiskBand, band_of, bands
from keepwell.understand.churn.snapshots import LABEL, Snapshots, snapshots
from keepwell.understand.churn.with_features import ChurnModel
from keepwell.understand.clv.models import CAN_FLAG, label, named
from keepwell.understand.clv.repeat_purchases import repeat_purchases
from keepwell.understand.facts import Facts
from keepwell.vocabulary.errors import InputError, KeepwellError, NotIdentifiedError
from keepwell.vocabulary.estimate import Estimate, NotAvailable

Floats = npt.NDArray[np.float64]

LONGEST_WAIT_DAYS = 730  # beyond, a last chance is no date to plan with
GONE = 0.5  # probability of being a customer still, below which "gone" is the likelier word

NOT_COMPARED = NotAvailable("a model with features is compared by keepwell churn, not here")


@dataclass(frozen=True)
class NonContractualChurn:
    """The chance that each customer places no order in the window ahead, and how such chances came true before.

    Args:
        as_of: first day that is not looked at; the window begins on it.
        window_days: its length.
        model: the fitted model that was chosen.
        name: of the model.
        customers: Arrow; customer_id, probability_alive, no_order_probability (calibrated), band, last_chance_on (the
            day on which a customer who stays silent becomes more likely gone than not; null where that day has passed
            or lies more than two years ahead), is_likely_gone.
        bands: by the chance of no order, with how often there was none in the holdout.
        judged_on: the holdout in words.
        scores: of each model as it stands, on the same customers of the holdout.
        calibrated: score of the chosen model once put on the holdout's line, each customer by the others' line.
        with_features: score of boosted trees trained on earlier snapshots, on the same customers; or why there is none.
        verdict: which is better.
        notes: what a reader should know.

    """

    as_of: date
    window_days: int
    model: BuyTillYouDie
    name: str
    customers: pa.Table
    bands: tuple[RiskBand, ...]
    judged_on: str
    scores: tuple[Score, ...]
    calibrated: Score
    with_features: Score | NotAvailable
    verdict: str
    notes: tuple[str, ...]


def non_contractual_churn(
    facts: Facts,
    window_days: int = 90,
    *,
    as_of: date | None = None,
    models: Sequence[str] = CAN_FLAG,
    with_trees: bool = True,
    seed: int = 0,
) -> NonContractualChurn:
    """Return every customer's chance of no order in the window ahead, judged on the window just past.

    The models are fitted to what was known one window ago, and the one whose chances of no order had the least squared
    error since is fitted again to everything. Its chances are put on a straight line in log-odds through the holdout
    (Platt), so that the bands mean what they say; nobody has to set a threshold.

    Args:
        facts: orders and, where known, refunds and more.
        window_days: length of the window, at least 1.
        as_of: first day that is not looked at; the day after the last order where not given.
        models: names of models that can tell that somebody without a repeat purchase has gone.
        with_trees: also train boosted trees with features, to compare; it takes most of the time.
        seed: of the folds and of the model with features.

    Raises:
        InputError: a model that is not known or cannot flag one-time buyers, or a window that cannot be.
        NotIdentifiedError: "Not enough …": history, repeat purchases, or customers on one side.

    """
    _check(models)
    end = observed(facts).end
    today = end if as_of is None else min(as_of, end)
    shots = snapshots(facts, window_days, until=today)
    rows = shots.test if with_trees else shots.test.select("customer_id", LABEL)
    labels, test, past = _same_customers(
        rows.to_pyarrow(), repeat_purchases(facts, shots.days[-1]).order_by("customer_id").to_pyarrow()
    )
    fitted = {name: named(name)().fit(past) for name in models}
    raw = {name: _no_order(model, past, window_days) for name, model in fitted.items()}
    scores = {name: score(label(fitted[name]), labels, raw[name]) for name in models}
    best = min(models, key=lambda name: scores[name].brier.value)
    fair = _each_by_others(labels, raw[best], seed)
    features = _with_features(shots, test, labels, seed) if with_trees else NOT_COMPARED
    now = repeat_purchases(facts, today).order_by("customer_id").to_pyarrow()
    model = named(best)().fit(now)
    customers = _customers(model, PlattScaling().fit(labels, raw[best]), now, window_days, today)
    return NonContractualChurn(
        as_of=today,
        window_days=window_days,
        model=model,
        name=label(model),
        customers=customers,
        bands=bands(np.asarray(customers["no_order_probability"].to_numpy(), dtype=np.float64), labels, fair),
        judged_on=f"{len(labels):,} customers as known on {shots.days[-1]}, of whom {int(labels.sum()):,} placed no "
        f"order in the {window_days} days from then",
        scores=tuple(scores.values()),
        calibrated=score(f"{label(model)}, calibrated", labels, fair),
        with_features=features,
        verdict=_verdict(scores[best], features),
        notes=_notes(model, window_days),
    )


def _check(models: Sequence[str]) -> None:
    cannot = [name for name in models if name not in CAN_FLAG]
    if cannot or not models:
        raise InputError(
            "churn.model",
            f"{', '.join(cannot) or 'No model'} cannot flag customers who bought once.",
            value=list(models),
            advice=f"Choose from {', '.join(CAN_FLAG)}.",
        )


def _same_customers(test: pa.Table, past: pa.Table) -> tuple[Floats, pa.Table, pa.Table]:
    """Return labels and both tables for the customers in both, in one order."""
    order = {customer: row for row, customer in enumerate(past["customer_id"].to_pylist())}
    rows = [(order[customer], row) for row, customer in enumerate(test["customer_id"].to_pylist()) if customer in order]
    rows.sort()
    # named int64, since of no rows at all Arrow could not tell that they are row numbers
    here, there = (pa.array((pair[side] for pair in rows), pa.int64()) for side in (1, 0))
    test, past = test.take(here), past.take(there)
    labels = np.asarray(test[LABEL].to_pylist(), dtype=np.float64)
    left = int(labels.sum())
    if min(left, len(labels) - left) < LEAST_OF_EACH:
        raise NotIdentifiedError(
            "churn.too_few_to_judge",
            f"Not enough customers to judge by: {left} of {len(labels):,} placed no order in the last window; "
            f"{LEAST_OF_EACH} with and {LEAST_OF_EACH} without one are needed.",
            value=left,
            advice="Use another window, or a longer log.",
        )
    return labels, test, past


def _no_order(model: BuyTillYouDie, rfm: pa.Table, window_days: int) -> Floats:
    chance = model.probability_of_no_purchase(_base(rfm), timedelta(days=window_days))
    return np.clip(np.asarray(chance, dtype=np.float64), 0.0, 1.0)


def _base(rfm: pa.Table) -> CustomerBase:
    return CustomerBase.of(rfm)


def _each_by_others(labels: Floats, raw: Floats, seed: int) -> Floats:
    place, found = folds(labels, 5, seed=seed), np.empty(len(labels))
    for fold in range(5):
        out = place == fold
        found[out] = PlattScaling().fit(labels[~out], raw[~out]).apply(raw[out])
    return found


def _with_features(shots: Snapshots, test: pa.Table, labels: Floats, seed: int) -> Score | NotAvailable:
    try:
        drop = [key for key in shots.keys if key != "customer_id"]
        train = arrow_of(shots.train)
        model = ChurnModel(seed=seed).fit(train, label=LABEL, drop=drop, group="customer_id")
    except KeepwellError as error:
        # too little history, or no library for trees: neither stops the models that need no features
        if isinstance(error, InputError):
            raise
        return NotAvailable(str(error))
    return score("boosted trees with features", labels, model.predict(test))


def _customers(model: BuyTillYouDie, scaling: PlattScaling, rfm: pa.Table, window_days: int, today: date) -> pa.Table:
    alive = np.asarray(model.probability_alive(_base(rfm)), dtype=np.float64)
    chance = scaling.apply(_no_order(model, rfm, window_days))
    wait = days_until_gone(model, rfm)
    known = np.isfinite(wait) & (wait > 0)
    dates = [
        today + timedelta(days=int(days)) if is_known else None for days, is_known in zip(wait, known, strict=True)
    ]
    return pa.table(
        {
            "customer_id": rfm["customer_id"],
            "probability_alive": alive,
            "no_order_probability": chance,
            "band": pa.array(band_of(chance)),
            "last_chance_on": pa.array(dates, pa.date32()),
            "is_likely_gone": pa.array(alive < GONE),
        }
    )


def days_until_gone(model: BuyTillYouDie, rfm: pa.Table) -> Floats:
    """Return after how many more days of silence each customer is more likely gone than not, shape (rows,).

    Bisection on the probability alive with a later end of observation, which falls as silence goes on; 0 where it is
    below one half already, infinite where it stays above for two years.

    Args:
        model: fitted.
        rfm: frequency, recency_days and age_days, one row a customer.

    """
    base = _base(rfm)

    def alive(later: Floats) -> Floats:
        moved = CustomerBase(base.frequency, base.recency_days, base.age_days + later, base.customers, True)
        return np.asarray(model.probability_alive(moved), dtype=np.float64)

    low, high = np.zeros(base.rows), np.full(base.rows, float(LONGEST_WAIT_DAYS))
    never, already = alive(high) >= GONE, alive(low) < GONE
    while float((high - low).max()) > 1:
        middle = np.floor((low + high) / 2)
        still = alive(middle) >= GONE
        low, high = np.where(still, middle, low), np.where(still, high, middle)
    return np.where(already, 0.0, np.where(never, np.inf, high))


def _verdict(own: Score, features: Score | NotAvailable) -> str:
    if isinstance(features, NotAvailable):
        if features is NOT_COMPARED:
            return f"{own.name} is used; {features.reason}."
        return f"{own.name} is used; a model with features could not be compared."
    better = features if features.brier.value < own.brier.value else own
    areas = [
        f"{one.name}: AUC {one.area.value:.3f}, squared error {one.brier.value:.3f}"
        for one in (own, features)
        if isinstance(one.area, Estimate)
    ]
    return f"On the same customers, {better.name} had the smaller squared error ({'; '.join(areas)})."


def _notes(model: BuyTillYouDie, window_days: int) -> tuple[str, ...]:
    season = (
        f"The chances are calibrated on the {window_days} days just past: where the next are another season, they are "
        "off by as much as the seasons differ."
    )
    return tuple(note for note in (model.convergence_.note, season) if note)
