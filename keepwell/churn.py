"""Who is about to leave: from orders alone, from contracts, or from whatever else is known of customers.

>>> import pandas as pd
>>> import keepwell as kw
>>> ends = [f"2024-0{month}-01" for month in (2, 2, 2, 3, 3, 4, 5)] + [None] * 3
>>> terms = pd.DataFrame({"subscription_id": range(10), "customer_id": range(10), "mrr": 20.0,
...                       "started_at": pd.Timestamp("2024-01-01"), "ended_at": pd.to_datetime(ends)})
>>> found = kw.churn.contractual(terms, as_of="2024-06-02")
>>> [round(point.survival.value, 1) for point in found.forecast[:4]]
[1.0, 0.7, 0.5, 0.4]
>>> model = kw.churn.ChurnModel()
>>> model
ChurnModel(seed=0)

"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keepwell.lake.failure import explained_tables
from keepwell.loop.facts import subscribed
from keepwell.loop.own_tables import Day, day_given, facts_of, subscribed_facts
from keepwell.stats.time_unit import Length, days_of
from keepwell.understand.churn.churn_report import ChurnReport, cross_validated, held_out
from keepwell.understand.churn.contractual import HORIZON_MONTHS, ContractualChurn, contractual_churn
from keepwell.understand.churn.non_contractual import NonContractualChurn, non_contractual_churn
from keepwell.understand.churn.reasons import base_reasons, customer_reasons, sentence
from keepwell.understand.churn.renewal_lives import Holder
from keepwell.understand.churn.snapshots import Snapshots, features_on
from keepwell.understand.churn.snapshots import snapshots as _snapshots
from keepwell.understand.churn.survival_report import SurvivalReport, survival_report
from keepwell.understand.churn.survival_with_features import SurvivalModel
from keepwell.understand.churn.with_features import ChurnModel
from keepwell.understand.clv.models import CAN_FLAG
from keepwell.understand.facts import Facts
from keepwell.vocabulary.period import Grain

__all__ = [
    "ChurnModel",
    "ChurnReport",
    "ContractualChurn",
    "NonContractualChurn",
    "Snapshots",
    "SurvivalModel",
    "SurvivalReport",
    "base_reasons",
    "contractual",
    "cross_validated",
    "customer_reasons",
    "features_on",
    "held_out",
    "non_contractual",
    "sentence",
    "snapshots",
    "survival_report",
]

WINDOW = "90d"


def non_contractual(
    orders: Any, *, window: Length = WINDOW, as_of: Day = None, models: Sequence[str] = CAN_FLAG, seed: int = 0,
    **options: Any,
) -> NonContractualChurn:  # fmt: skip
    """Return every customer's chance of no order in the window ahead, judged on the window just past.

    Args:
        orders: any table of orders, as ``kw.facts`` takes it, or facts.
        window: length of the window, such as ``"90d"``.
        as_of: first day not counted; the day after the last order where not given.
        models: ``"ModifiedBetaGeo"``, ``"ParetoNBD"``.
        seed: of the folds and of the model with features.
        **options: of ``kw.facts``: ``currency``, ``time_zone``, ``columns``, ``refunds`` …

    Raises:
        InputError: the table or an option cannot be used.
        NotIdentifiedError: "Not enough …": history, repeat purchases, or customers on one side.

    """
    made = facts_of(orders, **options)
    with explained_tables():
        return non_contractual_churn(made, round(days_of(window)), as_of=day_given(as_of), models=models, seed=seed)


def contractual(
    subscriptions: Any, *, as_of: Day = None, by: str | None = None, renewal: Grain | str = Grain.MONTH,
    holder: Holder | str = Holder.CUSTOMER, horizon_months: int = HORIZON_MONTHS, margin: float | None = None,
    seed: int = 0, **options: Any,
) -> ContractualChurn:  # fmt: skip
    """Return survival, retention and remaining value of subscribers, from who renewed so far.

    Args:
        subscriptions: a table with one row a term (subscription_id, customer_id, started_at, ended_at, mrr …), or facts
            that hold one.
        as_of: first day not counted; the day after the last start or end where not given.
        by: group by this column, such as ``"plan"``.
        renewal: ``"month"``, ``"quarter"`` or ``"year"``.
        holder: ``"customer"`` or ``"subscription"``: whose life is followed.
        horizon_months: how far ahead values reach.
        margin: contribution margin as a fraction of revenue.
        seed: of the intervals.
        **options: of ``kw.facts``.

    Raises:
        InputError: nobody ever paid; "Not enough renewals: …", "Not enough churn: …".

    """
    made = subscribed_facts(subscriptions, margin=margin, **options)
    with explained_tables():
        day = day_given(as_of) or subscribed(made).end
        return contractual_churn(
            made, day, seed=seed, by=by, renewal=Grain(renewal), holder=Holder(holder), horizon_months=horizon_months
        )


def snapshots(facts: Facts, *, window: Length = WINDOW, gap: Length | None = None, **options: Any) -> Snapshots:
    """Return rows to fit and to judge a `ChurnModel` with: features up to a day, a gap, a window in which some left.

    Args:
        facts: from ``kw.facts`` or ``kw.open_folder``.
        window: length of the window, such as ``"90d"``.
        gap: between the features and the window: time to act; none where not given.
        **options: ``days``, ``until``, ``each`` (``"order"``, ``"customer"``, ``"subscription"``), ``attributes``.

    Raises:
        InputError: a length that cannot be.
        NotIdentifiedError: no window closes within the log.

    """
    with explained_tables():
        gap_days = 0 if gap is None else round(days_of(gap))
        return _snapshots(facts_of(facts), round(days_of(window)), gap_days=gap_days, **options)
