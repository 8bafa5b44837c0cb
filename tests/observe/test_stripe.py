"""Stripe charges and subscriptions, from Stripe's own example objects."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from keepwell.observe.identity import customer_key
from keepwell.observe.importer import ImportContext, Importer
from keepwell.observe.stripe import StripeCharges
from keepwell.observe.stripe_subscriptions import StripeSubscriptions
from keepwell.vocabulary.business import Business

CONTEXT = ImportContext(Business(currency="USD"), b"k", datetime(2026, 1, 1, tzinfo=UTC))
JANUARY, MARCH = 1_704_067_200, 1_709_251_200  # 2024-01-01 and 2024-03-01
CHARGE: dict[str, Any] = {
    "object": "charge", "id": "ch_1", "amount": 1050, "amount_captured": 1050, "amount_refunded": 0, "captured": True,
    "paid": True, "status": "succeeded", "currency": "usd", "created": JANUARY, "receipt_email": "ann@example.com",
}  # fmt: skip


def outcome(importer: Importer, records: list[dict[str, Any]], folder: Path) -> tuple[dict[str, list[Any]], list[Any]]:
    path = folder / "objects.jsonl"
    path.write_text("\n".join(map(json.dumps, records)))
    tables: dict[str, list[Any]] = {"orders": [], "refunds": [], "subscriptions": []}
    refused: list[Any] = []
    for batch in importer.open(path, CONTEXT).batches:
        refused += batch.refused.to_pylist()
        for name, table in batch.tables.items():
            tables[name] += table.to_pylist()
    return tables, refused


@pytest.fixture
def resources(shared_data: Path) -> dict[str, Any]:
    content = json.loads((shared_data / "exports" / "official_fixtures" / "stripe_api_resources.json").read_text())
    return dict(content.get("resources", content))


def test_official_uncaptured_charge_is_refused_as_not_paid(resources: dict[str, Any], tmp_path: Path) -> None:
    _, refused = outcome(StripeCharges(), [resources["charge"]], tmp_path)
    assert [row["reason"] for row in refused] == ["not_paid"]


def test_official_charge_is_an_order_once_captured(resources: dict[str, Any], tmp_path: Path) -> None:
    captured = {"captured": True, "amount_captured": 100, "customer": "cus_9"}
    tables, _ = outcome(StripeCharges(), [resources["charge"] | captured], tmp_path)
    assert [(row["items"], row["currency"], row["customer_id"]) for row in tables["orders"]] == [
        (Decimal(1), "USD", "cus_9")
    ]


@pytest.mark.parametrize(
    ("currency", "amount"), [("usd", "10.50"), ("krw", "1050"), ("jpy", "1050"), ("kwd", "1.05"), ("isk", "10.50")]
)
def test_minor_units_follow_the_currency(currency: str, amount: str, tmp_path: Path) -> None:
    tables, _ = outcome(StripeCharges(), [CHARGE | {"currency": currency}], tmp_path)
    assert tables["orders"][0]["items"] == Decimal(amount)


def test_part_that_was_captured_counts(tmp_path: Path) -> None:
    tables, _ = outcome(StripeCharges(), [CHARGE | {"amount_captured": 800}], tmp_path)
    assert tables["orders"][0]["items"] == Decimal(8)


def test_email_of_the_billing_details_is_used(tmp_path: Path) -> None:
    charge = CHARGE | {"receipt_email": None, "billing_details": {"email": "Ann@example.com"}, "customer": "cus_1"}
    tables, _ = outcome(StripeCharges(), [charge], tmp_path)
    assert tables["orders"][0]["customer_id"] == customer_key("ann@example.com", b"k")


def test_failed_refund_is_no_refund(tmp_path: Path) -> None:
    entries = [{"id": "re_1", "amount": 50, "created": MARCH, "status": status} for status in ("failed", "succeeded")]
    charge = CHARGE | {"amount_refunded": 50, "refunds": {"data": [entries[0], entries[1] | {"id": "re_2"}]}}
    tables, _ = outcome(StripeCharges(), [charge], tmp_path)
    assert [(row["refund_id"], row["items"]) for row in tables["refunds"]] == [("re_2", Decimal("0.5"))]


def test_refund_that_is_not_listed_is_dated_at_the_charge(tmp_path: Path) -> None:
    tables, _ = outcome(StripeCharges(), [CHARGE | {"amount_refunded": 300}], tmp_path)
    assert [(row["items"], row["refunded_at"].month) for row in tables["refunds"]] == [(Decimal(3), 1)]


def test_fee_of_an_expanded_balance_transaction_is_kept(tmp_path: Path) -> None:
    tables, _ = outcome(StripeCharges(), [CHARGE | {"balance_transaction": {"fee": 61, "currency": "usd"}}], tmp_path)
    assert tables["orders"][0]["payment_fee"] == Decimal("0.61")


REFUSED = {
    "failed": ({"status": "failed", "paid": False}, "not_paid"),
    "nobody": ({"receipt_email": None}, "missing_customer"),
    "nothing": ({"amount": 0, "amount_captured": 0}, "zero_amount"),
    "amount": ({"amount_captured": "ten"}, "unreadable_number"),
    "currency": ({"currency": "dollar"}, "unknown_currency"),
    "future": ({"created": 1_800_000_000}, "in_the_future"),
    "time": ({"created": "today"}, "unreadable_date"),
    "another object": ({"object": "payout"}, "not_used"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_charge_is_refused_by_name(case: str, tmp_path: Path) -> None:
    changes, reason = REFUSED[case]
    _, refused = outcome(StripeCharges(), [CHARGE | changes], tmp_path)
    assert [row["reason"] for row in refused] == [reason]


def subscription(item: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    price = {
        "id": "price_1",
        "nickname": "Pro",
        "unit_amount": 2000,
        "currency": "usd",
        "recurring": {"interval": "month"},
    }
    basic = {"object": "subscription", "id": "sub_1", "customer": "cus_1", "status": "active", "start_date": JANUARY}
    items = {"data": [{"quantity": 3, "price": price | (item or {})}]}
    return copy.deepcopy(basic | {"items": items} | changes)


def terms(record: dict[str, Any], folder: Path) -> list[tuple[Any, ...]]:
    tables, _ = outcome(StripeSubscriptions(), [record], folder)
    return [(row["started_at"].month, row["ended_at"], row["mrr"], row["is_trial"]) for row in tables["subscriptions"]]


def test_official_subscription_gives_its_price_a_month(resources: dict[str, Any], tmp_path: Path) -> None:
    tables, _ = outcome(StripeSubscriptions(), [resources["subscription"]], tmp_path)
    assert [row["mrr"] for row in tables["subscriptions"]] == [Decimal(20)]


MONTHLY = {
    "month": ({"interval": "month"}, "60"),
    "quarter": ({"interval": "month", "interval_count": 3}, "20"),
    "year": ({"interval": "year"}, "5"),
    "week": ({"interval": "week"}, "260"),
    "day": ({"interval": "day"}, "1825"),
}


@pytest.mark.parametrize("case", MONTHLY)
def test_recurring_revenue_is_that_of_one_month(case: str, tmp_path: Path) -> None:
    recurring, mrr = MONTHLY[case]
    assert terms(subscription({"recurring": recurring}), tmp_path) == [(1, None, Decimal(mrr), False)]


def test_trial_is_a_term_of_its_own(tmp_path: Path) -> None:
    found = terms(subscription(trial_end=MARCH), tmp_path)
    end = datetime(2024, 3, 1, tzinfo=UTC)
    assert found == [(1, end, Decimal(0), True), (3, None, Decimal(60), False)]


def test_trial_that_was_never_paid_for_is_all_there_is(tmp_path: Path) -> None:
    found = terms(subscription(trial_end=MARCH, ended_at=MARCH, status="canceled"), tmp_path)
    assert found == [(1, datetime(2024, 3, 1, tzinfo=UTC), Decimal(0), True)]


def test_subscription_set_to_end_later_still_runs(tmp_path: Path) -> None:
    assert terms(subscription(canceled_at=MARCH, cancel_at_period_end=True), tmp_path)[0][1] is None


def test_canceled_subscription_ends_at_its_cancellation(tmp_path: Path) -> None:
    assert terms(subscription(canceled_at=MARCH, status="canceled"), tmp_path)[0][1].month == 3


COUPONS = {
    "percent for ever": ({"percent_off": 25, "duration": "forever"}, "45"),
    "amount for ever": ({"amount_off": 1000, "duration": "forever"}, "50"),
    "once": ({"percent_off": 25, "duration": "once"}, "60"),
}


@pytest.mark.parametrize("case", COUPONS)
def test_coupon_that_lasts_lowers_the_recurring_revenue(case: str, tmp_path: Path) -> None:
    coupon, mrr = COUPONS[case]
    assert terms(subscription(discount={"coupon": coupon}), tmp_path)[0][2] == Decimal(mrr)


def test_usage_based_price_is_not_taken_for_zero(tmp_path: Path) -> None:
    record = subscription({"unit_amount": None, "recurring": {"interval": "month", "usage_type": "metered"}})
    _, refused = outcome(StripeSubscriptions(), [record], tmp_path)
    assert [row["reason"] for row in refused] == ["missing_amount"]


def test_subscription_that_never_began_is_refused(tmp_path: Path) -> None:
    _, refused = outcome(StripeSubscriptions(), [subscription(status="incomplete_expired")], tmp_path)
    assert [row["reason"] for row in refused] == ["not_paid"]
