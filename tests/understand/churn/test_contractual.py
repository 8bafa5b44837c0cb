"""Contractual churn from terms: counts against pandas, the published fit, and bases that carry no model."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from keepwell.stats.contract.beta_discrete_weibull import BetaDiscreteWeibull
from keepwell.stats.contract.shifted_beta_geo import ShiftedBetaGeo
from keepwell.understand.churn.contract_holdout import Lives, choose
from keepwell.understand.churn.contract_value import remaining
from keepwell.understand.churn.contractual import contractual_churn
from keepwell.understand.churn.renewal_lives import Holder, renewal_counts, renewal_lives
from keepwell.understand.facts import Facts
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.period import Grain

REGULAR = [1000, 631, 468, 382, 326, 289, 262, 241]
TERMS = pa.schema(
    [
        ("subscription_id", pa.string()),
        ("customer_id", pa.string()),
        ("plan", pa.string()),
        ("started_at", pa.timestamp("us")),
        ("ended_at", pa.timestamp("us")),
        ("mrr", pa.decimal128(18, 4)),
        ("is_trial", pa.bool_()),
    ]
)


def terms_of(rows: list[tuple]) -> pa.Table:
    """Build terms from (customer, plan, start, end or None, mrr[, is_trial])."""
    built = [
        {
            "subscription_id": f"s{number}", "customer_id": row[0], "plan": row[1],
            "started_at": datetime.fromisoformat(row[2]),
            "ended_at": datetime.fromisoformat(row[3]) if row[3] else None,
            "mrr": row[4], "is_trial": row[5] if len(row) > 5 else False,
        }
        for number, row in enumerate(rows)
    ]  # fmt: skip
    return pa.Table.from_pylist(built, schema=TERMS)


def facts_with(terms: ibis.Table, **settings) -> Facts:
    return Facts(orders=terms, business=Business(**settings), subscriptions=terms)


def cohort_terms(survivors: list[int], plan: str = "basic", months: int = 12, prefix: str = "") -> list[tuple]:
    """Return terms of a cohort that began on 2000-01-01 and renews every ``months``."""
    rows: list[tuple] = []
    ends = [*(-np.diff(survivors)), survivors[-1]]
    for lived, customers in enumerate(ends):
        month = lived * months + months  # who is lost at renewal n ends on that very day
        end = None if lived == len(survivors) - 1 else f"{2000 + month // 12}-{month % 12 + 1:02d}-01"
        rows += [(f"{prefix}{plan}{lived}-{i}", plan, "2000-01-01", end, 10) for i in range(customers)]
    return rows


@pytest.fixture(scope="module")
def ravenstack(shared_data: Path) -> pd.DataFrame:
    rows = pd.read_parquet(shared_data / "subscriptions" / "ravenstack_subscriptions.parquet")
    return pd.DataFrame(
        {
            "subscription_id": rows["subscription_id"],
            "customer_id": rows["account_id"],
            "plan": rows["plan_tier"],
            "started_at": pd.to_datetime(rows["start_date"]),
            "ended_at": pd.to_datetime(rows["end_date"]),
            "mrr": rows["mrr_amount"],
            "is_trial": rows["is_trial"],
        }
    )


@pytest.fixture(scope="module")
def ravenstack_facts(ravenstack: pd.DataFrame) -> Facts:
    return facts_with(ibis.memtable(ravenstack).cast({"mrr": "decimal(18, 4)"}), currency="USD")


AS_OF = date(2025, 1, 1)


def _anniversaries(start: pd.Timestamp, limit: pd.Timestamp) -> int:
    count = 0
    while start + pd.DateOffset(months=count + 1) < limit:
        count += 1
    return count


def test_ravenstack_renewals_are_those_counted_term_by_term(ravenstack, ravenstack_facts) -> None:
    paid = ravenstack[~ravenstack["is_trial"] & (ravenstack["mrr"] > 0)]
    paid = paid[paid["ended_at"].isna() | (paid["ended_at"] > paid["started_at"])]
    limit = pd.Timestamp(AS_OF)
    truth: dict[tuple[int, bool], int] = {}
    for start, end in zip(paid["started_at"], paid["ended_at"], strict=True):
        observed = _anniversaries(start, limit)
        lived = observed if pd.isna(end) or end > limit else _anniversaries(start, min(end, limit))
        key = (lived + 1, True) if lived < observed else (observed, False)
        truth[key] = truth.get(key, 0) + 1
    lives = renewal_lives(ravenstack_facts, AS_OF, holder=Holder.SUBSCRIPTION)
    counts = renewal_counts(lives).to_pandas().groupby(["periods", "is_churned"])["customers"].sum()
    assert counts.to_dict() == truth


def test_ravenstack_mrr_of_active_payers_is_that_of_the_open_terms(ravenstack, ravenstack_facts) -> None:
    lives = renewal_lives(ravenstack_facts, AS_OF, holder=Holder.SUBSCRIPTION).to_pandas()
    open_terms = ravenstack[ravenstack["ended_at"].isna() & ~ravenstack["is_trial"]]
    assert lives["mrr"].sum() == pytest.approx(open_terms["mrr"].sum())


def test_ravenstack_groups_add_up_to_the_base(ravenstack_facts) -> None:
    found = contractual_churn(ravenstack_facts, AS_OF, seed=1, by="plan", holder=Holder.SUBSCRIPTION)
    assert sum(group.customers for group in found.groups) == found.renewals.customers
    assert sum(group.value.value for group in found.groups) == pytest.approx(found.value.value)
    assert sum(found.payers["value"].to_pylist()) == pytest.approx(found.value.value)


def test_ravenstack_plans_hardly_differ_so_their_models_come_out_near_the_base_s(ravenstack_facts) -> None:
    found = contractual_churn(ravenstack_facts, AS_OF, seed=1, by="plan", holder=Holder.SUBSCRIPTION)
    base = found.model.survival(12)[0]
    assert [group.model.survival(12)[0] for group in found.groups] == pytest.approx([base] * 3, abs=0.02)


def test_ravenstack_churn_that_doubled_lately_is_said(ravenstack_facts) -> None:
    found = contractual_churn(ravenstack_facts, AS_OF, seed=1, holder=Holder.SUBSCRIPTION)
    assert "2 times as often as before" in found.choice.warning
    assert found.choice.warning in found.notes


ROWS = [
    ("a", "basic", "2024-01-15", "2024-03-10", 10),  # renewed once, gone by the second
    ("b", "plus", "2024-01-31", None, 20),
    ("c", "basic", "2024-03-20", "2024-04-28", 10),  # ended since the last renewal
    ("d", "basic", "2024-02-01", "2024-03-01", 10),  # a change of plan without a gap
    ("d", "plus", "2024-03-01", None, 30),
    ("e", "basic", "2024-01-01", "2024-02-01", 0, True),  # a trial
    ("f", "plus", "2024-06-01", None, 30),  # later
]


def test_lives_are_counted_the_same_on_every_engine(engine) -> None:
    lives = renewal_lives(facts_with(engine(terms_of(ROWS))), date(2024, 5, 1), by="plan").to_pandas()
    found = {row.holder_id: (row.group, row.observed, row.periods, row.is_churned, row.is_active, row.mrr)
             for row in lives.itertuples()}  # fmt: skip
    assert found == {
        "a": ("basic", 3, 2, True, False, 0.0),
        "b": ("plus", 3, 3, False, True, 20.0),
        "c": ("basic", 1, 1, False, False, 0.0),
        "d": ("basic", 2, 2, False, True, 30.0),
    }


def test_counts_by_renewal_are_the_same_on_every_engine(engine) -> None:
    lives = renewal_lives(facts_with(engine(terms_of(ROWS))), date(2024, 5, 1))
    counts = renewal_counts(lives).to_pyarrow().select(["cohort", "periods", "is_churned", "customers"]).to_pylist()
    assert [(str(row["cohort"])[:10], row["periods"], row["is_churned"], row["customers"]) for row in counts] == [
        ("2024-01-01", 2, True, 1),
        ("2024-01-01", 3, False, 1),
        ("2024-02-01", 2, False, 1),
        ("2024-03-01", 1, False, 1),
    ]


def test_what_happens_from_the_day_on_changes_nothing(duckdb_table) -> None:
    later = [*ROWS, ("b", "plus", "2024-05-01", None, 500), ("g", "basic", "2024-05-01", None, 5)]
    tables = [facts_with(duckdb_table(terms_of(rows))) for rows in (ROWS, later)]
    lives = [renewal_lives(facts, date(2024, 5, 1), by="plan").order_by("holder_id").to_pyarrow() for facts in tables]
    assert lives[0].equals(lives[1])


@pytest.fixture(scope="module")
def yearly() -> Facts:
    """Return the published cohort as subscription terms that renew each January."""
    return facts_with(ibis.memtable(terms_of(cohort_terms(REGULAR))), margin_rate=0.5)


def test_terms_made_of_the_published_survivors_give_the_published_fit(yearly) -> None:
    found = contractual_churn(yearly, date(2007, 6, 1), seed=1, renewal=Grain.YEAR)
    model = ShiftedBetaGeo().fit(found.renewals)
    assert model.parameters() == pytest.approx(ShiftedBetaGeo().fit(REGULAR).parameters(), rel=1e-9)


def test_the_value_of_a_payer_is_mrr_times_margin_times_discounted_survival(yearly) -> None:
    found = contractual_churn(yearly, date(2007, 6, 1), seed=1, renewal=Grain.YEAR, horizon_months=60)
    survival = found.model.survival(np.arange(7, 13))
    truth = 10 * 12 * 0.5 * sum(survival[k] / survival[0] / 1.1 ** (k - 0.5) for k in range(1, 6))
    assert found.payers["value"].to_pylist() == pytest.approx([truth] * 241)
    assert found.payers["expected_months"][0].as_py() == pytest.approx(12 * sum(survival[1:] / survival[0]))


def test_intervals_hold_the_value_and_widen_for_a_smaller_base() -> None:
    width = []
    for survivors in (REGULAR, [n // 10 for n in REGULAR]):
        facts = facts_with(ibis.memtable(terms_of(cohort_terms(survivors))))
        value = contractual_churn(facts, date(2007, 6, 1), seed=1, renewal=Grain.YEAR).value
        assert value.low < value.value < value.high
        width.append((value.high - value.low) / value.value)
    assert width[1] > 2 * width[0]


def test_forty_loyal_payers_of_a_plan_are_kept_near_the_base(yearly) -> None:
    rows = [*cohort_terms(REGULAR), *cohort_terms([4] * 8, plan="gold")]
    facts = facts_with(ibis.memtable(terms_of(rows)))
    found = contractual_churn(facts, date(2007, 6, 1), seed=1, by="plan", renewal=Grain.YEAR)
    base, gold = (next(g for g in found.groups if g.name == name) for name in ("basic", "gold"))
    assert base.model.survival(5)[0] < gold.model.survival(5)[0] < 0.9
    assert gold.own_weight < base.own_weight


def test_a_plan_that_differs_clearly_keeps_its_own_curve() -> None:
    high = [1000, 869, 743, 653, 593, 551, 517, 491]
    rows = [*cohort_terms(REGULAR), *cohort_terms(high, plan="high")]
    facts = facts_with(ibis.memtable(terms_of(rows)))
    found = contractual_churn(facts, date(2007, 6, 1), seed=1, by="plan", renewal=Grain.YEAR)
    for group, survivors in zip(found.groups, (REGULAR, high), strict=True):
        assert group.model.survival(np.arange(8)) * 1000 == pytest.approx(np.array(survivors), abs=40)


def test_a_group_that_has_come_to_no_renewal_gets_the_base_s_model() -> None:
    rows = [*cohort_terms(REGULAR), *[(f"n{i}", "new", "2007-05-01", None, 10) for i in range(20)]]
    facts = facts_with(ibis.memtable(terms_of(rows)))
    found = contractual_churn(facts, date(2007, 6, 1), seed=1, by="plan", renewal=Grain.YEAR)
    new = next(group for group in found.groups if group.name == "new")
    assert new.model.parameters_ == pytest.approx(found.model.parameters_, rel=1e-6)
    assert new.own_weight == pytest.approx(0, abs=1e-9)


def _lives(survivors: list[int]) -> Lives:
    lost, last = -np.diff(survivors), len(survivors) - 1
    return Lives(
        observed=np.full(last + 1, last),
        periods=np.array([*range(1, last + 1), last]),
        is_churned=np.array([True] * last + [False]),
        customers=np.array([*lost, survivors[-1]]),
    )


def test_an_earlier_view_knows_only_what_had_happened() -> None:
    earlier = _lives(REGULAR).earlier(3).renewals
    assert earlier.renewed[:4].tolist() == REGULAR[1:5]
    assert earlier.depth == 4


def test_retention_that_falls_and_rises_is_left_to_bdw() -> None:
    truth = BetaDiscreteWeibull().fit(REGULAR).at(np.array([0.2, 1.4, 1.9]))
    survivors = np.round(100_000 * truth.survival(np.arange(13))).astype(int).tolist()
    choice = choose(_lives(survivors))
    assert choice.model is BetaDiscreteWeibull
    assert choice.why.startswith("BdW: of the renewals in the last 3 periods")


def test_retention_that_sbg_follows_is_left_to_sbg() -> None:
    truth = ShiftedBetaGeo().fit(REGULAR)
    survivors = np.round(100_000 * truth.survival(np.arange(13))).astype(int).tolist()
    choice = choose(_lives(survivors))
    assert choice.model is ShiftedBetaGeo
    assert choice.warning == ""


def test_the_holdout_s_expectation_is_the_forecast_of_the_model_fitted_before() -> None:
    choice = choose(_lives(REGULAR))
    before = ShiftedBetaGeo().fit(REGULAR[:7])
    score = next(score for score in choice.scores if score.model == "sBG")
    assert score.expected_lost == pytest.approx(262 * (1 - before.retention(7)[0]))
    assert score.actual_lost == 21


def test_too_short_a_history_is_not_split() -> None:
    choice = choose(_lives([100, 60, 40]))
    assert choice.model is ShiftedBetaGeo
    assert "too few to hold any back" in choice.why


def test_remaining_periods_are_those_of_the_model() -> None:
    model = ShiftedBetaGeo().fit(REGULAR)
    ahead = remaining(model, 4, 12, 0.1, seed=1)
    assert ahead.periods[0] == pytest.approx([model.expected_residual_lifetime(n, 12) for n in range(5)])


def test_remaining_worth_over_a_long_time_is_the_discounted_residual_lifetime() -> None:
    model = ShiftedBetaGeo().fit(REGULAR)
    ahead = remaining(model, 2, 400, 0.1, seed=1, draws=2)
    truth = [model.discounted_expected_residual_lifetime(n, 0.1) / 1.1**0.5 for n in range(3)]
    assert ahead.worth[0] == pytest.approx(truth, rel=1e-6)


def test_nobody_left_is_said_with_what_is_known(duckdb_table) -> None:
    rows = [(str(i), "basic", "2024-01-01", None, 10) for i in range(40)]
    with pytest.raises(InputError, match="Not enough churn: none of 40 customers"):
        contractual_churn(facts_with(duckdb_table(terms_of(rows))), date(2024, 6, 1), seed=1)


def test_a_history_of_one_renewal_is_said_to_be_too_short(duckdb_table) -> None:
    rows = [(str(i), "basic", "2024-01-01", "2024-01-20" if i % 2 else None, 10) for i in range(40)]
    with pytest.raises(InputError, match="Not enough renewals: "):
        contractual_churn(facts_with(duckdb_table(terms_of(rows))), date(2024, 2, 10), seed=1)


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"by": "colour"}, "attribute.unknown"),
        ({"renewal": Grain.WEEK}, "churn.renewal"),
        ({"horizon_months": 0}, "churn.horizon"),
        ({"renewal": Grain.YEAR, "horizon_months": 6}, "churn.horizon"),
    ],
)
def test_what_cannot_be_asked_is_refused(yearly, settings, code) -> None:
    with pytest.raises(InputError) as caught:
        contractual_churn(yearly, date(2007, 6, 1), seed=1, **settings)
    assert caught.value.code == code


def test_a_day_before_everybody_is_refused(yearly) -> None:
    with pytest.raises(InputError, match="Nobody began to pay before"):
        contractual_churn(yearly, date(1999, 1, 1), seed=1)


def test_facts_without_subscriptions_are_refused(yearly) -> None:
    facts = Facts(orders=yearly.orders, business=yearly.business)
    with pytest.raises(InputError, match="no subscription facts"):
        contractual_churn(facts, date(2007, 6, 1), seed=1)


def test_the_same_seed_gives_the_same_answer_and_another_nearly_the_same(yearly) -> None:
    first, again, other = (contractual_churn(yearly, date(2007, 6, 1), seed=seed).value for seed in (1, 1, 2))
    assert first == again
    assert other.low == pytest.approx(first.low, rel=0.05)


LIFE = st.tuples(st.integers(0, 12), st.integers(0, 12), st.integers(1, 50))


@given(st.lists(LIFE, min_size=1, max_size=20), st.integers(0, 6))
def test_what_was_known_earlier_is_never_more_than_what_is_known_now(rows, steps) -> None:
    observed = np.array([row[0] for row in rows])
    lived = np.array([row[1] for row in rows])
    lives = Lives(
        observed=observed,
        periods=np.where(lived < observed, lived + 1, observed),
        is_churned=lived < observed,
        customers=np.array([row[2] for row in rows]),
    )
    earlier = lives.earlier(steps)
    assume(len(earlier.observed) > 0)
    now, before = lives.renewals, earlier.renewals
    depth = len(before.lost)
    assert (before.renewed <= now.renewed[:depth]).all()
    assert (before.lost <= now.lost[:depth]).all()
    assert before.customers <= now.customers
