"""What past retention actions changed, from who was addressed and what everybody ordered afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import ibis
import pandas as pd

from keepwell.decide.uplift.levers import LeverUplift, lever_uplifts
from keepwell.decide.uplift.past_actions import PastCampaign, read_actions
from keepwell.loop.frames import frame
from keepwell.loop.plan.lever import Lever
from keepwell.understand.activity import before, midnight
from keepwell.understand.facts import Facts
from keepwell.understand.rfm import rfm
from keepwell.vocabulary.answer import NotIdentified
from keepwell.vocabulary.errors import InputError

FEATURES = ("recency_days", "frequency", "monetary")
OUTCOME = "margin"
MOST_NAMED = 3


def past_effects(
    facts: Facts, actions: Any, levers: Sequence[Lever], as_of: date, *, seed: int = 0
) -> tuple[Mapping[str, LeverUplift], tuple[NotIdentified, ...]]:
    """Return by lever what its past campaigns changed, and what they cannot tell.

    The outcome is each customer's contribution margin within the lever's window after the action, from the orders
    themselves; what tells customers apart is recency, frequency and money on the day before.

    Args:
        facts: orders and, where known, refunds.
        actions: table of past actions as `decide.uplift.past_actions.read_actions` takes it; the day of ``treated_at``
            counts, and ids are those of the orders.
        levers: of the plan, by whose names the actions are found.
        as_of: first day not counted.
        seed: of folds.

    Raises:
        InputError: a column is missing, or no customer in it is known.

    """
    table = _read(actions)
    found: dict[str, LeverUplift] = {}
    unknown: list[NotIdentified] = []
    for lever in levers:
        rows = table[table["lever"] == lever.name]
        over = rows[rows["treated_at"] <= as_of - timedelta(days=lever.window_days)]
        for name in sorted(set(rows["campaign"]) - set(over["campaign"]))[:MOST_NAMED]:
            needs = f"Wait until {lever.window_days} days after it are over."
            unknown.append(NotIdentified(f"What {name} ({lever.name}) changed", needs))
        if over.empty:
            continue
        (effect,) = lever_uplifts(
            _campaigns(facts, over, lever.window_days, as_of), outcome=OUTCOME, base="ridge", seed=seed
        )
        unknown += effect.not_identified
        if effect.campaigns:
            found[lever.name] = effect
    return found, tuple(unknown)


def read_file(path: Path) -> pd.DataFrame:
    """Return a CSV file of past actions.

    Raises:
        InputError: it cannot be read.

    """
    try:
        return pd.read_csv(path, dtype={"customer_id": "string", "lever": "string", "campaign": "string"})
    except (OSError, ValueError) as error:
        raise InputError(
            "actions.file", f"The past actions cannot be read: {error}.", where=str(path), advice="Give a CSV file."
        ) from error


def _read(actions: Any) -> pd.DataFrame:
    read_actions(actions)  # refuses what lacks a column or is contradictory, naming it
    table = pd.DataFrame(actions).copy()
    table["customer_id"] = table["customer_id"].astype(str)
    table["lever"] = table["lever"].astype(str)
    table["campaign"] = table["campaign"].astype(str)
    try:
        table["treated_at"] = pd.to_datetime(table["treated_at"]).dt.date
    except ValueError as error:
        raise InputError("actions.day", f"A day of treated_at cannot be read: {error}.", where="treated_at",
                         advice="Write days such as 2011-06-01.") from error  # fmt: skip
    return table


def _campaigns(facts: Facts, rows: pd.DataFrame, window_days: int, as_of: date) -> tuple[PastCampaign, ...]:
    parts = [_with_facts(facts, part, day, window_days, as_of) for day, part in rows.groupby("treated_at")]
    known = pd.concat(parts)
    if known.empty:
        raise InputError(
            "actions.customers",
            f"None of the {len(rows):,} customers of past actions had ordered before.",
            value=list(rows["customer_id"].head(MOST_NAMED)),
            advice="Give the ids that the orders hold, and the day on which each action began.",
        )
    return read_actions(known)


def _with_facts(facts: Facts, rows: pd.DataFrame, day: Any, window_days: int, as_of: date) -> pd.DataFrame:
    """Add what was known of each customer before the day, and the margin that followed it."""
    known = frame(rfm(facts, day).select("customer_id", *FEATURES))
    joined = rows.merge(known, on="customer_id", how="inner")
    margin = _margin(facts, day, min(as_of, day + timedelta(days=window_days)))
    joined[OUTCOME] = margin.reindex(joined["customer_id"]).fillna(0.0).to_numpy()
    return joined


def _margin(facts: Facts, start: date, end: date) -> pd.Series:
    """Return each customer's margin of the days from start up to end: ``m (revenue + discount) − discount``.

    A discount lowers the price, not what the goods cost; refunds are taken off at the margin rate.
    """
    rate = ibis.literal(facts.business.margin_rate)
    orders = before(facts.orders, "ordered_at", end)
    orders = orders.filter(orders.ordered_at >= midnight(start))
    revenue = orders.revenue.cast("float64")
    discount = orders.discount.cast("float64").fill_null(0.0) if "discount" in orders.columns else ibis.literal(0.0)
    flows = orders.select("customer_id", margin=rate * (revenue + discount) - discount)
    if facts.refunds is not None:
        refunds = before(facts.refunds, "refunded_at", end)
        refunds = refunds.filter(refunds.refunded_at >= midnight(start))
        flows = flows.union(refunds.select("customer_id", margin=-rate * refunds.amount.cast("float64")))
    found = frame(flows.group_by("customer_id").aggregate(margin=flows.margin.sum()))
    return found.set_index("customer_id")["margin"]
