"""The currency of a row is what the file says, never made up: bad cells and contradicting signs are refused."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from keepwell.observe.importer import ImportContext
from keepwell.observe.tabular import Tabular
from keepwell.vocabulary.business import Business

CONTEXT = ImportContext(Business(currency="EUR"), b"key", datetime(2026, 1, 1, tzinfo=UTC))
Outcome = tuple[list[str], list[tuple[str, str]], str]


def outcome(
    folder: Path,
    amounts: list[str],
    currencies: list[str] | None = None,
    stated: str | None = None,
    business: str = "EUR",
) -> Outcome:
    """Return the currencies of kept orders, the refusals with their details, and what was said about currencies."""
    lines = ["order_id,customer_id,order_date,amount" + (",currency" if currencies is not None else "")]
    for number, amount in enumerate(amounts):
        row = f'o{number},c{number % 5},2024-01-{number % 28 + 1:02},"{amount}"'
        lines.append(row + (f",{currencies[number]}" if currencies is not None else ""))
    path = folder / "orders.csv"
    path.write_text("\n".join(lines) + "\n")
    context = ImportContext(Business(currency=business), b"key", CONTEXT.now, currency=stated)
    reading = Tabular().open(path, context)
    kept: list[str] = []
    refused: list[tuple[str, str]] = []
    for batch in reading.batches:
        kept += [code for table in batch.tables.values() for code in table["currency"].to_pylist()]
        refused += [(row["reason"], row["detail"]) for row in batch.refused.to_pylist()]
    assert len(kept) + len(refused) == len(amounts)
    return kept, refused, " ".join(said for said in reading.findings if "urrency" in said)


MIXED = ["GBP", "EUR", "JPY", "KWD", "XXX", "gbp", "", "Euro"]


def test_a_currency_column_is_used_however_unclean_it_is(tmp_path: Path) -> None:
    kept, refused, _ = outcome(tmp_path, ["5.00"] * 8, MIXED)
    assert kept == ["GBP", "EUR", "JPY", "KWD", "GBP"]
    assert refused == [
        ("unknown_currency", "currency is 'XXX'"),
        ("unknown_currency", "currency is ''"),
        ("unknown_currency", "currency is 'Euro'"),
    ]


def test_a_blank_cell_takes_the_only_currency_of_the_file(tmp_path: Path) -> None:
    kept, refused, _ = outcome(tmp_path, ["5.00"] * 20, ["", *["GBP"] * 18, ""])
    assert (kept, refused) == (["GBP"] * 20, [])


def test_a_second_currency_far_down_leaves_blank_cells_refused(tmp_path: Path) -> None:
    kept, refused, _ = outcome(tmp_path, ["5.00"] * 60_000, ["", *["GBP"] * 59_998, "USD"])
    assert Counter(kept) == {"GBP": 59_998, "USD": 1}
    assert refused == [("unknown_currency", "currency is ''")]


def test_a_blank_cell_takes_the_currency_that_was_said(tmp_path: Path) -> None:
    kept, refused, _ = outcome(tmp_path, ["5.00"] * 3, ["GBP", "USD", ""], stated="CHF")
    assert (kept, refused) == (["GBP", "USD", "CHF"], [])


@pytest.mark.parametrize(
    ("amounts", "code"),
    [
        (["£10.50", "11", "£1,200.00"], "GBP"),
        (["5 EUR", "€6"], "EUR"),
        (["$7.00", "$8.00"], "USD"),
        (["zł 7,00", "8,50 zł"], "PLN"),
        (["7 kr", "8 SEK"], "SEK"),
        (["$7.00", "CAD 8.00"], "CAD"),
    ],
)
def test_signs_that_agree_are_the_currency_of_the_file_and_said(tmp_path: Path, amounts: list[str], code: str) -> None:
    kept, refused, said = outcome(tmp_path, amounts, business="CHF")
    assert (kept, refused) == ([code] * len(amounts), [])
    assert f"Currency: {code}" in said


def test_a_dollar_sign_alone_is_said_to_be_an_assumption(tmp_path: Path) -> None:
    assert "assumed for $" in outcome(tmp_path, ["$7.00", "$8.00"])[2]


def test_a_dollar_sign_in_a_canadian_business_is_its_own(tmp_path: Path) -> None:
    assert outcome(tmp_path, ["$7.00", "$8.00"], business="CAD")[0] == ["CAD", "CAD"]


def test_signs_that_differ_are_refused_with_the_value(tmp_path: Path) -> None:
    kept, refused, said = outcome(tmp_path, ["£10.50", "€5", "7"])
    assert kept == []
    assert [reason for reason, _ in refused] == ["unknown_currency"] * 3
    assert [detail for _, detail in refused][:2] == ["amount is '£10.50'", "amount is '€5'"]
    assert "different signs (£, €)" in said


def test_with_a_currency_said_only_other_signs_are_refused(tmp_path: Path) -> None:
    kept, refused, _ = outcome(tmp_path, ["£10.50", "€5", "7"], stated="GBP")
    assert kept == ["GBP", "GBP"]
    assert refused == [("unknown_currency", "amount is '€5'")]


def test_a_sign_that_contradicts_the_currency_column_is_refused(tmp_path: Path) -> None:
    kept, refused, _ = outcome(tmp_path, ["£10.50", "€5", "$7", "8 EUR"], ["GBP", "GBP", "AUD", "EUR"])
    assert kept == ["GBP", "AUD", "EUR"]
    assert refused == [("unknown_currency", "amount is '€5'")]


def test_words_that_are_no_amount_stay_unreadable_numbers(tmp_path: Path) -> None:
    _, refused, _ = outcome(tmp_path, ["1.00", "2.00", "3.00", "TBD", "n/a"])
    assert [reason for reason, _ in refused] == ["unreadable_number"] * 2
