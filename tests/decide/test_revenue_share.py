"""Intervals of shares of revenue, held against a bootstrap on a real log."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from keepwell.decide.revenue_share import share_of_sum, share_of_the_best

DRAWS = 2000


@pytest.fixture(scope="module")
def customers(shared_data: Path) -> pd.DataFrame:
    columns = ["Customer ID", "Quantity", "Price", "InvoiceDate"]
    lines = pd.read_parquet(shared_data / "online_retail_ii.parquet", columns=columns).dropna()
    lines = lines[(lines.Quantity > 0) & (lines.Price > 0)]
    first = lines.groupby("Customer ID").InvoiceDate.transform("min")
    lines = lines[lines.InvoiceDate >= "2010-12-10"].assign(is_new=first >= "2010-12-10")
    lines["revenue"] = lines.Quantity * lines.Price
    return lines.groupby("Customer ID").agg(revenue=("revenue", "sum"), is_new=("is_new", "first"))


def best(revenue: np.ndarray, fraction: float) -> float:
    """Return the share of the best fraction, counted."""
    ranked = np.sort(revenue)[::-1]
    return float(ranked[: int(np.ceil(fraction * ranked.size))].sum() / ranked.sum())


def half(estimate) -> float:
    """Return half the width of an interval."""
    return (estimate.high - estimate.low) / 2


def test_the_interval_of_earlier_customers_share_is_as_wide_as_a_bootstraps(customers: pd.DataFrame) -> None:
    whole = customers.revenue.to_numpy()
    part = np.where(customers.is_new, 0, whole)
    rng = np.random.default_rng(1)
    drawn = rng.integers(whole.size, size=(DRAWS, whole.size))
    spread = 1.96 * (part[drawn].sum(axis=1) / whole[drawn].sum(axis=1)).std()
    found = share_of_sum(part, whole)
    assert found.value == pytest.approx(part.sum() / whole.sum())
    assert half(found) == pytest.approx(spread, rel=0.1)


@pytest.mark.parametrize("fraction", [0.1, 0.2])
def test_the_interval_of_the_bests_share_is_as_wide_as_a_bootstraps(customers: pd.DataFrame, fraction: float) -> None:
    revenue = customers.revenue.to_numpy()
    rng = np.random.default_rng(1)
    spread = 1.96 * np.std([best(rng.choice(revenue, revenue.size), fraction) for _ in range(DRAWS)])
    found = share_of_the_best(best(revenue, fraction), revenue, fraction)
    assert half(found) == pytest.approx(spread, rel=0.15)


def test_few_customers_have_a_share_without_an_interval() -> None:
    found = share_of_sum(np.ones(10), np.ones(10) * 2)
    assert (found.value, found.low, found.note) == (0.5, None, "too few customers for an interval")


def test_nothing_has_no_share() -> None:
    assert share_of_sum(np.zeros(50), np.zeros(50)) is None
