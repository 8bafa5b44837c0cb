"""How an amount of money is written for people."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal

from keepwell.vocabulary.errors import InputError

SYMBOLS = {
    "EUR": "€",
    "GBP": "£",
    "USD": "$",
    "PLN": "zł",
    "KRW": "₩",
    "JPY": "¥",
    "INR": "₹",
    "BRL": "R$",
    "CHF": "CHF",
}
WITHOUT_CENTS = {"KRW", "JPY", "VND", "CLP", "ISK", "HUF", "XAF", "XOF", "PYG", "UGX"}
WHOLE_FROM = 100  # from here on cents are noise to a reader
THIN_SPACE = "\N{NO-BREAK SPACE}"
# locale → thousands separator, decimal sign, whether the symbol comes after the number
WRITING = {"en": (",", ".", False), "ko": (",", ".", False), "pl": (THIN_SPACE, ",", True)}


def format_money(amount: float | Decimal, currency: str, locale: str = "en") -> str:
    """Return an amount as people write it; cents only below 100, and never for currencies without them.

    Args:
        amount: in units of the currency, finite.
        currency: ISO 4217 code.
        locale: ``en``, ``ko`` or ``pl``.

    Raises:
        InputError: the locale is not known, or the amount is not a finite number.

    >>> format_money(412.4, "GBP"), format_money(-9.5, "EUR"), format_money(1234567, "KRW")
    ('£412', '−€9.50', '₩1,234,567')

    """
    if locale not in WRITING:
        raise InputError("money.locale", f"Unknown locale {locale!r}.", value=locale, advice="Use en, ko or pl.")
    if not math.isfinite(amount):
        raise InputError("money.amount", f"{amount!r} is not an amount.", value=amount, advice="Say why there is none.")
    thousands, point, is_after = WRITING[locale]
    exact = Decimal(str(amount))
    places = 0 if abs(exact) >= WHOLE_FROM or currency in WITHOUT_CENTS else 2
    rounded = exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    digits = f"{abs(rounded):,.{places}f}".replace(",", "\0").replace(".", point).replace("\0", thousands)
    sign = "−" if rounded < 0 else ""
    symbol = SYMBOLS.get(currency, currency)
    if is_after:
        return f"{sign}{digits}{THIN_SPACE}{symbol}"
    gap = THIN_SPACE if symbol.isalpha() and len(symbol) > 1 else ""
    return f"{sign}{symbol}{gap}{digits}"


def format_range(low: float, high: float, currency: str, locale: str = "en") -> str:
    """Return two amounts joined by "to", both as :func:`format_money` writes them.

    >>> format_range(380.2, 447.1, "GBP")
    '£380 to £447'
    """
    return f"{format_money(low, currency, locale)} to {format_money(high, currency, locale)}"
