"""Churn as JSON: everything that the terminal shows and what stands behind it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from keepwell.cli.lifetime_json import model_json
from keepwell.cli.output import frame_as_records
from keepwell.loop.churn import FeatureChurn
from keepwell.understand.churn.churn_report import CAVEAT
from keepwell.understand.churn.contractual import ContractualChurn, GroupChurn
from keepwell.understand.churn.non_contractual import NonContractualChurn
from keepwell.vocabulary.estimate import NotAvailable
from keepwell.vocabulary.plain import plain


def churn_json(
    as_of: date, orders: NonContractualChurn | None, contracts: ContractualChurn | None,
    features: FeatureChurn | NotAvailable | None, groups: pd.DataFrame | None, currency: str, out: Path | None,
) -> dict[str, Any]:  # fmt: skip
    """Return everything as plain values; what was not asked for is null."""
    return {
        "as_of": as_of,
        "currency": currency,
        "orders": None if orders is None else _orders(orders),
        "groups": None if groups is None else frame_as_records(groups),
        "subscriptions": None if contracts is None else _contracts(contracts),
        "features": _features(features),
        "caveat": CAVEAT,
        "out": None if out is None else str(out.resolve()),
    }


def _orders(found: NonContractualChurn) -> dict[str, Any]:
    names = ("window_days", "name", "bands", "judged_on", "scores", "calibrated", "with_features", "verdict", "notes")
    alive = float(found.customers["probability_alive"].to_numpy().sum())
    return {
        "customers": found.customers.num_rows,
        "still_there": alive,
        "model": model_json(found.model),
        **{name: plain(getattr(found, name)) for name in names},
    }


def _contracts(found: ContractualChurn) -> dict[str, Any]:
    names = ("renewal", "horizon_months", "forecast", "value", "notes")
    months = found.payers["expected_months"].to_numpy()
    return {
        "active": found.payers.num_rows,
        "customers": found.renewals.customers,
        "expected_months": float(months.mean()) if len(months) else None,
        "model": model_json(found.model),
        "choice": {"why": found.choice.why, "warning": found.choice.warning, "held_out": found.choice.held_out,
                   "scores": plain(found.choice.scores)},
        "renewed": found.renewals.renewed.tolist(),
        "lost": found.renewals.lost.tolist(),
        **{name: plain(getattr(found, name)) for name in names},
        "groups": [_group(group) for group in found.groups],
    }  # fmt: skip


def _group(group: GroupChurn) -> dict[str, Any]:
    names = ("name", "customers", "active", "lost", "own_weight", "remaining_months", "value", "forecast")
    return {**{name: plain(getattr(group, name)) for name in names}, "model": model_json(group.model)}


def _features(found: FeatureChurn | NotAvailable | None) -> Any:
    return plain(found.report) if isinstance(found, FeatureChurn) else plain(found)
