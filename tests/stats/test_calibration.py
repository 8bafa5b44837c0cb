"""Calibration measures against sums done by hand, and scalings that repair what was bent."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from keepwell.stats.calibration import (
    IsotonicScaling,
    PlattScaling,
    brier_score,
    expected_calibration_error,
    log_loss,
    reliability,
)
from keepwell.vocabulary.errors import InputError


def drawn(rows: int = 20_000, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Draw exact probabilities and what came of them."""
    random = np.random.default_rng(seed)
    chance = expit(random.normal(-1, 1.5, rows))
    return (random.random(rows) < chance).astype(float), chance


def test_the_calibration_error_is_the_weighted_gap_of_ten_classes() -> None:
    labels, chance = drawn()
    bent = chance**1.4
    frame = pd.DataFrame({"label": labels, "chance": bent, "class": pd.cut(bent, np.linspace(0, 1, 11), right=False)})
    means = frame.groupby("class", observed=True)[["label", "chance"]].mean()
    sizes = frame.groupby("class", observed=True).size()
    by_hand = ((means.label - means.chance).abs() * sizes).sum() / len(frame)
    assert expected_calibration_error(labels, bent).value == pytest.approx(by_hand)


def test_exact_probabilities_have_the_error_that_chance_alone_explains() -> None:
    found = expected_calibration_error(*drawn())
    assert found.value < 0.01
    assert "0.00" in found.note


def test_the_brier_score_is_the_mean_square() -> None:
    labels, chance = drawn(500)
    assert brier_score(labels, chance).value == pytest.approx(np.mean((labels - chance) ** 2))


def test_the_reliability_table_counts_everybody_once() -> None:
    assert sum(row.customers for row in reliability(*drawn(777))) == 777


@pytest.mark.parametrize("scaling", [PlattScaling(), IsotonicScaling()])
def test_scaling_repairs_probabilities_that_were_too_sure(scaling: PlattScaling | IsotonicScaling) -> None:
    labels, chance = drawn()
    other_labels, other_chance = drawn(seed=1)
    repaired = scaling.fit(labels, expit(2 * logit(chance))).apply(expit(2 * logit(other_chance)))
    assert expected_calibration_error(other_labels, repaired).value < 0.012
    assert log_loss(other_labels, repaired) < log_loss(other_labels, expit(2 * logit(other_chance))) - 0.05


def test_platt_scaling_finds_the_line_that_bent_them() -> None:
    labels, chance = drawn(200_000)
    scaling = PlattScaling().fit(labels, expit(2 * logit(chance) + 1))
    assert (scaling.slope_, scaling.intercept_) == pytest.approx((0.5, -0.5), abs=0.02)


def test_isotonic_scaling_never_says_never() -> None:
    found = IsotonicScaling().fit([0, 0, 0, 1], [0.1, 0.2, 0.3, 0.4]).apply([0.0, 1.0])
    assert ((found > 0) & (found < 1)).all()


def test_scores_that_turn_the_ranking_around_say_nothing() -> None:
    scaling = PlattScaling().fit([1, 1, 0, 0], [0.1, 0.2, 0.8, 0.9])
    assert scaling.apply([0.1, 0.9]) == pytest.approx([0.5, 0.5])


def test_a_probability_above_one_is_refused() -> None:
    with pytest.raises(InputError, match="outside 0 and 1"):
        brier_score([1], [1.2])
