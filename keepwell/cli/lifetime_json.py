"""Lifetime value as JSON: everything that the terminal shows and what stands behind it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from keepwell.cli.output import frame_as_records
from keepwell.loop.lifetime import Lifetime
from keepwell.loop.newcomers import Newcomers
from keepwell.stats.fitted_model import FittedModel
from keepwell.understand.churn.contract_holdout import LABELS as CONTRACT_LABELS
from keepwell.understand.clv.models import LABELS
from keepwell.understand.clv.validate import Forecast, Validation
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.estimate import NotAvailable
from keepwell.vocabulary.plain import plain

# as the literature calls them
NAMES = {**LABELS, **{kind.__name__: label for kind, label in CONTRACT_LABELS.items()}, "GammaGamma": "gamma–gamma"}


def as_json_value(
    found: Lifetime, won: Newcomers | NotAvailable, best: pd.DataFrame, business: Business, out: Path | None
) -> dict[str, Any]:
    """Return everything as plain values; amounts are numbers in the business currency."""
    values = found.values
    return {
        "as_of": values.as_of,
        "horizon_days": values.horizon_days,
        "currency": business.currency,
        "margin_rate": values.margin_rate,
        "margin_is_assumed": business.margin_is_assumed,
        "discount_rate": values.discount_rate,
        "customers": values.customers,
        "repeat_customers": values.repeat_customers,
        "choice": plain(found.choice),
        "model": model_json(values.model),
        "spend": model_json(values.spend),
        "correction": plain(found.correction),
        "totals": plain(found.totals),
        "validation": _validation(found.validation),
        "newcomers": _newcomers(won),
        "top": frame_as_records(best),
        "notes": list(found.notes),
        "out": None if out is None else str(out.resolve()),
    }


def model_json(model: FittedModel) -> dict[str, Any]:
    """Return a fitted model: what it is, its parameters with standard errors, and how the fit ended."""
    name = type(model).__name__
    return {
        "name": name,
        "label": NAMES.get(name, name),
        "parameters": model.parameters(),
        "standard_errors": model.standard_errors(),
        "log_likelihood": model.log_likelihood_,
        "customers": model.customers_,
        "convergence": plain(model.convergence_),
    }


def _newcomers(won: Newcomers | NotAvailable) -> Any:
    if isinstance(won, NotAvailable):
        return plain(won)
    return {"by": won.by, "since": won.since, "note": won.note, "groups": plain(won.values)}


def _validation(validation: Validation | NotAvailable) -> Any:
    if isinstance(validation, NotAvailable):
        return plain(validation)
    plain_fields = (
        "split", "as_of", "first_day", "customers", "repeat_customers", "repeat_orders", "missing", "gaps",
        "calibration", "tracking",
    )  # fmt: skip
    shown = {name: plain(getattr(validation, name)) for name in plain_fields}
    forecasts = [_forecast(forecast) for forecast in validation.forecasts]
    return {**shown, "days": validation.days, "orders": validation.orders, "forecasts": forecasts}


def _forecast(forecast: Forecast) -> dict[str, Any]:
    return {
        "name": forecast.name,
        "label": forecast.label,
        "orders": plain(forecast.orders),
        "returns": plain(forecast.returns),
        "value": plain(forecast.value),
        "model": None if forecast.model is None else model_json(forecast.model),
        "note": forecast.note,
    }
