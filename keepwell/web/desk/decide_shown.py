"""A plan as the page shows it: rows, charts and sentences in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from django.utils.translation import gettext as _

from keepwell.decide.margin_curve import Side
from keepwell.decide.plan import Plan, Return
from keepwell.loop.kept_plan import KeptPlan
from keepwell.loop.marts.charts import chart
from keepwell.loop.plan.scenarios import Scenario
from keepwell.plot.plan import budget_split, marginal_returns
from keepwell.vocabulary.answer import Lean
from keepwell.vocabulary.estimate import Estimate
from keepwell.web.desk.sentences import said
from keepwell.web.desk.words import spoken


def split_shown(kept: KeptPlan, plan: Plan, *, hurdle: float) -> dict[str, Any]:
    """Return what ``desk/decide_split.html`` shows of a plan."""
    return {
        "plan": plan,
        "lean": lean_word(plan.lean),
        "is_keep": plan.lean is Lean.KEEP,
        "keeping": (plan.keeping_share or 0.0) * plan.spent,
        "winning": (1 - (plan.keeping_share or 0.0)) * plan.spent,
        "rows": [_item(line) for line in plan.items],
        "returns_chart": _drawn(
            "returns", _returns(plan, hurdle, kept.currency), _("What the next unit of money brings, on both sides")
        ),
        "split_chart": _drawn("split", _split(plan, kept.currency), _("What each item gets, with its range")),
        "steps": _steps(plan),
        "next_unit": _next_unit(plan),
        "thresholds": [said(threshold.sentence) for threshold in plan.thresholds],
        "caveat": said(_caveat(kept, plan)),
        "experiment": _experiment(kept.shown["next_experiment"]),
        "unknown": _unknown(kept.shown["not_identified"]),
        "assumptions": [said(text) for text in kept.shown["assumptions"]],
    }


def missing(kept: KeptPlan) -> dict[str, Any]:
    """Return what is shown where nothing is known of any channel or lever: thresholds, ranges, what would tell."""
    answered = kept.answered
    ranges = answered["split"]
    return {
        "unknown": _unknown(kept.shown["not_identified"]),
        "thresholds": [said(one["sentence"]) for one in answered["thresholds"]],
        "ranges": None if "not_available" in ranges else ranges,
        "experiment": {"sentence": said((answered["holdout"] or {}).get("sentence", ""))},
        "assumptions": [],
    }


def lean_word(lean: Lean | str) -> str:
    """Return which way it leans, as a heading."""
    return {
        Lean.KEEP: _("Keep"),
        Lean.WIN: _("Win"),
        Lean.SPEND_LESS: _("Spend less"),
        Lean.CANNOT_TELL: _("Cannot tell yet"),
    }[Lean(lean)]


def side_word(side: Side | str) -> str:
    """Return one of the two sides."""
    return _("Keeping") if Side(side) is Side.KEEP else _("Winning")


def compared(found: Sequence[Scenario]) -> dict[str, Any]:
    """Return scenarios side by side: what each gains and what each item gets."""
    items = list(dict.fromkeys(line["item"] for one in found for line in one.plan["items"]))
    return {
        "columns": [
            {
                "name": one.name,
                "currency": one.currency,
                "saved_at": one.saved_at,
                "budget": one.plan["budget"],
                "spent": one.plan["spent"],
                "keeping_share": one.plan["keeping_share"],
                "gain": one.plan["gain"],
                "worst_fifth": one.plan["worst_fifth"],
                "hurdle": one.shown.get("hurdle"),
                "lean": lean_word(one.plan["lean"]),
            }
            for one in found
        ],
        "items": [{"name": item, "spends": [_spend(one, item) for one in found]} for item in items],
    }


def _spend(one: Scenario, item: str) -> dict[str, Any]:
    line = next((line for line in one.plan["items"] if line["item"] == item), None)
    return {"amount": None if line is None else line["spend"], "currency": one.currency}


def _item(line: Any) -> dict[str, Any]:
    following = line.next_return
    return {
        "item": line.item,
        "side": side_word(line.side),
        "is_keep": line.side is Side.KEEP,
        "spend": line.spend,
        "low": line.spend_low,
        "high": line.spend_high,
        "now": line.spend_now,
        "margin": line.margin,
        "next": following.value if isinstance(following, Estimate) else None,
        "evidence": said(line.evidence.value),
    }


def _next_unit(plan: Plan) -> dict[str, Any]:
    def side(one: Any) -> dict[str, Any] | None:
        return {"item": one.item, "margin": one.margin} if isinstance(one, Return) else None

    unit = plan.next_unit
    chance = unit.keeping_beats_winning
    return {
        "unit": unit.unit,
        "winning": side(unit.winning),
        "keeping": side(unit.keeping),
        "chance": chance if isinstance(chance, float) else None,
    }


def _caveat(kept: KeptPlan, plan: Plan) -> str:
    sides = {curve.side for curve in kept.curves}
    if len(sides) == 2:
        return ""
    if Side.WIN in sides:
        return _("Nothing is known yet of what money does for keeping customers, so the plan is of one side only.")
    return _("Nothing is known yet of what money does for winning customers, so the plan is of one side only.")


def _experiment(found: Mapping[str, Any]) -> dict[str, Any]:
    if "not_available" in found:
        return {"sentence": said(found["not_available"])}
    return {"sentence": said(found["sentence"]), "net": found["net"], "name": found["candidate"]["name"]}


def _unknown(found: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    return [{"question": said(one["question"]), "needs": said(one["needs"])} for one in found]


def _steps(plan: Plan) -> list[dict[str, Any]]:
    return [
        {"side": side_word(curve.side), "spend": spend, "value": value, "low": low, "high": high, "item": item}
        for curve in plan.curves
        for spend, value, low, high, item in zip(
            curve.spend, curve.marginal_return, curve.low, curve.high, curve.item, strict=True
        )
    ]


def _returns(plan: Plan, hurdle: float, currency: str) -> dict[str, Any]:
    rows = [
        {"side": curve.side.value, "spend": spend, "marginal_return": value, "low": low, "high": high, "item": item}
        for curve in plan.curves
        for spend, value, low, high, item in zip(
            curve.spend, curve.marginal_return, curve.low, curve.high, curve.item, strict=True
        )
    ]
    table = pd.DataFrame(rows)
    return chart(lambda width: marginal_returns(table, hurdle=hurdle, currency=currency, width=width))


def _split(plan: Plan, currency: str) -> dict[str, Any]:
    names = ("item", "spend", "spend_low", "spend_high", "spend_now")
    table = pd.DataFrame(
        [
            {name: getattr(line, name) for name in names} | {"side": line.side.value, "evidence": line.evidence.value}
            for line in plan.items
        ]
    )
    return chart(lambda width: budget_split(table, currency=currency, width=width))


def _drawn(name: str, made: Mapping[str, Any], label: str) -> dict[str, Any]:
    return {"id": name, "label": label, "wide": spoken(made["wide"]), "narrow": spoken(made["narrow"])}
