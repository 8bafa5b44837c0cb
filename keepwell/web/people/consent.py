"""Consent: what somebody said, what holds now, and the gate that every message passes at the moment it is sent."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from keepwell.web.people.identities import keyed_hash
from keepwell.web.people.merging import members, survivor
from keepwell.web.people.models import (
    Channel,
    ConsentEvent,
    ConsentStatus,
    Customer,
    Identity,
    IdentityKind,
    LegalBasis,
    Purpose,
    Suppression,
)
from keepwell.web.people.rules import Regime, regime, zones

ADDRESS_OF = {
    Channel.EMAIL: IdentityKind.EMAIL,
    Channel.SMS: IdentityKind.PHONE,
    Channel.PHONE: IdentityKind.PHONE,
    Channel.PUSH: IdentityKind.DEVICE,
}
NO_WORDS = (ConsentStatus.REFUSED, ConsentStatus.WITHDRAWN)
SHORT = timedelta(days=30)  # how long the address and browser of who agreed are kept

REASONS = {
    "allowed": _("may be sent"),
    "no_address": _("no address"),
    "no_consent": _("no consent"),
    "refused": _("refused"),
    "withdrawn": _("withdrawn"),
    "not_confirmed": _("not confirmed"),
    "expired": _("expired"),
    "consent_too_old": _("consent too old"),
    "soft_opt_in_not_enough": _("needs consent"),
    "implied_not_enough": _("needs consent"),
    "contract_not_enough": _("needs consent"),
    "night": _("night there"),
    "unknown_time_zone": _("time zone unknown"),
    "unknown_channel_or_purpose": _("unknown channel"),
}


@dataclass(frozen=True)
class Verdict:
    """Whether somebody may be contacted, and why; ``reason`` is a stable code, ``source`` the rule behind it."""

    allowed: bool
    reason: str
    source: str = ""

    @property
    def label(self) -> Any:
        """The reason in words."""
        return REASONS.get(self.reason, _("suppressed"))


def record(customer: Customer, purpose: str, channel: str, status: str, *, method: str, **said: Any) -> ConsentEvent:
    """Write down what somebody said about one purpose and channel.

    Args:
        customer: who said it; it is kept with the one that stands for the person.
        purpose: of `Purpose`.
        channel: of `Channel`.
        status: of `ConsentStatus`.
        method: how it was collected.
        said: other fields of `ConsentEvent`; ``notice`` is the text that was shown, of which the hash is kept.

    """
    notice = said.pop("notice", "")
    if notice:
        said["notice_hash"] = hashlib.sha256(notice.encode()).hexdigest()
    now = said.setdefault("given_at", timezone.now())
    if status == ConsentStatus.WITHDRAWN:
        said.setdefault("withdrawn_at", now)
    person = survivor(customer)
    said.setdefault("jurisdiction", person.country)
    said.setdefault("language", person.language)
    return ConsentEvent.objects.create(
        customer=person, purpose=purpose, channel=channel, status=status, method=method, **said
    )


def last_word(customer: Customer, purpose: str, channel: str, at: datetime | None = None) -> ConsentEvent | None:
    """Return what the person said last about a purpose and channel, by a moment."""
    said = ConsentEvent.objects.filter(customer__in=members(customer), purpose=purpose, channel=channel)
    if at is not None:
        said = said.filter(given_at__lte=at)
    return said.order_by("given_at", "id").last()


def current_state(customer: Customer) -> dict[tuple[str, str], ConsentEvent]:
    """Return the last word on every (purpose, channel) that anything was said about."""
    said = ConsentEvent.objects.filter(customer__in=members(customer)).order_by("given_at", "id")
    return {(event.purpose, event.channel): event for event in said}


def may_contact(
    customer: Customer, channel: str, purpose: str, now: datetime | None = None, *, last_purchase_on: date | None = None
) -> Verdict:
    """Say whether somebody may be contacted at this moment; whatever is not known counts against it.

    Args:
        customer: the person.
        channel: of `Channel`.
        purpose: of `Purpose`.
        now: moment of sending, aware.
        last_purchase_on: of the person, where consent may be implied by it.

    """
    now = now or timezone.now()
    if channel not in Channel.values or purpose not in Purpose.values:
        return Verdict(False, "unknown_channel_or_purpose")
    people = members(customer)
    if blocked := _suppressed(people, channel):
        return Verdict(False, blocked)
    rules = regime(people[0].country, channel)
    word = last_word(people[0], purpose, channel, now)
    if purpose != Purpose.SERVICE:
        refusal = _without_consent(word, rules, purpose, now, last_purchase_on)
        if refusal:
            return Verdict(False, refusal, rules.source)
        if is_closed := _at_night(people[0], rules, word, now):
            return Verdict(False, is_closed, rules.source)
    elif word is not None and word.status in NO_WORDS:
        return Verdict(False, "refused")
    return Verdict(True, "allowed", rules.source)


def suppress(kind: str, value: str, reason: str, channel: str = "") -> Suppression:
    """Never use an address again on a channel, or on any; only a keyed hash of it is kept."""
    found, _is_new = Suppression.objects.get_or_create(
        keyed_hash=keyed_hash(kind, value), channel=channel, reason=reason
    )
    return found


def forget_traces(now: datetime | None = None) -> int:
    """Remove the network address and browser of words that are older than a month; return how many."""
    old = ConsentEvent.objects.filter(given_at__lt=(now or timezone.now()) - SHORT)
    kept = old.exclude(ip_address=None, user_agent="")
    return kept.update(ip_address=None, user_agent="")


def _suppressed(people: Sequence[Customer], channel: str) -> str:
    identities = list(Identity.objects.filter(customer__in=people))
    wanted = ADDRESS_OF.get(Channel(channel))
    if wanted is not None and not any(identity.kind == wanted for identity in identities):
        return "no_address"
    hashes = [identity.keyed_hash for identity in identities]
    found = Suppression.objects.filter(keyed_hash__in=hashes, channel__in=["", channel]).first()
    return f"suppressed_{found.reason}" if found else ""


def _without_consent(
    word: ConsentEvent | None, rules: Regime, purpose: str, now: datetime, last_purchase_on: date | None
) -> str:
    """Return why consent is wanting; empty where it is not."""
    if word is not None and word.status in NO_WORDS:
        return "refused" if word.status == ConsentStatus.REFUSED else "withdrawn"
    if not rules.opt_in:
        return ""
    if word is None:
        return "" if _is_implied(rules, purpose, now, last_purchase_on) else "no_consent"
    if word.status == ConsentStatus.PENDING:
        return "not_confirmed"
    if word.expires_at is not None and word.expires_at <= now:
        return "expired"
    if word.legal_basis == LegalBasis.SOFT_OPT_IN:
        return "" if rules.soft_opt_in else "soft_opt_in_not_enough"
    if word.legal_basis == LegalBasis.IMPLIED:
        days = rules.implied_days
        return "" if days is not None and now < word.given_at + timedelta(days=days) else "implied_not_enough"
    if word.legal_basis == LegalBasis.CONTRACT and purpose == Purpose.MARKETING:
        return "contract_not_enough"
    if rules.double_opt_in and word.confirmed_at is None:
        return "not_confirmed"
    said_at = max(filter(None, (word.given_at, word.confirmed_at)))
    if rules.consent_days is not None and now >= said_at + timedelta(days=rules.consent_days):
        return "consent_too_old"
    return ""


def _is_implied(rules: Regime, purpose: str, now: datetime, last_purchase_on: date | None) -> bool:
    if rules.implied_days is None or last_purchase_on is None or purpose != Purpose.MARKETING:
        return False
    return (now.date() - last_purchase_on).days < rules.implied_days


def _at_night(customer: Customer, rules: Regime, word: ConsentEvent | None, now: datetime) -> str:
    """Return why the hour forbids it; empty where it does not."""
    if rules.night is None or (word is not None and word.is_night):
        return ""
    names = zones(customer.country, customer.time_zone)
    if not names:
        return "unknown_time_zone"
    try:
        hours = [now.astimezone(ZoneInfo(name)).time() for name in names]
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return "unknown_time_zone"
    return "night" if any(_is_within(hour, rules.night) for hour in hours) else ""


def _is_within(hour: time, night: tuple[time, time]) -> bool:
    start, end = night
    return hour >= start or hour < end if start > end else start <= hour < end
