"""The uplift of a campaign's arms on each person, from a past campaign with a control group."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from keepwell.decide.margin_curve import Floats
from keepwell.decide.uplift.arms import CONTROL, Arms, read_arms
from keepwell.decide.uplift.finding import UpliftFinding, sentence_of
from keepwell.decide.uplift.lot_check import LotCheck, check_lots
from keepwell.decide.uplift.person_features import PersonFeatures, column_of, known_numbers, learn_features
from keepwell.stats.arrow_table import arrow_of
from keepwell.stats.uplift.bins import uplift_bins
from keepwell.stats.uplift.cross_fitting import CrossFitted, cross_fit, only_average
from keepwell.stats.uplift.doubly_robust import difference_in_means
from keepwell.stats.uplift.learners import ALL_LEARNERS, Learner, People
from keepwell.stats.uplift.mean_models import Base
from keepwell.stats.uplift.qini import qini
from keepwell.vocabulary.errors import InputError, NotIdentifiedError
from keepwell.vocabulary.estimate import Z_95, Estimate, Evidence, NotAvailable

FEWEST_TO_TELL_APART = 300  # people per arm
FEWEST_RESPONSES = 40  # outcomes other than the commonest, over both arms
HARMED_BEYOND = 1.2815515655446004  # standard errors: 10 % one-sided


@dataclass(frozen=True, eq=False)
class Uplift:
    """Uplift of each arm on each person, in units of the outcome.

    Args:
        arms: K treated arms.
        value: shape (N, K), drawn towards the arm's average.
        error: its standard error, shape (N, K).
        anyway: outcome expected if left alone, shape (N, K).

    """

    arms: tuple[str, ...]
    value: Floats
    error: Floats
    anyway: Floats

    def of(self, arm: str) -> tuple[Floats, Floats]:
        """Return one arm's uplift and standard error, each of shape (N,)."""
        if arm not in self.arms:
            raise InputError(
                "uplift.arm", f"There is no arm {arm}.", value=arm, advice=f"Choose from {', '.join(self.arms)}."
            )
        place = self.arms.index(arm)
        return self.value[:, place], self.error[:, place]


