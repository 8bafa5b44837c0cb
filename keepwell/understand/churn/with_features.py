"""Who will leave, from whatever is known of them: calibrated gradient boosting on a table of customers."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.special import expit

from keepwell.stats.arrow_table import arrow_of
from keepwell.stats.boosted_trees import BoostedTrees
from keepwell.stats.calibration import PlattScaling
from keepwell.understand.churn.association import merged
from keepwell.understand.churn.feature_table import FeatureTable, learn
from keepwell.understand.churn.label import enough, read_label
from keepwell.understand.churn.leakage import same_as_time, telling
from keepwell.vocabulary.errors import InputError

Floats = npt.NDArray[np.float64]
TIME_NAMES = ("tenure", "tenure_days", "tenure_months", "subscription_age_days", "age_days")


class ChurnModel:
    """Probability that a customer leaves, from features of any kind.

    Small boosted trees without resampling or class weights, whose log-odds are then put on a straight line through the
    outcomes of rows the trees had not seen: a customer said to leave with 30 % does so about 30 times in 100.

    Texts are categories, empty cells are a value of their own, categories not seen before count as not known. Columns
    that name rows, dates, and columns without differences are left out, and ``notes_`` says so.

    Args:
        seed: of every random choice; the same seed gives the same model.
        threads: processor cores.

    After ``fit``: ``features_``, ``rate_`` (share who left), ``customers_``, ``notes_`` (what was done to the table),
    ``alarms_`` (features that know the outcome: look at them before using the model), ``merged_`` (places of features
    that say the same).

    >>> random = np.random.default_rng(1)
    >>> calls = random.poisson(2, 400)
    >>> left = random.random(400) < expit(calls - 3)
    >>> model = ChurnModel().fit({"calls": calls, "left": left}, label="left")
    >>> chance = model.predict({"calls": [0, 5]})
    >>> bool(chance[0] < 0.2 < 0.6 < chance[1])
    True

    """

    features_: FeatureTable
    rate_: float
    customers_: int
    notes_: tuple[str, ...]
    alarms_: tuple[str, ...]
    merged_: tuple[tuple[int, ...], ...]

    def __init__(self, *, seed: int = 0, threads: int = 1) -> None:
        self.seed = seed
        self.threads = threads

    def fit(
        self,
        table: Any,
        *,
        label: str = "churned",
        drop: Collection[str] = (),
        positive: Any = None,
        group: str | None = None,
    ) -> Self:
        """Fit to a table.

        Args:
            table: one row a customer, or a customer at a snapshot; pandas, Polars, Arrow, Ibis or a dictionary.
            label: column that says who left; see `read_label`.
            drop: columns that are no features.
            positive: the value of ``label`` that means leaving, where the words do not say.
            group: column whose rows belong together, such as the customer in several snapshots; no feature.

        Raises:
            InputError: the table or the label cannot be used.
            NotIdentifiedError: "Not enough customers who left: …".
            KeepwellError: LightGBM cannot be loaded.

        """
        self._arguments = {"label": label, "drop": tuple(drop), "positive": positive, "group": group}
        arrow, labels, notes = labelled(table, label, positive)
        enough(labels)
        missing = [name for name in (*drop, *([group] if group else [])) if name not in arrow.column_names]
        if missing:
            raise InputError(
                "churn.missing_column",
                f"There is no column {missing[0]}.",
                value=missing,
                advice=f"Choose from {', '.join(arrow.column_names)}.",
            )
        self.features_, seen = learn(arrow, {label, *drop, *([group] if group else [])})
        matrix = self.features_.matrix(arrow)
        self.notes_ = (*notes, *seen, *_about_time(self.features_, matrix))
        self.alarms_ = tuple(
            f"{name} alone tells who left (AUC {area:.3f}): it may have been written down after the fact."
            for name, area in telling(self.features_, matrix, labels)
        )
        self.merged_ = merged(self.features_, matrix, seed=self.seed)
        groups = None if group is None else np.asarray(arrow[group].to_pylist(), dtype=str)
        self._trees = BoostedTrees(seed=self.seed, threads=self.threads).fit(
            matrix, labels, categories=self.features_.categories, groups=groups
        )
        self._scaling = PlattScaling().fit(labels, expit(self._trees.out_of_fold_))
        self.rate_, self.customers_ = float(labels.mean()), len(labels)
        return self

    def predict(self, table: Any) -> Floats:
        """Return the probability of leaving of each row, shape (rows,).

        Args:
            table: with the columns the model was fitted to; others are not looked at.

        Raises:
            InputError: not fitted, or a column is missing.

        """
        self._must_be_fitted()
        return self._scaling.apply(self._trees.probability(self.features_.matrix(table)))

    def contributions(self, table: Any) -> Floats:
        """Return what each feature adds to the calibrated log-odds, shape (rows, features + 1); the last is common.

        A row sums to the log-odds of its probability. See `BoostedTrees.contributions`.
        """
        self._must_be_fitted()
        raw = self._trees.contributions(self.features_.matrix(table)) * self._scaling.slope_
        raw[:, -1] += self._scaling.intercept_
        return raw

    def arguments(self) -> dict[str, Any]:
        """Return how ``fit`` was called, so that the same can be fitted to other rows."""
        self._must_be_fitted()
        return dict(self._arguments)

    def _must_be_fitted(self) -> None:
        if not hasattr(self, "rate_"):
            raise InputError("model.not_fitted", "ChurnModel has not been fitted.", advice="Call fit(…) first.")

    def __repr__(self) -> str:
        if not hasattr(self, "rate_"):
            return f"ChurnModel(seed={self.seed})"
        return (
            f"<ChurnModel of {self.customers_:,} rows, {self.rate_:.1%} left; "
            f"{len(self.features_.features)} features, {self._trees.trees_} trees>"
        )


def labelled(table: Any, label: str, positive: Any = None) -> tuple[pa.Table, Floats, list[str]]:
    """Return the rows whose label is known, their labels, and a note where rows were left out.

    Raises:
        InputError: see `read_label`.

    """
    arrow = arrow_of(table)
    labels = read_label(arrow, label, positive)
    known = ~np.isnan(labels)
    if known.all():
        return arrow, labels, []
    return arrow.filter(pa.array(known)), labels[known], [f"{int((~known).sum())} rows without {label} are left out."]


def _about_time(features: FeatureTable, matrix: Floats) -> list[str]:
    name = next((name for name in features.names if name.lower() in TIME_NAMES), None)
    if name is None:
        return []
    found = same_as_time(features, matrix, matrix[:, features.names.index(name)], but=name)
    return [f"{other} follows {name} (rank correlation {value:.2f}): read them as one." for other, value in found]
