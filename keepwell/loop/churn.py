"""Who may leave, from whatever the facts hold: orders, contracts, and a model with features on top."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from keepwell.loop.facts import OpenFacts, subscribed
from keepwell.stats.arrow_table import arrow_of
from keepwell.understand.attributes import customer_groups
from keepwell.understand.churn.churn_report import ChurnReport, held_out
from keepwell.understand.churn.contractual import HORIZON_MONTHS, ContractualChurn, contractual_churn
from keepwell.understand.churn.non_contractual import NonContractualChurn, non_contractual_churn
from keepwell.understand.churn.reasons import customer_reasons, sentence
from keepwell.understand.churn.risk_bands import BANDS, band_of
from keepwell.understand.churn.snapshots import CUSTOMER, LABEL, ORDERS, Snapshots, features_on, snapshots
from keepwell.understand.churn.with_features import ChurnModel
from keepwell.understand.facts import Facts
from keepwell.vocabulary.errors import KeepwellError
from keepwell.vocabulary.estimate import NotAvailable
from keepwell.vocabulary.period import Grain

Progress = Callable[[str, float], None]

SEED = 20240101
WINDOW_DAYS = 90
# the caller's slip, not the log's: said as an error, not as what these facts cannot tell
ASKED_WRONGLY = ("attribute.unknown", "churn.window", "churn.renewal", "churn.horizon")


@dataclass(frozen=True)
class FeatureChurn:
    """A model with features: its record on later customers than it learned from, and what it says of today's.

    Args:
        report: judged on the last snapshot, which it had not seen.
        model: fitted to all snapshots.
        customers: Arrow; customer_id, leaving_probability, band, reasons (a sentence).

    """

    report: ChurnReport
    model: ChurnModel
    customers: pa.Table


def churn_of_orders(
    facts: Facts, as_of: date, window_days: int = WINDOW_DAYS, *, with_trees: bool = True, seed: int = SEED
) -> NonContractualChurn | NotAvailable:
    """Return every customer's chance of no order in the window ahead, or why these orders cannot tell."""
    try:
        return non_contractual_churn(facts, window_days, as_of=as_of, with_trees=with_trees, seed=seed)
    except KeepwellError as error:
        return _reason(error)


def churn_of_contracts(
    facts: Facts, as_of: date, *, by: str | None = None, renewal: Grain = Grain.MONTH, seed: int = SEED,
    horizon_months: int = HORIZON_MONTHS,
) -> ContractualChurn | NotAvailable | None:  # fmt: skip
    """Return survival, retention and value of subscribers; why these cannot be told; or ``None`` without subscriptions.

    Raises:
        InputError: ``by`` is no attribute.

    """
    if facts.subscriptions is None:
        return None
    try:
        return contractual_churn(facts, as_of, seed=seed, by=by, renewal=renewal, horizon_months=horizon_months)
    except KeepwellError as error:
        return _reason(error)


def churn_with_features(
    facts: Facts, as_of: date, window_days: int = WINDOW_DAYS, *, of_subscribers: bool = False, seed: int = SEED
) -> FeatureChurn | NotAvailable:
    """Return a model with features on snapshots, its record and today's customers, or why there is none.

    Args:
        facts: the whole log.
        as_of: first day not looked at.
        window_days: length of the window in which leaving counts.
        of_subscribers: leaving is the end of all paid subscriptions, not the absence of an order.
        seed: of every random choice.

    """
    each = CUSTOMER if of_subscribers else ORDERS
    try:
        shots = snapshots(facts, window_days, until=as_of, each=each)
        train, test = _before_and_after(shots)
        report = held_out(_fitted(shots, train, seed), train, test)
        model = _fitted(shots, pa.concat_tables([train, test]), seed)
    except KeepwellError as error:
        return _reason(error)
    now = features_on(facts, as_of, each=each, kinds=shots.kinds, attributes=shots.attributes)
    rows = now.order_by("customer_id").to_pyarrow()
    chance = model.predict(rows)
    said = [sentence(reasons) for reasons in customer_reasons(model, rows)]
    columns = {"customer_id": rows["customer_id"], "leaving_probability": chance, "band": band_of(chance)}
    return FeatureChurn(report, model, pa.table({**columns, "reasons": pa.array(said, pa.string())}))


def risk_by(facts: Facts, found: NonContractualChurn, by: str) -> pd.DataFrame:
    """Return one row a group of customers, the largest first.

    Args:
        facts: the same that ``found`` was worked out from.
        found: every customer's chance.
        by: attribute of the customer, such as ``"country"``.

    Returns:
        group, customers, still_there (expected number), no_order (mean chance) and very_high (customers in that band).

    Raises:
        InputError: there is no such attribute.

    """
    groups = customer_groups(facts, by).to_pyarrow().to_pandas()
    joined = found.customers.to_pandas().merge(groups, on="customer_id", how="left")
    joined["very_high"] = joined["band"] == BANDS[-1]
    rows: pd.DataFrame = joined.groupby("group", as_index=False).agg(
        customers=("customer_id", "size"),
        still_there=("probability_alive", "sum"),
        no_order=("no_order_probability", "mean"),
        very_high=("very_high", "sum"),
    )
    if by == "cohort":  # in the order of time
        return rows.sort_values("group", ignore_index=True)
    return rows.sort_values(["customers", "group"], ascending=[False, True], ignore_index=True)


def last_known_day(opened: OpenFacts, given: date | None, *, of_subscribers: bool) -> date:
    """Return the first day not counted: the one given, or the day after the last order, or start or end of a term."""
    if not of_subscribers:
        return opened.as_of(given)
    if given is not None:
        return given
    return subscribed(opened.facts).end


def counted_survival(found: ContractualChurn) -> list[float]:
    """Return the share of those who began who were still there after 0, 1, 2, … renewals (Kaplan and Meier 1958)."""
    kept: list[float] = np.cumprod(found.renewals.retention).tolist()
    return [1.0, *kept]


def _before_and_after(shots: Snapshots) -> tuple[pa.Table, pa.Table]:
    """Return the snapshots before the last one and the last one, read from the engine in one go.

    They lie a window apart, so that the windows of all before have closed by the last.
    """
    _ = shots.train  # refuses where nothing lies before the last
    rows = arrow_of(shots.table).sort_by([(key, "ascending") for key in shots.keys])
    is_last = pc.equal(rows["as_of"], pa.scalar(shots.days[-1], pa.date32()))
    return rows.filter(pc.invert(is_last)), rows.filter(is_last)


def _fitted(shots: Snapshots, table: pa.Table, seed: int) -> ChurnModel:
    drop = [key for key in shots.keys if key != "customer_id"]
    return ChurnModel(seed=seed).fit(table, label=LABEL, drop=drop, group="customer_id")


def _reason(error: KeepwellError) -> NotAvailable:
    if error.code in ASKED_WRONGLY:
        raise error
    return NotAvailable(f"{error.message[0].lower()}{error.message[1:]}".rstrip("."))
