"""Saving, drawing and fitting, with a model whose answer is known in closed form: the exponential distribution."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from keepwell.stats.fitted_model import FittedModel
from keepwell.stats.maximum_likelihood import maximise
from keepwell.vocabulary.errors import InputError


class Exponential(FittedModel):
    """Waiting times with one rate."""

    parameter_names: ClassVar[tuple[str, ...]] = ("rate",)

    def fit(self, waits: np.ndarray) -> Exponential:
        """Fit the rate."""
        n, total = len(waits), waits.sum()

        def objective(logs: np.ndarray) -> tuple[float, np.ndarray]:
            return float(n * logs[0] - np.exp(logs[0]) * total), n - np.exp(logs) * total

        return self._keep(maximise(objective, [np.ones(1)], n, ["rate"]), n)


class Ridge(FittedModel):
    """Only the ratio of the two parameters is in the data."""

    parameter_names: ClassVar[tuple[str, ...]] = ("a", "b")

    def fit(self) -> Ridge:
        """Fit what can be."""

        def objective(logs: np.ndarray) -> tuple[float, np.ndarray]:
            apart = logs[0] - logs[1] - 1.0
            return float(-50 * apart**2), np.array([-100 * apart, 100 * apart])

        return self._keep(maximise(objective, [np.ones(2)], 100, ["a", "b"]), 100)


WAITS = np.random.default_rng(1).exponential(0.5, 400)


def test_the_maximum_and_its_standard_error_are_those_of_the_textbook() -> None:
    model = Exponential().fit(WAITS)
    assert model.parameters()["rate"] == pytest.approx(1 / WAITS.mean(), rel=1e-6)
    assert model.standard_errors()["rate"] == pytest.approx(1 / WAITS.mean() / 20, rel=1e-4)
    assert model.convergence_.is_converged
    assert model.convergence_.note == ""


def test_draws_spread_as_the_standard_error_says() -> None:
    model = Exponential().fit(WAITS)
    assert np.log(model.draws(4000, seed=2)).std() == pytest.approx(1 / 20, rel=0.05)


def test_a_direction_the_data_leave_open_is_named_and_not_varied() -> None:
    model = Ridge().fit()
    draws = model.draws(200, seed=1)
    assert "do not determine a and b" in model.convergence_.note
    assert np.isfinite(draws).all()
    assert (draws[:, 0] * draws[:, 1]).std() == pytest.approx(0, abs=1e-9)


def test_a_saved_model_comes_back_the_same(tmp_path: Path) -> None:
    model = Exponential().fit(WAITS)
    model.save(tmp_path / "model.json")
    again = Exponential.load(tmp_path / "model.json")
    assert again.parameters() == model.parameters()
    assert again.standard_errors() == model.standard_errors()
    assert repr(again) == repr(model)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": 1, "model": "Exponential"}', "\x00"])
def test_a_file_that_holds_no_model_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "model.json"
    path.write_text(content)
    with pytest.raises(InputError, match="not a saved model"):
        Exponential.load(path)


def test_another_model_s_file_is_refused_by_name(tmp_path: Path) -> None:
    Ridge().fit().save(tmp_path / "model.json")
    with pytest.raises(InputError, match="holds a Ridge"):
        Exponential.load(tmp_path / "model.json")


def test_a_model_without_data_says_to_fit_it() -> None:
    with pytest.raises(InputError, match=r"Call Exponential\(\)\.fit"):
        Exponential().parameters()


def test_a_file_that_cannot_be_read_or_written_is_named(tmp_path: Path) -> None:
    nowhere = tmp_path / "missing" / "model.json"
    with pytest.raises(InputError, match=r"read.*No such file") as read:
        Exponential.load(nowhere)
    with pytest.raises(InputError, match=r"write.*No such file") as written:
        Exponential().fit(WAITS).save(nowhere)
    assert read.value.where == written.value.where == str(nowhere)
