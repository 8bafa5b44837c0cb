"""Guesses which column is what, from names and contents, and says why."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from keepwell.observe.fields import FIELDS, Content, FileKind, TargetField, missing
from keepwell.observe.look import Look
from keepwell.observe.mapping import Mapping
from keepwell.observe.synonyms import phrases_for
from keepwell.vocabulary.errors import InputError

ENOUGH = 0.45  # confidence below which a column is left alone
_SURE = 0.7  # confidence from which the name of a currency column is enough
_CLOSE = 0.004  # nearer than this two candidates are as good as each other


@dataclass(frozen=True, slots=True)
class Guess:
    """A column chosen for a field: an example value, the reason in words, and a confidence in (0, 1]."""

    field: str
    column: str
    example: str
    reason: str
    confidence: float


@dataclass(frozen=True)
class Guessed:
    """A complete mapping with the row for each field that explains it, and why the kind of file was taken."""

    mapping: Mapping
    guesses: tuple[Guess, ...]
    kind_reason: str


def plain(name: str) -> str:
    """Return a column name in the form that synonyms have.

    >>> plain("OrderDate"), plain("Data zamówienia"), plain("주문번호"), plain("customer_id")
    ('order date', 'data zamowienia', '주문번호', 'customer id')
    """
    before = [False, *(letter.islower() for letter in name)]
    spaced = "".join(
        f" {c}" if c.isupper() and after_small else c for c, after_small in zip(name, before, strict=False)
    )
    lower = spaced.lower().replace("ł", "l").replace("ß", "ss")
    bare = "".join(letter for letter in unicodedata.normalize("NFKD", lower) if not unicodedata.combining(letter))
    return " ".join(re.findall(r"\w+", unicodedata.normalize("NFKC", bare).replace("_", " ")))


def guess(looks: Sequence[Look], given: Mapping, where: str) -> Guessed:
    """Complete a mapping.

    Args:
        looks: every column of the file.
        given: what is already known; it is never overruled.
        where: the file, for errors.

    Returns:
        The mapping with its kind set, and a reason for every column.

    Raises:
        InputError: a required field has no column or two that are as likely; says what to give.

    """
    kinds = [given.kind] if given.kind else [k for k in FileKind if all(f in FIELDS[k] for f in given.columns)]
    if not kinds:
        raise InputError(
            "mapping.kinds", f"No kind of file has all of the fields {', '.join(given.columns)}.", where=where,
            advice="; ".join(f"{kind}: {', '.join(FIELDS[kind])}" for kind in FileKind) + ".",
        )  # fmt: skip
    chosen = {kind: _assign(kind, looks, given) for kind in kinds}
    kind, reason = (given.kind, "as you said") if given.kind else _kind(chosen, looks)
    guesses, doubts = chosen[kind]
    columns = {item.field: item.column for item in guesses}
    _complain(kind, columns, doubts, looks, given, where)
    return Guessed(Mapping(kind=kind, columns=columns).over(given), tuple(guesses), reason)


def _assign(
    kind: FileKind, looks: Sequence[Look], given: Mapping
) -> tuple[list[Guess], dict[str, list[str]]]:  # fmt: skip
    """Give columns to fields, the surest first; returns the guesses and, by field, columns that are as likely."""
    by_name = {look.name: look for look in looks}
    guesses = [
        Guess(field, column, by_name[column].example, "as you said", 1.0) for field, column in given.columns.items()
    ]
    taken = {guess.column for guess in guesses}
    filled = {guess.field for guess in guesses} | set(given.constants)
    candidates = [c for item in FIELDS[kind].values() for c in _candidates(kind, item, looks)]
    doubts: dict[str, list[str]] = {}
    for candidate in sorted(candidates, key=lambda c: -c.confidence):
        if candidate.field in filled or candidate.column in taken or candidate.field in doubts:
            continue
        rivals = [
            other.column for other in candidates
            if other.field == candidate.field and other.column not in taken
            and abs(other.confidence - candidate.confidence) < _CLOSE
        ]  # fmt: skip
        if len(rivals) > 1:
            doubts[candidate.field] = rivals
            continue
        guesses.append(candidate)
        taken.add(candidate.column)
        filled.add(candidate.field)
    return guesses, doubts


def _candidates(kind: FileKind, item: TargetField, looks: Sequence[Look]) -> Iterable[Guess]:
    phrases = phrases_for(kind, item.name)
    moments = [look for look in looks if look.is_moment and not look.is_number]
    for look in looks:
        score, phrase = _name_score(plain(look.name), phrases)
        if not look.filled:  # nothing speaks for the name, and an empty column is no use where a value is needed
            score = 0.0 if item.is_required or item.content is Content.ID else 0.6 * score
        named = item.content is Content.CURRENCY and score >= _SURE and not (look.is_number or look.is_moment)
        if score >= ENOUGH and (named or look.fits(item.content)):  # what is no currency is refused row by row
            yield Guess(item.name, look.name, look.example, f"the name says {phrase!r}{_says(look, item)}", score)
        elif item.is_required and item.content in (Content.MOMENT, Content.DAY) and moments == [look]:
            yield Guess(item.name, look.name, look.example, "the only column of dates", 0.6)
        elif item.name == "customer_id" and look.is_email:
            yield Guess(item.name, look.name, look.example, "holds e-mail addresses", 0.6)
        elif item.content is Content.CURRENCY and look.is_currency and look.filled and look.distinct <= 5:
            yield Guess(item.name, look.name, look.example, "holds currency codes", 0.5)


def _says(look: Look, item: TargetField) -> str:
    if item.content in (Content.MOMENT, Content.DAY):
        return " and it holds dates"
    if item.content in (Content.NUMBER, Content.COUNT):
        return " and it holds numbers"
    return ", it holds e-mail addresses" if look.is_email else ""


def _name_score(name: str, phrases: Sequence[str]) -> tuple[float, str]:
    """Score a name: 1 for the best phrase, a little less for later ones, less still for a phrase within the name.

    A single word counts only at the end, where the noun is: "customer city" is a city, not a customer.
    """
    best, said = 0.0, ""
    words, noun = name.split(), re.sub(r"( \d+)+$", "", name)
    for rank, phrase in enumerate(phrases):
        lead = 1.0 - 0.005 * min(rank, 40)
        if name == phrase or name.replace(" ", "") == phrase.replace(" ", ""):
            score = lead
        elif not phrase.isascii() and phrase in name:
            score = 0.75 * lead
        elif noun.endswith(f" {phrase}") or noun == phrase or (" " in phrase and f" {phrase} " in f" {name} "):
            score = 0.8 * lead * (len(phrase.split()) / len(words)) ** 0.5
        else:
            continue
        if score > best:
            best, said = score, phrase
    return best, said


_SIGNS: tuple[tuple[FileKind, tuple[str, ...], str], ...] = (
    (FileKind.EVENTS, ("name",), "a column names events"),
    (FileKind.SUBSCRIPTIONS, ("mrr", "subscription_id"), "columns hold subscriptions and their monthly revenue"),
    (FileKind.SPEND, ("campaign", "impressions", "clicks"), "columns hold spend or campaigns and none holds customers"),
    (FileKind.LINES, ("product_id", "product_name", "unit_price"), "columns hold articles or prices of a piece"),
)


def _kind(
    chosen: dict[FileKind, tuple[list[Guess], dict[str, list[str]]]], looks: Sequence[Look]
) -> tuple[FileKind, str]:  # fmt: skip
    """Choose the kind of file by the fields that only that kind has and that the names are sure about."""
    for kind, signs, reason in _SIGNS:
        if kind not in chosen:
            continue
        guesses, doubts = chosen[kind]
        sure = {item.field for item in guesses if item.confidence >= 0.7}
        complete = not [group for group in missing(kind, {g.field for g in guesses}) if not set(group) & set(doubts)]
        if kind is FileKind.SPEND:
            orders = chosen.get(FileKind.ORDERS, ([], {}))[0]
            spends = any(item.field == "amount" and item.confidence > 0.8 for item in guesses)
            reported = bool(sure & set(signs))
            sold = {item.field for item in orders if item.confidence >= _SURE}
            # an order log whose customers cannot be read is still one, and lacks them
            nobody = not any(item.field == "customer_id" for item in orders) and not sold >= {"order_id", "ordered_at"}
            found = (spends and reported) or ((spends or reported) and nobody)
        elif kind is FileKind.EVENTS:
            found = any(item.field == "name" and item.confidence > 0.95 for item in guesses)
        else:
            found = bool(sure & set(signs))
        if found and complete:
            return kind, reason
    return _by_repeats(chosen, looks)


def _by_repeats(
    chosen: dict[FileKind, tuple[list[Guess], dict[str, list[str]]]], looks: Sequence[Look]
) -> tuple[FileKind, str]:  # fmt: skip
    if FileKind.ORDERS not in chosen:
        kind = next(iter(chosen))
        return kind, "the only kind with the fields you gave"
    order = next((item.column for item in chosen[FileKind.ORDERS][0] if item.field == "order_id"), None)
    look = next((look for look in looks if look.name == order), None)
    if look and FileKind.LINES in chosen and look.filled > 10 and look.distinct < 0.8 * look.filled:
        return FileKind.LINES, f"{order!r} repeats over rows, so a row is a line of an order"
    return FileKind.ORDERS, "each row is one order"


def _empty(kind: FileKind, group: Sequence[str], looks: Sequence[Look]) -> str:
    """Say which columns would do by their names, had they values."""
    phrases = [phrase for name in group for phrase in phrases_for(kind, name)]
    names = [look.name for look in looks if not look.filled and _name_score(plain(look.name), phrases)[0] >= ENOUGH]
    return f" {' and '.join(map(repr, names))} would do by name, but holds nothing." if names else ""


def _complain(
    kind: FileKind, columns: dict[str, str], doubts: dict[str, list[str]], looks: Sequence[Look], given: Mapping,
    where: str,
) -> None:  # fmt: skip
    """Raise for the required fields that have no column, or more than one."""
    lacking = missing(kind, set(columns) | set(given.constants))
    if not lacking:
        return
    header = ", ".join(f"{look.name!r}" for look in looks)
    parts, maps = [], []
    for group in lacking:
        fields = [FIELDS[kind][name] for name in group]
        rivals = next((doubts[name] for name in group if name in doubts), [])
        meaning = " or ".join(f"{item.name} ({item.meaning})" for item in fields)
        if rivals:
            parts.append(f"{' and '.join(map(repr, rivals))} could each be {meaning}.")
        else:
            parts.append(f"No column was found for {meaning}.{_empty(kind, group, looks)}")
        free = [look.name for look in looks if look.fits(fields[0].content) and look.name not in columns.values()]
        suggestion = (rivals or free or [looks[0].name])[0]
        maps.append(f'--map {fields[0].name}="{suggestion}"')
    raise InputError(
        "mapping.ambiguous" if doubts else "mapping.missing", f"Read as {kind}: {' '.join(parts)}", where=where,
        value=", ".join(name for group in lacking for name in group),
        advice=f"The columns are: {header}. Say which it is, for example {' '.join(maps)}.",
    )  # fmt: skip
