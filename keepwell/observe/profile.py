r"""Cleaning profiles: what one kind of file means and which of its rows count, in TOML that a user can write.

A profile is a mapping (``[read]``, ``[columns]``, ``[constants]``) with rules. A whole one:

    name = "my_shop"             # becomes the source of the facts; small letters, digits and _
    kind = "lines"               # orders, lines, spend, subscriptions or events

    [read]                       # all of it optional: what is missing is found out and said
    time_zone = "Europe/Warsaw"  # whose wall clock the times show
    decimal = ","                # or "."
    dates = "day-first"          # year-first, month-first, excel, unix-seconds, unix-milliseconds
    encoding = "windows-1250"
    delimiter = ";"

    [columns]                    # Keepwell's field = your column (the fields are listed in fields.py)
    order_id = "Numer"
    customer_id = "Klient"
    ordered_at = "Data"
    amount = "Wartość"

    [constants]                  # one value for every row: currency, channel, country, campaign, kind, name
    currency = "PLN"

    [[rule]]                     # rules are tried from top to bottom
    why = "transfers between our own warehouses"
    when."Klient".is = "MAGAZYN"
    when."Wartość".below = 0     # all conditions must hold
    refuse = "not_a_sale"

Conditions are on the file's own columns. On text (spaces at the ends do not count): ``is``, ``is_not``, ``in``,
``not_in``, ``starts_with``, ``ends_with``, ``contains``, ``matches`` (a regular expression for the whole value). On
numbers: ``below``, ``at_most``, ``above``, ``at_least``. On times: ``from`` and ``before`` with a day such as
2010-12-01 (without quotes), midnight in the profile's time zone. On anything: ``is_empty = true`` or ``false``.

Every rule has exactly one action:

* ``refuse = "zero_price"``: the row is not kept, for the reason named (a ``vocabulary.refusal.Refusal``).
* ``kind = "shipping"``: the line is product, shipping, fee, gift_card, adjustment or test.
* ``refund = "of an unknown order"``: the row is money given back; its quantity and amount are turned positive.
  ``refund = "of the same order"`` when the row's order id is that of the order refunded.
* ``set = { Country = "Ireland" }``: the column gets this value, also for the rules below.

The first refusal of a row stands; a later ``kind``, ``refund`` or ``set`` replaces an earlier one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from keepwell.observe.mapping import Mapping, mapping_from, only, read_toml, table, texts
from keepwell.observe.rules import (
    ACTIONS,
    DAY_TESTS,
    KINDS,
    NUMBER_TESTS,
    SAME_ORDER,
    TESTS,
    UNKNOWN_ORDER,
    Condition,
    Rule,
)
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.refusal import Refusal


@dataclass(frozen=True)
class Profile:
    """A mapping with a name and cleaning rules."""

    name: str
    mapping: Mapping
    rules: tuple[Rule, ...]

    def check(self, header: Sequence[str], where: str) -> None:
        """Raise InputError when the profile speaks of a column that the file does not have."""
        self.mapping.check(header, where)
        for number, rule in enumerate(self.rules, 1):
            for column in (*(condition.column for condition in rule.conditions), *(rule.set or {})):
                if column not in header:
                    raise InputError(
                        "profile.column", f"Rule {number} speaks of a column {column!r} that is not there.",
                        where=where, value=column, advice=f"The columns are: {', '.join(header)}.",
                    )  # fmt: skip


def shipped() -> tuple[str, ...]:
    """Return the names of the profiles that come with Keepwell.

    >>> "online_retail_ii" in shipped()
    True
    """
    folder = resources.files("keepwell.observe") / "profiles"
    return tuple(sorted(item.name[:-5] for item in folder.iterdir() if item.name.endswith(".toml")))


def load_profile(name_or_path: str | Path) -> Profile:
    """Return a profile by the name of a shipped one or by the path of a TOML file.

    Raises:
        InputError: no such profile, or something in it is wrong; the message names the rule and what is allowed.

    >>> load_profile("online_retail_ii").mapping.constants["currency"]
    'GBP'

    """
    text = str(name_or_path)
    if text in shipped():
        with resources.as_file(resources.files("keepwell.observe") / "profiles" / f"{text}.toml") as path:
            return _profile(read_toml(path), f"profile {text}")
    path = Path(text)
    if not path.exists():
        advice = f"Give the path of a TOML file or one of: {', '.join(shipped())}."
        raise InputError("profile.unknown", f"There is no profile {text!r}.", value=text, advice=advice)
    return _profile(read_toml(path), str(path))


def _profile(content: AnyMapping[str, Any], where: str) -> Profile:
    only(content, ("name", "kind", "read", "columns", "constants", "rule"), where)
    name = content.get("name")
    if not isinstance(name, str) or not re.fullmatch(r"[a-z0-9_]+", name):
        raise _wrong("name", name, where, "Give name small letters, digits and _, such as my_shop.")
    mapping = mapping_from({key: value for key, value in content.items() if key not in ("name", "rule")}, where)
    rules = content.get("rule", [])
    if not isinstance(rules, list):
        raise _wrong("rule", rules, where, "Begin every rule with a line [[rule]].")
    return Profile(name, mapping, tuple(_rule(rule, f"{where}, rule {n}") for n, rule in enumerate(rules, 1)))


def _rule(content: Any, where: str) -> Rule:
    if not isinstance(content, dict):
        raise _wrong("rule", content, where, "Begin every rule with a line [[rule]].")
    only(content, ("why", "when", *ACTIONS), where)
    actions = [action for action in ACTIONS if action in content]
    if len(actions) != 1:
        raise _wrong("rule", actions, where, f"Give exactly one of {', '.join(ACTIONS)}.")
    value, conditions = content[actions[0]], _conditions(table(content, "when", where), where)
    why = str(content.get("why") or f"{where.rpartition(', ')[2]} of the profile")
    match actions[0]:
        case "refuse":
            _one_of("refuse", value, tuple(Refusal), where)
            return Rule(conditions, why, refuse=Refusal(value))
        case "kind":
            return Rule(conditions, why, kind=_one_of("kind", value, KINDS, where))
        case "refund":
            return Rule(conditions, why, refund=_one_of("refund", value, (UNKNOWN_ORDER, SAME_ORDER), where))
    return Rule(conditions, why, set=texts(table(content, "set", where), where))


def _conditions(content: AnyMapping[str, Any], where: str) -> tuple[Condition, ...]:
    conditions = []
    for column, tests in content.items():
        if not isinstance(tests, dict):
            raise _wrong("when", tests, where, f'Write, for example, when."{column}".is = "…".')
        only(tests, TESTS, f"{where}, column {column}")
        conditions += [_condition(column, test, value, f"{where}, column {column}") for test, value in tests.items()]
    if not conditions:
        raise _wrong("when", content, where, 'Give at least one condition, such as when."Price".at_most = 0.')
    return tuple(conditions)


def _condition(column: str, test: str, value: Any, where: str) -> Condition:
    if test == "is_empty":
        good, expected = isinstance(value, bool), "true or false"
    elif test in NUMBER_TESTS:
        good, expected = isinstance(value, int | float) and not isinstance(value, bool), "a number without quotes"
    elif test in DAY_TESTS:
        good, expected = isinstance(value, date), "a day without quotes, such as 2010-12-01"
    elif test in ("in", "not_in"):
        good = isinstance(value, list) and all(isinstance(item, str) for item in value)
        expected = 'texts in brackets, such as ["POST", "DOT"]'
    else:
        good, expected = isinstance(value, str), "text in quotes"
    if not good:
        raise _wrong(test, value, where, f"Give {expected}.")
    if test == "matches":
        _check_pattern(value, where)
    return Condition(column, test, value)


def _check_pattern(pattern: str, where: str) -> None:
    try:  # by the engine that will run it, whose expressions are a subset of Python's
        pc.match_substring_regex(pa.array([""]), pattern)
    except pa.ArrowInvalid as error:
        raise _wrong("matches", pattern, where, f"Not a regular expression: {error}.") from error


def _one_of(key: str, value: Any, allowed: Sequence[str], where: str) -> str:
    if value not in allowed:
        raise _wrong(key, value, where, f"Allowed are: {', '.join(allowed)}.")
    return str(value)


def _wrong(key: str, value: object, where: str, advice: str) -> InputError:
    return InputError("profile.value", f"{key} cannot be {value!r}.", where=where, value=value, advice=advice)
