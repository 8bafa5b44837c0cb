"""Which column is what, guessed from names and contents in six languages."""

from __future__ import annotations

import pyarrow as pa
import pytest

from keepwell.observe.fields import FileKind
from keepwell.observe.guess import Guessed, guess
from keepwell.observe.look import look_at
from keepwell.observe.mapping import Mapping
from keepwell.vocabulary.errors import InputError

ID, WHO, WHEN, MONEY = ["A1", "A2"], ["7", "8"], ["2024-01-05", "2024-01-06"], ["10.50", "7.25"]


def guessed(columns: dict[str, list[str]], given: Mapping | None = None) -> Guessed:
    looks = [look_at(name, pa.array(values)) for name, values in columns.items()]
    return guess(looks, given or Mapping(), "orders.csv")


@pytest.mark.parametrize(
    "header",
    [
        ["Order ID", "Customer ID", "Order Date", "Amount"],
        ["주문번호", "고객번호", "주문일시", "결제금액"],
        ["Numer zamówienia", "Klient", "Data zamówienia", "Kwota"],
        ["Bestellnummer", "Kundennummer", "Bestelldatum", "Umsatz"],
        ["Número de pedido", "Cliente", "Fecha de pedido", "Importe"],
        ["Numéro de commande", "Client", "Date de commande", "Montant"],
        ["OrderId", "CustomerEmail", "createdAt", "net_amount"],
    ],
)
def test_an_order_log_is_understood_in_six_languages(header: list[str]) -> None:
    found = guessed(dict(zip(header, [ID, WHO, WHEN, MONEY], strict=True)))
    fields = dict(zip(["order_id", "customer_id", "ordered_at", "amount"], header, strict=True))
    assert (found.mapping.kind, found.mapping.columns) == (FileKind.ORDERS, fields)


def test_every_guess_has_an_example_a_reason_and_a_confidence() -> None:
    found = guessed({"Order ID": ID, "Customer ID": WHO, "When": WHEN, "Amount": MONEY})
    when = next(item for item in found.guesses if item.field == "ordered_at")
    assert (when.column, when.example, when.reason) == ("When", "2024-01-05", "the only column of dates")
    assert all(0 < item.confidence <= 1 for item in found.guesses)


def test_contents_overrule_a_name() -> None:
    found = guessed({"Order": ID, "Customer": WHO, "Date": ["n/a", "soon"], "Sold on": WHEN, "Amount": MONEY})
    assert found.mapping.columns["ordered_at"] == "Sold on"


def test_addresses_find_the_customer_whatever_the_column_is_called() -> None:
    found = guessed({"Order": ID, "Contact": ["a@example.com", "b@example.com"], "Date": WHEN, "Amount": MONEY})
    assert found.mapping.columns["customer_id"] == "Contact"


@pytest.mark.parametrize(
    ("columns", "kind"),
    [
        ({"Date": WHEN, "Campaign": ["a", "b"], "Cost": MONEY, "Clicks": ["3", "4"]}, FileKind.SPEND),
        ({"날짜": WHEN, "캠페인": ["a", "b"], "광고비": MONEY}, FileKind.SPEND),
        ({"subscription_id": ID, "customer": WHO, "start_date": WHEN, "mrr_amount": MONEY}, FileKind.SUBSCRIPTIONS),
        ({"event": ["View", "Buy"], "user_id": WHO, "timestamp": WHEN}, FileKind.EVENTS),
        ({"Invoice": ID, "StockCode": ["x", "y"], "Quantity": ["1", "2"], "InvoiceDate": WHEN, "Price": MONEY,
          "Customer ID": WHO}, FileKind.LINES),
        ({"order_id": ["A1"] * 20 + ["A2"] * 20, "customer": WHO * 20, "date": WHEN * 20, "amount": MONEY * 20},
         FileKind.LINES),
        ({"customer_id": WHO, "date": WHEN, "number_of_cds": ["1", "2"], "dollar_value": MONEY}, FileKind.ORDERS),
    ],
)  # fmt: skip
def test_the_kind_of_file_is_guessed(columns: dict[str, list[str]], kind: FileKind) -> None:
    assert guessed(columns).mapping.kind is kind


def test_what_is_given_is_never_overruled() -> None:
    columns = {"Order": ID, "Customer": WHO, "Date": WHEN, "Paid": WHEN, "Amount": MONEY}
    given = Mapping(columns={"ordered_at": "Paid"}, kind=FileKind.ORDERS)
    assert guessed(columns, given).mapping.columns["ordered_at"] == "Paid"


def test_a_missing_field_lists_the_columns_and_the_option_to_give() -> None:
    with pytest.raises(InputError, match="'Order', 'Customer', 'Amount'") as caught:
        guessed({"Order": ID, "Customer": WHO, "Amount": MONEY})
    assert caught.value.code == "mapping.missing"
    assert "--map ordered_at=" in caught.value.advice


def test_two_columns_that_could_each_be_it_are_named_not_chosen() -> None:
    with pytest.raises(InputError, match="'Date 1' and 'Date 2' could each be") as caught:
        guessed({"Order": ID, "Customer": WHO, "Date 1": WHEN, "Date 2": WHEN, "Amount": MONEY})
    assert (caught.value.code, '--map ordered_at="Date 1"' in caught.value.advice) == ("mapping.ambiguous", True)


@pytest.mark.parametrize("extra", [{"customer_id": ["", ""]}, {}])
def test_an_order_log_without_readable_customers_lacks_its_customers(extra: dict[str, list[str]]) -> None:
    with pytest.raises(InputError, match="Read as orders: No column was found for customer_id") as caught:
        guessed({"order_id": ID, **extra, "order_date": WHEN, "amount": MONEY, "channel": ["ads", "mail"]})
    assert caught.value.value == "customer_id"
    assert ("'customer_id' would do by name, but holds nothing" in str(caught.value)) == bool(extra)
