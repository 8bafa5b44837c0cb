"""The tables of margin multiples, elasticities and switching that the literature prints."""

from __future__ import annotations

import pytest

from keepwell.stats.retention_elasticity import (
    capped_elasticity,
    margin_multiple,
    mixed_elasticity,
    retention_elasticity,
)
from keepwell.stats.switching import shares_over_time
from keepwell.vocabulary.errors import InputError


@pytest.mark.parametrize(
    ("discount", "multiples"), [(0.10, [1.20, 1.75, 2.67, 4.50]), (0.12, [1.15, 1.67, 2.50, 4.09])]
)
def test_margin_multiples_equal_the_printed_table(discount: float, multiples: list[float]) -> None:
    assert [round(margin_multiple(r, discount), 2) for r in (0.6, 0.7, 0.8, 0.9)] == multiples


def test_elasticity_of_a_homogeneous_base_is_the_printed_one() -> None:
    assert round(retention_elasticity(0.9, 0.12), 2) == 5.09


def test_a_mixed_base_gains_6_46_where_the_average_rate_says_2_32() -> None:
    # "Regular" cohort of Fader & Hardie (2007): alpha .7041, beta 1.1820; discount 10 %.
    naive = retention_elasticity(1.1820 / (0.7041 + 1.1820), 0.10)
    assert (round(mixed_elasticity(0.7041, 1.1820, 0.10), 2), round(naive, 2)) == (6.46, 2.32)


def test_a_polarised_base_gains_1_64_where_the_average_rate_says_3_66() -> None:
    # Shapes .067 and .267 as printed; the printed 1.64 comes from the unrounded 1/15 and 4/15.
    assert round(capped_elasticity(1 / 15, 4 / 15, 0.10), 2) == 1.64
    assert round(retention_elasticity(0.267 / (0.067 + 0.267), 0.10), 2) == 3.66


def test_switching_follows_the_printed_path() -> None:
    path = shares_over_time([[0.75, 0.25], [0.2, 0.8]], steps=3)
    assert [row[0] for row in path] == pytest.approx([0.75, 0.6125, 0.536875])


def test_a_matrix_that_is_not_a_distribution_is_refused() -> None:
    with pytest.raises(InputError):
        shares_over_time([[0.75, 0.3], [0.2, 0.8]], steps=1)


def test_full_retention_without_discount_has_no_multiple() -> None:
    with pytest.raises(InputError):
        margin_multiple(1.0, 0.0)
