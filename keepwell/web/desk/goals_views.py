"""Goals: which KPI, how much, by when, who; and how likely they are reached."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from keepwell.decide.goals import Outlook, outlook
from keepwell.loop.goal_history import KEYS
from keepwell.understand.definitions import DEFINITIONS
from keepwell.vocabulary.kpi import Unit
from keepwell.web.access import Capability, may, needs
from keepwell.web.desk.goals_reading import HistoryReading, read_history
from keepwell.web.desk.plan_models import Goal
from keepwell.web.desk.words import defined, in_unit
from keepwell.web.instance.business import business
from keepwell.web.staff.audit import record
from keepwell.web.staff.models import Staff

LIKELY, UNLIKELY = 0.8, 0.2


class GoalForm(forms.Form):
    """A goal that can be measured and has a date."""

    name = forms.CharField(
        label=gettext_lazy("Goal"), max_length=120, widget=forms.TextInput({"class": "form-control"})
    )
    kpi = forms.ChoiceField(label=gettext_lazy("KPI"), widget=forms.Select({"class": "form-select"}))
    target = forms.DecimalField(
        label=gettext_lazy("At least, in a month"),
        max_digits=20,
        decimal_places=6,
        min_value=Decimal("0.000001"),
        widget=forms.NumberInput({"class": "form-control", "step": "any", "inputmode": "decimal"}),
    )
    due_on = forms.DateField(
        label=gettext_lazy("In the month of"), widget=forms.DateInput({"class": "form-control", "type": "date"})
    )
    owner = forms.ModelChoiceField(
        label=gettext_lazy("Who sees to it"),
        queryset=Staff.objects.none(),
        widget=forms.Select({"class": "form-select"}),
    )

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.fields["kpi"].choices = [(key, defined(DEFINITIONS[key])["label"]) for key in KEYS]
        self.fields["owner"].queryset = Staff.objects.filter(is_active=True).order_by("name")

    def clean_due_on(self) -> date:
        """Refuse a goal for what is over: months that are known, or, where none is, days before today."""
        day: date = self.cleaned_data["due_on"]
        months = [rows[-1][0] for rows in (read_history().months or {}).values() if rows]
        over = max(months) + timedelta(days=31) if months else timezone.now().date()
        if day < over.replace(day=1 if months else over.day):
            raise forms.ValidationError(_("Choose a day to come."))
        return day


@require_http_methods(["GET", "POST"])
@never_cache
@needs(Capability.SEE_ANALYSIS)
def goals(request: HttpRequest) -> HttpResponse:
    """Show the goals with their chances; whoever plans may add one."""
    may_plan = may(request.user, Capability.PLAN)
    form = GoalForm(request.POST if request.method == "POST" and may_plan else None, initial={"owner": request.user})
    if request.method == "POST" and may_plan and form.is_valid():
        goal = Goal.objects.create(**form.cleaned_data)
        record(request, "goal.set", str(goal.pk), {"kpi": goal.kpi, "target": str(goal.target)})
        messages.success(request, _("The goal is set."))
        return redirect("desk:goals")
    reading = read_history()
    currency = business().currency
    shown = [_shown(goal, reading, currency) for goal in Goal.objects.select_related("owner")]
    context = {"reading": reading, "goals": shown, "form": form, "may_plan": may_plan}
    return render(request, "desk/goals.html", context, status=400 if form.errors else 200)


@require_POST
@needs(Capability.PLAN)
def remove(request: HttpRequest, goal_id: int) -> HttpResponse:
    """Remove a goal."""
    goal = get_object_or_404(Goal, pk=goal_id)
    record(request, "goal.removed", str(goal.pk), {"kpi": goal.kpi, "target": str(goal.target)})
    goal.delete()
    messages.success(request, _("The goal is removed."))
    return redirect("desk:goals")


def _shown(goal: Goal, reading: HistoryReading, currency: str) -> dict[str, Any]:
    unit, target = DEFINITIONS[goal.kpi].unit, float(goal.target)
    history = (reading.months or {}).get(goal.kpi, [])
    found = outlook(history, target, goal.due_on) if history else None
    shown: dict[str, Any] = {
        "goal": goal,
        "kpi": defined(DEFINITIONS[goal.kpi])["label"],
        "target": in_unit(target, unit, currency),
        "now": in_unit(history[-1][1], unit, currency) if history else "",
        "now_month": history[-1][0] if history else None,
        "progress": min(1.0, history[-1][1] / target) if history else None,
    }
    if not isinstance(found, Outlook):
        return shown | {"reason": found.reason if found is not None else ""}
    return shown | {
        "outlook": found,
        "word": _word(found),
        "chart": _chart(goal, history, found, target),
        "months": [
            {
                "month": one.month,
                "expected": in_unit(one.expected, unit, currency),
                "low": in_unit(one.low, unit, currency),
                "high": in_unit(one.high, unit, currency),
            }
            for one in found.months
        ],
        "is_money": unit is Unit.MONEY,
    }


def _word(found: Outlook) -> str:
    if found.is_over:
        return _("reached") if found.probability else _("missed")
    if found.probability >= LIKELY:
        return _("likely")
    return _("unlikely as things go") if found.probability < UNLIKELY else _("open")


def _chart(goal: Goal, history: Sequence[tuple[date, float]], found: Outlook, target: float) -> dict[str, Any]:
    past = [{"month": day.isoformat(), "value": value} for day, value in history[-36:]]
    ahead = [
        {"month": one.month.isoformat(), "value": one.expected, "low": one.low, "high": one.high}
        for one in found.months
    ]
    if ahead:  # the line goes on from the last month known
        ahead.insert(0, {**past[-1], "low": past[-1]["value"], "high": past[-1]["value"]})
    x = {"field": "month", "type": "temporal", "axis": {"title": None, "format": "%b %Y", "labelOverlap": True}}
    y = {"type": "quantitative", "axis": {"title": None, "format": "~s", "tickCount": 4}, "scale": {"zero": True}}
    spec: dict[str, Any] = {
        "height": 200,
        "autosize": {"type": "fit", "contains": "padding"},
        "layer": [
            {
                "data": {"values": ahead},
                "mark": {"type": "area", "opacity": 0.2, "color": "#2f8f7a"},
                "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}},
            },
            {
                "data": {"values": ahead},
                "mark": {"type": "line", "strokeDash": [5, 4], "color": "#2f8f7a"},
                "encoding": {"x": x, "y": {**y, "field": "value"}},
            },
            {
                "data": {"values": past},
                "mark": {"type": "line", "color": "#72808c", "strokeWidth": 2},
                "encoding": {"x": x, "y": {**y, "field": "value"}},
            },
            {
                "data": {"values": [{"month": goal.due_on.replace(day=1).isoformat(), "value": target}]},
                "mark": {"type": "point", "shape": "diamond", "filled": True, "size": 120, "color": "#c8692b"},
                "encoding": {"x": x, "y": {**y, "field": "value"}},
            },
        ],
    }
    label = _("Past months, what is expected, and the target")
    return {"id": f"goal-{goal.pk}", "label": label, "wide": spec, "narrow": {**spec, "height": 160}}
