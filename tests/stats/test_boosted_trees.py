"""Boosted trees: contributions add up, results repeat, and a missing system library is named."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from keepwell.stats.boosted_trees import BoostedTrees
from keepwell.vocabulary.errors import InputError


@pytest.fixture(scope="module")
def rows() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    matrix = np.column_stack([random.normal(size=600), random.integers(0, 4, 600), random.normal(size=600)])
    matrix[::7, 0] = np.nan
    return matrix, random.random(600) < np.where(matrix[:, 1] == 2, 0.8, 0.2)


def test_contributions_of_a_row_sum_to_its_log_odds(rows: tuple[np.ndarray, np.ndarray]) -> None:
    matrix, labels = rows
    model = BoostedTrees(most_trees=60).fit(matrix, labels, categories=[1])
    assert model.contributions(matrix).sum(axis=1) == pytest.approx(model.log_odds(matrix), abs=1e-8)


def test_the_same_seed_gives_the_same_model_on_any_number_of_threads(rows: tuple[np.ndarray, np.ndarray]) -> None:
    matrix, labels = rows
    one, two = (BoostedTrees(most_trees=60, threads=threads).fit(matrix, labels) for threads in (1, 2))
    assert (one.log_odds(matrix) == two.log_odds(matrix)).all()


def test_out_of_fold_log_odds_are_less_sure_than_those_of_rows_it_has_seen(rows: tuple[np.ndarray, np.ndarray]) -> None:
    noise = np.random.default_rng(1).normal(size=(600, 8))
    model = BoostedTrees(most_trees=100).fit(noise, rows[1])

    def agreement(log_odds: np.ndarray) -> float:
        return float(np.corrcoef(log_odds, rows[1])[0, 1])

    assert agreement(model.out_of_fold_) < agreement(model.log_odds(noise))


def test_one_label_only_is_refused() -> None:
    with pytest.raises(InputError, match="All labels are the same"):
        BoostedTrees().fit(np.zeros((9, 1)), np.ones(9))


WITHOUT_OPENMP = """
import ctypes
load = ctypes.cdll.LoadLibrary
def refuse(name):
    if "lightgbm" in str(name):
        raise OSError("libgomp.so.1: cannot open shared object file: No such file or directory")
    return load(name)
ctypes.cdll.LoadLibrary = refuse
import numpy as np
import keepwell.understand.churn.non_contractual
from keepwell.understand.churn.with_features import ChurnModel
from keepwell.vocabulary.errors import KeepwellError
try:
    ChurnModel().fit({"a": np.arange(200) % 7, "left": np.arange(200) % 2}, label="left")
except KeepwellError as error:
    print(error.code, error)
"""


def test_a_machine_without_openmp_is_told_what_to_install_and_only_when_trees_are_grown() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT_OPENMP], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("trees.library LightGBM cannot be loaded (libgomp.so.1")
    assert "apt install libgomp1" in done.stdout
