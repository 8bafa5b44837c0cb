"""Who is who: identities, what identify and alias messages say, and the customer that stands for a person."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from babel import Locale
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from keepwell.lake.lake import Lake
from keepwell.observe.identity import customer_key, kind_of, opaque_id
from keepwell.web.people import merging
from keepwell.web.people.models import Customer, Identity, IdentityKind, Suppression, TraitChange

MOST_TRAITS = 100
FROM_TRAITS = {"email": IdentityKind.EMAIL, "phone": IdentityKind.PHONE}


def identity_key() -> bytes:
    """Return the key of the data folder that makes ids opaque."""
    return Lake.create(settings.DATA.root).identity_key


def keyed_hash(kind: str, value: str, key: bytes | None = None) -> str:
    """Return what an identity is looked up by; e-mail and telephone count as written in any common way."""
    key = key or identity_key()
    plain = opaque_id(kind, value, key) if kind in ("email", "phone") else value.strip()
    return hmac.digest(key, f"people:{kind}:{plain}".encode(), "sha256").hex()


def country_code(text: Any) -> str:
    """Return the ISO code of a country given by code or English name; empty where it is neither.

    >>> country_code("United Kingdom"), country_code("pl"), country_code("Nowhere")
    ('GB', 'PL', '')
    """
    said = str(text or "").strip()
    if len(said) == 2 and said.upper() in _codes().values():
        return said.upper()
    return _codes().get(said.lower(), {"usa": "US", "uk": "GB", "eire": "IE", "korea": "KR"}.get(said.lower(), ""))


_CODES: dict[str, str] = {}


def _codes() -> dict[str, str]:
    if not _CODES:
        names = Locale("en").territories.items()
        _CODES.update({str(name).lower(): code for code, name in names if len(code) == 2 and code.isalpha()})
    return _CODES


def find(kind: str, value: str) -> Customer | None:
    """Return the customer with this identity: the one that stands for the whole person."""
    found = Identity.objects.filter(kind=kind, keyed_hash=keyed_hash(kind, value)).select_related("customer").first()
    return merging.survivor(found.customer) if found else None


def add_identity(customer: Customer, kind: str, value: str, at: datetime | None = None) -> Identity:
    """Give the customer an identity, or return it as it is, whoever has it."""
    wanted = {"customer": customer, "value": value.strip()[:320], "first_seen_at": at or timezone.now()}
    found, _is_new = Identity.objects.get_or_create(kind=kind, keyed_hash=keyed_hash(kind, value), defaults=wanted)
    return found


def is_erased(kind: str, value: str) -> bool:
    """Say whether somebody with this identity asked to be erased."""
    return Suppression.objects.filter(keyed_hash=keyed_hash(kind, value), reason="erased").exists()


def identify(message: Mapping[str, Any], at: datetime | None = None, source: str = "") -> Customer | None:
    """Take in one identify or alias message; return its customer, or ``None`` when it names nobody.

    An anonymous id that was nobody's becomes the user's; one that was seen alone before is merged with the user. One
    that belongs to another user stays with them: a shared browser is no proof of a shared life. An e-mail address or
    telephone number that another user has is written down as a possible merge, for a person to judge.
    """
    at = at or timezone.now()
    with transaction.atomic():
        if message.get("type") == "alias":
            return _alias(message, at)
        user, device = _text(message.get("userId")), _text(message.get("anonymousId"))
        traits = _traits(message)
        customer = _customer_of(user, device, traits, at)
        if customer is None:
            return None
        if user and device:
            _join(customer, IdentityKind.ANONYMOUS_ID, device, at)
        if user and kind_of(user) in FROM_TRAITS:  # the shop numbers its customers by their addresses
            _join(customer, FROM_TRAITS[kind_of(user)], user, at)
        for name, kind in FROM_TRAITS.items():
            if value := _text(traits.get(name)):
                _join(customer, kind, value, at)
        set_traits(customer, traits, source=source, at=at)
        return merging.survivor(customer)


def _customer_of(user: str, device: str, traits: Mapping[str, Any], at: datetime) -> Customer | None:
    email = _text(traits.get("email"))
    for kind, value in ((IdentityKind.EXTERNAL_ID, user), (IdentityKind.EMAIL, email)):
        if value and (kind == IdentityKind.EXTERNAL_ID or not user):
            return _known_or_new(kind, value, at, lake_id=customer_key(value, identity_key()))
    return _known_or_new(IdentityKind.ANONYMOUS_ID, device, at) if device else None


def _known_or_new(kind: str, value: str, at: datetime, lake_id: str | None = None) -> Customer:
    found = Identity.objects.filter(kind=kind, keyed_hash=keyed_hash(kind, value)).select_related("customer").first()
    if found:
        return found.customer
    if lake_id is None:
        customer = Customer.objects.create(created_at=at)
    else:
        customer, _is_new = Customer.objects.get_or_create(lake_id=lake_id, defaults={"created_at": at})
    return add_identity(customer, kind, value, at).customer


def _join(customer: Customer, kind: str, value: str, at: datetime) -> None:
    owner = add_identity(customer, kind, value, at).customer
    if merging.survivor(owner).pk == merging.survivor(customer).pk:
        return
    if kind == IdentityKind.ANONYMOUS_ID and owner.lake_id is None:
        merging.merge(owner, customer, reason=f"same {kind}", at=at)
    elif kind != IdentityKind.ANONYMOUS_ID:
        merging.suggest(owner, customer, reason=f"same {kind}", at=at)


def _alias(message: Mapping[str, Any], at: datetime) -> Customer | None:
    user, previous = _text(message.get("userId")), _text(message.get("previousId"))
    customer = _customer_of(user, "", {}, at) if user else None
    if customer is None or not previous:
        return customer
    earlier = find(IdentityKind.EXTERNAL_ID, previous) or find(IdentityKind.ANONYMOUS_ID, previous)
    if earlier is None:
        add_identity(customer, IdentityKind.ANONYMOUS_ID, previous, at)
    else:
        merging.merge(earlier, customer, reason="alias", at=at)
    return merging.survivor(customer)


def set_traits(customer: Customer, traits: Mapping[str, Any], *, source: str, at: datetime | None = None) -> int:
    """Write down traits with their history; return how many changed. Addresses are identities, not traits."""
    wanted = {str(name)[:120]: value for name, value in traits.items() if name not in FROM_TRAITS}
    changed = {name: value for name, value in wanted.items() if customer.traits.get(name) != value}
    room = MOST_TRAITS - len(customer.traits)
    fresh = [name for name in changed if name not in customer.traits][room:] if room < len(changed) else []
    changed = {name: value for name, value in changed.items() if name not in fresh}
    if not changed:
        return 0
    when = at or timezone.now()
    TraitChange.objects.bulk_create(
        TraitChange(customer=customer, name=name, before=customer.traits.get(name), after=value, source=source[:80],
                    changed_at=when)
        for name, value in changed.items()
    )  # fmt: skip
    customer.traits = {**customer.traits, **changed}
    _told(customer, changed)
    customer.save()
    return len(changed)


def _told(customer: Customer, traits: Mapping[str, Any]) -> None:
    """Read name, country, time zone and language out of well-known traits."""
    whole = _text(traits.get("name")) or " ".join(
        filter(None, (_text(customer.traits.get("firstName")), _text(customer.traits.get("lastName"))))
    )
    address = traits.get("address")
    country = traits.get("country") or (address.get("country") if isinstance(address, Mapping) else "")
    customer.name = whole[:200] or customer.name
    customer.country = country_code(country) or customer.country
    customer.time_zone = _text(traits.get("timezone"))[:60] or customer.time_zone
    customer.language = _text(traits.get("language") or traits.get("locale"))[:12] or customer.language


def bring_in(lake_ids: Iterable[str], batch: int = 2000) -> int:
    """Make a customer of every id of the lake that has none; return how many were made."""
    made, wanted = 0, []
    for lake_id in lake_ids:
        wanted.append(lake_id)
        if len(wanted) == batch:
            made += _bring(wanted)
            wanted = []
    return made + _bring(wanted)


def _bring(lake_ids: list[str]) -> int:
    known = set(Customer.objects.filter(lake_id__in=lake_ids[:900]).values_list("lake_id", flat=True))
    for start in range(900, len(lake_ids), 900):  # SQLite takes so many parameters a statement
        part = lake_ids[start : start + 900]
        known |= set(Customer.objects.filter(lake_id__in=part).values_list("lake_id", flat=True))
    fresh = [lake_id for lake_id in dict.fromkeys(lake_ids) if lake_id not in known]
    try:
        with transaction.atomic():
            Customer.objects.bulk_create([Customer(lake_id=lake_id) for lake_id in fresh], ignore_conflicts=True)
    except IntegrityError:
        return 0
    return len(fresh)


def _traits(message: Mapping[str, Any]) -> dict[str, Any]:
    traits = message.get("traits")
    return {str(name): value for name, value in traits.items()} if isinstance(traits, Mapping) else {}


def _text(value: Any) -> str:
    return str(value).strip() if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
