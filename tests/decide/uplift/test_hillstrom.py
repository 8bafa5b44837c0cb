"""Hillstrom's e-mail test: the published arms, the Qini figures, and where nobody can be told apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from keepwell.decide.uplift.evaluate import evaluate_uplift
from keepwell.decide.uplift.finding import UpliftFinding
from keepwell.decide.uplift.model import UpliftModel
from keepwell.stats.uplift.effect_prior import EffectPrior
from keepwell.stats.uplift.learners import EffectLearners, Learner, People
from keepwell.stats.uplift.mean_models import Base, MeanModel
from keepwell.stats.uplift.qini import qini_curve
from keepwell.stats.uplift.shared_effects import effect_evidence, shared_effects

pytestmark = pytest.mark.soak

OUTCOMES = ("visit", "conversion", "spend")
SEEDS = range(5)


@pytest.fixture(scope="module")
def hillstrom(shared_data: Path) -> pd.DataFrame:
    return pd.read_parquet(shared_data / "hillstrom_email_test.parquet")


@pytest.fixture(scope="module")
def findings(hillstrom: pd.DataFrame) -> dict[tuple[str, str], UpliftFinding]:
    found = {}
    for outcome in OUTCOMES:
        others = [name for name in OUTCOMES if name != outcome]
        # Without the single model, which takes half of the time; it is looked at below.
        model = UpliftModel(base="ridge", learners=("T", "R", "P")).fit(
            hillstrom, treatment="segment", outcome=outcome, control="No E-Mail", drop=others
        )
        found |= {(one.arm.split()[0], outcome): one for one in model.findings_}
    return found


@pytest.mark.parametrize(
    ("outcome", "mens", "womens", "control", "difference", "places"),
    [
        ("visit", 0.1828, 0.1514, 0.1062, 0.0766, 4),
        ("conversion", 0.01253, 0.00884, 0.00573, 0.0068, 4),
        ("spend", 1.4226, 1.0772, 0.6528, 0.770, 3),
    ],
)
def test_arm_means_and_differences_equal_the_published_ones(
    findings: dict[tuple[str, str], UpliftFinding],
    outcome: str,
    mens: float,
    womens: float,
    control: float,
    difference: float,
    places: int,
) -> None:
    one, other = findings["Mens", outcome], findings["Womens", outcome]
    printed = 5 if outcome == "conversion" else 4
    means = [round(value, printed) for value in (one.treated_mean, other.treated_mean, one.control_mean)]
    assert (*means, round(one.difference.value, places)) == (mens, womens, control, difference)


def test_arm_sizes_equal_the_published_ones_and_pass_the_sample_ratio_check(hillstrom: pd.DataFrame) -> None:
    planned = dict.fromkeys(("No E-Mail", "Mens E-Mail", "Womens E-Mail"), 1 / 3)
    model = UpliftModel(base="ridge", learners=("P",)).fit(
        hillstrom,
        treatment="segment",
        outcome="spend",
        control="No E-Mail",
        drop=("visit", "conversion"),
        planned=planned,
    )
    assert dict(model.check_.arms) == {"No E-Mail": 21306, "Mens E-Mail": 21307, "Womens E-Mail": 21387}
    assert isinstance(model.check_.ratio_chance, float)
    assert model.check_.ratio_chance > 0.5


def test_the_adjusted_average_is_within_a_quarter_of_an_error_of_the_plain_difference(
    findings: dict[tuple[str, str], UpliftFinding],
) -> None:
    for one in findings.values():
        assert one.difference.low is not None
        error = (one.difference.value - one.difference.low) / 1.96
        assert abs(one.average.value - one.difference.value) < 0.25 * error


def test_womens_visit_has_a_clear_signal_that_is_as_foretold(findings: dict[tuple[str, str], UpliftFinding]) -> None:
    one = findings["Womens", "visit"]
    assert one.is_targetable
    assert isinstance(one.chance, float)
    assert one.chance < 1e-8
    assert one.slope.low < 1 < one.slope.high  # type: ignore[union-attr]


@pytest.mark.parametrize("outcome", ["conversion", "spend"])
def test_mens_conversion_and_spend_have_no_targetable_difference(
    findings: dict[tuple[str, str], UpliftFinding], outcome: str
) -> None:
    assert findings["Mens", outcome].sentence.startswith("No targetable difference: treat everyone or no one.")


@pytest.mark.parametrize("outcome", ["conversion", "spend"])
def test_womens_conversion_and_spend_have_no_targetable_difference(
    findings: dict[tuple[str, str], UpliftFinding], outcome: str
) -> None:
    assert not findings["Womens", outcome].is_targetable


def test_no_other_signal_is_anywhere_near_that_of_womens_visit(
    findings: dict[tuple[str, str], UpliftFinding],
) -> None:
    others = [one.chance for key, one in findings.items() if key != ("Womens", "visit")]
    assert min(float(chance) for chance in others) > 1e-4  # type: ignore[arg-type]


def test_where_nobody_can_be_told_apart_everybody_is_given_the_average(hillstrom: pd.DataFrame) -> None:
    mens = hillstrom[hillstrom["segment"] != "Womens E-Mail"]
    model = UpliftModel(base="ridge", learners=("P",)).fit(
        mens, treatment="segment", outcome="spend", control="No E-Mail", drop=("visit", "conversion")
    )
    uplift, _ = model.predict(mens.head(100)).of("Mens E-Mail")
    assert np.unique(uplift).tolist() == [model.findings_[0].average.value]


def _halves(hillstrom: pd.DataFrame, arm: str, seed: int) -> tuple[People, People]:
    """Return half of the people to learn from and half to judge by."""
    rows = hillstrom[hillstrom["segment"].isin([arm, "No E-Mail"])]
    columns = ["recency", "history", "history_segment", "mens", "womens", "zip_code", "newbie", "channel"]
    matrix = pd.get_dummies(rows[columns], dtype=float).to_numpy()
    treated = (rows["segment"] == arm).to_numpy(float)
    everyone = People(matrix, treated, rows["visit"].to_numpy(float), np.full(len(rows), treated.mean()))
    is_learned = np.random.default_rng(seed).random(len(rows)) < 0.5
    return everyone.at(is_learned), everyone.at(~is_learned)


def _qinis(hillstrom: pd.DataFrame, arm: str, learner: Learner) -> list[float]:
    found = []
    for seed in SEEDS:
        learned, judged = _halves(hillstrom, arm, seed)
        uplift = EffectLearners(Base.RIDGE, (learner,), seed=seed).fit(learned).effects(judged.features)[:, 0]
        found.append(qini_curve(uplift, judged.treated, judged.outcome).qini)
    return found


def test_qini_of_womens_visit_by_the_s_learner_is_about_the_reference(hillstrom: pd.DataFrame) -> None:
    assert np.mean(_qinis(hillstrom, "Womens E-Mail", Learner.S)) == pytest.approx(0.0071, abs=0.0003)


def test_qini_of_womens_visit_by_boosted_trees_is_about_the_reference(hillstrom: pd.DataFrame) -> None:
    learned, judged = _halves(hillstrom, "Womens E-Mail", 0)
    features = np.column_stack([learned.features, learned.treated])
    trees = MeanModel(Base.TREES, is_binary=True).fit(features, learned.outcome)
    one, zero = np.ones(len(judged.treated)), np.zeros(len(judged.treated))
    uplift = trees.mean(np.column_stack([judged.features, one])) - trees.mean(np.column_stack([judged.features, zero]))
    assert 0.005 < qini_curve(uplift, judged.treated, judged.outcome).qini < 0.0095


def test_targeting_by_risk_gains_next_to_nothing_on_womens_visit(hillstrom: pd.DataFrame) -> None:
    # Risk of being lost: those longest silent first.
    found = []
    for seed in SEEDS:
        _, judged = _halves(hillstrom, "Womens E-Mail", seed)
        found.append(qini_curve(judged.features[:, 0], judged.treated, judged.outcome).qini)
    assert np.mean(found) == pytest.approx(0.0008, abs=0.0005)


@pytest.mark.parametrize("learner", [Learner.S, Learner.R])
def test_qini_of_mens_visit_is_hard_for_the_usual_learners(hillstrom: pd.DataFrame, learner: Learner) -> None:
    assert np.mean(_qinis(hillstrom, "Mens E-Mail", learner)) <= 0.0021


def test_mens_visit_is_better_ranked_by_how_likely_a_visit_is_anyway(hillstrom: pd.DataFrame) -> None:
    assert np.mean(_qinis(hillstrom, "Mens E-Mail", Learner.P)) > 0.0021


def test_the_qini_of_womens_visit_is_above_zero_beyond_doubt_on_people_left_out(hillstrom: pd.DataFrame) -> None:
    learned, judged = _halves(hillstrom, "Womens E-Mail", 1)
    uplift = EffectLearners(Base.RIDGE, (Learner.R,)).fit(learned).effects(judged.features)[:, 0]
    assert evaluate_uplift(uplift, judged.treated, judged.outcome).beats_chance


def test_effects_shared_between_the_arms_rank_womens_visit_as_well_as_the_model_of_one_campaign(
    hillstrom: pd.DataFrame,
) -> None:
    arms = ("Mens E-Mail", "Womens E-Mail")
    found = []
    for seed in SEEDS:
        halves = [_halves(hillstrom, arm, seed) for arm in arms]
        learned = np.concatenate([half.features for half, _ in halves])
        mean, spread = learned.mean(axis=0), learned.std(axis=0) + 1e-9
        scaled = [[np.column_stack((np.ones(len(p.treated)), (p.features - mean) / spread)) for p in h] for h in halves]
        pulled = 10 * np.eye(scaled[0][0].shape[1])
        x, y = np.concatenate([one[0] for one in scaled]), np.concatenate([half.outcome for half, _ in halves])
        anyway = np.linalg.solve(x.T @ x + pulled, x.T @ y)
        evidence = [
            [effect_evidence(z, p.treated, p.propensity, p.outcome, np.clip(z @ anyway, 0.02, 1), yes_or_no=True)]
            for (z, _), (p, _) in zip(scaled, halves, strict=True)
        ]
        prior = EffectPrior(
            np.full(2, 0.05),
            np.full(2, 0.2),
            np.array([[1, 0.5], [0.5, 1]]),
            np.append(1.0, np.full(len(pulled) - 1, 0.5)),
            together=np.eye(2),
        )
        judged, unseen = halves[1][1], scaled[1][1]
        worth = np.column_stack((np.zeros(len(unseen)), np.clip(unseen @ anyway, 0.02, 1)))
        uplift, _ = shared_effects(evidence, prior).at(unseen, worth)
        found.append(qini_curve(uplift, judged.treated, judged.outcome).qini)
    assert np.mean(found) == pytest.approx(0.0073, abs=0.0005)
