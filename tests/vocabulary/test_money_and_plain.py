"""Money as people write it, and results as plain values."""

from __future__ import annotations

import pytest

from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import Estimate, Evidence
from keepwell.vocabulary.money import format_money
from keepwell.vocabulary.plain import plain


@pytest.mark.parametrize(
    ("amount", "currency", "locale", "written"),
    [
        (1234567.4, "GBP", "en", "£1,234,567"),
        (12.345, "EUR", "en", "€12.35"),
        (-412.5, "GBP", "en", "−£413"),
        (0, "USD", "en", "$0.00"),
        (5, "SEK", "en", "SEK\u00a05.00"),
        (1234.5, "PLN", "pl", "1\u00a0235\u00a0zł"),
        (9.5, "PLN", "pl", "9,50\u00a0zł"),
        (50, "KRW", "ko", "₩50"),
    ],
)
def test_money_is_written_as_the_locale_does(amount: float, currency: str, locale: str, written: str) -> None:
    assert format_money(amount, currency, locale) == written


@pytest.mark.parametrize("amount", [float("nan"), float("inf")])
def test_what_is_no_amount_is_refused(amount: float) -> None:
    with pytest.raises(InputError):
        format_money(amount, "EUR")


def test_an_estimate_becomes_plain_values() -> None:
    assert plain(Estimate(1.5, 1.0, 2.0, evidence=Evidence.PRIOR))["evidence"] == "industry prior"


def test_nan_never_reaches_a_reader() -> None:
    with pytest.raises(InputError):
        plain({"cac": float("nan")})