class UpliftModel:
    """What a past campaign changed, on average and for each person, arm by arm against its control group.

    Before anything else the arms' sizes and balance are checked. S-, T-, R-, doubly robust and prognostic learners are
    cross-fitted and combined; how far their differences are to be believed is measured on people they have not seen.
    Where these tell nothing, everybody is given the average: "treat everyone or no one" is an answer.

    The default for one campaign. Where levers are tried month after month, `stats.uplift.shared_effects` adds campaign
    to campaign and lets levers speak for each other; on Hillstrom's e-mails the two rank people alike.

    Args:
        base: ``"trees"`` (boosted small trees) or ``"ridge"`` (straight lines: ten times faster, and as good where
            effects follow features simply).
        learners: of ``"S"``, ``"T"``, ``"R"``, ``"DR"``, ``"P"``.
        level: chance above which differences between people are not used; 1 to use them as far as shrinking leaves.
        seed: of folds, trees and bootstrap.

    After ``fit``: ``findings_`` (one per treated arm), ``check_``, ``arms_``, ``features_``, ``notes_``,
    ``customers_``.

    >>> rng = np.random.default_rng(1)
    >>> orders, mailed = rng.poisson(3, 4000), rng.integers(0, 2, 4000)
    >>> margin = 10 + rng.normal(0, 5, 4000) + mailed * (orders - 2.0)
    >>> past = {"orders": orders, "mailed": mailed, "margin": margin}
    >>> model = UpliftModel(base="ridge").fit(past, treatment="mailed", outcome="margin")
    >>> model.predict({"orders": [0, 6]}).value.round(0).tolist()
    [[-2.0], [4.0]]
    >>> model.findings_[0].is_targetable
    True

    """

    findings_: tuple[UpliftFinding, ...]
    check_: LotCheck
    arms_: tuple[str, ...]
    features_: PersonFeatures
    notes_: tuple[str, ...]
    customers_: int

    def __init__(
        self,
        *,
        base: str = "trees",
        learners: Sequence[str] = ALL_LEARNERS,
        level: float = 0.05,
        seed: int = 0,
    ) -> None:
        self.base = base
        self.learners = learners
        self.level = level
        self.seed = seed

    def fit(
        self,
        table: Any,
        *,
        treatment: str,
        outcome: str,
        control: object | None = None,
        drop: Collection[str] = (),
        strata: str | None = None,
        propensity: str | None = None,
        planned: Mapping[str, float] | None = None,
    ) -> Self:
        """Fit to a campaign whose arms were drawn by lot.

        Args:
            table: one row a person: treatment, outcome, and what was known before the campaign; pandas, Polars,
                Arrow, Ibis or a dictionary. ``customer_id`` is no feature.
            treatment: column of 1 or 0, or of arms' names.
            outcome: column of 0 and 1, or of money or counts, over the same window for everybody.
            control: value of ``treatment`` that means left alone; may be left out where it is 0.
            drop: columns that are no features: other outcomes above all.
            strata: column within whose groups lots were drawn with different shares, such as the campaign.
            propensity: column with the known chance of being treated, for a single treated arm; else the arms' shares
                within the stratum are taken.
            planned: share of each arm as planned, by name, for the sample-ratio check.

        Raises:
            InputError: a column is missing, empty or of the wrong kind.
            NotIdentifiedError: one arm only, too few people, or arms that no lot can have made.
            KeepwellError: LightGBM cannot be loaded.

        """
        settings = self._settings()
        arrow = arrow_of(table)
        response = known_numbers(arrow, outcome, "outcome")
        arms = read_arms(arrow, treatment, control)
        groups = _strata(arrow, strata)
        left_out = {treatment, outcome, *drop, *([strata] if strata else []), *([propensity] if propensity else [])}
        for name in drop:
            column_of(arrow, name, "column to drop")
        self.features_ = learn_features(arrow, left_out)
        matrix = self.features_.matrix(arrow)
        self.check_ = check_lots(arms, matrix, self.features_.columns, groups, planned)
        self.notes_, self.arms_, self.customers_ = self.features_.notes, arms.names[1:], arrow.num_rows
        self._fitted: list[CrossFitted] = []
        findings = []
        for arm in range(1, len(arms.names)):
            rows = (arms.place == arm) | (arms.place == CONTROL)
            chance = _chances(arrow, propensity, arms, arm, groups)
            rows &= (chance > 0) & (chance < 1)
            people = People(matrix, (arms.place == arm).astype(np.float64), response, chance).at(rows)
            fitted = _cross_fitted(people, settings, self.level, self.seed)
            self._fitted.append(fitted)
            findings.append(_finding(arms.names[arm], outcome, people, fitted, self.seed))
        self.findings_ = tuple(findings)
        return self

    def predict(self, table: Any) -> Uplift:
        """Return the uplift of every arm on other people.

        Args:
            table: one row a person, with the features the model was fitted with; other columns are not looked at.

        Raises:
            InputError: not fitted, or a feature is missing.

        """
        self._must_be_fitted()
        matrix = self.features_.matrix(table)
        found = [fitted.effect(matrix) for fitted in self._fitted]
        return Uplift(
            self.arms_,
            np.column_stack([value for value, _ in found]),
            np.column_stack([error for _, error in found]),
            np.column_stack([fitted.untreated(matrix) for fitted in self._fitted]),
        )

    def _settings(self) -> tuple[Base, tuple[Learner, ...]]:
        if self.base not in set(Base):
            raise InputError(
                "uplift.base", f"There is no base {self.base!r}.", value=self.base, advice="trees or ridge."
            )
        unknown = [name for name in self.learners if name not in set(Learner)]
        if unknown or not self.learners or not 0 < self.level <= 1:
            raise InputError(
                "uplift.settings",
                "Learners are of S, T, R, DR and P, at least one; the level lies in (0, 1].",
                value=(tuple(self.learners), self.level),
                advice="Leave both out for what is usual.",
            )
        return Base(self.base), tuple(Learner(name) for name in self.learners)

    def _must_be_fitted(self) -> None:
        if not hasattr(self, "findings_"):
            raise InputError("model.not_fitted", "UpliftModel has not been fitted.", advice="Call fit(…) first.")

    def __repr__(self) -> str:
        if not hasattr(self, "findings_"):
            return f"UpliftModel(base={self.base!r}, level={self.level!r}, seed={self.seed!r})"
        told = ", ".join(f"{f.arm} {f.average.value:+.3g}" for f in self.findings_)
        return f"<UpliftModel of {self.customers_:,} customers: average uplift {told}>"


