"""Whether a campaign's arms were drawn by lot, before anything is read from it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from keepwell.decide.margin_curve import Floats
from keepwell.decide.uplift.arms import CONTROL, Arms
from keepwell.stats.uplift.balance import imbalance_chance, sample_ratio_chance, standardised_differences
from keepwell.vocabulary.errors import InputError, NotIdentifiedError
from keepwell.vocabulary.estimate import NotAvailable

LEAST_CHANCE = 0.001  # Fabijan et al. 2019: alarms at 1 % would be false too often to be heeded
LARGE_DIFFERENCE = 0.1  # in standard deviations; a rule of the field (Austin 2009)


@dataclass(frozen=True, slots=True)
class ArmBalance:
    """One arm beside the control group.

    Args:
        arm: its name.
        customers: in it.
        chance: of differences this large in all features together, were it a lot; not available without features.
        worst_feature: the one that differs most.
        worst_difference: by how many standard deviations.

    """

    arm: str
    customers: int
    chance: float | NotAvailable
    worst_feature: str
    worst_difference: float


@dataclass(frozen=True, slots=True)
class LotCheck:
    """Sample ratio and balance of a campaign.

    Args:
        arms: people per arm, the control group first.
        ratio_chance: of arm sizes this far from those planned; not available where the plan is not known.
        balance: per arm that was treated.

    """

    arms: Mapping[str, int]
    ratio_chance: float | NotAvailable
    balance: tuple[ArmBalance, ...]


def check_lots(
    arms: Arms,
    features: Floats,
    names: Sequence[str],
    strata: npt.NDArray[np.int64],
    planned: Mapping[str, float] | None,
) -> LotCheck:
    """Return the sample-ratio and balance checks.

    Args:
        arms: who was in which.
        features: shape (rows, columns), known before the campaign.
        names: of the columns.
        strata: of each person; lots were drawn within.
        planned: share of each arm, by name; ``None`` where not known.

    Raises:
        InputError: a planned share is missing or not above 0.
        NotIdentifiedError: the arms cannot have come from a lot.

    """
    ratio = _ratio(arms, planned)
    found = tuple(_balance(arms, arm, features, names, strata) for arm in range(1, len(arms.names)))
    for one in found:
        if (
            isinstance(one.chance, float)
            and one.chance < LEAST_CHANCE
            and abs(one.worst_difference) >= LARGE_DIFFERENCE
        ):
            raise NotIdentifiedError(
                "uplift.not_by_lot",
                f"The arm {one.arm} and the control group differ in {one.worst_feature} by "
                f"{one.worst_difference:+.2f} standard deviations: no lot does that (p = {one.chance:.1g}).",
                value=one.worst_difference,
                advice="If the column came about after the campaign, drop it. If the arms were chosen, compare them "
                "as a campaign without a control group.",
            )
    return LotCheck(dict(zip(arms.names, arms.counts, strict=True)), ratio, found)


def _ratio(arms: Arms, planned: Mapping[str, float] | None) -> float | NotAvailable:
    if planned is None:
        return NotAvailable("the planned sizes of the arms are not known")
    lacking = [name for name in arms.names if name not in planned]
    if lacking:
        raise InputError(
            "uplift.planned",
            f"No share is planned for {', '.join(lacking)}.",
            value=dict(planned),
            advice=f"Give a share for each of {', '.join(arms.names)}.",
        )
    wrong = [name for name in arms.names if not (math.isfinite(planned[name]) and planned[name] > 0)]
    if wrong:
        raise InputError(
            "uplift.planned",
            f"The share planned for {wrong[0]} cannot be {planned[wrong[0]]!r}.",
            where=wrong[0],
            value=planned[wrong[0]],
            advice="Give shares above 0, such as 0.5.",
        )
    chance = sample_ratio_chance(arms.counts, [planned[name] for name in arms.names])
    if chance < LEAST_CHANCE:
        raise NotIdentifiedError(
            "uplift.sample_ratio",
            f"The arms hold {', '.join(f'{c:,} ({n})' for n, c in zip(arms.names, arms.counts, strict=True))}: "
            f"too far from the plan to be chance (p = {chance:.1g}), so people were lost or added on one side.",
            value=list(arms.counts),
            advice="Find where people of one arm go missing: bounced sends, filters, joins on who opened.",
        )
    return chance


def _balance(arms: Arms, arm: int, features: Floats, names: Sequence[str], strata: npt.NDArray[np.int64]) -> ArmBalance:
    rows = (arms.place == arm) | (arms.place == CONTROL)
    treated = (arms.place[rows] == arm).astype(np.float64)
    if not features.shape[1]:
        return ArmBalance(arms.names[arm], int(treated.sum()), NotAvailable("no feature to compare"), "", 0.0)
    apart = standardised_differences(features[rows], treated)
    worst = int(np.argmax(np.abs(apart)))
    chance = imbalance_chance(features[rows], treated, strata[rows])
    return ArmBalance(arms.names[arm], int(treated.sum()), chance, names[worst], float(apart[worst]))
