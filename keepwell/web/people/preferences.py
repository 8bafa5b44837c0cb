"""Signed addresses that let a person see and change what they agreed to, without an account."""

from __future__ import annotations

from django.core import signing
from django.urls import reverse

from keepwell.web.people.merging import survivor
from keepwell.web.people.models import Customer

SALT = "people.preferences"


def address_of(customer: Customer) -> str:
    """Return the path of a person's page; it works for as long as the person is known."""
    return reverse("people:preferences", args=[signing.dumps(customer.public_id, salt=SALT)])


def bearer_of(token: str) -> Customer | None:
    """Return whose token it is; ``None`` where it was not signed here, or the person is gone."""
    try:
        public_id = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return None
    found = Customer.objects.filter(public_id=public_id).first() if isinstance(public_id, str) else None
    return survivor(found) if found else None
