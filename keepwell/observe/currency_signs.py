"""The currency of amounts: codes and signs in a column of their own or beside the number."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache

import pyarrow as pa
import pyarrow.compute as pc

from keepwell.observe.parse import text_of
from keepwell.observe.rows import Rows

# What each sign may stand for; the first is taken where nothing else tells.
SIGNS: dict[str, tuple[str, ...]] = {
    "€": ("EUR",),
    "£": ("GBP", "EGP", "GIP", "FKP"),
    "$": ("USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN", "CLP", "COP", "ARS", "TWD"),
    "R$": ("BRL",),
    "ZŁ": ("PLN",),
    "₩": ("KRW",),
    "원": ("KRW",),
    "¥": ("JPY", "CNY"),
    "円": ("JPY",),
    "元": ("CNY", "TWD"),
    "₹": ("INR",),
    "₽": ("RUB",),
    "₺": ("TRY",),
    "KČ": ("CZK",),
    "FT": ("HUF",),
    "KR": ("SEK", "NOK", "DKK", "ISK"),
}
_KNOWN = r"^[A-Z]{3}$"
_NO_CURRENCIES = pa.array(["X" * 3, "XTS"])  # ISO 4217: no currency; reserved for tests
_NOT_SIGNS = r"[\d\s.,'’()+\-−\x{00A0}\x{202F}\x{2009}]"
_NUMBER_BYTES = b"0123456789.,-+() "


def codes_of(column: pa.Array) -> pa.Array:
    """Return a currency column as upper-case codes, signs as the code they most often stand for, blanks as null.

    >>> codes_of(pa.array(["gbp", "€", "Euro", " "])).to_pylist()
    ['GBP', 'EUR', 'EURO', None]
    """
    codes = pc.utf8_upper(text_of(column))
    for sign, currencies in SIGNS.items():
        codes = pc.if_else(pc.equal(codes, sign), currencies[0], codes)
    return codes


def unknown(codes: pa.Array) -> pa.Array:
    """Return true where a code is no currency, null included.

    >>> unknown(pa.array(["EUR", "EURO", "XTS", None])).to_pylist()
    [False, True, True, True]
    """
    known = pc.and_(pc.match_substring_regex(codes, _KNOWN), pc.invert(pc.is_in(codes, value_set=_NO_CURRENCIES)))
    return pc.invert(pc.fill_null(known, False))


def signs_of(column: pa.Array) -> pa.Array | None:
    """Return the sign or code beside each amount in capitals, null where there is none; None when none has any.

    >>> signs_of(pa.array(["£1.50", "5 eur", "7", "kr. 3", None])).to_pylist()
    ['£', 'EUR', None, 'KR', None]
    """
    if pa.types.is_dictionary(column.type) or pa.types.is_large_string(column.type):
        column = column.cast(pa.string())
    if not pa.types.is_string(column.type):
        return None
    data = column.buffers()[2]
    if data is None or not data.to_pybytes().translate(None, _NUMBER_BYTES):
        return None
    encoded = pc.dictionary_encode(column)  # amounts repeat, and the patterns are the dear part
    texts = text_of(encoded.dictionary)
    signs = pc.utf8_upper(pc.replace_substring_regex(texts, _NOT_SIGNS, ""))
    known = pc.or_(pc.is_in(signs, value_set=pa.array([*SIGNS])), pc.match_substring_regex(signs, _KNOWN))
    known = pc.and_(known, pc.match_substring_regex(texts, r"\d"))
    signs = pc.if_else(pc.fill_null(known, False), signs, pa.scalar(None, pa.string())).take(encoded.indices)
    return signs if signs.null_count < len(signs) else None


def contradicts(signs: pa.Array, codes: pa.Array) -> pa.Array:
    """Return true where a sign cannot stand for the currency of its row; null where there is no sign.

    >>> contradicts(pa.array(["$", "$", "EUR", None]), pa.array(["CAD", "GBP", "EUR", "EUR"])).to_pylist()
    [False, True, False, None]
    """
    agreed = pc.equal(signs, codes)
    for sign, currencies in SIGNS.items():
        may = pc.and_(pc.equal(signs, sign), pc.is_in(codes, value_set=pa.array(currencies)))
        agreed = pc.or_(agreed, may)
    return pc.invert(agreed)


def agreed_sign(columns: Iterable[pa.Array]) -> tuple[str | None, tuple[str, ...]]:
    """Return the currency on which all signs of the columns agree, if there is one, and the signs.

    >>> agreed_sign([pa.array(["£1", "2"]), pa.array(["3 GBP"])])
    ('GBP', ('GBP', '£'))
    >>> agreed_sign([pa.array(["£1", "€2"])])
    (None, ('£', '€'))
    """
    found: set[str] = set()
    for column in columns:
        signs = signs_of(column)
        if signs is not None:
            found.update(signs.drop_null().unique().to_pylist())
    seen = tuple(sorted(found))
    meant = [SIGNS.get(sign, (sign,)) for sign in seen]
    common = [code for code in min(meant, key=len, default=()) if all(code in each for each in meant)]
    return (common[0] if common else None), seen


def only_currency(rows: Rows, column: str) -> Callable[[], tuple[str, ...]]:
    """Return a function that reads the whole file, once and when it is first asked, for the codes it names."""

    @cache
    def named() -> tuple[str, ...]:
        found: set[str] = set()
        for batch in rows.batches():
            found.update(codes_of(batch.table.column(column).combine_chunks()).unique().drop_null().to_pylist())
        return tuple(sorted(found))

    return named
