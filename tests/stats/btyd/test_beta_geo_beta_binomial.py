"""BG/BB against the donations of Fader, Hardie & Shang (2010) and against simulation."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import lifetimes
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lifetimes import BetaGeoBetaBinomFitter
from scipy.integrate import dblquad
from scipy.special import betaln

from keepwell.stats.btyd.beta_geo_beta_binomial import BetaGeoBetaBinomial
from keepwell.vocabulary.errors import InputError

ROWS = {"frequency": [2, 0, 3], "recency": [5, 0, 6], "opportunities": [6, 6, 6]}


@pytest.fixture(scope="module")
def donations() -> pd.DataFrame:
    """Return the 22 histories of the 11,104 people who first gave in 1995, over 1996–2001 (table 1 of the paper)."""
    table = pd.read_csv(Path(lifetimes.__file__).parent / "datasets" / "donations.csv")
    return table.rename(columns={"periods": "opportunities", "weights": "customers"})


@pytest.fixture(scope="module")
def model(donations: pd.DataFrame) -> BetaGeoBetaBinomial:
    return BetaGeoBetaBinomial().fit(donations)


def one(frequency: int, recency: int, opportunities: int = 6) -> dict[str, list[int]]:
    return {"frequency": [frequency], "recency": [recency], "opportunities": [opportunities]}


# The published figures


def test_donations_parameters_are_those_published(model: BetaGeoBetaBinomial) -> None:
    published = {"alpha": 1.2035, "beta": 0.7497, "gamma": 0.6567, "delta": 2.7834}
    assert model.parameters() == pytest.approx(published, abs=1e-4)


def test_donations_log_likelihood_is_the_published(model: BetaGeoBetaBinomial) -> None:
    assert model.customers_ == 11_104
    assert model.log_likelihood_ == pytest.approx(-33225.58, abs=0.005)


def test_donations_of_the_holdout_are_those_published(model: BetaGeoBetaBinomial, donations: pd.DataFrame) -> None:
    expected = model.expected_purchases(donations, 5) * donations["customers"]  # 2002–2006
    assert expected.sum() == pytest.approx(12_884.2, abs=0.1)


def test_customers_a_and_b_over_the_next_ten_years_are_those_published(model: BetaGeoBetaBinomial) -> None:
    # A never gave again in the six years, B gave four times, last in the fifth; 2002–2011
    assert model.expected_purchases(one(0, 0), 10)[0] == pytest.approx(0.1302, abs=1e-4)
    assert model.expected_purchases(one(4, 5), 10)[0] == pytest.approx(3.6279, abs=1e-4)


# Independent computations


def test_the_likelihood_is_the_integral_over_both_chances(model: BetaGeoBetaBinomial) -> None:
    a, b, c, d = model.parameters().values()

    def history(p: float, theta: float) -> float:  # x = 2, t_x = 4, n = 6
        density = np.exp(-betaln(a, b) - betaln(c, d)) * p ** (a - 1) * (1 - p) ** (b - 1)
        density *= theta ** (c - 1) * (1 - theta) ** (d - 1)
        alive = p**2 * (1 - p) ** 4 * (1 - theta) ** 6
        gone = sum(p**2 * (1 - p) ** (2 + i) * theta * (1 - theta) ** (4 + i) for i in range(2))
        return float(density * (alive + gone))

    def there(p: float, theta: float) -> float:
        density = np.exp(-betaln(a, b) - betaln(c, d)) * p ** (a - 1) * (1 - p) ** (b - 1)
        return float(density * theta ** (c - 1) * (1 - theta) ** (d - 1) * p**2 * (1 - p) ** 4 * (1 - theta) ** 7)

    ratio = dblquad(there, 0, 1, 0, 1)[0] / dblquad(history, 0, 1, 0, 1)[0]
    assert model.probability_alive(one(2, 4))[0] == pytest.approx(ratio, rel=1e-5)


def test_scores_agree_with_another_implementation(model: BetaGeoBetaBinomial, donations: pd.DataFrame) -> None:
    other = BetaGeoBetaBinomFitter()
    other.params_ = pd.Series(model.parameters())
    x, last, seen = (donations[name].to_numpy() for name in ("frequency", "recency", "opportunities"))
    theirs = other.conditional_probability_alive(1, x, last, seen)
    assert model.probability_alive(donations) == pytest.approx(theirs, rel=1e-8)
    theirs = other.conditional_expected_number_of_purchases_up_to_time(5, x, last, seen)
    assert model.expected_purchases(donations, 5) == pytest.approx(theirs, rel=1e-8)


def test_simulated_customers_give_back_what_they_were_drawn_from() -> None:
    draw = np.random.default_rng(3)
    count, seen = 20_000, 12
    chance, end = draw.beta(1.5, 2.0, count), draw.beta(0.8, 6.0, count)
    stays = np.cumprod(draw.random((seen, count)) > end, axis=0).astype(bool)
    acts = stays & (draw.random((seen, count)) < chance)
    recency = np.where(acts.any(axis=0), seen - np.argmax(acts[::-1], axis=0), 0)
    rows = {"frequency": acts.sum(axis=0), "recency": recency, "opportunities": np.full(count, seen)}
    fit = BetaGeoBetaBinomial().fit(rows)
    for name, true in {"alpha": 1.5, "beta": 2.0, "gamma": 0.8, "delta": 6.0}.items():
        assert abs(fit.parameters()[name] - true) < 4 * fit.standard_errors()[name]
    expected = fit.expected_purchases_of_newcomer(seen)
    assert expected == pytest.approx(acts.sum(axis=0).mean(), rel=0.01)


def test_the_discounted_sum_is_that_of_single_opportunities(model: BetaGeoBetaBinomial) -> None:
    totals = [0.0, *(model.expected_purchases(one(4, 5), ahead)[0] for ahead in range(1, 9))]
    worth = sum((new - old) / 1.1**year for year, (old, new) in enumerate(pairwise(totals), 1))
    assert model.expected_discounted_purchases(one(4, 5), 8, 0.1)[0] == pytest.approx(worth)


def test_using_none_of_one_opportunity_is_the_rest_of_using_it(model: BetaGeoBetaBinomial) -> None:
    assert model.probability_of_no_purchase(one(4, 5), 1)[0] == pytest.approx(
        1 - model.expected_purchases(one(4, 5), 1)[0]
    )


# Properties and refusals


@given(
    st.tuples(*[st.floats(-15, 15).map(np.exp)] * 4),
    st.integers(0, 60),
    st.floats(0, 1),
    st.floats(0, 1),
    st.integers(1, 300),
)
def test_scores_are_finite_and_in_range_at_any_parameters(model, parameters, seen, share, used, ahead) -> None:
    last = round(share * seen)
    frequency = max(round(used * last), 1) if last else 0
    rows, other = one(frequency, last, seen), model.at(np.array(parameters))
    assert 0 <= other.probability_alive(rows)[0] <= 1
    assert 0 <= other.expected_purchases(rows, ahead)[0] <= other.expected_purchases(rows, ahead + 1)[0] <= ahead + 1
    assert 0 <= other.probability_of_no_purchase(rows, ahead)[0] <= 1


def test_grouping_changes_nothing_and_rows_keep_their_order(
    model: BetaGeoBetaBinomial, donations: pd.DataFrame
) -> None:
    each = (
        donations.loc[donations.index.repeat(donations["customers"])]
        .drop(columns="customers")
        .sample(frac=1, random_state=1)
    )
    again = BetaGeoBetaBinomial().fit(each)
    assert again.parameters() == pytest.approx(model.parameters(), rel=1e-6)
    by_row = model.expected_purchases(each, 5)
    assert by_row[7] == model.expected_purchases(each.iloc[[7]], 5)[0]


def test_a_base_that_never_stops_ends_in_a_note_and_usable_figures() -> None:
    rows = {"frequency": [3, 4, 5, 6], "recency": [6] * 4, "opportunities": [6] * 4, "customers": [10, 20, 20, 10]}
    model = BetaGeoBetaBinomial().fit(rows)
    assert "do not determine" in model.convergence_.note
    assert model.expected_purchases(rows, 6) == pytest.approx([4.5] * 4, rel=0.1)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"frequency": [2, 0, -1]}, "histories.frequency"),
        ({"frequency": [2, 0, 2.5]}, "histories.frequency"),
        ({"frequency": [6, 0, 3]}, "histories.frequency"),
        ({"recency": [7, 0, 6]}, "histories.recency"),
        ({"recency": [5, 1, 6]}, "histories.recency"),
        ({"opportunities": [6, 6, 20_000]}, "histories.opportunities"),
        ({"opportunities": [6, 6, None]}, "table.not_finite"),
        ({"customers": [1, 1, 0]}, "histories.customers"),
    ],
)
def test_a_row_that_cannot_be_is_named(change, code) -> None:
    with pytest.raises(InputError) as caught:
        BetaGeoBetaBinomial().fit({**ROWS, **change})
    assert caught.value.code == code


def test_a_base_that_used_no_opportunity_is_refused() -> None:
    with pytest.raises(InputError, match="none of 2 customers used an opportunity"):
        BetaGeoBetaBinomial().fit({"frequency": [0, 0], "recency": [0, 0], "opportunities": [6, 5]})


@pytest.mark.parametrize("ahead", [0, 2.5, -1, float("nan"), float("inf"), 10**9])
def test_a_horizon_that_is_no_count_is_refused(model: BetaGeoBetaBinomial, ahead) -> None:
    with pytest.raises(InputError) as caught:
        model.expected_purchases(ROWS, ahead)
    assert caught.value.code == "horizon.opportunities"
