"""What a past campaign taught: per person, on average, and how far its ranking of people can be trusted."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from scipy.stats import norm

from keepwell.decide.uplift.arms import FEWEST_PER_ARM, read_arms
from keepwell.decide.uplift.evaluate import UpliftEvaluation, evaluate_uplift
from keepwell.decide.uplift.finding import UpliftFinding
from keepwell.decide.uplift.model import Uplift, UpliftModel
from keepwell.decide.uplift.observed import ObservedEffect, observed_effect
from keepwell.decide.uplift.person_features import known_numbers
from keepwell.stats.arrow_table import arrow_of
from keepwell.stats.folds import folds
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import Estimate, Evidence, NotAvailable

PARTS = 2  # an evaluation learns from one half and judges on the other, both ways round
CUSTOMER = "customer_id"
NO_LOT = NotAvailable("nobody was left out by lot, so no ranking of people can be judged")
UNEQUAL = NotAvailable("people had different chances of being treated: judge within one stratum at a time")
TOO_FEW = NotAvailable(f"an arm holds fewer than {PARTS * FEWEST_PER_ARM} people: half of it teaches nothing")


@dataclass(frozen=True)
class Columns:
    """How a campaign's table is to be read; see `learn`."""

    treatment: str
    outcome: str
    control: object | None
    drop: tuple[str, ...]
    strata: str | None
    propensity: str | None
    planned: Mapping[str, float] | None


@dataclass(frozen=True, eq=False, repr=False)
class LearnedCampaign:
    """What a campaign taught.

    Args:
        table: the campaign, one row a person.
        columns: how it was read.
        evidence: measured with a control group, or observed without one.
        model: fitted, where lots decided; ``None`` otherwise.
        observed: where they did not: one discounted average for everybody; ``None`` otherwise.

    """

    table: pa.Table
    columns: Columns
    evidence: Evidence
    model: UpliftModel | None
    observed: ObservedEffect | None

    @property
    def findings(self) -> tuple[UpliftFinding, ...]:
        """One per treated arm, where lots decided; none otherwise."""
        return () if self.model is None else self.model.findings_

    @property
    def is_targetable(self) -> bool:
        """Whether who people are tells who responds, in any arm; if not, treat everyone or no one."""
        return any(one.is_targetable for one in self.findings)

    @property
    def sentence(self) -> str:
        """The findings in words."""
        if self.observed is not None:
            return self.observed.sentence
        if len(self.findings) == 1:
            return self.findings[0].sentence
        return " ".join(f"{one.arm}: {one.sentence}" for one in self.findings)

    def averages(self) -> pd.DataFrame:
        """Return one row a treated arm.

        Returns:
            arm, treated, control (people), difference and its 95 % interval (as it stands), average and its 95 %
            interval (adjusted for who was in which arm; without lots also discounted), is_targetable, evidence.

        """
        if self.observed is not None:
            seen = self.observed
            return _averages([("treated", seen.treated, seen.control, seen.compared, seen.effect, False)], self)
        return _averages(
            [(one.arm, one.treated, one.control, one.difference, one.average, one.is_targetable) for one in
             self.findings], self,
        )  # fmt: skip

    def effects(self, people: Any = None, *, level: float = 0.95) -> pd.DataFrame:
        """Return the effect of every arm on each person, in units of the outcome.

        Args:
            people: one row a person with the columns that the campaign had before it began; those of the campaign
                where not given.
            level: of the intervals, in (0, 1).

        Returns:
            One row a person and arm: customer_id (where the table has one), arm, effect, low, high, error (standard),
            anyway (the outcome expected if left alone), evidence. Where there is no targetable difference, or no lots,
            everybody has the same effect.

        Raises:
            InputError: a column is missing, or the level lies outside (0, 1).

        """
        if not 0 < level < 1:
            raise InputError("uplift.level", f"A level of {level!r}.", value=level, advice="Give 0.8 or 0.95.")
        table = self.table if people is None else arrow_of(people)
        found = self._predicted(table)
        half = float(norm.ppf((1 + level) / 2)) * found.error
        parts = []
        for place, arm in enumerate(found.arms):
            who = {CUSTOMER: table[CUSTOMER].to_pandas()} if CUSTOMER in table.column_names else {}
            value, spread = found.value[:, place], half[:, place]
            parts.append(
                pd.DataFrame(
                    {**who, "arm": arm, "effect": value, "low": value - spread, "high": value + spread,
                     "error": found.error[:, place], "anyway": found.anyway[:, place], "evidence": self.evidence.value}
                )
            )  # fmt: skip
        return pd.concat(parts, ignore_index=True)

    def evaluate(self, *, bins: int = 5, seed: int = 0) -> Mapping[str, UpliftEvaluation | NotAvailable]:
        """Return by arm what ranking people is worth: Qini and AUUC with intervals, the curve, and calibration.

        The model is fitted anew on each half of the people and ranks the other half by how far they are foretold to
        lie from the average; both halves are judged together.

        Args:
            bins: classes of the calibration.
            seed: of the halves and of the intervals.

        Returns:
            By arm; not available without lots, where people had different chances of being treated, or where half of
            an arm is too few to learn from.

        """
        if self.model is None:
            return {"treated": NO_LOT}
        if self.columns.strata is not None or self.columns.propensity is not None:
            return dict.fromkeys(self.model.arms_, UNEQUAL)
        if min(self.model.check_.arms.values()) < PARTS * FEWEST_PER_ARM:
            return dict.fromkeys(self.model.arms_, TOO_FEW)
        apart, place = self._foretold_by_others(seed)
        outcome = known_numbers(self.table, self.columns.outcome, "outcome")
        return {
            one.arm: evaluate_uplift(
                one.average.value + apart[rows, number],
                (place[rows] == number + 1).astype(np.float64),
                outcome[rows],
                bins=bins,
                seed=seed,
            )
            for number, one in enumerate(self.findings)
            for rows in [np.flatnonzero((place == number + 1) | (place == 0))]
        }

    def _foretold_by_others(self, seed: int) -> tuple[np.typing.NDArray[np.float64], np.typing.NDArray[np.int64]]:
        """Return each person's distance from the average by a model that has not seen them, and their arm's place."""
        assert self.model is not None  # noqa: S101 — the caller has looked
        place = read_arms(self.table, self.columns.treatment, self.columns.control).place
        part = np.zeros(place.size, dtype=np.int64)
        for arm in np.unique(place):
            part[place == arm] = folds(np.zeros(int((place == arm).sum())), PARTS, seed=seed)
        apart = np.zeros((place.size, len(self.model.arms_)))
        for number in range(PARTS):
            known, asked = np.flatnonzero(part != number), np.flatnonzero(part == number)
            given = self.model
            fresh = UpliftModel(base=given.base, learners=given.learners, level=given.level, seed=seed)
            _fit(fresh, self.table.take(known), self.columns)
            averages = np.array([one.average.value for one in fresh.findings_])
            apart[asked] = fresh.predict(self.table.take(asked)).value - averages
        return apart, place

    def _predicted(self, table: pa.Table) -> Uplift:
        if self.model is not None:
            return self.model.predict(table)
        assert self.observed is not None  # noqa: S101 — one of the two is always there
        shape, seen = (table.num_rows, 1), self.observed
        same = (np.full(shape, number) for number in (seen.effect.value, seen.error, seen.untreated_mean))
        return Uplift(("treated",), *same)

    def __repr__(self) -> str:
        return f"<{self.table.num_rows:,} people, {self.evidence.value}: {self.sentence}>"


