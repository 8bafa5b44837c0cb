"""The door for webhooks: signed raw bytes in, 200 once they are durable; a job makes facts of them."""

from __future__ import annotations

import hashlib
import json
import time
from typing import Any

from django.db import transaction
from django.http import Http404, HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from keepwell.web.access import public
from keepwell.web.inbox.signatures import is_base64_hmac, is_stripe
from keepwell.web.inbox.upload_models import Delivery, DeliveryState, Platform, WebhookSecret
from keepwell.web.work.actions import enqueue

LARGEST_BODY = 2 << 20  # bytes; an order of a thousand lines has half of it
LONGEST_ID, LONGEST_TOPIC = 200, 100
PRIVACY = ("customers/data_request", "customers/redact", "shop/redact")
READ = {
    Platform.SHOPIFY: ("orders/",),
    Platform.WOOCOMMERCE: ("order.",),
    Platform.STRIPE: ("charge.", "customer.subscription."),
}
UNREAD = ("charge.dispute.", "charge.refund.", "order.deleted", "orders/delete")  # their bodies are no whole object


class Answer(Exception):  # noqa: N818 — not an error: how a delivery is answered without being kept
    """An answer given at once."""

    def __init__(self, status: int, code: str) -> None:
        self.status, self.code = status, code
        super().__init__(code)


@csrf_exempt
@require_POST
@public
def shopify(request: HttpRequest, key: str) -> JsonResponse:
    """Take a delivery of Shopify, its mandatory privacy topics too."""
    return _answer(request, Platform.SHOPIFY, key)


@csrf_exempt
@require_POST
@public
def woocommerce(request: HttpRequest, key: str) -> JsonResponse:
    """Take a delivery of WooCommerce; the ping of a new webhook has no signature and brings nothing."""
    return _answer(request, Platform.WOOCOMMERCE, key)


@csrf_exempt
@require_POST
@public
def stripe(request: HttpRequest, key: str) -> JsonResponse:
    """Take an event of Stripe."""
    return _answer(request, Platform.STRIPE, key)


def _answer(request: HttpRequest, platform: Platform, key: str) -> JsonResponse:
    try:
        _take(request, platform, key)
    except Answer as answer:
        return JsonResponse({"code": answer.code}, status=answer.status)
    return JsonResponse({"success": True})


def _take(request: HttpRequest, platform: Platform, key: str) -> None:
    found = (
        WebhookSecret.objects.select_related("source")
        .filter(source__write_key=key, platform=platform, source__is_active=True)
        .first()
    )
    if found is None:
        raise Http404
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > LARGEST_BODY:
        raise Answer(413, "webhook.large")
    body = request.body
    if platform is Platform.WOOCOMMERCE and body.startswith(b"webhook_id=") and len(body) < 64:
        return
    if not _is_signed(request, platform, found.secret, body):
        raise Answer(401, "webhook.signature")
    delivery_id, topic = _named(request, platform, body)
    keep(found.source, platform, delivery_id[:LONGEST_ID], topic[:LONGEST_TOPIC], body)


def _is_signed(request: HttpRequest, platform: Platform, secret: str, body: bytes) -> bool:
    if platform is Platform.SHOPIFY:
        return is_base64_hmac(body, secret, request.headers.get("X-Shopify-Hmac-SHA256", ""))
    if platform is Platform.WOOCOMMERCE:
        return is_base64_hmac(body, secret, request.headers.get("X-WC-Webhook-Signature", ""))
    return is_stripe(body, secret, request.headers.get("Stripe-Signature", ""), time.time())


def _named(request: HttpRequest, platform: Platform, body: bytes) -> tuple[str, str]:
    """Return the delivery's id and topic; one without an id is known by its content."""
    if platform is Platform.STRIPE:
        event = _object(body)
        delivery_id, topic = str(event.get("id") or ""), str(event.get("type") or "")
    elif platform is Platform.SHOPIFY:
        delivery_id = request.headers.get("X-Shopify-Webhook-Id", "")
        topic = request.headers.get("X-Shopify-Topic", "")
    else:
        delivery_id = request.headers.get("X-WC-Webhook-Delivery-ID", "")
        topic = request.headers.get("X-WC-Webhook-Topic", "")
    if not topic or "\x00" in topic + delivery_id:
        raise Answer(400, "webhook.topic")
    return delivery_id or hashlib.sha256(topic.encode("utf-8", "replace") + body).hexdigest(), topic


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Answer(400, "webhook.json") from error
    if not isinstance(value, dict):
        raise Answer(400, "webhook.json")
    return value


def keep(source: Any, platform: Platform, delivery_id: str, topic: str, body: bytes) -> None:
    """Keep a delivery once, and have it brought into the lake; it is durable when this returns."""
    state, reason = DeliveryState.WAITING, ""
    if topic in PRIVACY:
        state, reason = DeliveryState.DRAINED, "a privacy request: answer it on the customer's page"
    elif not topic.startswith(READ[platform]) or topic.startswith(UNREAD):
        state, reason = DeliveryState.DRAINED, "not used: this topic brings no fact"
    with transaction.atomic():
        _delivery, is_new = Delivery.objects.get_or_create(
            source=source,
            delivery_id=delivery_id,
            defaults={"topic": topic, "body": body, "state": state, "reason": reason},
        )
        if is_new and state is DeliveryState.WAITING:
            enqueue("drain_webhooks", key="drain_webhooks", most_attempts=50)
