"""Append, read, undo, compact, forget."""

from __future__ import annotations

import subprocess
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from builders import DAY_ONE, append, lines, orders, rows
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keepwell.lake.lake import Lake
from keepwell.lake.ledger import State
from keepwell.vocabulary.errors import InputError, LakeError


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake.create(tmp_path / "shop")


def facts(lake: Lake, table: str) -> pa.Table:
    with lake.snapshot() as snapshot:
        return snapshot.tables[table].drop("import_id").to_pyarrow().sort_by("source_row")


def test_rows_come_back_as_they_were_appended(lake: Lake) -> None:
    given_rows = orders(5, amount="12.3456")
    append(lake, {"orders": given_rows})
    assert facts(lake, "orders").to_pylist() == given_rows.to_pylist()


def test_an_order_known_already_is_refused_by_name(lake: Lake) -> None:
    append(lake, {"orders": orders(5)})
    _, settled = append(lake, {"orders": orders(5, first=3)})
    assert Counter(settled.refused["reason"].to_pylist()) == {"already_known": 2}
    assert lake.count() == {"orders": 8}


def test_an_order_known_with_other_contents_is_refused_as_a_conflict(lake: Lake) -> None:
    append(lake, {"orders": orders(2)})
    _, settled = append(lake, {"orders": orders(2, amount=11)})
    assert settled.refused.to_pylist() == [
        {"row": 1, "reason": "conflicts_with_known", "detail": "order_id=o0"},
        {"row": 2, "reason": "conflicts_with_known", "detail": "order_id=o1"},
    ]
    assert facts(lake, "orders")["items"].to_pylist() == [10, 10]


def test_nulls_in_both_are_the_same_contents(lake: Lake) -> None:
    row = {"order_id": "o1", "customer_id": "c", "ordered_at": DAY_ONE, "country": None, "cost": None}
    append(lake, {"orders": rows("orders", [row])})
    _, settled = append(lake, {"orders": rows("orders", [row])})
    assert settled.refused["reason"].to_pylist() == ["already_known"]


def test_the_lines_of_a_known_order_stay_out_with_it(lake: Lake) -> None:
    append(lake, {"order_lines": lines(4)}, folds=True)
    _, settled = append(lake, {"order_lines": lines(4, first=1)}, folds=True)
    assert settled.rows == {"orders": 1, "order_lines": 2}
    assert settled.refused.num_rows == 2
    assert lake.count() == {"orders": 3, "order_lines": 6}


def test_scattered_lines_fold_into_one_order_with_shipping_apart(lake: Lake) -> None:
    base = {"order_id": "o1", "customer_id": "c", "ordered_at": DAY_ONE}
    later = {**base, "ordered_at": DAY_ONE + timedelta(minutes=1)}
    scattered = [
        {**later, "line_number": 1, "amount": "7.5", "quantity": 3},
        {**base, "order_id": "o2", "line_number": 1},
        {**base, "line_number": 2, "amount": "4.2", "kind": "shipping"},
        {**base, "line_number": 3, "amount": "-1", "kind": "adjustment", "country": "PL"},
    ]
    append(lake, {"order_lines": rows("order_lines", scattered)}, folds=True)
    first = next(row for row in facts(lake, "orders").to_pylist() if row["order_id"] == "o1")
    assert (float(first["items"]), float(first["shipping"]), float(first["other"])) == (7.5, 4.2, -1.0)
    assert (first["line_count"], float(first["units"]), first["country"]) == (3, 3.0, "PL")
    assert first["ordered_at"] == DAY_ONE


def test_an_order_of_two_customers_is_an_error_and_changes_nothing(lake: Lake) -> None:
    base = {"order_id": "o1", "ordered_at": DAY_ONE}
    torn = [{**base, "line_number": 1, "customer_id": "a"}, {**base, "line_number": 2, "customer_id": "b"}]
    with pytest.raises(InputError, match="Order o1 has two customers a and b") as refusal:
        append(lake, {"order_lines": rows("order_lines", torn)}, folds=True)
    assert refusal.value.code == "order.conflicting"
    assert refusal.value.where == "rows 1 and 2"
    assert lake.count() == {}


def test_the_same_order_twice_in_a_file_with_other_contents_is_an_error(lake: Lake) -> None:
    base = {"order_id": "o1", "customer_id": "c", "ordered_at": DAY_ONE}
    with pytest.raises(InputError, match="rows 1 and 2") as refusal:
        append(lake, {"orders": rows("orders", [base, {**base, "items": 99}])})
    assert refusal.value.code == "fact.conflicting"
    assert lake.imports() == []


