"""Cells of like customers and scores of any base: what holds whatever the data."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepwell.stats.btyd.customer_base import CustomerBase
from keepwell.stats.btyd.modified_beta_geo import ModifiedBetaGeo
from keepwell.stats.gamma_gamma import GammaGamma
from keepwell.understand.clv.cells import Cells
from keepwell.understand.clv.scoring import NUMBERS, Scoring
from keepwell.understand.clv.spend import notes_on_spend, shrunk_sample_mean
from keepwell.understand.clv.uncertainty import Uncertainty
from keepwell.vocabulary.estimate import SampleMean


def base_of(rows: list[tuple[int, float, int]]) -> CustomerBase:
    """Build a base of (frequency, recency as a share of the age, age)."""
    frequency = np.array([row[0] if row[2] else 0 for row in rows], dtype=np.int64)
    age = np.array([row[2] for row in rows], dtype=np.float64)
    recency = np.where(frequency > 0, np.clip(np.rint(age * [row[1] for row in rows]), 1, np.maximum(age, 1)), 0.0)
    return CustomerBase(frequency, recency, age, np.ones(len(rows), dtype=np.int64), True)


ROWS = st.lists(
    st.tuples(st.integers(0, 3000), st.floats(0, 1), st.integers(0, 4000)), min_size=1, max_size=12
)  # fmt: skip


@given(ROWS)
def test_every_customer_has_one_cell_and_its_typical_one_could_be(rows) -> None:
    base = base_of(rows)
    cells = Cells.of(base)
    assert (cells.at(base.frequency, base.recency_days, base.age_days) == cells.cell_of_row).all()
    assert cells.middle.customers.sum() == base.total
    again = CustomerBase.of(
        {
            "frequency": cells.middle.frequency,
            "recency_days": cells.middle.recency_days,
            "age_days": cells.middle.age_days,
        }
    )
    assert again.rows == cells.count


def fitted() -> tuple[ModifiedBetaGeo, GammaGamma]:
    random = np.random.default_rng(3)
    frequency = random.poisson(random.gamma(0.5, 3, 300))
    age = random.integers(100, 700, 300)
    recency = np.where(frequency > 0, np.maximum(1, (age * random.uniform(0, 1, 300)).astype(int)), 0)
    money = random.gamma(5, 8, 300)
    model = ModifiedBetaGeo().fit({"frequency": frequency, "recency_days": recency, "age_days": age})
    return model, GammaGamma().fit({"frequency": frequency, "monetary_value": money})


MODEL, SPEND = fitted()


@settings(max_examples=15)
@given(ROWS, st.floats(0.01, 1e7), st.integers(1, 5000))
def test_no_score_of_any_base_is_negative_or_no_number(rows, money, horizon) -> None:
    base = base_of(rows)
    uncertainty = Uncertainty.of(MODEL, SPEND, base, horizon, 1)
    scoring = Scoring(MODEL, SPEND, uncertainty, date(2020, 1, 1), horizon, 0.5, 0.1)
    own = pa.array([money if count else None for count in base.frequency], pa.float64())
    batch = pa.record_batch(
        {
            "customer_id": pa.array([str(number) for number in range(base.rows)]),
            "frequency": pa.array(base.frequency),
            "recency_days": pa.array(base.recency_days.astype(np.int64)),
            "age_days": pa.array(base.age_days.astype(np.int64)),
            "monetary_value": own,
        }
    )
    scored = scoring.scored(batch)
    numbers = {name: scored.column(name).to_numpy() for name in NUMBERS}
    assert all(np.isfinite(column).all() and (column >= 0).all() for column in numbers.values())
    assert (numbers["probability_alive"] <= 1).all()
    assert (numbers["value_low"] <= numbers["value"]).all()
    assert (numbers["value"] <= numbers["value_high"]).all()
    assert (numbers["discounted_value"] <= numbers["value"] * (1 + 1e-9)).all()


def test_a_shrunk_mean_lies_between_everybodys_and_the_customers_own() -> None:
    few = {"frequency": np.array([3.0]), "monetary_value": np.array([50.0])}
    model = shrunk_sample_mean(few, SampleMean(n=10, total=100.0, sum_squares=1090.0))
    assert model.expected_value([0, 3], [0.0, 50.0]).tolist() == pytest.approx([10.0, (3 * 50 + 10) / 4])
    assert np.isfinite(model.log_likelihood_)


def test_frequent_buyers_who_spend_more_are_spoken_of() -> None:
    frequency = np.arange(1.0, 41.0)
    model = GammaGamma().fit({"frequency": frequency, "monetary_value": 20 + frequency + frequency % 3})
    assert any("spend more an order (correlation" in note for note in notes_on_spend(model))