def learn(
    campaign: Any, *, treatment: str, outcome: str, control: object | None = None, by_lot: bool = True,
    drop: Collection[str] = (), strata: str | None = None, propensity: str | None = None,
    planned: Mapping[str, float] | None = None, base: str = "trees", level: float = 0.05, seed: int = 0,
) -> LearnedCampaign:  # fmt: skip
    """Return what a past campaign changed; `keepwell.uplift.learn` says it at length."""
    table = arrow_of(campaign)
    left_out = (drop,) if isinstance(drop, str) else tuple(drop)
    read = Columns(treatment, outcome, control, left_out, strata, propensity, planned)
    _check(table, read, seed)
    if by_lot:
        model = UpliftModel(base=base, level=level, seed=seed)
        return LearnedCampaign(table, read, Evidence.EXPERIMENT, _fit(model, table, read), None)
    unused = [name for name in ("strata", "propensity", "planned") if getattr(read, name) is not None]
    if unused:
        raise InputError(
            "uplift.by_lot",
            f"{', '.join(unused)} describe how lots were drawn, and there were none.",
            value=unused,
            advice="Leave them out, or say by_lot=True.",
        )
    seen = observed_effect(table, treatment=treatment, outcome=outcome, control=control, drop=left_out, base=base,
                           seed=seed)  # fmt: skip
    return LearnedCampaign(table, read, Evidence.OBSERVED, None, seen)


def _check(table: pa.Table, read: Columns, seed: int) -> None:
    """Refuse what would be counted wrongly: nobody, one column for two things, or a person who stands there twice."""
    if not table.num_rows:
        raise InputError("uplift.empty", "The table has no rows.", advice="Give one row a person.")
    if seed < 0:
        raise InputError("uplift.seed", f"The seed cannot be {seed!r}.", value=seed, advice="Give 0 or more.")
    if read.treatment == read.outcome:
        raise InputError(
            "uplift.same_column", f"{read.outcome} cannot be both treatment and outcome.", value=read.outcome,
            advice="Name the column that says what each person brought afterwards as the outcome.",
        )  # fmt: skip
    if CUSTOMER not in table.column_names:
        return
    keys = [CUSTOMER, read.strata] if read.strata in table.column_names else [CUSTOMER]
    counts = table.select(keys).group_by(keys).aggregate([([], "count_all")])
    twice = counts.filter(pc.and_(pc.greater(counts["count_all"], 1), pc.is_valid(counts[CUSTOMER])))
    if twice.num_rows:
        raise InputError(
            "uplift.twice",
            f"{twice.num_rows:,} customers stand there more than once, so everything would look surer than it is.",
            where=CUSTOMER,
            value=twice[CUSTOMER][0].as_py(),
            advice="Keep one row a person; where these are several campaigns, name their column: strata=…",
        )


def _fit(model: UpliftModel, table: pa.Table, read: Columns) -> UpliftModel:
    return model.fit(
        table, treatment=read.treatment, outcome=read.outcome, control=read.control, drop=read.drop,
        strata=read.strata, propensity=read.propensity, planned=read.planned,
    )  # fmt: skip


def _averages(rows: list[tuple[str, int, int, Estimate, Estimate, bool]], learned: LearnedCampaign) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "arm": arm, "treated": treated, "control": control,
                "difference": difference.value, "difference_low": difference.low, "difference_high": difference.high,
                "average": average.value, "average_low": average.low, "average_high": average.high,
                "is_targetable": is_targetable, "evidence": learned.evidence.value,
            }
            for arm, treated, control, difference, average, is_targetable in rows
        ]
    )  # fmt: skip