def test_the_same_order_twice_in_a_file_counts_once(lake: Lake) -> None:
    base = {"order_id": "o1", "customer_id": "c", "ordered_at": DAY_ONE}
    _, settled = append(lake, {"orders": rows("orders", [base, base])})
    assert settled.refused["reason"].to_pylist() == ["repeated_row"]
    assert lake.count() == {"orders": 1}


def test_a_file_that_repeats_itself_and_what_the_lake_knows_keeps_only_what_is_new(lake: Lake) -> None:
    append(lake, {"orders": orders(2)})
    known, new = orders(2), orders(1, first=5)
    _, settled = append(lake, {"orders": pa.concat_tables([known, known, new, new])})
    assert settled.rows == {"orders": 1}
    assert lake.count() == {"orders": 3}


def test_spend_of_several_advertisements_becomes_one_row_a_campaign(lake: Lake) -> None:
    day = {"spent_on": DAY_ONE.date(), "channel": "google_ads", "campaign": "brand"}
    append(lake, {"spend": rows("spend", [{**day, "amount": "1.25"}, {**day, "amount": "2.5"}])})
    assert [float(row["amount"]) for row in facts(lake, "spend").to_pylist()] == [3.75]


def test_every_row_of_spend_that_is_known_already_is_refused(lake: Lake) -> None:
    day = {"spent_on": DAY_ONE.date(), "channel": "google_ads", "campaign": "brand"}
    spend = rows("spend", [{**day, "amount": 1}, {**day, "amount": 2}, {**day, "campaign": "other", "amount": 3}])
    append(lake, {"spend": spend.slice(0, 2)})
    _, settled = append(lake, {"spend": spend})
    assert settled.refused["row"].to_pylist() == [1, 2]
    assert settled.source_rows == 1


def test_an_event_counts_once_for_ever(lake: Lake) -> None:
    event = rows("events", [{"event_id": "m1"}])
    append(lake, {"events": event})
    _, settled = append(lake, {"events": rows("events", [{"event_id": "m1", "name": "Other"}, {"event_id": "m2"}])})
    assert settled.refused["reason"].to_pylist() == ["already_known"]
    assert lake.count() == {"events": 2}


def test_an_undone_import_leaves_no_row_in_any_file(lake: Lake) -> None:
    append(lake, {"orders": orders(5)})
    entry, _ = append(lake, {"orders": orders(5, first=100, customer="undone-")})
    assert lake.undo(entry.import_id[:8]).import_id == entry.import_id
    assert lake.count() == {"orders": 5}
    lake.compact()
    assert not mentioned(lake, "undone-")
    assert [state for _, state in lake.imports()] == [State.COMMITTED, State.PURGED]


def test_undoing_twice_is_refused(lake: Lake) -> None:
    entry, _ = append(lake, {"orders": orders(1)})
    lake.undo(entry.import_id)
    with pytest.raises(InputError, match="undone already"):
        lake.undo(entry.import_id)


def test_undoing_what_was_never_imported_says_where_to_look(lake: Lake) -> None:
    with pytest.raises(InputError, match="keepwell imports list"):
        lake.undo("feed")


def test_undo_reaches_into_compacted_files(lake: Lake) -> None:
    entries = [append(lake, {"orders": orders(3, first=10 * n)})[0] for n in range(9)]
    assert lake.compact() == 9
    lake.undo(entries[4].import_id)
    assert lake.count() == {"orders": 24}
    assert sorted(facts(lake, "orders")["order_id"].to_pylist()) == sorted(
        f"o{10 * n + i}" for n in range(9) if n != 4 for i in range(3)
    )


def test_rows_left_out_as_known_come_back_after_the_undo_of_the_import_that_had_them(lake: Lake) -> None:
    first, _ = append(lake, {"orders": orders(3)}, content="first")
    append(lake, {"orders": orders(5)}, content="second")
    assert lake.already_imported("second") is not None
    lake.undo(first.import_id)
    assert lake.already_imported("second") is None
    append(lake, {"orders": orders(5)}, content="second")
    assert lake.count() == {"orders": 5}


def test_compaction_keeps_every_row_and_leaves_one_file(lake: Lake) -> None:
    for number in range(10):
        append(lake, {"orders": orders(3, first=10 * number)})
    before = facts(lake, "orders").sort_by("order_id").to_pylist()
    lake.compact()
    assert facts(lake, "orders").sort_by("order_id").to_pylist() == before
    assert len(list(lake.paths.table("orders").glob("*.parquet"))) == 1