def _strata(arrow: pa.Table, strata: str | None) -> npt.NDArray[np.int64]:
    if strata is None:
        return np.zeros(arrow.num_rows, dtype=np.int64)
    values = [str(value) for value in column_of(arrow, strata, "strata").to_pylist()]
    _, place = np.unique(values, return_inverse=True)
    return np.asarray(place, dtype=np.int64)


def _chances(arrow: pa.Table, propensity: str | None, arms: Arms, arm: int, groups: npt.NDArray[np.int64]) -> Floats:
    if propensity is None:
        return arms.share(arm, groups)
    if len(arms.names) > 2:
        raise InputError(
            "uplift.propensity_arms",
            "One column of chances cannot serve several treated arms.",
            where=propensity,
            value=arms.names,
            advice="Hand in one arm and the control group at a time, or name the strata.",
        )
    found = known_numbers(arrow, propensity, "propensity")
    if not ((found > 0) & (found < 1)).any():
        raise NotIdentifiedError(
            "uplift.propensity_sure",
            "Nobody's treatment was left to chance.",
            where=propensity,
            value=float(found[0]),
            advice="Draw lots next time.",
        )
    return found


def _cross_fitted(people: People, settings: tuple[Base, tuple[Learner, ...]], level: float, seed: int) -> CrossFitted:
    per_arm = min(people.treated.sum(), (1 - people.treated).sum())
    responses = len(people.outcome) - np.unique(people.outcome, return_counts=True)[1].max()
    if per_arm < FEWEST_TO_TELL_APART or responses < FEWEST_RESPONSES or not people.features.shape[1]:
        return only_average(people, seed=seed)
    base, learners = settings
    return cross_fit(people, base=base, learners=learners, level=level, seed=seed)


def _finding(arm: str, outcome: str, people: People, fitted: CrossFitted, seed: int) -> UpliftFinding:
    is_tried = bool(fitted.learners)
    too_few = NotAvailable("too few people responded, or nothing is known of them, to tell them apart")
    is_treated = people.treated == 1
    harmed = 0.0
    if not fitted.is_alike:
        value, error = fitted.effect(people.features)
        harmed = float((value + HARMED_BEYOND * error < 0).mean())
    area = qini(fitted.foretold, people.treated, people.outcome, seed=seed)[0] if is_tried else too_few
    chance = fitted.chance if is_tried else None
    return UpliftFinding(
        arm=arm,
        outcome=outcome,
        treated=int(is_treated.sum()),
        control=int((~is_treated).sum()),
        treated_mean=float(people.outcome[is_treated].mean()),
        control_mean=float(people.outcome[~is_treated].mean()),
        difference=difference_in_means(people.outcome, people.treated),
        average=fitted.average,
        is_targetable=not fitted.is_alike,
        chance=too_few if chance is None else chance,
        slope=_slope(fitted) if is_tried else too_few,
        trusted=0.0 if fitted.is_alike else fitted.trusted,
        qini=area,
        harmed_share=harmed,
        bins=uplift_bins(
            fitted.average.value + (1.0 if fitted.is_alike else fitted.trusted) * fitted.foretold,
            people.treated,
            people.outcome,
        ),
        sentence=sentence_of(
            outcome,
            fitted.average,
            is_rate=people.is_binary,
            is_targetable=not fitted.is_alike,
            chance=chance,
            harmed=harmed,
        ),
    )


def _slope(fitted: CrossFitted) -> Estimate:
    slope, half = fitted.slope.value, Z_95 * fitted.slope.error
    return Estimate(slope, slope - half, slope + half, evidence=Evidence.EXPERIMENT)
