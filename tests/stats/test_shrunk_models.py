"""Group models drawn towards the base, with a model whose likelihood is normal and one whose maximum is at infinity."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepwell.stats.fitted_model import FittedModel
from keepwell.stats.gamma_gamma import GammaGamma
from keepwell.stats.maximum_likelihood import Convergence, Maximum
from keepwell.stats.shrunk_models import EXPECTED_WIDTH, evidence_near, evidence_of, shrink
from keepwell.vocabulary.errors import InputError


class Rate(FittedModel):
    """Waiting times with one rate."""

    parameter_names: ClassVar[tuple[str, ...]] = ("rate",)

    def fit(self, count: float, total: float) -> Rate:
        """Fit from the number and the sum of the waits."""
        rate, variance = (count / total, 1 / count) if count else (np.exp(-25.0), 0.0)
        return self._keep(Maximum(np.array([rate]), 0.0, np.array([[variance]]), Convergence(True, 1, 0.0)), int(count))


class Pair(FittedModel):
    """Two parameters, given with their covariance."""

    parameter_names: ClassVar[tuple[str, ...]] = ("a", "b")

    def known(self, logs: list[float], covariance: np.ndarray) -> Pair:
        """Take them as fitted."""
        parameters = np.exp(np.array(logs))
        return self._keep(Maximum(parameters, 0.0, np.asarray(covariance, float), Convergence(True, 1, 0.0)), 10)


def rate_objective(count: float, total: float):
    def objective(logs: np.ndarray) -> tuple[float, np.ndarray]:
        rate = np.exp(logs[0])
        return float(count * logs[0] - rate * total), np.array([count - rate * total])

    return objective


BASE = Rate().fit(10_000, 10_000)


def test_a_large_group_keeps_its_own_rate_and_a_small_one_the_base_s() -> None:
    groups = {"large": Rate().fit(5000, 2500), "small": Rate().fit(2, 0.2)}
    shrunk = shrink(BASE, groups)
    assert shrunk.models["large"].parameters()["rate"] == pytest.approx(2.0, rel=0.01)
    assert shrunk.models["small"].parameters()["rate"] < 3.5
    assert shrunk.own_weight["small"] < shrunk.own_weight["large"]


def test_groups_that_do_not_differ_beyond_chance_come_out_alike() -> None:
    random = np.random.default_rng(1)
    groups = {str(i): Rate().fit(100, random.gamma(100)) for i in range(20)}
    own = np.std([np.log(model.parameters_[0]) for model in groups.values()])
    shrunk = shrink(BASE, groups)
    assert np.std([np.log(model.parameters_[0]) for model in shrunk.models.values()]) < own / 2
    assert shrunk.width < 0.1


def test_the_width_found_is_the_one_the_groups_were_drawn_with() -> None:
    random = np.random.default_rng(2)
    rates = np.exp(0.3 * random.standard_normal(200))
    groups = {str(i): Rate().fit(400, random.gamma(400) / rate) for i, rate in enumerate(rates)}
    assert shrink(BASE, groups).width == pytest.approx(0.3, abs=0.05)


def test_shrunk_rates_are_nearer_to_the_truth_than_the_groups_own() -> None:
    random = np.random.default_rng(3)
    rates = np.exp(0.2 * random.standard_normal(100))
    groups = {str(i): Rate().fit(15, random.gamma(15) / rate) for i, rate in enumerate(rates)}
    shrunk = shrink(BASE, groups).models
    miss = [np.mean([np.log(models[str(i)].parameters_[0] / rate) ** 2 for i, rate in enumerate(rates)])
            for models in (groups, shrunk)]  # fmt: skip
    assert miss[1] < miss[0] * 0.6


def test_intervals_of_shrunk_rates_hold_the_truth_as_often_as_they_say() -> None:
    random = np.random.default_rng(4)
    rates = np.exp(0.3 * random.standard_normal(300))
    groups = {str(i): Rate().fit(30, random.gamma(30) / rate) for i, rate in enumerate(rates)}
    shrunk = shrink(BASE, groups).models
    error = [np.log(shrunk[str(i)].parameters_[0] / rate) for i, rate in enumerate(rates)]
    spread = [np.sqrt(shrunk[str(i)].log_covariance_[0, 0]) for i in range(300)]
    assert np.mean(np.abs(error) < 1.96 * np.array(spread)) == pytest.approx(0.95, abs=0.03)


def test_one_group_s_posterior_is_the_integral_over_rate_and_width() -> None:
    covariance = 0.04
    base = Pair().known([0.0, 0.0], np.zeros((2, 2)))
    group = Pair().known([0.5, 0.0], np.diag([covariance, covariance]))
    widths = np.linspace(0.0005, 3.0, 3000)
    variance = widths**2 + covariance
    prior = np.exp(-0.5 * (widths / EXPECTED_WIDTH) ** 2)
    chance = prior * np.exp(-0.5 * 0.25 / variance) / variance  # two parameters: the density's square root, twice
    truth = (chance * widths**2 / variance).sum() / chance.sum() * 0.5
    found = np.log(shrink(base, {"one": group}).models["one"].parameters_)
    assert found == pytest.approx([truth, 0.0], abs=2e-3)


def test_a_direction_the_group_leaves_open_follows_the_base() -> None:
    ratio = np.array([1.0, -1.0]) / np.sqrt(2)
    base = Pair().known([0.0, 0.0], np.eye(2) * 1e-6)
    ridge = Pair().known([20.4, 19.6], 1e-6 * np.outer(ratio, ratio))  # only a / b is known: e^0.8
    a, b = np.log(shrink(base, {"ridge": ridge}).models["ridge"].parameters_)
    assert a - b == pytest.approx(0.8, abs=1e-3)
    assert a + b == pytest.approx(0.0, abs=1e-3)


def test_a_group_without_any_information_gets_the_base_s_model() -> None:
    silent = Pair().known([25.0, -25.0], np.zeros((2, 2)))
    base = Pair().known([0.3, 0.7], np.eye(2) * 0.01)
    shrunk = shrink(base, {"silent": silent})
    assert shrunk.models["silent"].parameters_ == pytest.approx(base.parameters_)
    assert shrunk.own_weight["silent"] == pytest.approx(0.0)


def test_evidence_near_the_base_agrees_with_the_maximum_s_where_there_is_one() -> None:
    group = Rate().fit(4000, 4100)
    near = evidence_near(BASE, rate_objective(4000, 4100), 4000)
    own = evidence_of(BASE, group)
    assert near.precision == pytest.approx(own.precision, rel=1e-2)
    assert near.pull == pytest.approx(own.pull, rel=3e-2)


def test_forty_who_never_left_lower_the_rate_of_leaving() -> None:
    objective = rate_objective(0, 3.0)  # three expected to have left at the base's rate, none did
    group = Rate().fit(0, 3.0)
    base = Rate().fit(10_000, 10_000)
    shrunk = shrink(base, {"loyal": group}, {"loyal": evidence_near(base, objective, 40)})
    assert 0.05 < shrunk.models["loyal"].parameters()["rate"] < 0.8


def test_evidence_near_the_base_has_no_negative_information() -> None:
    near = evidence_near(BASE, rate_objective(0, 50.0), 40)
    assert np.linalg.eigvalsh(near.precision).min() >= 0


def test_a_model_of_another_class_is_refused() -> None:
    other = GammaGamma().fit({"frequency": [1, 2, 3], "monetary_value": [10.0, 30.0, 18.0]})
    with pytest.raises(InputError, match="cannot be drawn towards"):
        shrink(BASE, {"other": other})  # type: ignore[dict-item]


def test_no_groups_are_no_error() -> None:
    assert shrink(BASE, {}).models == {}


@given(
    st.lists(st.tuples(st.integers(0, 5000), st.floats(0.01, 5000)), min_size=1, max_size=8),
)
def test_shrunk_rates_lie_between_the_group_s_own_and_the_base_s(rows) -> None:
    groups = {str(i): Rate().fit(max(1, count), total) for i, (count, total) in enumerate(rows)}
    for name, model in shrink(BASE, groups).models.items():
        low, high = sorted((groups[name].parameters_[0], BASE.parameters_[0]))
        assert low * (1 - 1e-6) <= model.parameters_[0] <= high * (1 + 1e-6)
        assert model.log_covariance_[0, 0] >= 0
