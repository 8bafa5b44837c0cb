"""Webhooks: only what is signed comes in, once, and becomes facts."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from keepwell.jobs.drain_webhooks import HANDLERS
from keepwell.lake.lake import Lake
from keepwell.web.data_folder import DataFolder
from keepwell.web.inbox.models import Kind, Source
from keepwell.web.inbox.upload_models import Delivery, WebhookSecret
from keepwell.web.work.worker import work

pytestmark = pytest.mark.django_db(transaction=True)
SECRET = "shh-a-secret"  # noqa: S105 — of tests

SHOPIFY: dict[str, Any] = {
    "id": 1, "name": "#1001", "email": "jon@example.com", "created_at": "2024-03-01T10:00:00Z", "currency": "USD",
    "financial_status": "paid", "subtotal_price": "90.00", "total_tax": "0.00", "total_price": "90.00",
    "line_items": [{"sku": "A", "name": "Cup", "quantity": 1, "price": "90.00"}],
}  # fmt: skip
WOO: dict[str, Any] = {
    "id": 5, "order_key": "wc_1", "status": "completed", "currency": "EUR", "total": "20.00", "total_tax": "0.00",
    "date_created_gmt": "2024-03-01T10:00:00", "date_paid_gmt": "2024-03-01T10:00:00",
    "billing": {"email": "ann@example.com"}, "line_items": [{"id": 1, "name": "Cup", "quantity": 2, "total": "20.00"}],
}  # fmt: skip
CHARGE: dict[str, Any] = {
    "id": "ch_1", "object": "charge", "amount": 1050, "currency": "eur", "created": 1709287200, "paid": True,
    "status": "succeeded", "captured": True, "receipt_email": "eve@example.com",
}  # fmt: skip


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DataFolder:
    """Give each test an empty data folder."""
    data = DataFolder.prepare(tmp_path / "data")
    monkeypatch.setattr(settings, "DATA", data)
    return data


def source(platform: str) -> Source:
    """Connect a shop."""
    made = Source.objects.create(name=f"my {platform}", kind=Kind.WEBHOOK)
    WebhookSecret.objects.create(source=made, platform=platform, secret=SECRET)
    return made


def base64_hmac(body: bytes, secret: str = SECRET) -> str:
    """Sign as Shopify and WooCommerce do."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def shopify(to: Source, content: Any, topic: str = "orders/create", delivery: str = "d1", **changes: str) -> int:
    """Deliver as Shopify does; return the status."""
    body = json.dumps(content).encode()
    headers = {
        "X-Shopify-Topic": topic, "X-Shopify-Webhook-Id": delivery, "X-Shopify-Hmac-SHA256": base64_hmac(body),
    } | changes  # fmt: skip
    address = f"/hooks/shopify/{to.write_key}"
    client = Client(enforce_csrf_checks=True)
    return client.post(address, body, content_type="application/json", headers=headers).status_code


def stripe(to: Source, event: Any, at: float | None = None, secret: str = SECRET) -> int:
    """Deliver as Stripe does; return the status."""
    body, stamp = json.dumps(event).encode(), int(at if at is not None else time.time())
    signature = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    headers = {"Stripe-Signature": f"t={stamp},v1={'0' * 64},v1={signature}"}
    address = f"/hooks/stripe/{to.write_key}"
    return Client().post(address, body, content_type="application/json", headers=headers).status_code


def event(content: dict[str, Any], name: str = "charge.succeeded", event_id: str = "evt_1") -> dict[str, Any]:
    """Return an event of Stripe around an object."""
    return {"id": event_id, "type": name, "livemode": True, "data": {"object": content}}


def drain() -> None:
    """Do what waits, as a worker does."""
    work(HANDLERS, threading.Event(), once=True)


def rows(folder: DataFolder) -> dict[str, int]:
    """Return what the lake holds."""
    return {name: count for name, count in Lake.open(folder.root).count().items() if count}


def test_a_shopify_order_becomes_an_order(folder: DataFolder) -> None:
    assert shopify(source("shopify"), SHOPIFY) == 200
    drain()
    assert rows(folder) == {"orders": 1, "order_lines": 1}
    assert Delivery.objects.get().state == "drained"


@pytest.mark.parametrize("signature", ["", "AAAA", "é", base64_hmac(b"other")])
def test_a_wrong_signature_is_refused(signature: str) -> None:
    assert shopify(source("shopify"), SHOPIFY, **{"X-Shopify-Hmac-SHA256": signature}) == 401
    assert not Delivery.objects.exists()


