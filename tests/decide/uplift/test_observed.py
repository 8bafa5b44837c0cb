"""Campaigns without a lot: made comparable, discounted, or refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from keepwell.decide.uplift.observed import ObservedEffect, discounted, observed_effect
from keepwell.vocabulary.errors import InputError, NotIdentifiedError
from keepwell.vocabulary.estimate import Evidence


def _chosen(seed: int = 1, steepness: float = 0.8, size: int = 6000) -> pd.DataFrame:
    """Return a mailing to the better customers, who buy more anyway; it brings 2."""
    rng = np.random.default_rng(seed)
    orders = rng.normal(size=size)
    mailed = (rng.random(size) < 1 / (1 + np.exp(-steepness * orders))).astype(int)
    return pd.DataFrame({"orders": orders, "mailed": mailed, "margin": 5 * orders + 2 * mailed + rng.normal(size=size)})


@pytest.fixture(scope="module")
def found() -> ObservedEffect:
    return observed_effect(_chosen(), treatment="mailed", outcome="margin")


def test_people_alike_are_compared(found: ObservedEffect) -> None:
    table = _chosen()
    naive = table.groupby("mailed")["margin"].mean().diff().iloc[-1]
    assert naive > 4
    assert found.compared.value == pytest.approx(2, abs=0.15)


def test_the_comparison_is_discounted_and_graded_as_observed(found: ObservedEffect) -> None:
    assert found.effect.evidence is Evidence.OBSERVED
    assert found.compared.value / 4.8 < found.effect.value < found.compared.value / 2.9


def test_the_discounted_interval_is_wide(found: ObservedEffect) -> None:
    assert found.effect.low is not None
    assert found.effect.high is not None
    assert found.effect.high > 3 * found.effect.low > 0


def test_half_of_the_discounts_lie_between_those_measured() -> None:
    factor = 1 / discounted(1.0, 0.0, draws=50_000)
    assert np.mean((factor > 2.9) & (factor < 4.8)) == pytest.approx(0.5, abs=0.01)


def test_the_sentence_says_that_there_was_no_lot(found: ObservedEffect) -> None:
    assert found.sentence.startswith("Nobody was left out by lot.")


def test_people_too_unlike_are_refused_with_what_would_help() -> None:
    with pytest.raises(NotIdentifiedError) as caught:
        observed_effect(_chosen(steepness=12), treatment="mailed", outcome="margin")
    assert caught.value.code == "uplift.no_overlap"
    assert "by lot" in caught.value.advice


def test_too_few_people_to_compare_are_refused() -> None:
    with pytest.raises(NotIdentifiedError) as caught:
        observed_effect(_chosen(size=150), treatment="mailed", outcome="margin")
    assert caught.value.code == "uplift.thin_overlap"


def test_a_campaign_to_everybody_is_refused() -> None:
    with pytest.raises(NotIdentifiedError) as caught:
        observed_effect(_chosen().assign(mailed=1), treatment="mailed", outcome="margin")
    assert caught.value.code == "uplift.one_arm"


def test_people_of_whom_nothing_is_known_are_refused() -> None:
    with pytest.raises(InputError) as caught:
        observed_effect(_chosen(), treatment="mailed", outcome="margin", drop=("orders",))
    assert caught.value.code == "uplift.no_features"


def test_on_hillstrom_chosen_by_history_the_comparison_finds_the_experiments_effect(shared_data: Path) -> None:
    # The lot is undone: frequent buyers are kept more often when treated, rarer ones when not.
    table = pd.read_parquet(shared_data / "hillstrom_email_test.parquet")
    table = table[table["segment"] != "Womens E-Mail"].assign(mailed=lambda rows: (rows["segment"] != "No E-Mail") * 1)
    truth = table.groupby("mailed")["visit"].mean().diff().iloc[-1]
    rank = table["history"].rank(pct=True).to_numpy()
    kept = np.random.default_rng(1).random(len(table)) < np.where(table["mailed"] == 1, rank, 1 - rank)
    drop = ("segment", "conversion", "spend")
    found = observed_effect(table[kept], treatment="mailed", outcome="visit", drop=drop)
    naive = table[kept].groupby("mailed")["visit"].mean().diff().iloc[-1]
    assert found.compared.low is not None
    assert found.compared.high is not None
    assert found.compared.low < truth < found.compared.high
    assert naive > found.compared.high
