"""Lifetime value: the models of the literature, and one call for a whole base.

>>> import pandas as pd
>>> import keepwell as kw
>>> days = [(who, day) for who in range(60) for day in range(3 * who % 50, 400, 20 + who) if day < 25 * (who + 1)]
>>> log = pd.DataFrame(days, columns=["customer", "day"]).assign(total=20.0, order=range(len(days)))
>>> log["date"] = pd.Timestamp("2023-01-01") + pd.to_timedelta(log.pop("day"), unit="D")
>>> rfm = kw.clv.rfm(log)
>>> rfm.columns.tolist()[:5]
['customer_id', 'frequency', 'recency_days', 'age_days', 'monetary_value']
>>> model = kw.clv.ModifiedBetaGeo().fit(rfm)
>>> bool(0 < model.probability_alive(rfm).min() < model.probability_alive(rfm).max() <= 1)
True
>>> found = kw.clv.customers(log, horizon="180d", margin=0.4)
>>> found.frame().columns.tolist()[:4], len(found.frame())
(['customer_id', 'frequency', 'recency_days', 'age_days'], 60)

"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from keepwell.lake.failure import explained_tables
from keepwell.loop.frames import frame
from keepwell.loop.lifetime import HORIZON, SEED, Lifetime, Progress, lifetime
from keepwell.loop.newcomers import Newcomers
from keepwell.loop.newcomers import newcomers as _newcomers
from keepwell.loop.own_tables import Day, day_given, facts_of, first_day_not_counted
from keepwell.stats.btyd.beta_geo import BetaGeo
from keepwell.stats.btyd.beta_geo_beta_binomial import BetaGeoBetaBinomial
from keepwell.stats.btyd.model import BuyTillYouDie
from keepwell.stats.btyd.modified_beta_geo import ModifiedBetaGeo
from keepwell.stats.btyd.nbd import NBD
from keepwell.stats.btyd.pareto_nbd import ParetoNBD
from keepwell.stats.contract.beta_discrete_weibull import BetaDiscreteWeibull
from keepwell.stats.contract.shifted_beta_geo import ShiftedBetaGeo
from keepwell.stats.gamma_gamma import GammaGamma
from keepwell.stats.time_unit import Length, days_of
from keepwell.understand.clv.choose import Choice, choose, default_split
from keepwell.understand.clv.models import MODELS
from keepwell.understand.clv.repeat_purchases import CONVENTION, repeat_purchases
from keepwell.understand.clv.surface import surface
from keepwell.understand.clv.validate import Validation
from keepwell.understand.clv.validate import validate as _validate
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import NotAvailable

__all__ = [
    "CONVENTION",
    "NBD",
    "BetaDiscreteWeibull",
    "BetaGeo",
    "BetaGeoBetaBinomial",
    "Choice",
    "GammaGamma",
    "Lifetime",
    "ModifiedBetaGeo",
    "Newcomers",
    "ParetoNBD",
    "ShiftedBetaGeo",
    "Validation",
    "choose",
    "customers",
    "newcomers",
    "rfm",
    "surface",
    "validate",
]


def rfm(orders: Any, *, as_of: Day = None, count_free: bool = False, **options: Any) -> pd.DataFrame:
    """Return the table that the models fit on: one row a customer.

    Args:
        orders: any table of orders, as ``kw.facts`` takes it, or facts.
        as_of: first day not counted, such as ``"2011-12-10"``; the day after the last order where not given.
        count_free: days whose orders came to exactly zero without a refund count too, as in the papers on CDNOW.
        **options: of ``kw.facts``: ``currency``, ``time_zone``, ``columns``, ``refunds`` …

    Returns:
        customer_id; frequency (days of purchase after the first), recency_days (from the first to the last of them),
        age_days (from the first to the last observed day), monetary_value (mean net value of the purchases after the
        first; empty where there is none), first_value, first_ordered_on, last_ordered_on. ``CONVENTION`` says what
        counts as a purchase.

    Raises:
        InputError: the table cannot be used, or nobody bought before ``as_of``.

    """
    made = facts_of(orders, **options)
    with explained_tables():
        day = first_day_not_counted(made, as_of)
        return frame(repeat_purchases(made, day, count_free=count_free).order_by("customer_id"))


def customers(
    orders: Any, *, horizon: Length = HORIZON, margin: float | None = None, as_of: Day = None,
    model: str | BuyTillYouDie | None = None, split: Day = None, seed: int = SEED, progress: Progress | None = None,
    **options: Any,
) -> Lifetime:  # fmt: skip
    """Return what every customer is worth from here on, by the model that a holdout speaks for.

    Args:
        orders: any table of orders, as ``kw.facts`` takes it, or facts.
        horizon: how far ahead, such as ``"365d"``, ``"52w"``, ``"12m"``.
        margin: contribution margin as a fraction of revenue; 0.5 is assumed where neither this nor the facts say.
        as_of: first day not counted; the day after the last order where not given.
        model: ``"ModifiedBetaGeo"``, ``"ParetoNBD"`` or ``"BetaGeo"``, or a model, in place of the choice.
        split: first day of the holdout; where not given, one horizon back if the log holds two, else its last third.
        seed: of the intervals.
        progress: called with what is being done and the fraction done.
        **options: of ``kw.facts``: ``currency``, ``time_zone``, ``columns``, ``refunds`` …

    Returns:
        `Lifetime`: ``frame()`` has a row a customer, ``totals`` the base, ``choice.why`` the model and the reason,
        ``validation`` how far off each model was. Its memory does not grow with the base when ``batches()`` is
        read in place of ``frame()``.

    Raises:
        InputError: "Not enough repeat purchases: …", or the table cannot be used.

    """
    made = facts_of(orders, margin=margin, **options)
    with explained_tables():
        day, cut = first_day_not_counted(made, as_of), day_given(split)
        return lifetime(made, day, horizon=horizon, model=model, split=cut, seed=seed, progress=progress)


def validate(
    orders: Any, *, split: Day = None, as_of: Day = None, models: Sequence[str] = tuple(MODELS), seed: int = SEED,
    count_free: bool = False, **options: Any,
) -> Validation:  # fmt: skip
    """Return how far models were off that saw only what was known before a day.

    ``kw.plot.tracking(found.tracking, split=found.split)`` draws it.

    Args:
        orders: any table of orders, or facts.
        split: first day of the holdout; the last third of the log, at most a year, where not given.
        as_of: first day after the holdout; the day after the last order where not given.
        models: ``"ModifiedBetaGeo"``, ``"ParetoNBD"``, ``"BetaGeo"``.
        seed: of the intervals.
        count_free: see ``rfm``.
        **options: of ``kw.facts``.

    Raises:
        InputError: the split does not cut the log in two, or the log is too short to be cut.

    """
    made = facts_of(orders, **options)
    with explained_tables():
        day = first_day_not_counted(made, as_of)
        cut = default_split(made, day) if split is None else day_given(split)
        if cut is None or isinstance(cut, NotAvailable):
            reason = "" if cut is None else cut.reason
            raise InputError("clv.short", f"There is nothing to hold back: {reason}.", advice="Use a longer log.")
        return _validate(made, cut, day, models=models, count_free=count_free, seed=seed)


def newcomers(
    orders: Any, by: str | None = None, *, horizon: Length = HORIZON, margin: float | None = None, as_of: Day = None,
    model: str = "ModifiedBetaGeo", seed: int = SEED, **options: Any,
) -> Newcomers | NotAvailable:  # fmt: skip
    """Return what a newly won customer of each group is expected to bring: the most that winning one may cost.

    Groups with few customers are drawn towards the whole base, so that forty customers do not make a wild figure.

    Args:
        orders: any table of orders, or facts.
        by: attribute such as ``"country"`` or ``"channel"``, or ``"quarter"`` of the first order; all where not given.
        horizon: days after the first order that count, such as ``"365d"``.
        margin: contribution margin as a fraction of revenue.
        as_of: first day not counted.
        model: a model's name.
        seed: of the intervals.
        **options: of ``kw.facts``.

    Returns:
        `Newcomers`, whose ``frame()`` has a row a group; or why there are none.

    Raises:
        InputError: there is no such attribute or model, or nobody bought.

    """
    made, days = facts_of(orders, margin=margin, **options), round(days_of(horizon))
    with explained_tables():
        day = first_day_not_counted(made, as_of)
        return _newcomers(made, day, by, horizon_days=days, model_name=model, seed=seed)
