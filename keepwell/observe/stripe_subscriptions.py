"""Stripe subscriptions: the API's objects one a line (JSONL), as a JSON list, or in ``{"data": []}``.

Identity: the e-mail of the ``customer`` where the object was expanded, as an opaque id; else its id (``cus_…``).
Subscriptions not begun (``incomplete``, ``incomplete_expired``) are refused.

The recurring revenue of one month is the sum over the items of ``unit_amount`` × quantity, in the currency's minor
unit, over the length of the interval in months: a year is 12, a week 12/52 and a day 12/365 of them, times
``interval_count``. Tax rates marked inclusive are taken out. Coupons that apply for ever, or still to the end of the
current period, are taken off; ``once`` is not recurring, and coupons that were not expanded cannot be known (counted
as changed). Usage-based and tiered prices have no fixed amount: such an item is left out and counted as changed; a
subscription of nothing else is refused.

A trial is a term of its own with no revenue, from the start to ``trial_end``; the paid term begins there. A
subscription ends at ``ended_at``, or at ``canceled_at`` once its status is ``canceled``; one that is only set to end
later still runs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from functools import partial
from pathlib import Path

from keepwell.observe.fact_rows import Fact, batches
from keepwell.observe.importer import ImportContext, Reading
from keepwell.observe.json_fields import LARGEST, ZERO, Fields, RecordRefusedError, said, when
from keepwell.observe.json_records import JsonFile, glimpse
from keepwell.observe.minor_units import minor_unit
from keepwell.observe.stripe import stripe_customer
from keepwell.vocabulary.refusal import Refusal

PER_MONTH = {  # intervals in a month, as an exact fraction
    "day": (Decimal(365), Decimal(12)),
    "week": (Decimal(52), Decimal(12)),
    "month": (Decimal(1), Decimal(1)),
    "year": (Decimal(1), Decimal(12)),
}
NOT_BEGUN = frozenset({"incomplete", "incomplete_expired"})
NO_FIXED_AMOUNT = "usage-based or tiered item left out of the recurring revenue"
UNKNOWN_COUPON = "coupon not in the file: the recurring revenue is before it"
HUNDRED = Decimal(100)


class StripeSubscriptions:
    """Importer of Stripe subscriptions."""

    name = "stripe_subscriptions"
    label = "Stripe subscriptions JSONL"

    def recognises(self, path: Path, head: bytes) -> bool:
        """Say whether the first record is a Stripe subscription."""
        return glimpse(head).get("object") == "subscription"

    def open(self, path: Path, context: ImportContext) -> Reading:
        """Open the file; raises InputError when it is empty or cannot be read."""
        findings = ("Recurring revenue: a month is 52/12 weeks or 365/12 days.",)
        read = partial(_read, context=context)
        # The default source is that of the charges: both are one Stripe account.
        return Reading(findings, batches(JsonFile(path), read, context.source or "stripe"), signature="subscriptions:1")


def _read(subscription: Fields, changes: Counter[str], context: ImportContext) -> Iterable[Fact]:
    kind = subscription.text("object")
    if kind not in (None, "subscription"):
        raise RecordRefusedError(Refusal.NOT_USED, f"object: {kind}")
    status = subscription.text("status")
    if status in NOT_BEGUN:
        raise RecordRefusedError(Refusal.NOT_PAID, f"status: {status}")
    items = subscription.child("items").children("data")
    currency = _currency(subscription, items)
    started_at, ended_at = _term(subscription, status, context)
    shared = {
        "subscription_id": subscription.required_text("id", Refusal.MISSING_VALUE),
        "customer_id": stripe_customer(subscription, context.identity_key),
        "plan": _plan(items),
        "currency": currency,
        "quantity": sum((_quantity(item, changes) for item in items), ZERO),
    }
    mrr = _mrr(subscription, items, currency, changes)
    trial_end = subscription.epoch_moment("trial_end")
    terms: list[Fact] = []
    if trial_end is not None and trial_end > started_at:
        trial_ended = None if status == "trialing" and ended_at is None else min(trial_end, ended_at or trial_end)
        trial = {**shared, "started_at": started_at, "ended_at": trial_ended, "mrr": ZERO, "is_trial": True}
        terms.append(("subscriptions", trial))
        started_at = trial_end
    if (ended_at is None or ended_at > started_at or not terms) and status != "trialing":
        paid = {**shared, "started_at": started_at, "ended_at": ended_at, "mrr": mrr, "is_trial": False}
        terms.append(("subscriptions", paid))
    if not terms:  # "trialing" without a trial in the future
        terms.append(
            ("subscriptions", {**shared, "started_at": started_at, "ended_at": ended_at, "mrr": ZERO, "is_trial": True})
        )
    return terms


def _term(subscription: Fields, status: str | None, context: ImportContext) -> tuple[int, int | None]:
    begun = subscription.epoch_moment("start_date")
    if begun is None:
        begun = subscription.epoch_moment("created")
    started_at = when(begun, "start_date", context.now)
    ended_at = subscription.epoch_moment("ended_at")
    if ended_at is None and status == "canceled":
        ended_at = subscription.epoch_moment("canceled_at")
        if ended_at is None:
            raise RecordRefusedError(Refusal.MISSING_DATE, "status is canceled, but ended_at and canceled_at are empty")
    if ended_at is not None:
        when(ended_at, "ended_at", context.now)
        if ended_at < started_at:
            detail = f"ended_at {said(ended_at)} lies before start_date {said(started_at)}"
            raise RecordRefusedError(Refusal.UNREADABLE_DATE, detail)
    return started_at, ended_at


def _price(item: Fields) -> Fields:
    return item.child("price") if item.has("price") else item.child("plan")


def _currency(subscription: Fields, items: list[Fields]) -> str:
    if not items:
        raise RecordRefusedError(Refusal.MISSING_AMOUNT, "items.data is empty")
    found = {currency for item in items if (currency := _price(item).currency("currency"))}
    own = subscription.currency("currency")
    found |= {own} if own else set()
    if len(found) != 1:
        raise RecordRefusedError(Refusal.UNKNOWN_CURRENCY, f"currency: {', '.join(sorted(found)) or 'empty'}")
    return found.pop()


def _plan(items: list[Fields]) -> str | None:
    names = []
    for item in items:
        price = _price(item)
        product = price.values.get("product")
        own = price.child("product").text("name") if isinstance(product, dict) else None
        name = price.text("nickname") or own or price.text("lookup_key") or price.text("id")
        if name and name not in names:
            names.append(name)
    return " + ".join(names) or None


def _quantity(item: Fields, changes: Counter[str]) -> Decimal:
    quantity = item.amount("quantity", changes)
    if quantity is not None and quantity < 0:
        raise RecordRefusedError(Refusal.NEGATIVE_QUANTITY, f"{item.path}quantity: {quantity}")
    return Decimal(1) if quantity is None else quantity


def _mrr(subscription: Fields, items: list[Fields], currency: str, changes: Counter[str]) -> Decimal:
    period_end = subscription.epoch_moment("current_period_end")
    unit = minor_unit(currency)
    total, fixed, months = ZERO, 0, None
    for item in items:
        price = _price(item)
        recurring = price.child("recurring") if price.has("recurring") else price
        amount = _unit_amount(price)
        if amount is None or recurring.text("usage_type") == "metered":
            changes[NO_FIXED_AMOUNT] += 1
            continue
        fixed += 1
        numerator, denominator = _intervals(recurring)
        months = months or (numerator, denominator)
        charged = amount * unit * _quantity(item, changes)
        charged = _after_coupons(item, charged, unit, period_end, changes)
        rates = item.children("tax_rates") or subscription.children("default_tax_rates")
        total += _before_tax(rates, charged) * numerator / denominator
    if not fixed or months is None:
        raise RecordRefusedError(Refusal.MISSING_AMOUNT, "items.data.0.price.unit_amount: no fixed price")
    numerator, denominator = months
    total = _after_coupons(subscription, total, unit * numerator / denominator, period_end, changes)
    if total >= LARGEST:
        raise RecordRefusedError(Refusal.ABSURD_QUANTITY, f"{total} a month")
    return total.quantize(Decimal("0.0001"))  # a year over twelve is never exact: no change to speak of


def _unit_amount(price: Fields) -> Decimal | None:
    if price.text("billing_scheme") == "tiered":
        return None
    for key in ("unit_amount_decimal", "unit_amount", "amount_decimal", "amount"):
        amount = price.exact(key)
        if amount is not None:
            if amount < 0:
                raise RecordRefusedError(Refusal.NEGATIVE_PRICE, f"{price.path}{key}: {amount}")
            return amount
    return None


def _intervals(recurring: Fields) -> tuple[Decimal, Decimal]:
    interval = recurring.text("interval")
    count = recurring.whole("interval_count")
    if interval not in PER_MONTH or (count is not None and count < 1):
        detail = f"{recurring.path}interval: {interval}, interval_count: {count}"
        raise RecordRefusedError(Refusal.UNREADABLE_VALUE, detail)
    numerator, denominator = PER_MONTH[interval]
    return numerator, denominator * (count or 1)


def _before_tax(rates: list[Fields], amount: Decimal) -> Decimal:
    inclusive = sum((rate.exact("percentage") or ZERO for rate in rates if rate.flag("inclusive")), ZERO)
    if inclusive < 0:
        raise RecordRefusedError(Refusal.UNREADABLE_NUMBER, f"tax_rates.percentage: {inclusive}")
    return amount * HUNDRED / (HUNDRED + inclusive)


def _after_coupons(
    holder: Fields, amount: Decimal, unit: Decimal, period_end: int | None, changes: Counter[str]
) -> Decimal:
    for coupon, end in _coupons(holder, changes):
        duration = coupon.text("duration")
        if duration == "once" or (duration == "repeating" and end is not None and end < (period_end or end)):
            continue
        percent, off = coupon.exact("percent_off"), coupon.exact("amount_off")
        if percent is not None:
            amount = amount * (HUNDRED - min(max(percent, ZERO), HUNDRED)) / HUNDRED
        elif off is not None:
            amount = max(amount - max(off, ZERO) * unit, ZERO)
    return amount


def _coupons(holder: Fields, changes: Counter[str]) -> Iterable[tuple[Fields, int | None]]:
    listed = holder.values.get("discounts")
    discounts = [holder.child("discount")] if holder.has("discount") else []
    if isinstance(listed, list) and any(isinstance(entry, str) for entry in listed):
        changes[UNKNOWN_COUPON] += 1  # ids only: the discounts were not expanded
    elif not discounts:
        discounts = holder.children("discounts")
    for discount in discounts:
        owner = discount if discount.has("coupon") else discount.child("source")
        if isinstance(owner.values.get("coupon"), dict):
            yield owner.child("coupon"), discount.epoch_moment("end")
        else:
            changes[UNKNOWN_COUPON] += 1
