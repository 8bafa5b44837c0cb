"""Saved scenarios: a list, and several side by side."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from keepwell.cli.output import console, print_json, print_table
from keepwell.loop.plan.scenarios import Scenario
from keepwell.loop.report import numbers
from keepwell.vocabulary.period import Period


def print_scenarios(found: Sequence[Scenario], *, as_json: bool) -> None:
    """Print the saved scenarios, the latest first."""
    if as_json:
        print_json([_plain(one) for one in found])
        return
    if not found:
        console.print("No scenario is saved yet: keepwell decide --budget 50000 --save NAME")
        return
    rows = [
        [
            one.name,
            f"{one.saved_at:%Y-%m-%d %H:%M} UTC",
            _period(one),
            numbers.money(one.plan["budget"], one.currency),
            numbers.money(one.plan["spent"], one.currency),
            _span(one.plan["gain"], one.currency),
        ]
        for one in found
    ]
    columns = ["scenario", "saved", "period", "budget", "spent", "expected gain, 80 %"]
    print_table("Scenarios", columns, rows, right=(3, 4, 5))


def print_comparison(found: Sequence[Scenario], *, as_json: bool) -> None:
    """Print scenarios as columns: what they gain, and what each item gets."""
    if as_json:
        print_json([_plain(one) for one in found])
        return
    items = list(dict.fromkeys(line["item"] for one in found for line in one.plan["items"]))
    rows = [
        ["period", *(_period(one) for one in found)],
        ["budget", *(numbers.money(one.plan["budget"], one.currency) for one in found)],
        ["spent", *(numbers.money(one.plan["spent"], one.currency) for one in found)],
        ["on keeping", *(numbers.rate(one.plan["keeping_share"]) for one in found)],
        ["expected gain", *(numbers.money(one.plan["gain"]["value"], one.currency) for one in found)],
        ["80 % range", *(_span(one.plan["gain"], one.currency) for one in found)],
        ["mean of the worst fifth", *(numbers.money(one.plan["worst_fifth"], one.currency) for one in found)],
        ["lean", *(one.plan["lean"] for one in found)],
        *([item, *(_spend(one, item) for one in found)] for item in items),
    ]
    print_table(
        "Scenarios side by side", ["", *(one.name for one in found)], rows, right=tuple(range(1, len(found) + 1))
    )


def _plain(one: Scenario) -> dict[str, Any]:
    return {"name": one.name, "saved_at": one.saved_at, **one.shown}


def _period(one: Scenario) -> str:
    start, end = (date.fromisoformat(one.shown["period"][key]) for key in ("start", "end"))
    return str(Period(start, end))  # with its last day, as the plan itself is headed


def _spend(one: Scenario, item: str) -> str:
    line = next((line for line in one.plan["items"] if line["item"] == item), None)
    return numbers.NONE if line is None else numbers.money(line["spend"], one.currency)


def _span(gain: dict[str, Any], currency: str) -> str:
    return f"{numbers.money(gain['low'], currency)} to {numbers.money(gain['high'], currency)}"
