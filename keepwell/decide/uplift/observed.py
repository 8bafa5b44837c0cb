"""A campaign without a lot: treated and untreated people made comparable, and the result discounted all the same."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np

from keepwell.decide.margin_curve import Floats
from keepwell.decide.uplift.arms import read_arms
from keepwell.decide.uplift.person_features import known_numbers, learn_features
from keepwell.stats.arrow_table import arrow_of
from keepwell.stats.folds import folds
from keepwell.stats.uplift.doubly_robust import average_effect, robust_scores
from keepwell.stats.uplift.mean_models import Base, MeanModel
from keepwell.stats.uplift.overlap import FOLDS, Overlap, overlap
from keepwell.vocabulary.errors import InputError, NotIdentifiedError
from keepwell.vocabulary.estimate import Estimate, Evidence

# decide.md: lifts without a lot come out 2.9 to 4.8 times too large (Gordon, Zettelmeyer, Bhargava & Chapsky 2019;
# Gordon, Moakler & Zettelmeyer 2023); the middle half of the prior.
TOO_LARGE_LOW, TOO_LARGE_HIGH = 2.9, 4.8
QUARTILE = 0.6744897501960817
MOST_TRIMMED = 0.5
FEWEST_EFFECTIVE = 100.0
DRAWS = 4000


@dataclass(frozen=True, eq=False)
class ObservedEffect:
    """What a campaign without a control group suggests.

    Args:
        effect: average effect on those who can be compared, after the discount; graded as observed, 95 %.
        compared: the same before the discount, adjusted for who was treated.
        overlap: who can be compared.
        treated, control: people compared.
        untreated_mean: of the outcome, over the untreated among them.
        draws: of the effect, after the discount, shape (draws,).
        sentence: the finding in words.

    """

    effect: Estimate
    compared: Estimate
    overlap: Overlap
    treated: int
    control: int
    untreated_mean: float
    draws: Floats
    sentence: str

    @property
    def error(self) -> float:
        """Standard deviation of the discounted effect."""
        return float(self.draws.std(ddof=1))


def observed_effect(
    table: Any,
    *,
    treatment: str,
    outcome: str,
    control: object | None = None,
    drop: Collection[str] = (),
    base: str = "ridge",
    seed: int = 0,
) -> ObservedEffect:
    """Return the effect of a campaign whose people were chosen, not drawn by lot.

    People are compared with untreated people like them (cross-fitted propensity, trimmed to [0.1, 0.9]; augmented
    inverse-probability weighting). What is not in the table is not made equal, so the result is divided by a factor
    with median 3.7, half of it between 2.9 and 4.8 (log-normal). The factor keeps the sign: that the campaign does
    harm, or good, is no better known than the interval says.

    Args:
        table: one row a person, treated or not, with what was known *before* the campaign.
        treatment: column of 1 or 0, or two names.
        outcome: column of 0 and 1, or of money, over the same days for both.
        control: value that means not treated; may be left out where it is 0.
        drop: columns that are no features.
        base: of the outcome models, ``"ridge"`` or ``"trees"``.
        seed: of folds and draws.

    Raises:
        InputError: a column is missing or of the wrong kind, more than two arms, or no feature to compare people by.
        NotIdentifiedError: no untreated people, or none like the treated.

    >>> rng = np.random.default_rng(2)
    >>> orders = rng.poisson(3, 4000)
    >>> mailed = rng.random(4000) < 0.2 + 0.1 * np.minimum(orders, 6)
    >>> past = {"orders": orders, "mailed": mailed, "margin": 5.0 * orders + 4 * mailed + rng.normal(0, 5, 4000)}
    >>> found = observed_effect(past, treatment="mailed", outcome="margin")
    >>> round(found.compared.value), found.effect.value < 2, found.effect.evidence.value
    (4, True, 'observed, without a control group')

    """
    matrix, treated, response = _read(table, treatment, outcome, control, drop, base)
    alike = overlap(matrix, treated, seed=seed)
    _comparable(alike)
    kept = alike.is_kept
    scores = _scores(matrix[kept], treated[kept], response[kept], alike.propensity[kept], Base(base), seed)
    compared = average_effect(scores, evidence=Evidence.OBSERVED)
    draws = discounted(compared.value, float(scores.std(ddof=1)) / math.sqrt(scores.size), seed=seed)
    low, high = np.quantile(draws, [0.025, 0.975])
    effect = Estimate(
        float(draws.mean()),
        float(low),
        float(high),
        evidence=Evidence.OBSERVED,
        note="Lifts without a lot come out 2.9 to 4.8 times too large; divided by as much.",
    )
    with_it = int(treated[kept].sum())
    return ObservedEffect(
        effect=effect,
        compared=compared,
        overlap=alike,
        treated=with_it,
        control=int(kept.sum()) - with_it,
        untreated_mean=float(response[kept & (treated == 0)].mean()),
        draws=draws,
        sentence=_sentence(compared, effect, alike),
    )


def discounted(value: float, error: float, *, draws: int = DRAWS, seed: int = 0) -> Floats:
    """Return draws of an observed lift divided by how much such lifts overstate, shape (draws,).

    Args:
        value, error: the observed lift and its standard error.
        draws: how many.
        seed: of them.

    >>> found = discounted(10.0, 0.0, draws=100_000)
    >>> np.quantile(10 / found, [0.25, 0.75]).round(1).tolist()
    [2.9, 4.8]

    """
    rng = np.random.default_rng(seed)
    middle = math.log(TOO_LARGE_LOW * TOO_LARGE_HIGH) / 2
    spread = math.log(TOO_LARGE_HIGH / TOO_LARGE_LOW) / (2 * QUARTILE)
    lift = value + error * rng.standard_normal(draws)
    return np.asarray(lift / np.exp(middle + spread * rng.standard_normal(draws)), dtype=np.float64)


def _read(
    table: Any, treatment: str, outcome: str, control: object | None, drop: Collection[str], base: str
) -> tuple[Floats, Floats, Floats]:
    """Return features, who was treated, and outcomes."""
    if base not in set(Base):
        raise InputError("uplift.base", f"There is no base {base!r}.", value=base, advice="Choose trees or ridge.")
    arrow = arrow_of(table)
    response = known_numbers(arrow, outcome, "outcome")
    arms = read_arms(arrow, treatment, control)
    if len(arms.names) > 2:
        advice = "Hand in one treatment and the untreated at a time."
        raise InputError("uplift.arms", "There are several treatments.", value=arms.names, advice=advice)
    features = learn_features(arrow, {treatment, outcome, *drop})
    if not features.features:
        raise InputError(
            "uplift.no_features",
            "Nothing is known of these people by which to compare them.",
            advice="Add what was known before the campaign: recency, orders and money so far, channel, age.",
        )
    matrix, treated = features.matrix(arrow), arms.place.astype(np.float64)
    return matrix, treated, response


def _comparable(alike: Overlap) -> None:
    advice = (
        "Leave people like the treated out by lot next time, or add untreated people like them (those who would "
        "have been chosen but were not reached)."
    )
    if alike.trimmed_share > MOST_TRIMMED:
        raise NotIdentifiedError(
            "uplift.no_overlap",
            f"{alike.trimmed_share:.0%} of the people were all but surely treated, or all but surely not, given who "
            "they are: there is nobody to compare them with.",
            value=alike.trimmed_share,
            advice=advice,
        )
    fewest = min(alike.effective_treated, alike.effective_control)
    if fewest < FEWEST_EFFECTIVE:
        raise NotIdentifiedError(
            "uplift.thin_overlap",
            f"Weighted for who they are, the people who can be compared count as only {fewest:.0f} on one side.",
            value=fewest,
            advice=advice,
        )


def _scores(matrix: Floats, treated: Floats, outcome: Floats, chance: Floats, base: Base, seed: int) -> Floats:
    """Return doubly robust scores whose outcome models have not seen the row."""
    is_binary = bool(np.isin(outcome, (0.0, 1.0)).all())
    place = folds(treated, FOLDS, seed=seed)
    means = np.empty((2, len(treated)))
    for fold in range(FOLDS):
        out = place == fold
        for arm in (0, 1):
            rows = ~out & (treated == arm)
            model = MeanModel(base, is_binary=is_binary, seed=seed).fit(matrix[rows], outcome[rows])
            means[arm, out] = model.mean(matrix[out])
    return robust_scores(outcome, treated, chance, means[1], means[0])


def _sentence(compared: Estimate, effect: Estimate, alike: Overlap) -> str:
    left = (
        f" {alike.trimmed_share:.0%} had nobody to compare them with and are left out." if alike.trimmed_share else ""
    )
    return (
        f"Nobody was left out by lot. Next to untreated people like them the treated differ by {compared.value:.3g}; "
        f"such comparisons come out 2.9 to 4.8 times too large, so {effect.value:.2g} is believed "
        f"({effect.low:.2g} to {effect.high:.2g}).{left}"
    ).replace("-", "−")
