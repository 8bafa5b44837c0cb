"""``kw.uplift``: what a past campaign taught, from any table of people."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import keepwell as kw
from keepwell.vocabulary.errors import InputError, NotIdentifiedError
from keepwell.vocabulary.estimate import Evidence, NotAvailable

PEOPLE = 4000


def campaign(*, per_order: float = 1.0, by_orders: bool = False, people: int = PEOPLE) -> pd.DataFrame:
    """Return a campaign that brings ``per_order × (orders − 2)`` to each person; the mailed drawn by lot or chosen."""
    random = np.random.default_rng(3)
    orders = random.poisson(3, people)
    chance = 0.2 + 0.1 * np.minimum(orders, 6) if by_orders else np.full(people, 0.5)
    mailed = (random.random(people) < chance).astype(int)
    margin = 5.0 * orders + random.normal(0, 5, people) + mailed * per_order * (orders - 2.0)
    ids = [f"c{number}" for number in range(people)]
    return pd.DataFrame({"customer_id": ids, "orders": orders, "mailed": mailed, "margin": margin})


def learned(table: Any, **options: Any) -> kw.uplift.LearnedCampaign:
    return kw.uplift.learn(table, treatment="mailed", outcome="margin", **{"base": "ridge", **options})


def womens(shared_data: Path) -> pd.DataFrame:
    log = pd.read_parquet(shared_data / "hillstrom_email_test.parquet")
    return log[log["segment"] != "Mens E-Mail"]


def test_hillstrom_averages_are_the_differences_of_the_means(shared_data: Path) -> None:
    log = pd.read_parquet(shared_data / "hillstrom_email_test.parquet").iloc[:6000]
    found = kw.uplift.learn(
        log, treatment="segment", control="No E-Mail", outcome="visit", drop=["conversion", "spend"], base="ridge"
    )
    means = log.groupby("segment")["visit"].mean()
    rows = found.averages().set_index("arm")
    for arm in ("Mens E-Mail", "Womens E-Mail"):
        assert rows.loc[arm, "difference"] == pytest.approx(means[arm] - means["No E-Mail"])


@pytest.mark.soak
def test_hillstrom_womens_visits_can_be_targeted_with_a_qini_beyond_chance(shared_data: Path) -> None:
    found = kw.uplift.learn(
        womens(shared_data), treatment="segment", control="No E-Mail", outcome="visit", drop=["conversion", "spend"],
        base="ridge",
    )  # fmt: skip
    judged = found.evaluate()["Womens E-Mail"]
    assert not isinstance(judged, NotAvailable)
    assert judged.beats_chance
    assert judged.qini.value == pytest.approx(0.0071, abs=0.002)


def test_effects_follow_what_the_campaign_brought_to_whom() -> None:
    found = learned(campaign())
    assert found.effects({"orders": [0, 2, 6]})["effect"].tolist() == pytest.approx([-2, 0, 4], abs=0.7)


def test_every_person_and_arm_has_a_row_whose_interval_holds_the_effect() -> None:
    found = learned(campaign()).effects()
    assert len(found) == PEOPLE
    assert found["customer_id"].is_unique
    assert ((found["low"] < found["effect"]) & (found["effect"] < found["high"])).all()


def test_a_higher_level_widens_the_intervals() -> None:
    found = learned(campaign())
    narrow, wide = found.effects(level=0.5), found.effects(level=0.95)
    assert (wide["high"] - wide["low"] > narrow["high"] - narrow["low"]).all()


def test_the_qini_is_the_area_under_the_curve_less_half_the_average() -> None:
    judged = learned(campaign()).evaluate()["treated"]
    assert not isinstance(judged, NotAvailable)
    assert judged.auuc.value - judged.qini.value == pytest.approx(judged.average.value / 2, abs=0.02)


def test_calibration_ranks_the_measured_differences_as_foretold() -> None:
    judged = learned(campaign()).evaluate()["treated"]
    assert not isinstance(judged, NotAvailable)
    measured = [one.measured.value for one in judged.bins if not isinstance(one.measured, NotAvailable)]
    assert measured[0] - measured[-1] > 2


def test_where_nobody_differs_there_is_no_targetable_difference_and_no_qini() -> None:
    table = campaign(per_order=0.0)
    found = learned(table.assign(margin=table["margin"] + 2 * table["mailed"]))
    assert not found.is_targetable
    assert "treat everyone or no one" in found.sentence
    assert found.effects()["effect"].nunique() == 1
    judged = found.evaluate()["treated"]
    assert not isinstance(judged, NotAvailable)
    assert judged.qini.value == 0


@pytest.mark.parametrize("kind", ["polars", "arrow", "dictionary", "duckdb"])
def test_any_kind_of_table_gives_the_same_effects(kind: str) -> None:
    table = campaign()
    given = {
        "polars": lambda: pl.from_pandas(table),
        "arrow": lambda: pa.Table.from_pandas(table),
        "dictionary": lambda: table.to_dict("list"),
        "duckdb": lambda: duckdb.from_df(table),
    }[kind]()
    assert learned(given).effects()["effect"].to_numpy() == pytest.approx(learned(table).effects()["effect"].to_numpy())


def test_a_campaign_without_lots_is_discounted_and_graded_so() -> None:
    found = learned(campaign(by_orders=True), by_lot=False)
    row = found.averages().iloc[0]
    assert found.evidence is Evidence.OBSERVED
    assert row["average"] < 0.5 * row["difference"]
    assert found.effects()["effect"].nunique() == 1


def test_a_ranking_is_not_judged_without_lots() -> None:
    judged = learned(campaign(by_orders=True), by_lot=False).evaluate()["treated"]
    assert isinstance(judged, NotAvailable)
    assert "by lot" in judged.reason


def test_a_ranking_is_not_judged_over_unequal_lots() -> None:
    table = campaign().assign(town=lambda rows: np.where(rows["orders"] % 2, "A", "B"))
    judged = learned(table, strata="town").evaluate()["treated"]
    assert isinstance(judged, NotAvailable)


def test_a_ranking_is_not_judged_on_few_people() -> None:
    judged = learned(campaign(people=160)).evaluate()["treated"]
    assert isinstance(judged, NotAvailable)


def test_people_who_were_all_but_surely_treated_cannot_be_compared() -> None:
    table = campaign(by_orders=True)
    table["mailed"] = (table["orders"] > 2).astype(int)
    with pytest.raises(NotIdentifiedError, match="nobody to compare them with"):
        learned(table, by_lot=False)


def test_words_about_lots_contradict_a_campaign_without_them() -> None:
    with pytest.raises(InputError, match="there were none"):
        learned(campaign(), by_lot=False, planned={"control": 0.5, "treated": 0.5})


def test_everybody_treated_is_refused_with_what_to_do() -> None:
    with pytest.raises(NotIdentifiedError, match="leave people out by lot"):
        learned(campaign().assign(mailed=1))


def test_effects_become_offers_for_an_assignment() -> None:
    effects = learned(campaign()).effects()
    money = kw.uplift.in_money(effects["effect"], effects["error"], kw.uplift.LeverTerms(contact=0.5))
    offers = kw.uplift.offers_of({"mail": money})
    assert offers.uplift.shape == (PEOPLE, 1)


def test_the_same_customer_twice_is_refused_because_it_would_look_surer_than_it_is() -> None:
    once = campaign(people=400)
    with pytest.raises(InputError, match="400 customers stand there more than once"):
        learned(pd.concat([once, once]))


def test_a_customer_may_stand_once_in_each_of_several_campaigns() -> None:
    once = campaign(people=400)
    both = learned(pd.concat([once.assign(wave="May"), once.assign(wave="June")]), strata="wave")
    assert both.averages()["treated"].item() == 2 * once["mailed"].sum()


@pytest.mark.parametrize(("left_alone", "mailed"), [("no", "yes"), ("False", "True"), ("0", "1")])
def test_yes_and_no_may_be_written_in_words(left_alone: str, mailed: str) -> None:
    numbers = campaign(people=400)
    words = numbers.assign(mailed=np.where(numbers["mailed"] == 1, mailed, left_alone))
    pd.testing.assert_frame_equal(learned(words).averages(), learned(numbers).averages())


def test_the_control_group_may_be_named_as_a_number_where_the_column_is_a_yes_or_no() -> None:
    found = learned(campaign(people=400).assign(mailed=lambda table: table["mailed"] == 1), control=0)
    assert found.averages()["arm"].tolist() == ["True"]


@pytest.mark.parametrize(
    ("change", "options", "said"),
    [
        ({}, {"treatment": "margin", "outcome": "orders"}, "different values: those are no arms"),
        ({}, {"outcome": "mailed"}, "cannot be both"),
        ({"margin": 1e300}, {}, "nothing can be calculated with"),
        ({"orders": -1e300}, {}, "nothing can be calculated with"),
        ({}, {"planned": {"control": 0.5, "treated": float("nan")}}, "treated cannot be nan"),
        ({}, {"seed": -1}, "seed"),
    ],
)
def test_what_cannot_be_learned_from_is_refused(change: dict[str, float], options: dict[str, Any], said: str) -> None:
    table = campaign(people=400).assign(**change)
    with pytest.raises(InputError, match=said):
        kw.uplift.learn(table, **{"treatment": "mailed", "outcome": "margin", "base": "ridge", **options})


def test_a_table_without_rows_is_refused_as_such() -> None:
    with pytest.raises(InputError, match="no rows"):
        learned(campaign(people=400).head(0))


def test_one_column_to_drop_may_be_given_as_a_text() -> None:
    dropped = learned(campaign(people=400), drop="orders").model
    assert dropped is not None
    assert dropped.features_.columns == []
