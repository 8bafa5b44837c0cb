"""What each customer and the whole base are worth, against independent computations and simulated futures."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from lifetimes import BetaGeoFitter, GammaGammaFitter
from lifetimes.utils import summary_data_from_transaction_data

from keepwell.stats.btyd.beta_geo import BetaGeo
from keepwell.stats.btyd.customer_base import CustomerBase
from keepwell.stats.btyd.pareto_nbd import ParetoNBD
from keepwell.stats.gamma_gamma import GammaGamma
from keepwell.understand.clv.customers import CustomerValues, customer_values
from keepwell.understand.clv.grouped import GroupedCustomers
from keepwell.understand.clv.scoring import NUMBERS
from keepwell.understand.clv.totals import expected, totals
from keepwell.understand.clv.uncertainty import Uncertainty
from keepwell.understand.facts import Facts, facts_from_tables
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.errors import InputError, KeepwellError

AS_OF = date(1997, 10, 1)
US = Business(currency="USD", margin_rate=0.4, discount_rate=0.15)


def cdnow(folder: Path) -> pd.DataFrame:
    sample = pd.read_parquet(folder / "cdnow_sample.parquet")
    return sample.assign(date=pd.to_datetime(sample.date), order=range(len(sample)))


def facts_of_cdnow(folder: Path, business: Business = US) -> Facts:
    lines = cdnow(folder)[["customer_id", "order", "date", "dollar_value"]]
    return facts_from_tables(ibis.memtable(lines), business=business, columns={"revenue": "dollar_value"})


@cache
def values_of_cdnow(folder: Path, model: str) -> CustomerValues:
    models = {"BetaGeo": BetaGeo(), "ModifiedBetaGeo": None, "ParetoNBD": ParetoNBD()}
    return customer_values(facts_of_cdnow(folder), AS_OF, horizon_days=273, model=models[model], count_free=True)


def rows_of_cdnow(folder: Path, model: str) -> pd.DataFrame:
    return values_of_cdnow(folder, model).table().to_pandas().set_index("customer_id").sort_index()


def test_values_are_those_that_lifetimes_gives(shared_data) -> None:
    base = summary_data_from_transaction_data(
        cdnow(shared_data), "customer_id", "date", "dollar_value", observation_period_end="1997-09-30"
    ).sort_index()
    orders = BetaGeoFitter().fit(base.frequency, base.recency, base["T"])
    back = base[base.frequency > 0]
    spend = GammaGammaFitter().fit(back.frequency, back.monetary_value)
    count = orders.conditional_expected_number_of_purchases_up_to_time(273, base.frequency, base.recency, base["T"])
    each = spend.conditional_expected_average_profit(base.frequency, base.monetary_value)
    ours = rows_of_cdnow(shared_data, "BetaGeo")
    assert ours.expected_spend.to_numpy() == pytest.approx(each.to_numpy(), rel=2e-3)
    assert ours["value"].to_numpy() == pytest.approx(0.4 * (count * each).to_numpy(), rel=5e-3)


@pytest.mark.parametrize("model", ["BetaGeo", "ModifiedBetaGeo", "ParetoNBD"])
def test_totals_are_the_sums_of_the_customers(shared_data, model) -> None:
    rows, sums = rows_of_cdnow(shared_data, model), values_of_cdnow(shared_data, model).totals
    for total, column in {
        "customers_alive": "probability_alive",
        "orders": "expected_orders",
        "value": "value",
        "discounted_value": "discounted_value",
    }.items():
        assert getattr(sums, total).value == pytest.approx(rows[column].sum(), rel=1e-9)


def test_the_intervals_of_cdnow_hold_what_pareto_foretold_of_the_holdout(shared_data) -> None:
    later = cdnow(shared_data).query("date >= '1997-10-01'").groupby(["customer_id", "date"]).dollar_value.sum()
    sums = values_of_cdnow(shared_data, "ParetoNBD").totals
    assert sums.orders.low < len(later) == 1882 < sums.orders.high
    assert sums.value.low < 0.4 * later.sum() < sums.value.high


@pytest.mark.parametrize("model", ["BetaGeo", "ModifiedBetaGeo", "ParetoNBD"])
def test_no_number_is_missing_or_negative(shared_data, model) -> None:
    numbers = rows_of_cdnow(shared_data, model)[list(NUMBERS)]
    assert np.isfinite(numbers.to_numpy()).all()
    assert (numbers.to_numpy() >= 0).all()


def test_a_customers_interval_is_that_of_exact_draws(shared_data) -> None:
    found = values_of_cdnow(shared_data, "ModifiedBetaGeo")
    table = found.table().to_pandas()
    some = pd.concat([table.nlargest(20, "value"), table[table.frequency == 0].head(20)])
    base = CustomerBase.of(some[["frequency", "recency_days", "age_days"]])
    drawn = [
        found.model.at(one).expected_purchases(base, 273)
        * found.spend.at(other).expected_value(some.frequency, some.monetary_value.fillna(0))
        for one, other in zip(found.model.draws(2000, 1), found.spend.draws(2000, 2), strict=True)
    ]
    exact = np.log(drawn).std(axis=0)
    ours = np.log(some.value_high / some.value_low) / (2 * 1.96)
    assert ours.to_numpy() == pytest.approx(exact, rel=0.2)


def test_discounting_makes_less_of_it_and_none_leaves_it(shared_data) -> None:
    rows = rows_of_cdnow(shared_data, "ModifiedBetaGeo")
    ratio = rows.discounted_value / rows["value"]
    assert 1.15 ** (-273 / 365) < ratio.min() <= ratio.max() < 1
    free = Business(currency="USD", discount_rate=0.0)
    undiscounted = customer_values(facts_of_cdnow(shared_data, free), AS_OF).totals
    assert undiscounted.discounted_value.high == pytest.approx(undiscounted.value.high, rel=1e-12)


def test_the_unit_of_a_model_does_not_change_values(shared_data) -> None:
    weekly = customer_values(
        facts_of_cdnow(shared_data), AS_OF, horizon_days=273, model=BetaGeo("week"), count_free=True
    )
    assert weekly.totals.value.value == pytest.approx(values_of_cdnow(shared_data, "BetaGeo").totals.value.value, 1e-4)


def test_the_next_order_is_the_median_wait_of_one_who_is_there(shared_data) -> None:
    found = values_of_cdnow(shared_data, "ModifiedBetaGeo")
    rows = rows_of_cdnow(shared_data, "ModifiedBetaGeo")
    waits = found.model.wait_days(rows[["frequency", "recency_days", "age_days"]])
    for wait, day in zip(waits, rows.next_order_on, strict=True):
        assert (
            (day is None) if wait > 3 * 365 else (day == AS_OF - timedelta(days=1) + timedelta(days=int(-(-wait // 1))))
        )


def test_batches_of_any_size_are_the_same_table(shared_data) -> None:
    found = values_of_cdnow(shared_data, "BetaGeo")
    pieces = list(found.batches(rows=100))
    assert len(pieces) > 20
    whole = found.table().sort_by("customer_id")
    joined = pa.Table.from_batches(pieces).sort_by("customer_id")
    assert joined["customer_id"].to_pylist() == whole["customer_id"].to_pylist()
    assert joined["value"].to_pylist() == pytest.approx(whole["value"].to_pylist(), rel=1e-12)


def test_batches_that_another_query_cut_short_are_an_error(duckdb_log) -> None:
    found = customer_values(duckdb_log(shop(3000, 1500)), date(2011, 6, 1))
    batches = found.batches(rows=100)
    next(batches)
    found.purchases.count().execute()
    with pytest.raises(KeepwellError, match="of 3,000 customers were read"):
        list(batches)


def shop(customers: int, repeaters: int) -> list[tuple]:
    """Return orders of a shop, of whose customers the first come back every few weeks for a while."""
    rows = []
    for number in range(customers):
        first = date(2011, 1, 1) + timedelta(days=number % 60)
        visits = 2 + number % 4 if number < repeaters else 1
        rows += [
            (f"c{number}", (first + timedelta(days=visit * (7 + number % 11))).isoformat(), 10 + number % 13 + visit)
            for visit in range(visits)
        ]
    return rows


def test_too_few_repeat_purchases_are_refused_with_counts(duckdb_log) -> None:
    with pytest.raises(InputError, match="Not enough repeat purchases: 29 of 100 customers") as caught:
        customer_values(duckdb_log(shop(100, 29)), date(2011, 6, 1))
    assert caught.value.code == "clv.few_repeats"


def test_a_day_before_the_first_order_is_refused(duckdb_log) -> None:
    with pytest.raises(InputError) as caught:
        customer_values(duckdb_log(shop(100, 50)), date(2011, 1, 1))
    assert caught.value.code == "clv.no_customers"


def test_with_a_model_from_elsewhere_few_repeats_lean_on_everybodys_mean(duckdb_log) -> None:
    elsewhere = customer_values(duckdb_log(shop(300, 150)), date(2011, 6, 1)).model
    found = customer_values(duckdb_log(shop(100, 5)), date(2011, 6, 1), model=elsewhere)
    assert any(note.startswith("Only 5 customers have repeat orders") for note in found.notes)
    assert 10 < found.spend.mean_of_population() < 24
    assert found.totals.value.low < found.totals.value.value < found.totals.value.high


def test_who_is_left_out_is_counted_in_the_notes(duckdb_log) -> None:
    orders = [*shop(100, 60), ("gone", "2011-02-01", 9)]
    facts = duckdb_log(orders, refunds=[("gone", "2011-02-02", 9)])
    found = customer_values(facts, date(2011, 6, 1), since=date(2011, 1, 3))
    assert any(note.startswith("1 customers are left out: all they bought") for note in found.notes)
    assert any(note.startswith("4 customers are left out: they first bought") for note in found.notes)
    assert found.customers == 96


def test_one_who_bought_three_hundred_times_gives_no_nan(duckdb_log) -> None:
    days = [("mad", (date(2010, 1, 1) + timedelta(days=day)).isoformat(), 5) for day in range(300)]
    found = customer_values(duckdb_log([*shop(100, 60), *days]), date(2011, 6, 1))
    numbers = found.table().select(list(NUMBERS)).to_pandas().to_numpy()
    assert np.isfinite(numbers).all()
    assert found.totals.value.low <= found.totals.value.value <= found.totals.value.high


def facts_on(make, rows: list[tuple]) -> Facts:
    columns = {
        "customer_id": pa.array([row[0] for row in rows]),
        "order_id": pa.array([f"o{number}" for number in range(len(rows))]),
        "ordered_at": pa.array([datetime.fromisoformat(row[1]) for row in rows], pa.timestamp("us")),
        "revenue": pa.array([Decimal(row[2]) for row in rows], pa.decimal128(18, 4)),
    }
    return Facts(orders=make(pa.table(columns)), business=US)


@pytest.mark.spark
def test_both_engines_give_the_same_values(duckdb_table, spark_table) -> None:
    one, other = (
        customer_values(facts_on(make, shop(100, 60)), date(2011, 6, 1)).table().sort_by("customer_id")
        for make in (duckdb_table, spark_table)
    )
    assert one.schema == other.schema
    assert one["customer_id"].to_pylist() == other["customer_id"].to_pylist()
    assert one["value_high"].to_pylist() == pytest.approx(other["value_high"].to_pylist(), rel=1e-6)


def one_future(seed: int) -> tuple[SimpleNamespace, bool, bool, bool]:
    """Simulate a base and its future from BG/NBD and gamma–gamma; say whether the intervals hold what came."""
    random = np.random.default_rng(seed)
    customers, horizon, p, q, gamma = 400, 180.0, 6.25, 3.74, 15.44
    age = random.integers(60, 300, customers).astype(np.float64)
    rate, stop = random.gamma(0.8, 1 / 40, customers), random.beta(0.8, 2.5, customers)
    mean = p / random.gamma(q, 1 / gamma, customers)
    frequency, recency = np.zeros(customers, dtype=np.int64), np.zeros(customers)
    money, later, worth, alive = np.zeros(customers), np.zeros(customers), np.zeros(customers), 0
    for one in range(customers):
        day, is_there, days = 0.0, True, set()
        while is_there:
            day += random.exponential(1 / rate[one])
            if np.ceil(day) > age[one]:
                alive += 1
                break
            days.add(np.ceil(day))
            is_there = random.random() > stop[one]
        frequency[one], recency[one] = len(days), max(days, default=0.0)
        if days:
            money[one] = random.gamma(p * len(days), mean[one] / p) / len(days)
        while is_there and day <= age[one] + horizon:
            later[one] += 1
            worth[one] += random.gamma(p, mean[one] / p)
            is_there = random.random() > stop[one]
            day += random.exponential(1 / rate[one])
    base = CustomerBase.of({"frequency": frequency, "recency_days": recency, "age_days": age})
    groups = GroupedCustomers(base, money, money**2)
    model, spend = BetaGeo().fit(base), GammaGamma().fit({"frequency": frequency, "monetary_value": money})
    found = totals(
        model, spend, groups, expected(model, spend, groups, horizon, 0.1),
        Uncertainty.of(model, spend, base, horizon, seed), horizon_days=horizon, margin_rate=1.0, seed=seed,
    )  # fmt: skip
    return (
        found.customers_alive.low <= alive <= found.customers_alive.high,
        found.orders.low <= later.sum() <= found.orders.high,
        found.value.low <= worth.sum() <= found.value.high,
    )


def test_predictive_intervals_hold_the_future_about_as_often_as_they_say() -> None:
    held = np.mean([one_future(seed) for seed in range(60)], axis=0)
    # 95 % of 60 is 57, give or take 5 by chance
    assert ((held >= 0.88) & (held <= 0.995)).all(), held
