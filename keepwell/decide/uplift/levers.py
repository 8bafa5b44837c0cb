"""What each lever does to each person, from the best of its past campaigns."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from keepwell.decide.uplift.model import Uplift, UpliftModel
from keepwell.decide.uplift.observed import ObservedEffect, observed_effect
from keepwell.decide.uplift.past_actions import COLUMNS, Design, PastCampaign
from keepwell.stats.arrow_table import arrow_of
from keepwell.vocabulary.answer import NotIdentified
from keepwell.vocabulary.errors import NotIdentifiedError
from keepwell.vocabulary.estimate import Evidence


@dataclass(frozen=True, eq=False)
class LeverUplift:
    """What is known of one lever.

    Args:
        lever: its name.
        evidence: measured with a control group; observed without; or not identified.
        campaigns: those that it rests on.
        model: where there were lots.
        observed: where there were none, but people to compare with.
        not_identified: campaigns that could not be used, and what would make them so.

    """

    lever: str
    evidence: Evidence
    campaigns: tuple[str, ...]
    model: UpliftModel | None
    observed: ObservedEffect | None
    not_identified: tuple[NotIdentified, ...]

    @property
    def sentence(self) -> str:
        """The finding in words."""
        if self.model is not None:
            return self.model.findings_[0].sentence
        if self.observed is not None:
            return self.observed.sentence
        return " ".join(f"{one.question}: {one.needs}" for one in self.not_identified)

    def predict(self, table: Any) -> Uplift:
        """Return the uplift of the lever on each person, in units of the outcome; its only arm is the lever.

        Without lots everybody is given the discounted average.

        Raises:
            NotIdentifiedError: nothing is known of the lever.

        """
        if self.model is not None:
            return replace(self.model.predict(table), arms=(self.lever,))
        if self.observed is None:
            raise NotIdentifiedError(
                "uplift.lever", f"What {self.lever} does is not known. {self.sentence}", value=self.lever
            )
        shape = (arrow_of(table).num_rows, 1)
        seen = self.observed
        return Uplift(
            (self.lever,),
            np.full(shape, seen.effect.value),
            np.full(shape, seen.error),
            np.full(shape, seen.untreated_mean),
        )


def lever_uplifts(
    campaigns: Sequence[PastCampaign],
    *,
    outcome: str,
    drop: Collection[str] = (),
    base: str = "trees",
    level: float = 0.05,
    seed: int = 0,
) -> tuple[LeverUplift, ...]:
    """Return what is known of every lever, in order of their names.

    Campaigns with lots are learned from together, each with its own share of treated people. Where a lever has none,
    campaigns with untreated people for comparison count instead, discounted; campaigns without either teach nothing.

    Args:
        campaigns: from `read_actions`.
        outcome: column of 0 and 1, or of money.
        drop: columns that are no features: other outcomes, and what came about after the campaign.
        base: of the models, ``"trees"`` or ``"ridge"``.
        level: see `UpliftModel`.
        seed: of every random choice.

    Raises:
        InputError: the outcome is missing or empty, or what was known of the customers differs between campaigns.

    """
    levers = sorted({one.lever for one in campaigns})
    return tuple(
        _lever(lever, [one for one in campaigns if one.lever == lever], outcome, drop, base, level, seed)
        for lever in levers
    )


def _lever(
    lever: str,
    campaigns: Sequence[PastCampaign],
    outcome: str,
    drop: Collection[str],
    base: str,
    level: float,
    seed: int,
) -> LeverUplift:
    unknown = [said for one in campaigns if (said := one.not_identified) is not None]
    usable = [one for one in campaigns if one.not_identified is None]
    named = set(COLUMNS) - {"customer_id", "is_treated", "campaign"}
    by_lot = [one for one in usable if one.design is Design.BY_LOT]
    if by_lot:
        rows, names = _together(by_lot), tuple(one.name for one in by_lot)
        model = UpliftModel(base=base, level=level, seed=seed)
        try:
            model.fit(rows, treatment="is_treated", outcome=outcome, drop={*named, *drop}, strata="campaign")
            return LeverUplift(lever, Evidence.EXPERIMENT, names, model, None, tuple(unknown))
        except NotIdentifiedError as error:
            unknown.append(NotIdentified(f"What {', '.join(names)} ({lever}) changed", str(error)))
    chosen = [one for one in usable if one.design is Design.CHOSEN]
    if chosen:
        rows, names = _together(chosen), tuple(one.name for one in chosen)
        try:
            seen = observed_effect(
                rows, treatment="is_treated", outcome=outcome, drop={*named, *drop}, base=base, seed=seed
            )
            return LeverUplift(lever, Evidence.OBSERVED, names, None, seen, tuple(unknown))
        except NotIdentifiedError as error:
            unknown.append(NotIdentified(f"What {', '.join(names)} ({lever}) changed", str(error)))
    return LeverUplift(lever, Evidence.NONE, (), None, None, tuple(unknown))


def _together(campaigns: Sequence[PastCampaign]) -> pa.Table:
    return pa.concat_tables([one.rows for one in campaigns])
