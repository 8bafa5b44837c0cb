"""Stripe charges: the API's objects one a line (JSONL), as a JSON list, or in ``{"data": []}``.

Identity: ``receipt_email``, else ``billing_details.email``, as an opaque id; without one the Stripe customer
(``cus_…``); with neither the charge is refused.

An order is one charge, under the charge's id, at ``created``. Amounts are integers of the currency's minor unit by
Stripe's own list. A charge does not say what it was for: all that was captured is ``items``. Charges that failed, are
pending or were only authorised are refused. Stripe's test mode is a property of the whole file and is said, not
refused.

Each refund in ``refunds`` that did not fail is a refund; what ``amount_refunded`` says beyond them (newer API
versions leave the list out) is one more, dated at the charge because its own date is not known. The provider's fee is
kept where ``balance_transaction`` was expanded and is in the charge's currency.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from keepwell.observe.fact_rows import Fact, batches
from keepwell.observe.identity import customer_key
from keepwell.observe.importer import ImportContext, Reading
from keepwell.observe.json_fields import ZERO, Fields, RecordRefusedError, four_places, when
from keepwell.observe.json_records import JsonFile, glimpse, read_head
from keepwell.observe.minor_units import minor_unit
from keepwell.observe.order_parts import OrderParts
from keepwell.vocabulary.refusal import Refusal

FAILED_REFUNDS = frozenset({"failed", "canceled"})
UNDATED = "refund without a date of its own: dated at the charge"


class StripeCharges:
    """Importer of Stripe charges."""

    name = "stripe"
    label = "Stripe charges JSONL"

    def recognises(self, path: Path, head: bytes) -> bool:
        """Say whether the first record is a Stripe charge."""
        return glimpse(head).get("object") == "charge"

    def open(self, path: Path, context: ImportContext) -> Reading:
        """Open the file; raises InputError when it is empty or cannot be read."""
        findings = ["Customers are told apart by the e-mail of the charge (as an opaque id)."]
        if glimpse(read_head(path)).get("livemode") is False:
            findings.append("The charges were made in Stripe's test mode.")
        read = partial(_read, context=context)
        return Reading(
            tuple(findings), batches(JsonFile(path), read, context.source or self.name), signature="stripe:1"
        )


def _read(charge: Fields, changes: Counter[str], context: ImportContext) -> Iterable[Fact]:
    _check_status(charge)
    currency = charge.currency("currency")
    if currency is None:
        raise RecordRefusedError(Refusal.UNKNOWN_CURRENCY, "currency is empty")
    unit = minor_unit(currency)
    amount = money(charge, "amount_captured", unit, changes)
    if amount is None:
        amount = money(charge, "amount", unit, changes)
    if amount is None:
        raise RecordRefusedError(Refusal.MISSING_AMOUNT, "amount is empty")
    if amount <= 0:
        reason = Refusal.ZERO_AMOUNT if amount == 0 else Refusal.NEGATIVE_PRICE
        raise RecordRefusedError(reason, f"amount: {amount}")
    shared = {
        "order_id": charge.required_text("id", Refusal.MISSING_ORDER_ID),
        "customer_id": _customer(charge, context.identity_key),
        "currency": currency,
    }
    ordered_at = when(charge.epoch_moment("created"), "created", context.now)
    order = {
        **shared,
        "ordered_at": ordered_at,
        **OrderParts(amount).as_row(),
        "discount": ZERO,
        "payment_fee": _fee(charge, currency, changes),
        "country": _country(charge),
    }
    refunds = _refunds(charge, shared, ordered_at, unit, changes, context)
    return [("orders", order), *(("refunds", refund) for refund in refunds)]


def money(fields: Fields, key: str, unit: Decimal, changes: Counter[str]) -> Decimal | None:
    """Return an integer of minor units as an amount; ``None`` when absent.

    >>> money(Fields({"amount": 1050}), "amount", Decimal("0.01"), Counter())
    Decimal('10.5000')
    """
    number = fields.exact(key)
    return None if number is None else four_places(number * unit, changes)


def _check_status(charge: Fields) -> None:
    kind = charge.text("object")
    if kind not in (None, "charge"):
        raise RecordRefusedError(Refusal.NOT_USED, f"object: {kind}")
    status = charge.text("status")
    if status not in (None, "succeeded") or charge.flag("paid") is False:
        raise RecordRefusedError(Refusal.NOT_PAID, f"status: {status}, paid: {charge.flag('paid')}")
    if charge.flag("captured") is False:
        raise RecordRefusedError(Refusal.NOT_PAID, "captured: false (authorised only)")


def _customer(charge: Fields, key: bytes) -> str:
    email = charge.personal("receipt_email") or charge.child("billing_details").personal("email")
    if email:
        return customer_key(email, key)
    return stripe_customer(charge, key)


def stripe_customer(record: Fields, key: bytes) -> str:
    """Return the opaque id of the ``customer`` of a Stripe object, given by id or expanded; refuses its absence.

    >>> stripe_customer(Fields({"customer": "cus_9"}), b"k")
    'cus_9'
    """
    if isinstance(record.values.get("customer"), dict):
        customer = record.child("customer")
        found = customer.personal("email") or customer.personal("id")
    else:
        found = record.personal("customer")
    if not found:
        raise RecordRefusedError(Refusal.MISSING_CUSTOMER, "neither an e-mail nor a customer")
    return customer_key(found, key)


def _country(charge: Fields) -> str | None:
    billing = charge.child("billing_details").child("address").text("country")
    return billing or charge.child("shipping").child("address").text("country")


def _fee(charge: Fields, currency: str, changes: Counter[str]) -> Decimal | None:
    if not isinstance(charge.values.get("balance_transaction"), dict):
        return None
    transaction = charge.child("balance_transaction")
    if transaction.currency("currency") != currency:
        return None
    return money(transaction, "fee", minor_unit(currency), changes)


def _refunds(
    charge: Fields,
    shared: dict[str, Any],
    ordered_at: int,
    unit: Decimal,
    changes: Counter[str],
    context: ImportContext,
) -> Iterable[dict[str, Any]]:
    listed = ZERO
    for refund in charge.child("refunds").children("data"):
        if refund.text("status") in FAILED_REFUNDS:
            continue
        amount = money(refund, "amount", unit, changes)
        if amount is None or amount < 0:
            raise RecordRefusedError(Refusal.MISSING_AMOUNT, f"{refund.path}amount: {amount}")
        listed += amount
        yield {
            **shared,
            "refund_id": refund.required_text("id", Refusal.MISSING_VALUE),
            "refunded_at": when(refund.epoch_moment("created"), f"{refund.path}created", context.now),
            **OrderParts(amount).as_row(),
            "reason": refund.text("reason"),
        }
    rest = (money(charge, "amount_refunded", unit, changes) or ZERO) - listed
    if rest > 0:
        changes[UNDATED] += 1
        yield {
            **shared,
            "refund_id": f"{shared['order_id']}:refunded",
            "refunded_at": ordered_at,
            **OrderParts(rest).as_row(),
        }
