"""What a past campaign changed, whom it changes, and whom it drives away: uplift, from any table of people.

>>> import numpy as np
>>> import keepwell as kw
>>> random = np.random.default_rng(1)
>>> orders, mailed = random.poisson(3, 4000), random.integers(0, 2, 4000)
>>> margin = 10 + random.normal(0, 5, 4000) + mailed * (orders - 2.0)
>>> past = {"customer_id": np.arange(4000), "orders": orders, "mailed": mailed, "margin": margin}
>>> found = kw.uplift.learn(past, treatment="mailed", outcome="margin", base="ridge")
>>> found.is_targetable, found.evidence.value
(True, 'measured with a control group')
>>> found.effects({"orders": [0, 6]})["effect"].round().tolist()
[-2.0, 4.0]
>>> found.evaluate()["treated"].beats_chance
True

"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from keepwell.decide.offers import Offers
from keepwell.decide.uplift.evaluate import UpliftEvaluation
from keepwell.decide.uplift.evaluate import evaluate_uplift as evaluate
from keepwell.decide.uplift.finding import UpliftFinding
from keepwell.decide.uplift.model import Uplift, UpliftModel
from keepwell.decide.uplift.money import LeverTerms, PersonMoney, in_money, margin_after_discount, offers_of
from keepwell.decide.uplift.observed import ObservedEffect
from keepwell.lake.failure import explained_tables
from keepwell.loop.campaign import LearnedCampaign
from keepwell.loop.campaign import learn as _learn

__all__ = [
    "LearnedCampaign",
    "LeverTerms",
    "ObservedEffect",
    "Offers",
    "PersonMoney",
    "Uplift",
    "UpliftEvaluation",
    "UpliftFinding",
    "UpliftModel",
    "evaluate",
    "in_money",
    "learn",
    "margin_after_discount",
    "offers_of",
]


def learn(
    campaign: Any, *, treatment: str, outcome: str, control: object | None = None, by_lot: bool = True,
    drop: Collection[str] = (), strata: str | None = None, propensity: str | None = None,
    planned: Mapping[str, float] | None = None, base: str = "trees", level: float = 0.05, seed: int = 0,
) -> LearnedCampaign:  # fmt: skip
    """Return what a past campaign changed, on average and for each person.

    With lots, the arms' sizes and balance are checked first; then S-, T-, R-, doubly robust and prognostic learners
    are cross-fitted, combined, and believed as far as they hold for people they have not seen. Where they do not,
    "no targetable difference: treat everyone or no one" is the result. Without lots (``by_lot=False``) people are
    compared with untreated people like them; where there are none that is refused, and what comes out is divided by
    2.9 to 4.8, by how much such comparisons overstate (Gordon et al. 2019, 2023), and graded as observed.

    Args:
        campaign: one row a person: treatment, outcome, and what was known *before* the campaign; pandas, Polars, Arrow,
            DuckDB, Ibis or a dictionary of columns. ``customer_id`` is no feature.
        treatment: column of 1 or 0, yes or no, or of arms' names.
        outcome: column of 0 and 1, or of money or counts, over the same days for everybody.
        control: value of ``treatment`` that means left alone; may be left out where it is 0 or no.
        by_lot: whether lots decided who was addressed.
        drop: columns that are no features: other outcomes, and whatever came about after the campaign.
        strata: column within whose groups lots were drawn with different shares.
        propensity: column with each person's known chance of being treated, where there is one treated arm.
        planned: share of each arm as planned, by name, for the sample-ratio check.
        base: ``"trees"`` or ``"ridge"`` (straight lines: ten times faster).
        level: chance above which differences between people are not used, in (0, 1].
        seed: of every random choice.

    Returns:
        `LearnedCampaign`: ``sentence``, ``averages()``, ``effects(people)`` with intervals, ``evaluate()`` with Qini,
        AUUC and calibration, ``findings``.

    Raises:
        InputError: a column is missing, empty or of the wrong kind.
        NotIdentifiedError: one arm only, too few people, arms that no lot can have made, or nobody to compare with.

    """
    with explained_tables():
        return _learn(
            campaign, treatment=treatment, outcome=outcome, control=control, by_lot=by_lot, drop=drop, strata=strata,
            propensity=propensity, planned=planned, base=base, level=level, seed=seed,
        )  # fmt: skip
