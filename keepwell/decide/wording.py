"""How figures read inside the answer's sentences."""

from __future__ import annotations

import math

from keepwell.vocabulary.estimate import Estimate
from keepwell.vocabulary.money import format_money


def about(amount: float, currency: str) -> str:
    """Return an amount rounded to three digits, as a sentence wants it.

    >>> about(38213.4, "GBP")
    '£38,200'
    """
    if amount == 0:
        return format_money(0, currency)
    return format_money(round(amount, 2 - math.floor(math.log10(abs(amount)))), currency)


def about_with_range(figure: Estimate, currency: str) -> str:
    """Return an estimate with its interval in brackets, or bare where it has none.

    >>> about_with_range(Estimate(412.3, 380.1, 447.2), "GBP")
    '£412 (£380 to £447)'
    """
    if figure.low is None or figure.high is None:
        return about(figure.value, currency)
    return f"{about(figure.value, currency)} ({about(figure.low, currency)} to {about(figure.high, currency)})"


def within(days: int) -> str:
    """Return a horizon as people say it.

    >>> within(365), within(90)
    ('within a year', 'within 90 days')
    """
    return "within a year" if days == 365 else f"within {days} days"


def signed(number: float) -> str:
    """Return a change with its sign, the minus as long as the plus.

    >>> signed(5), signed(-5), signed(0.0)
    ('+5', '−5', '0')
    """
    return "0" if number == 0 else f"{number:+g}".replace("-", "−")


def signed_rate(rate: float) -> str:
    """Return a relative change as a percentage with its sign.

    >>> signed_rate(0.2), signed_rate(-0.125)
    ('+20%', '−12%')
    """
    return f"{rate:+.0%}".replace("-", "−")
