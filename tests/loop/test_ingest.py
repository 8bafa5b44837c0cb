"""Files into the lake: what is kept, what is refused, what is an error, and that an error changes nothing."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from keepwell.lake.lake import Lake
from keepwell.loop.facts import open_facts
from keepwell.loop.ingest import ImportOutcome, ingest
from keepwell.loop.totals import totals
from keepwell.observe.importer import ImportContext
from keepwell.observe.mapping import Mapping as Columns
from keepwell.observe.registry import recognise
from keepwell.observe.tabular import Tabular
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.errors import InputError

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HEADER = "order_id,customer_id,date,sku,quantity,price,currency\n"
GOOD = HEADER + "1,ann,2024-01-05,a,2,1.50,GBP\n2,bo,2024-01-06,b,1,9.99,GBP\n"

Bring = Callable[..., ImportOutcome]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake.create(tmp_path / "shop")


@pytest.fixture
def bring(lake: Lake, tmp_path: Path) -> Bring:
    """Return a function that imports a text or a file."""

    def run(
        what: str | bytes | Path, *, business: Business | None = None, dry_run: bool = False, **columns: str
    ) -> ImportOutcome:
        path = what if isinstance(what, Path) else tmp_path / "orders.csv"
        if isinstance(what, str | bytes):
            path.write_bytes(what.encode() if isinstance(what, str) else what)
        importer = Tabular(Columns(columns=columns)) if columns else recognise(path)
        context = ImportContext(business or Business(currency="GBP"), lake.identity_key, NOW)
        return ingest(lake, path, importer, context, business=business, dry_run=dry_run)

    return run


def error_rows(outcome: ImportOutcome) -> list[dict[str, str]]:
    assert outcome.error_file is not None
    with open(outcome.error_file, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_rows_in_are_rows_kept_plus_rows_refused(bring: Bring) -> None:
    outcome = bring(GOOD + "3,,2024-01-07,a,1,1,GBP\n4,cy,not a day,a,1,1,GBP\n")
    assert (outcome.rows_in, outcome.rows_kept) == (4, 2)
    assert outcome.refused == {"missing_customer": 1, "unreadable_date": 1}
    assert outcome.tables == {"orders": 2, "order_lines": 2}


def test_refused_rows_stand_in_a_file_with_number_reason_and_text(bring: Bring) -> None:
    rows = error_rows(bring(GOOD + "3,,2024-01-07,a,1,1,GBP\n"))
    assert [(row["row"], row["reason"]) for row in rows] == [("3", "missing_customer")]
    assert "2024-01-07" in rows[0]["raw"]


def test_the_same_file_again_changes_nothing(bring: Bring, lake: Lake) -> None:
    first = bring(GOOD)
    again = bring(GOOD)
    assert again.already
    assert again.import_id == first.import_id
    assert lake.count() == {"orders": 2, "order_lines": 2}


def test_the_same_file_again_with_the_mapping_that_was_saved_is_the_same_import(
    bring: Bring, lake: Lake, tmp_path: Path
) -> None:
    first = bring(GOOD)
    path = tmp_path / "orders.csv"
    context = ImportContext(Business(currency="GBP"), lake.identity_key, NOW)
    shown = Tabular().preview(path, context)
    shown.mapping.save(lake.paths.mappings, shown.header)
    again = ingest(lake, path, Tabular(saved=lake.paths.mappings), context)
    assert (again.already, again.import_id) == (True, first.import_id)


def test_a_longer_export_adds_only_what_is_new(bring: Bring, lake: Lake) -> None:
    bring(GOOD)
    outcome = bring(GOOD + "3,cy,2024-01-07,a,1,1,GBP\n")
    assert outcome.refused == {"already_known": 2}
    assert lake.count() == {"orders": 3, "order_lines": 3}


def test_a_record_of_several_facts_counts_once(bring: Bring) -> None:
    outcome = bring(Path(__file__).parents[2] / "docs" / "examples" / "stripe_subscriptions.jsonl")
    assert outcome.rows_in == outcome.rows_kept + sum(outcome.refused.values())
    assert outcome.tables["subscriptions"] > outcome.rows_kept  # a trial and what follows it are two terms


def test_a_dry_run_tells_the_same_and_changes_nothing(bring: Bring, lake: Lake) -> None:
    promised = bring(GOOD, dry_run=True)
    assert lake.imports() == []
    assert not list(lake.paths.refused.glob("*"))
    outcome = bring(GOOD)
    assert (promised.rows_kept, promised.tables) == (outcome.rows_kept, outcome.tables)


def test_a_dry_run_knows_what_is_in_the_lake(bring: Bring) -> None:
    bring(GOOD)
    assert bring(GOOD + "3,cy,2024-01-07,a,1,1,GBP\n", dry_run=True).refused == {"already_known": 2}


def test_no_address_reaches_the_lake(bring: Bring, lake: Lake) -> None:
    bring(GOOD.replace("ann", "ann@example.com"))
    for path in lake.paths.lake.rglob("*.parquet"):
        assert b"ann@example.com" not in path.read_bytes()
    with lake.snapshot() as snapshot:
        ids = snapshot.tables["orders"].customer_id.to_pyarrow().to_pylist()
    assert sorted(len(i) for i in ids) == [2, 26]


BAD: Mapping[str, tuple[str | bytes, str, str]] = {
    "empty": (b"", "file.", "empty"),
    "header only": (HEADER, "file.", "no rows"),
    "one column": ("a\n1\n2\n", "", "column"),
    "mixed currencies": (GOOD + "3,cy,2024-01-07,a,1,1,EUR\n", "currency.mixed", "--rate EUR="),
    "one order of two customers": (GOOD + "2,cy,2024-01-06,a,1,1,GBP\n", "order.conflicting", "rows 2 and 3"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_is_an_error_that_names_it_and_changes_nothing(bring: Bring, lake: Lake, case: str) -> None:
    content, code, words = BAD[case]
    with pytest.raises(InputError) as refusal:
        bring(content)
    assert refusal.value.code.startswith(code)
    assert words in str(refusal.value)
    assert refusal.value.advice or refusal.value.where
    assert lake.imports() == []
    assert lake.count() == {}
    assert not list(lake.paths.refused.glob("*"))
    assert not list(lake.paths.staging.glob("*/"))


def test_a_truncated_parquet_file_is_an_error(bring: Bring, lake: Lake, tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = tmp_path / "orders.parquet"
    pq.write_table(pa.table({"order_id": ["1"] * 1000, "customer_id": ["a"] * 1000}), path)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(InputError, match=r"orders\.parquet"):
        bring(path)
    assert lake.imports() == []


REFUSED = {
    "negative quantity": ("3,cy,2024-01-07,a,-1,1,GBP\n", "negative_quantity"),
    "absurd quantity": ("3,cy,2024-01-07,a,99999999,1,GBP\n", "absurd_quantity"),
    "future": ("3,cy,2031-01-07,a,1,1,GBP\n", "in_the_future"),
    "unparsable date": ("3,cy,someday,a,1,1,GBP\n", "unreadable_date"),
    "unparsable number": ("3,cy,2024-01-07,a,1,cheap,GBP\n", "unreadable_number"),
    "too few fields": ("3,cy,2024-01-07\n", "unreadable_row"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_bad_row_is_refused_by_name_and_the_rest_is_kept(bring: Bring, case: str) -> None:
    row, reason = REFUSED[case]
    outcome = bring(GOOD + row)
    assert outcome.refused == {reason: 1}
    assert outcome.rows_kept == 2


def test_a_currency_without_a_rate_is_an_error_that_names_it(bring: Bring, lake: Lake) -> None:
    bring(GOOD)
    with pytest.raises(InputError, match="--rate EUR=") as refusal:
        bring(HEADER + "3,cy,2024-01-07,a,1,1,EUR\n")
    assert refusal.value.code == "currency.no_rate"
    assert lake.count()["orders"] == 2


def test_the_first_file_gives_the_business_its_currency(bring: Bring, lake: Lake) -> None:
    bring(GOOD.replace("GBP", "PLN"))
    assert lake.business is not None
    assert lake.business.currency == "PLN"


def test_rates_make_mixed_currencies_one(bring: Bring, lake: Lake) -> None:
    business = Business(currency="GBP", rates={"EUR": Decimal("0.5")})
    bring(GOOD + "3,cy,2024-01-07,a,1,10,EUR\n", business=business)
    lake.save_business(business)
    with open_facts(lake.paths.root) as opened:
        assert totals(opened.facts).ordered == Decimal("17.99")


@pytest.mark.parametrize(
    "text", [GOOD.replace("bo", "🙂 émoji"), GOOD.replace("bo", "Zażółć"), GOOD.replace(",b,", ",,")]
)
def test_emoji_accents_and_nulls_are_text_like_any_other(bring: Bring, text: str) -> None:
    assert bring(text).rows_kept == 2


def test_one_customer_and_one_day_can_be_imported_and_understood(bring: Bring, lake: Lake) -> None:
    from keepwell.loop.answer import decide
    from keepwell.understand.kpis import kpis

    bring(HEADER + "1,ann,2024-01-05,a,2,1.50,GBP\n")
    with open_facts(lake.paths.root) as opened:
        values = {value.key: value.value for value in kpis(opened.facts, opened.period(None))}
        answer = decide(opened, opened.as_of(None))
    assert values["orders"] == 1
    assert not values["customer_retention_rate"]
    assert answer.lean == "cannot tell yet"


EXPORTS = {
    "shopify": ("shopify_orders_export.csv", "Decimal"),
    "woocommerce": ("woocommerce_orders_rest.json", ""),
    "stripe": ("stripe_charges.jsonl", ""),
    "segment": ("segment_events.jsonl", ""),
    "ga4": ("ga4_purchase_events.jsonl", ""),
}


@pytest.mark.parametrize("name", EXPORTS)
def test_five_exports_of_the_same_orders_give_the_same_totals(
    bring: Bring, lake: Lake, shared_data: Path, name: str
) -> None:
    expected = json.loads((shared_data / "exports" / "expected.json").read_text())
    outcome = bring(shared_data / "exports" / EXPORTS[name][0])
    assert outcome.importer == name
    assert outcome.rows_in == outcome.rows_kept + sum(outcome.refused.values())
    with open_facts(lake.paths.root) as opened:
        found = totals(opened.facts)
    assert (found.customers, found.orders) == (expected["customers"], expected["orders"])
    assert found.ordered == Decimal(expected["total_gbp"])
    refunded = Decimal("0") if name == "ga4" else Decimal(expected["refunded_gbp"])
    assert found.refunded == refunded


def test_an_export_imported_twice_under_two_names_counts_once(
    bring: Bring, lake: Lake, shared_data: Path, tmp_path: Path
) -> None:
    original = shared_data / "exports" / "stripe_charges.jsonl"
    bring(original)
    lines = original.read_text().splitlines(keepends=True)
    reordered = tmp_path / "again.jsonl"
    reordered.write_text("".join(reversed(lines)))
    outcome = bring(reordered)
    assert outcome.refused == {"already_known": 410}
    assert lake.count()["orders"] == 410