def test_a_reader_sees_what_was_there_when_it_began(lake: Lake) -> None:
    append(lake, {"orders": orders(5)})
    with lake.snapshot() as snapshot:
        append(lake, {"orders": orders(5, first=50)})
        assert snapshot.tables["orders"].count().execute() == 5
        lake.compact()
        assert snapshot.tables["orders"].count().execute() == 5
    assert lake.count() == {"orders": 10}


def test_a_forgotten_customer_is_in_no_file(lake: Lake) -> None:
    append(lake, {"order_lines": lines(20, customer="someone-")}, folds=True)
    removed = lake.forget("someone-3")
    assert removed == {"orders": 1, "order_lines": 2}
    assert not mentioned(lake, "someone-3")
    assert lake.count() == {"orders": 9, "order_lines": 18}


def test_forgetting_waits_for_readers_and_says_so(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("keepwell.lake.lake.READ_PATIENCE", 0.2)
    append(lake, {"orders": orders(3)})
    with lake.snapshot(), pytest.raises(LakeError, match="Somebody is reading"):
        lake.forget("c1")


def test_a_column_added_by_a_later_release_reads_as_empty_in_old_files(lake: Lake) -> None:
    import dataclasses

    from keepwell.vocabulary import tables

    append(lake, {"orders": orders(2)})
    wider = dataclasses.replace(
        tables.ORDERS, columns=(*tables.ORDERS.columns, tables.Column("gift", tables.TEXT, "a later column"))
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(tables.FACTS, "orders", wider)
        append(
            lake,
            {"orders": rows("orders", [{"order_id": "new", "customer_id": "c", "ordered_at": DAY_ONE, "gift": "y"}])},
        )
        with lake.snapshot() as snapshot:
            assert Counter(snapshot.tables["orders"].gift.to_pyarrow().to_pylist()) == {None: 2, "y": 1}


def test_rows_without_a_required_value_are_refused(lake: Lake) -> None:
    with pytest.raises(InputError, match="customer_id"):
        append(lake, {"orders": rows("orders", [{"order_id": "o1", "customer_id": None, "ordered_at": DAY_ONE}])})


def test_there_is_no_lake_in_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="keepwell demo"):
        Lake.open(tmp_path)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(spans=st.lists(st.tuples(st.integers(0, 30), st.integers(1, 12)), min_size=1, max_size=5))
def test_any_sequence_of_overlapping_imports_counts_every_order_once(
    tmp_path_factory: pytest.TempPathFactory, spans: list[tuple[int, int]]
) -> None:
    lake = Lake.create(tmp_path_factory.mktemp("overlap"))
    expected: set[str] = set()
    for first, count in spans:
        append(lake, {"orders": orders(count, first=first)})
        expected |= {f"o{number}" for number in range(first, first + count)}
    assert sorted(facts(lake, "orders")["order_id"].to_pylist()) == sorted(expected)


def mentioned(lake: Lake, text: str) -> bool:
    """Look for the text in the decoded contents and in the raw bytes of every file below the data folder."""
    import pyarrow.parquet as pq

    for path in lake.paths.root.rglob("*.parquet"):
        if text in str(pq.read_table(path).to_pydict()):
            return True
    found = subprocess.run(["grep", "-rl", text, str(lake.paths.root)], capture_output=True, text=True, check=False)
    return bool(found.stdout)


@pytest.mark.parametrize("name", ["sp ace", "sp#1", "가게-łódź"])
def test_a_data_folder_may_have_any_ordinary_name(tmp_path: Path, name: str) -> None:
    lake = Lake.create(tmp_path / name)
    append(lake, {"orders": orders(2)})
    assert lake.count() == {"orders": 2}


def test_a_data_folder_whose_name_is_a_pattern_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="may not hold"):
        Lake.create(tmp_path / "100%[x]")


def test_orders_are_folded_in_shares_when_there_are_many(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("keepwell.lake.fold.LINES_A_SHARE", 7)
    append(lake, {"order_lines": lines(60, per_order=3)}, folds=True)
    found = facts(lake, "orders")
    assert sorted(found["order_id"].to_pylist()) == sorted(f"o{number}" for number in range(20))
    assert set(found["line_count"].to_pylist()) == {3}
    _, settled = append(lake, {"order_lines": lines(60, per_order=3)}, folds=True)
    assert (settled.rows, settled.refused.num_rows) == ({}, 60)
