"""Cleaning profiles: what a user writes, and what is refused of it."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from pathlib import Path

import pytest

from keepwell.observe.importer import Batch, ImportContext
from keepwell.observe.profile import load_profile
from keepwell.observe.tabular import Tabular
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.errors import InputError

HEAD = """
name = "my_shop"
kind = "lines"
[columns]
order_id = "Numer"
customer_id = "Klient"
ordered_at = "Data"
unit_price = "Cena"
"""
ROWS = [
    {"Numer": "1", "Klient": "7", "Data": "2024-01-05", "Cena": "10.00", "Typ": "towar"},
    {"Numer": "1", "Klient": "7", "Data": "2024-01-05", "Cena": "4.00", "Typ": "wysylka"},
    {"Numer": "K2", "Klient": "8", "Data": "2024-02-06", "Cena": "-3.00", "Typ": "zwrot"},
    {"Numer": "3", "Klient": "", "Data": "2024-03-07", "Cena": "5.00", "Typ": "towar"},
]


def imported(folder: Path, rules: str, rows: list[dict[str, str]] = ROWS) -> Batch:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    (folder / "orders.csv").write_text(text.getvalue(), encoding="utf-8")
    (folder / "profile.toml").write_text(HEAD + rules, encoding="utf-8")
    context = ImportContext(Business(currency="PLN"), b"key", datetime(2026, 1, 1, tzinfo=UTC))
    reading = Tabular(profile=load_profile(folder / "profile.toml")).open(folder / "orders.csv", context)
    (batch,) = reading.batches
    return batch


def refusals(batch: Batch) -> list[tuple[int, str]]:
    return [(row["row"], row["reason"]) for row in batch.refused.to_pylist()]


def test_rules_mark_kinds_and_refunds(tmp_path: Path) -> None:
    batch = imported(
        tmp_path,
        '[[rule]]\nwhen.Typ.is = "wysylka"\nkind = "shipping"\n'
        '[[rule]]\nwhen.Numer.starts_with = "K"\nwhen.Cena.below = 0\nrefund = "of an unknown order"\n',
    )
    refund = batch.tables["refunds"].to_pylist()[0]
    assert batch.tables["order_lines"]["kind"].to_pylist() == ["product", "shipping"]
    assert (refund["refund_id"], refund["order_id"], float(refund["items"])) == ("K2-1", None, 3.0)
    assert refusals(batch) == [(4, "missing_customer")]


def test_a_refund_of_the_same_order_keeps_the_order(tmp_path: Path) -> None:
    batch = imported(tmp_path, '[[rule]]\nwhen.Typ.is = "zwrot"\nrefund = "of the same order"\n')
    assert batch.tables["refunds"]["order_id"].to_pylist() == ["K2"]


@pytest.mark.parametrize(
    ("condition", "hit"),
    [
        ('when.Typ.is = "towar"', [1, 4]),
        ('when.Typ.is_not = "towar"', [2, 3]),
        ('when.Typ.in = ["wysylka", "zwrot"]', [2, 3]),
        ('when.Typ.not_in = ["wysylka", "zwrot"]', [1, 4]),
        ('when.Typ.starts_with = "w"', [2]),
        ('when.Typ.ends_with = "t"', [3]),
        ('when.Typ.contains = "wr"', [3]),
        ('when.Typ.matches = "[tw].*a.*"', [1, 2, 4]),
        ("when.Cena.below = 4", [3]),
        ("when.Cena.at_most = 4.0", [2, 3]),
        ("when.Cena.above = 5", [1]),
        ("when.Cena.at_least = 5", [1, 4]),
        ("when.Klient.is_empty = true", [4]),
        ("when.Klient.is_empty = false", [1, 2, 3]),
        ("when.Data.before = 2024-02-06", [1, 2]),
        ("when.Data.from = 2024-02-06", [3, 4]),
        ('when.Typ.is = "towar"\nwhen.Cena.below = 6', [4]),
    ],
)
def test_every_condition_holds_for_the_rows_it_says(tmp_path: Path, condition: str, hit: list[int]) -> None:
    batch = imported(tmp_path, f'[[rule]]\n{condition}\nrefuse = "not_a_sale"\n')
    assert [row for row, reason in refusals(batch) if reason == "not_a_sale"] == hit


def test_set_changes_the_column_for_later_rules_and_is_counted(tmp_path: Path) -> None:
    batch = imported(
        tmp_path,
        '[[rule]]\nwhen.Klient.is_empty = true\nset = { Klient = "kasa" }\n'
        '[[rule]]\nwhen.Klient.is = "kasa"\nrefuse = "test_order"\n',
    )
    assert ((4, "test_order") in refusals(batch), batch.changed) == (True, {"Klient set to kasa": 1})


def test_the_detail_of_a_refusal_is_the_rules_why(tmp_path: Path) -> None:
    batch = imported(tmp_path, '[[rule]]\nwhy = "goods only"\nwhen.Typ.is = "zwrot"\nrefuse = "not_a_sale"\n')
    assert batch.refused["detail"].to_pylist()[0] == "goods only"
    assert batch.refused["raw"].to_pylist()[0] == "K2,8,2024-02-06,-3.00,zwrot"


@pytest.mark.parametrize(
    ("rules", "named"),
    [
        ('[[rule]]\nwhen.Typ.is = "x"\nrefuse = "boring"\n', "rule 1.*zero_price"),
        ('[[rule]]\nwhen.Typ.is = "x"\nkind = "freight"\n', "rule 1.*shipping"),
        ('[[rule]]\nwhen.Typ.is = "x"\nrefund = true\n', "of an unknown order"),
        ('[[rule]]\nwhen.Typ.is = "x"\n', "exactly one of"),
        ('[[rule]]\nwhen.Typ.is = "x"\nrefuse = "zero_price"\nkind = "fee"\n', "exactly one of"),
        ('[[rule]]\nrefuse = "zero_price"\n', "at least one condition"),
        ('[[rule]]\nwhen.Typ.equals = "x"\nrefuse = "zero_price"\n', "starts_with"),
        ('[[rule]]\nwhen.Typ.matches = "("\nrefuse = "zero_price"\n', "regular expression"),
        ('[[rule]]\nwhen.Cena.below = "3"\nrefuse = "zero_price"\n', "number without quotes"),
        ('[[rule]]\nwhen.Data.before = "2024-01-01"\nrefuse = "zero_price"\n', "day without quotes"),
        ('[[rule]]\nwhen.Type.is = "x"\nrefuse = "zero_price"\n', "Rule 1 .*'Type'.*Numer"),
        ('[[rules]]\nwhen.Typ.is = "x"\n', "'rules'"),
    ],
)
def test_a_wrong_rule_is_refused_naming_it_and_what_is_allowed(tmp_path: Path, rules: str, named: str) -> None:
    with pytest.raises(InputError, match=named):
        imported(tmp_path, rules)


def test_an_unknown_profile_lists_the_shipped_ones() -> None:
    with pytest.raises(InputError, match="online_retail_ii"):
        load_profile("online_retail_iii")
