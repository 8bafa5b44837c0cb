"""Who really sent a webhook: each platform's signature over the raw bytes, compared in constant time."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

STRIPE_TOLERANCE = 300  # seconds between Stripe's signing and our reading
MOST_SIGNATURES = 20


def is_base64_hmac(body: bytes, secret: str, signature: str) -> bool:
    """Say whether a signature is the Base64 of HMAC-SHA256 of the body, as Shopify and WooCommerce send it.

    >>> is_base64_hmac(b"{}", "key", "2Hpf7tHtYTfNH0DLaexzBV4gUKYmkafRvHSkfmSSJAw=")
    False
    """
    wanted = base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256))
    return hmac.compare_digest(wanted, signature.strip().encode("utf-8", "replace"))


def is_stripe(body: bytes, secret: str, header: str, now: float) -> bool:
    """Say whether ``t=…,v1=…`` signs ``t.body`` and is not older (or newer) than 300 seconds.

    Args:
        body: the raw bytes.
        secret: ``whsec_…``.
        header: ``Stripe-Signature``; it may hold several ``v1`` while a secret is being replaced.
        now: seconds since 1970.

    """
    parts = [part.strip().partition("=") for part in header.split(",")[:MOST_SIGNATURES]]
    stamps = [value for name, _sign, value in parts if name == "t"]
    if len(stamps) != 1 or not re.fullmatch(r"[0-9]{1,12}", stamps[0]):
        return False
    if abs(now - int(stamps[0])) > STRIPE_TOLERANCE:
        return False
    wanted = hmac.digest(secret.encode(), stamps[0].encode() + b"." + body, hashlib.sha256).hex().encode()
    given = [value.encode("utf-8", "replace") for name, _sign, value in parts if name == "v1"]
    return any([hmac.compare_digest(wanted, one) for one in given])  # noqa: C419 — all are compared, always
