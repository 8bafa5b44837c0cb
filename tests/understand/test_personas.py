"""Personas: planted kinds of customers come back, a single cloud does not, and the words say what differs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from keepwell.understand.facts import Facts
from keepwell.understand.personas import PersonaModel, persona_model, personas
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import NotAvailable

MakeTable = Callable[[pa.Table], ibis.Table]
AS_OF = date(2024, 1, 1)
AMOUNT = pa.decimal128(18, 4)
START = datetime.fromisoformat("2022-01-03T00:00:00")
# kind: orders, mean amount, share taken off, hour, days in the week on which they order
KINDS = {
    "regular": (20, 30.0, 0.0, 9, (0, 1, 2, 3, 4)),
    "bargain": (4, 90.0, 0.5, 21, (0, 1, 2, 3, 4)),
    "weekend": (9, 300.0, 0.05, 13, (5, 6)),
}


def planted(each: int = 60, seed: int = 1) -> pd.DataFrame:
    """Draw orders of customers of known kinds; the id hides the kind."""
    random = np.random.default_rng(seed)
    rows = []
    for number, kind in enumerate(np.repeat(list(KINDS), each)):
        orders, mean, off, hour, days = KINDS[kind]
        for _ in range(max(1, random.poisson(orders))):
            day = int(random.integers(0, 100)) * 7 + int(random.choice(days))
            gross = mean * random.lognormal(0, 0.2)
            share = float(np.clip(off + random.normal(0, 0.03), 0, 1)) if off else 0.0
            rows.append(
                {
                    "customer_id": f"{(number * 7919) % 100_003:06d}",
                    "kind": kind,
                    "ordered_at": START + timedelta(days=day, hours=hour + int(random.integers(0, 2))),
                    "revenue": Decimal(str(round(gross * (1 - share), 2))),
                    "discount": Decimal(str(round(gross * share, 2))),
                }
            )
    return pd.DataFrame(rows).assign(order_id=[f"o{number}" for number in range(len(rows))])


def facts_of_frame(make: MakeTable, frame: pd.DataFrame) -> Facts:
    schema = pa.schema(
        [
            ("customer_id", pa.string()),
            ("order_id", pa.string()),
            ("ordered_at", pa.timestamp("us")),
            ("revenue", AMOUNT),
            ("discount", AMOUNT),
        ]
    )
    return Facts(
        orders=make(pa.Table.from_pandas(frame[schema.names], schema=schema, preserve_index=False)),
        business=Business(currency="EUR"),
    )


def model(make: MakeTable, frame: pd.DataFrame, seed: int = 0, clusters: int | None = None) -> PersonaModel:
    found = persona_model(facts_of_frame(make, frame), AS_OF, clusters, seed)
    assert isinstance(found, PersonaModel)
    return found


def rand_index(table: pd.DataFrame) -> float:
    """Return the adjusted Rand index from a contingency table, by its definition over pairs."""
    pairs = (table * (table - 1) / 2).to_numpy().sum()
    rows, columns = (table.sum(axis=axis) for axis in (1, 0))
    of_rows, of_columns = ((counts * (counts - 1) / 2).sum() for counts in (rows, columns))
    n = table.to_numpy().sum()
    chance = of_rows * of_columns / (n * (n - 1) / 2)
    return float((pairs - chance) / ((of_rows + of_columns) / 2 - chance))


def test_planted_kinds_of_customers_come_back(engine: MakeTable) -> None:
    frame = planted()
    found = model(engine, frame).assignments.to_pandas()
    kinds = frame.drop_duplicates("customer_id").merge(found, on="customer_id")
    assert rand_index(pd.crosstab(kinds.kind, kinds.persona)) > 0.95


def test_the_order_of_rows_changes_nothing(duckdb_table: MakeTable) -> None:
    frame = planted()
    shuffled = frame.sample(frac=1.0, random_state=5)
    assert model(duckdb_table, frame).personas == model(duckdb_table, shuffled).personas


def test_the_engine_changes_nothing(duckdb_table: MakeTable, spark_table: MakeTable) -> None:
    frame = planted()
    here, there = model(duckdb_table, frame), model(spark_table, frame)
    assert here.assignments.equals(there.assignments)
    assert [persona.traits for persona in here.personas] == [persona.traits for persona in there.personas]


def test_another_seed_finds_the_same_planted_kinds(duckdb_table: MakeTable) -> None:
    frame = planted()
    assert model(duckdb_table, frame, seed=0).personas == model(duckdb_table, frame, seed=99).personas


def test_traits_say_what_sets_a_kind_apart_from_the_base(duckdb_table: MakeTable) -> None:
    frame = planted()
    found = model(duckdb_table, frame)
    names = found.assignments.to_pandas().set_index("customer_id").persona
    bargain = names[frame[frame.kind == "bargain"].customer_id.iloc[0]]
    persona = next(persona for persona in found.personas if persona.name == bargain)
    assert any("taken off by discounts (base 18%)" in trait for trait in persona.traits)


def test_shares_of_customers_and_revenue_each_sum_to_one(duckdb_table: MakeTable) -> None:
    found = model(duckdb_table, planted()).personas
    assert sum(persona.share for persona in found) == pytest.approx(1.0)
    assert sum(persona.revenue_share for persona in found) == pytest.approx(1.0)
    assert sum(persona.customers for persona in found) == 180


def test_names_are_unique_even_when_more_clusters_are_asked_for_than_there_are(duckdb_table: MakeTable) -> None:
    names = [persona.name for persona in model(duckdb_table, planted(), clusters=9).personas]
    assert len(set(names)) == len(names)


def test_orders_from_the_day_on_are_not_looked_at(duckdb_table: MakeTable) -> None:
    frame = planted()
    later = frame.assign(ordered_at=frame.ordered_at + timedelta(days=2000), order_id="later" + frame.order_id)
    assert model(duckdb_table, frame).personas == model(duckdb_table, pd.concat([frame, later])).personas


def test_one_cloud_of_customers_has_no_personas(duckdb_table: MakeTable) -> None:
    random = np.random.default_rng(3)
    rows = [
        {
            "customer_id": str(customer),
            "ordered_at": START + timedelta(days=int(random.integers(0, 700)), hours=int(random.integers(8, 20))),
            "revenue": Decimal(str(round(50 * random.lognormal(0, 0.5), 2))),
            "discount": Decimal(0),
        }
        for customer in range(500)
        for _ in range(8)
    ]
    frame = pd.DataFrame(rows).assign(order_id=[str(number) for number in range(len(rows))])
    found = personas(facts_of_frame(duckdb_table, frame), AS_OF)
    assert isinstance(found, NotAvailable)
    assert "stable" in found.reason or "cloud" in found.reason


def test_too_few_customers_are_said_to_be_too_few(duckdb_table: MakeTable) -> None:
    found = personas(facts_of_frame(duckdb_table, planted(each=10)), AS_OF)
    assert found == NotAvailable("personas need at least 100 customers; there are 30")


def test_customers_who_do_not_differ_have_no_personas(duckdb_table: MakeTable) -> None:
    same = {"ordered_at": START, "revenue": Decimal(10), "discount": Decimal(0)}
    frame = pd.DataFrame([{"customer_id": str(n), "order_id": str(n), **same} for n in range(150)])
    found = personas(facts_of_frame(duckdb_table, frame), AS_OF)
    assert found == NotAvailable("the customers do not differ in any habit that the facts tell")


def test_a_number_of_clusters_out_of_range_is_refused(duckdb_table: MakeTable) -> None:
    with pytest.raises(InputError, match="1 clusters cannot be told apart"):
        personas(facts_of_frame(duckdb_table, planted(each=1)), AS_OF, clusters=1)


def test_a_habit_in_which_nearly_all_are_alike_is_not_clustered(duckdb_table: MakeTable) -> None:
    frame = planted()
    first = frame.drop_duplicates("customer_id").assign(ordered_at=START - timedelta(days=3000), discount=Decimal(0))
    first["order_id"] = "first" + first.order_id
    centre = model(duckdb_table, pd.concat([frame, first])).personas[0].centre
    assert "tenure_days" not in centre
    assert "recency_days" in centre


def test_real_customers_are_all_assigned_and_their_centres_are_their_means(
    duckdb_table: MakeTable, shared_data: Path
) -> None:
    frame = pd.read_parquet(shared_data / "cdnow_sample.parquet")
    frame = frame.assign(
        ordered_at=pd.to_datetime(frame.date),
        revenue=frame.dollar_value.map(lambda amount: Decimal(str(round(amount, 2)))),
        discount=Decimal(0),
        order_id=[str(number) for number in range(len(frame))],
    )
    found = persona_model(facts_of_frame(duckdb_table, frame), date(1998, 7, 1))
    assert isinstance(found, PersonaModel)
    last = (pd.Timestamp("1998-07-01") - frame.groupby("customer_id").ordered_at.max()).dt.days
    each = found.assignments.to_pandas().set_index("customer_id").assign(recency=last)
    assert len(each) == 2357
    expected = each.groupby("persona").recency.mean().to_dict()
    assert {persona.name: persona.centre["recency_days"] for persona in found.personas} == pytest.approx(expected)
