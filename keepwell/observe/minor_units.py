"""Stripe's minor units: how many of them make one unit of a currency.

The lists are Stripe's own (docs.stripe.com/currencies), which differ from ISO 4217: ISK and UGX are still written
with two decimals in its API although they have none any more, HUF and TWD are whole only in payouts.
"""

from __future__ import annotations

from decimal import Decimal

ZERO_DECIMAL = frozenset(
    {"BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"}
)
THREE_DECIMAL = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})


def minor_unit(currency: str) -> Decimal:
    """Return the worth of one minor unit in units of the currency.

    Args:
        currency: upper-case ISO 4217 code.

    >>> [str(minor_unit(code)) for code in ("GBP", "KRW", "KWD", "ISK")]
    ['0.01', '1', '0.001', '0.01']

    """
    if currency in ZERO_DECIMAL:
        return Decimal(1)
    return Decimal("0.001") if currency in THREE_DECIMAL else Decimal("0.01")
