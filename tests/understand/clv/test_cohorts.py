"""Models by group: what they are fitted to, on both engines, and how they are drawn towards the base."""

from __future__ import annotations

from datetime import date

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from keepwell.stats.btyd.beta_geo import BetaGeo
from keepwell.understand.clv.cohorts import cohort_models, cohorts, grouped_purchases
from keepwell.understand.facts import facts_from_tables
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.errors import InputError

AS_OF = date(1997, 10, 1)


@pytest.fixture(scope="module")
def people(cdnow_rows) -> pd.DataFrame:
    """Give one row a customer of CDNOW's paid orders before October 1997, with figures worked out by pandas."""
    paid = cdnow_rows[(cdnow_rows["dollar_value"] > 0) & (cdnow_rows["date"] < AS_OF)]
    days = paid.groupby(["customer_id", "date"], as_index=False)["dollar_value"].sum()
    first = days.groupby("customer_id")["date"].transform("min")
    start = days[days["date"] == first].set_index("customer_id")
    later = days[days["date"] > first].groupby("customer_id")["dollar_value"].agg(["size", "sum"])
    table = start.rename(columns={"date": "first", "dollar_value": "first_value"}).join(later)
    return table.fillna({"size": 0, "sum": 0.0})


def channels_of(people: pd.DataFrame) -> pd.Series:
    """Give ten customers to "tiny", those who never came back to "fliers" half the time, the rest to "a" and "b"."""
    number = np.arange(len(people))
    names = np.where(number % 2 == 0, "a", "b").astype(object)
    names[(people["size"] == 0).to_numpy() & (number % 4 == 1)] = "fliers"
    names[:10] = "tiny"
    return pd.Series(names, index=people.index)


@pytest.fixture(scope="module")
def table(cdnow_rows, people) -> pa.Table:
    rows = cdnow_rows[cdnow_rows["customer_id"].isin(people.index)]
    channel = rows["customer_id"].map(channels_of(people))
    return pa.table(
        {"customer": rows["customer_id"], "date": rows["date"], "total": rows["dollar_value"], "channel": channel}
    )


@pytest.fixture(scope="module")
def facts(table):
    return facts_from_tables(ibis.duckdb.connect().create_table("o", table), business=Business(currency="USD"))


@pytest.fixture(scope="module")
def models(facts):
    return cohort_models(facts, AS_OF, "channel", model_name="BetaGeo")


def test_groups_hold_pandas_customers_orders_and_values(table, people, engine):
    found = cohorts(facts_from_tables(engine(table), business=Business(currency="USD")), AS_OF, "channel")
    assert list(found) == ["a", "b", "fliers", "tiny"]
    for name, theirs in people.groupby(channels_of(people)):
        group, x, v = found[name], theirs["size"], theirs["sum"]
        assert group.customers == len(theirs)
        assert group.base.customers @ group.base.frequency == x.sum()
        assert group.first_orders.mean == pytest.approx(theirs["first_value"].mean())
        assert group.first_orders.variance == pytest.approx(theirs["first_value"].var())
        assert group.repeat_orders.n == (x > 0).sum()
        if x.sum():
            repeaters = x > 0
            ratio, mean_orders = v.sum() / x.sum(), x[repeaters].mean()
            counted_as = ratio + (v - ratio * x)[repeaters] / mean_orders
            assert group.repeat_orders.mean == pytest.approx(ratio)
            assert group.repeat_orders.variance == pytest.approx(counted_as.var())


def test_quarters_are_those_of_the_first_purchase(people, engine, table):
    facts = facts_from_tables(engine(table), business=Business(currency="USD"))
    rows = grouped_purchases(facts, AS_OF, "quarter").group_by("group").aggregate(n=lambda t: t.count()).to_pyarrow()
    assert rows.to_pylist() == [{"group": "1997-Q1", "n": len(people)}]


def test_the_base_is_the_model_of_everybody(models, people):
    assert models.base.customers_ == len(people) == sum(group.customers for group in models.cohorts.values())
    assert models.base.customers_ == pytest.approx(2349, abs=2)


def test_a_group_that_never_comes_back_is_expected_to_come_back_least(models):
    expected = {name: model.expected_purchases_of_newcomer("1y") for name, model in models.models.items()}
    assert 0 <= expected["fliers"] < 0.25 * models.base.expected_purchases_of_newcomer("1y")
    assert min(expected, key=expected.__getitem__) == "fliers"


def test_a_large_group_keeps_its_own_model_and_a_tiny_one_leans_on_the_base(models):
    own = BetaGeo().fit(models.cohorts["a"].base)
    shrunk = models.models["a"]
    base_gap = abs(models.base.expected_purchases_of_newcomer("1y") - own.expected_purchases_of_newcomer("1y"))
    own_gap = abs(shrunk.expected_purchases_of_newcomer("1y") - own.expected_purchases_of_newcomer("1y"))
    assert own_gap < 0.35 * base_gap
    assert models.own_weight["tiny"] < 0.4 < models.own_weight["a"]


def test_groups_drawn_by_lot_stay_near_the_base(cdnow_rows, people):
    """Customers dealt to four channels at random do not differ, however their own fits turn out."""
    names = pd.Series(np.random.default_rng(5).choice(list("abcd"), len(people)), index=people.index)
    rows = cdnow_rows[cdnow_rows["customer_id"].isin(people.index)]
    table = pa.table(
        {
            "customer": rows["customer_id"],
            "date": rows["date"],
            "total": rows["dollar_value"],
            "channel": rows["customer_id"].map(names),
        }
    )
    facts = facts_from_tables(ibis.duckdb.connect().create_table("o", table), business=Business(currency="USD"))
    found = cohort_models(facts, AS_OF, "channel", model_name="BetaGeo")
    base = found.base.expected_purchases_of_newcomer("1y")
    for name, model in found.models.items():
        alone = BetaGeo().fit(found.cohorts[name].base).expected_purchases_of_newcomer("1y")
        assert abs(model.expected_purchases_of_newcomer("1y") - base) <= abs(alone - base) + 0.02 * base


@pytest.mark.parametrize("name", ["ModifiedBetaGeo", "BetaGeo", "ParetoNBD"])
def test_every_model_gives_finite_figures_for_every_group(facts, name):
    found = cohort_models(facts, AS_OF, "channel", model_name=name)
    for group, model in found.models.items():
        assert np.isfinite(list(model.standard_errors().values())).all()
        assert np.isfinite(model.log_likelihood_)
        assert model.customers_ == found.cohorts[group].customers
        assert 0 <= found.own_weight[group] <= 1


def test_a_single_group_is_the_base_itself(facts):
    found = cohort_models(facts, AS_OF, None)
    assert (list(found.models), found.own_weight) == (["all"], {"all": 1.0})
    assert found.models["all"] is found.base


def test_an_unknown_attribute_is_refused(facts):
    with pytest.raises(InputError, match="no attribute 'shoe size'"):
        cohorts(facts, AS_OF, "shoe size")


def test_a_day_before_the_first_purchase_is_refused(facts):
    with pytest.raises(InputError, match="Nobody had bought anything before 1996-01-01"):
        cohorts(facts, date(1996, 1, 1), "channel")
