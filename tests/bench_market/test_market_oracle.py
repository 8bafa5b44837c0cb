"""The oracle is above every policy, and says what each world was made to say."""

from __future__ import annotations

import numpy as np
import pytest
from bench_market.market_builders import small

from bench.market.efficiency import coverage, equities, ratio, regret, scores
from bench.market.media_plan import climb, within_budget
from bench.market.past import with_past
from bench.market.plan import NextUnit, Plan
from bench.market.play import Contender, Run, play
from bench.market.registry import KEEPWELL, NOTHING, ORACLE, POLICIES, TRUE_CURVES, TRUE_UPLIFT
from bench.market.truth import Truth, newcomer_worths

SEEDS = (1, 2)
# those that think little; "informed" has a test of its own, Keepwell's policies theirs
SIMPLE = (
    "nothing",
    "all_acquisition",
    "all_retention_by_risk",
    "half_half",
    "five_times",
    "last_click_roas",
    "mmm_only",
)
PLAYERS = {name: POLICIES[name] for name in (*SIMPLE, ORACLE)}
WORLDS = ("launch", "mixed", "saturated", "all_acquisition", "all_retention", "stop")


@pytest.fixture(scope="module", params=WORLDS)
def runs(request: pytest.FixtureRequest) -> tuple[str, list[Run]]:
    world = small(request.param, size=0.12, months=6)
    worths = newcomer_worths(world)
    found = []
    for seed in SEEDS:
        market = with_past(world, seed)
        found += [play(market, name, contender, worths) for name, contender in PLAYERS.items()]
    return request.param, found


def test_the_oracle_is_above_every_policy_in_expectation(runs: tuple[str, list[Run]]) -> None:
    _, played = runs
    none, best = equities(played, NOTHING).mean(), equities(played, ORACLE).mean()
    for policy in set(PLAYERS) - {ORACLE}:
        assert equities(played, policy).mean() <= best + 0.001 * none, policy


def test_doing_nothing_has_efficiency_and_gain_zero(runs: tuple[str, list[Run]]) -> None:
    name, played = runs
    score = next(score for score in scores(played, 6) if score.policy == NOTHING)
    assert score.against_nothing.value == 0
    assert (score.efficiency is None) if name == "stop" else score.efficiency and score.efficiency.value == 0


def test_the_oracle_gives_each_extreme_world_its_right_answer(runs: tuple[str, list[Run]]) -> None:
    name, played = runs
    budget = small(name, size=0.12).books.budget * 6 * len(SEEDS)
    oracle = [run for run in played if run.policy == ORACLE]
    media, contacts = sum(run.media for run in oracle), sum(run.contacts for run in oracle)
    match name:
        case "all_acquisition":
            assert media > 0.98 * (media + contacts)
        case "all_retention":
            assert contacts > 0.98 * (media + contacts)
            assert contacts > 0
        case "stop":
            assert media + contacts < 0.01 * budget
        case _:
            assert media > 0
            assert contacts > 0


def test_who_knows_what_shows_gains_less_than_the_oracle_and_more_than_nothing() -> None:
    world = small("all_retention", size=0.3, months=6)
    worths, market = newcomer_worths(world), with_past(world, 1)
    gains = {name: play(market, name, POLICIES[name], worths).equity for name in (NOTHING, "informed", ORACLE)}
    assert gains[NOTHING] < gains["informed"] < gains[ORACLE]


def test_the_projection_is_the_nearest_affordable_plan() -> None:
    rng = np.random.default_rng(0)
    plan, budgets = rng.normal(0.5, 1, (6, 4)), rng.uniform(0.3, 2, 6)
    nearest = within_budget(plan, budgets)
    assert (nearest >= 0).all()
    assert (nearest.sum(axis=1) <= budgets + 1e-12).all()
    for _ in range(300):
        other = rng.dirichlet(np.ones(5), 6)[:, :4] * budgets[:, None]
        assert ((plan - nearest) ** 2).sum() <= ((plan - other) ** 2).sum() + 1e-12


def test_the_climb_finds_a_known_constrained_optimum() -> None:
    target, budgets = np.array([[0.2, 0.9, 0.4]]), np.array([1.0])
    found = climb(lambda x: (float(((x - target) ** 2).sum()), 2 * (x - target)), np.zeros((1, 3)), budgets)
    assert found == pytest.approx(target - 0.5 / 3, abs=1e-3)


def test_a_stated_interval_is_compared_with_the_true_return() -> None:
    world = small("mixed", months=3)
    market = with_past(world, 1)
    ids = np.flatnonzero(market.base.is_customer)[:20] + 1

    def policy(_observed: object, _rng: object) -> Plan:
        wide = NextUnit("search", 100.0, 1.0, -1e6, 1e6)
        never = NextUnit("email", 7.0, 1.0, 1e6, 2e6, ids)
        return Plan(spend={"search": 500.0}, next_units=(wide, never))

    run = play(market, "mine", Contender(lambda: policy), newcomer_worths(world))
    by_items = {row.items: row for row in coverage([run], frozenset({"search"}))}
    assert by_items["channels"].share == 1
    assert by_items["levers"].share == 0
    assert by_items["channels"].statements == 3


def test_the_true_return_of_a_channel_falls_as_spending_rises() -> None:
    world = small("mixed")
    truth = Truth(with_past(world, 1), newcomer_worths(world))
    returns = [truth.return_on_next_unit(np.array([spend, 0, 0, 0.0]), "search", 10.0, None) for spend in (200, 5000)]
    assert returns[0] > returns[1] > 0


def test_efficiency_is_the_ratio_of_summed_gains_with_an_interval_around_it() -> None:
    found = ratio(np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0, 5.0]))
    assert found.value == pytest.approx(6 / 11)
    assert found.low is not None
    assert found.high is not None
    assert found.low <= found.value <= found.high


def test_regret_is_split_when_the_three_variants_have_played() -> None:
    gains = {NOTHING: 0.0, KEEPWELL: 60.0, TRUE_CURVES: 70.0, TRUE_UPLIFT: 85.0, ORACLE: 100.0}
    played = [Run(name, seed, 1000 + gain, 0, 0, 0, 0, {}, {}) for name, gain in gains.items() for seed in (1, 2)]
    split = regret(played)
    assert split is not None
    assert (split.total.value, split.curves.value, split.uplift.value) == pytest.approx((0.4, 0.1, 0.25))
    assert regret([run for run in played if run.policy != KEEPWELL]) is None