def test_a_delivery_counts_once(folder: DataFolder) -> None:
    shop = source("shopify")
    assert [shopify(shop, SHOPIFY), shopify(shop, SHOPIFY)] == [200, 200]
    assert Delivery.objects.count() == 1
    drain()
    assert shopify(shop, SHOPIFY, "orders/updated", "d2") == 200
    drain()
    assert rows(folder) == {"orders": 1, "order_lines": 1}
    assert set(Delivery.objects.values_list("state", flat=True)) == {"drained"}


def test_a_refund_arrives_with_the_updated_order(folder: DataFolder) -> None:
    shop = source("shopify")
    shopify(shop, SHOPIFY)
    drain()
    paid = {"kind": "refund", "status": "success", "amount": "90.00"}
    refund = {"id": 7, "created_at": "2024-04-01T00:00:00Z", "transactions": [paid]}
    shopify(shop, SHOPIFY | {"financial_status": "refunded", "refunds": [refund]}, "orders/updated", "d2")
    drain()
    assert rows(folder) == {"orders": 1, "order_lines": 1, "refunds": 1}


def test_of_two_states_of_an_order_the_newer_is_used(folder: DataFolder) -> None:
    shop = source("shopify")
    shopify(shop, SHOPIFY | {"financial_status": "pending"})
    shopify(shop, SHOPIFY, "orders/updated", "d2")
    drain()
    assert rows(folder)["orders"] == 1
    assert "newer" in Delivery.objects.get(delivery_id="d1").reason


def test_privacy_topics_are_answered_and_kept() -> None:
    assert shopify(source("shopify"), {"customer": {"id": 1}}, "customers/redact") == 200
    assert "privacy" in Delivery.objects.get().reason


def test_a_woocommerce_order_becomes_an_order_and_its_ping_is_answered(folder: DataFolder) -> None:
    shop = source("woocommerce")
    address = f"/hooks/woocommerce/{shop.write_key}"
    ping = Client().post(address, "webhook_id=3", content_type="application/x-www-form-urlencoded")
    assert ping.status_code == 200
    body = json.dumps(WOO).encode()
    headers = {
        "X-WC-Webhook-Topic": "order.created", "X-WC-Webhook-Delivery-ID": "a",
        "X-WC-Webhook-Signature": base64_hmac(body),
    }  # fmt: skip
    assert Client().post(address, body, content_type="application/json", headers=headers).status_code == 200
    drain()
    assert rows(folder) == {"orders": 1, "order_lines": 1}


def test_a_stripe_charge_and_its_refund_become_facts(folder: DataFolder) -> None:
    shop = source("stripe")
    assert stripe(shop, event(CHARGE)) == 200
    drain()
    refunded = CHARGE | {"amount_refunded": 1050, "refunded": True}
    assert stripe(shop, event(refunded, "charge.refunded", "evt_2")) == 200
    drain()
    assert rows(folder) == {"orders": 1, "refunds": 1}


@pytest.mark.parametrize("seconds", [-301, 400])
def test_a_stripe_signature_is_good_for_five_minutes(seconds: int) -> None:
    assert stripe(source("stripe"), event(CHARGE), time.time() + seconds) == 401


def test_stripes_test_mode_is_refused_where_it_can_be_seen() -> None:
    assert stripe(source("stripe"), event(CHARGE) | {"livemode": False}) == 200
    drain()
    found = Delivery.objects.get()
    assert (found.state, "test mode" in found.reason) == ("refused", True)


def test_a_body_beyond_the_limit_is_refused_before_it_is_read() -> None:
    assert shopify(source("shopify"), {"note": "x" * (2 << 20)}) == 413


def test_another_platforms_key_or_one_that_is_off_opens_nothing() -> None:
    shop = source("stripe")
    assert shopify(shop, SHOPIFY) == 404
    Source.objects.update(is_active=False)
    assert stripe(shop, event(CHARGE)) == 404


def test_a_body_that_is_not_an_object_is_refused_and_harms_no_other(folder: DataFolder) -> None:
    shop = source("shopify")
    assert shopify(shop, [1, 2], delivery="bad") == 200
    assert shopify(shop, SHOPIFY) == 200
    drain()
    assert Delivery.objects.get(delivery_id="bad").state == "refused"
    assert rows(folder)["orders"] == 1
