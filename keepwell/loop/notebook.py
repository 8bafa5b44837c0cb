"""What every function for notebooks does first: look at what it was given, and say in words what an engine says."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from keepwell.lake.failure import explained_tables
from keepwell.understand.facts import Facts
from keepwell.vocabulary.errors import InputError

Function = TypeVar("Function", bound=Callable[..., Any])


def of_facts(function: Function) -> Function:
    """Let a function refuse a bare table in place of facts, and name the column when a value cannot be used."""

    @wraps(function)
    def asked(facts: Facts, *arguments: Any, **options: Any) -> Any:
        if not isinstance(facts, Facts):
            raise InputError(
                "facts.bare",
                f"A {type(facts).__name__} is not facts yet.",
                value=type(facts).__name__,
                advice="Call kw.facts(df) first, and hand in what it returns.",
            )
        with explained_tables():
            return function(facts, *arguments, **options)

    return cast("Function", asked)
