"""Where a budget goes: the split, what-ifs, scenarios side by side, and what only a person knows."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keepwell.loop.kept_plan import KeptPlan
from keepwell.loop.plan import scenarios as saved
from keepwell.vocabulary.errors import InputError
from keepwell.web.access import Capability, may, needs
from keepwell.web.desk.decide_forms import ChannelForm, LeverForm, ScenarioForm, SplitForm, WhatIfForm
from keepwell.web.desk.decide_reading import PlanReading, read_plan
from keepwell.web.desk.decide_shown import compared, missing, split_shown
from keepwell.web.desk.decide_stated import state, state_budget, stated, take_back
from keepwell.web.desk.decide_what_if import asked
from keepwell.web.staff.audit import record

MOST_COMPARED = 6
FORMS: dict[str, type[ChannelForm] | type[LeverForm]] = {"channels": ChannelForm, "levers": LeverForm}


@require_GET
@never_cache
@needs(Capability.SEE_ANALYSIS)
def decide(request: HttpRequest) -> HttpResponse:
    """Show where a budget goes."""
    reading = read_plan()
    context: dict[str, Any] = {"reading": reading, "may_plan": may(request.user, Capability.PLAN)}
    if reading.kept is not None:
        kept = reading.kept
        form = SplitForm(_asked(request, kept))
        context |= {
            "kept": kept,
            "currency": kept.currency,
            "form": form,
            "step": _step(kept),
            "scenarios": compared(saved.scenarios(settings.DATA.root)[:MOST_COMPARED]),
            "what_if_form": (what_ifs := WhatIfForm(initial=None)),
            "what_ifs": asked(kept, {name: field.initial for name, field in what_ifs.fields.items()}),
        }
        context |= _split(kept, form) if kept.curves else missing(kept)
    return render(request, "desk/decide.html", context)


@require_GET
@never_cache
@needs(Capability.SEE_ANALYSIS)
def split(request: HttpRequest) -> HttpResponse:
    """Split another budget: the part of the page that changes with the slider."""
    kept = _kept(read_plan())
    return render(
        request, "desk/decide_split.html", {"currency": kept.currency, **_split(kept, SplitForm(_asked(request, kept)))}
    )


@require_GET
@never_cache
@needs(Capability.SEE_ANALYSIS)
def what_if(request: HttpRequest) -> HttpResponse:
    """Ask what changes would do to next year's margin."""
    kept = _kept(read_plan())
    form = WhatIfForm(request.GET)
    rows = asked(kept, form.cleaned_data) if form.is_valid() else []
    return render(
        request, "desk/decide_what_ifs.html", {"what_ifs": rows, "what_if_form": form, "currency": kept.currency}
    )


@require_POST
@needs(Capability.PLAN)
def save_scenario(request: HttpRequest) -> HttpResponse:
    """Keep a split under a name, where the command line finds it too."""
    kept = _kept(read_plan())
    form = ScenarioForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(error for errors in form.errors.values() for error in errors))
        return redirect("desk:decide")
    given = _fractions(form)
    plan = kept.split(given["budget"], hurdle=given["hurdle"], risk_aversion=given["risk_aversion"])
    shown = kept.as_saved(plan, hurdle=given["hurdle"], risk_aversion=given["risk_aversion"])
    record(request, "scenario.saved", form.cleaned_data["name"])
    saved.save_shown(settings.DATA.root, form.cleaned_data["name"], shown, datetime.now(UTC))
    messages.success(request, _("The scenario is saved."))
    return redirect("desk:decide")


@require_POST
@needs(Capability.PLAN)
def remove_scenario(request: HttpRequest) -> HttpResponse:
    """Remove a scenario."""
    name = request.POST.get("name", "")
    saved.remove(settings.DATA.root, name)
    record(request, "scenario.removed", name)
    messages.success(request, _("The scenario is removed."))
    return redirect("desk:decide")


@require_http_methods(["GET", "POST"])
@never_cache
@needs(Capability.PLAN)
def known(request: HttpRequest) -> HttpResponse:
    """Show and state what only a person knows: channels and levers."""
    kind = request.POST.get("kind", "")
    shown: dict[str, forms.Form] = {name: form(prefix=name) for name, form in FORMS.items()}
    if request.method == "POST" and kind in FORMS:
        form = FORMS[kind](request.POST, prefix=kind)
        shown[kind] = form
        if form.is_valid():
            try:
                state(request, kind, form.cleaned_data["name"], form.stated())
            except InputError as error:
                form.add_error(None, f"{error.message} {error.advice}")
            else:
                messages.success(request, _("Stated. The plan is being made anew."))
                return redirect("desk:decide-known")
    reading = read_plan()
    said = {name: list(values.items()) for name, values in stated().content.items()}  # a channel may be called "items"
    context = {"stated": said, "forms": shown, "reading": reading}
    return render(request, "desk/decide_known.html", context)


@require_POST
@needs(Capability.PLAN)
def forget(request: HttpRequest) -> HttpResponse:
    """Take back what was stated of one channel or lever."""
    take_back(request, request.POST.get("kind", ""), request.POST.get("name", ""))
    messages.success(request, _("Taken back. The plan is being made anew."))
    return redirect("desk:decide-known")


@require_POST
@needs(Capability.PLAN)
def budget(request: HttpRequest) -> HttpResponse:
    """Say how much there is to spend in a month; experiments are valued at it."""
    form = SplitForm(request.POST)
    if form.is_valid():
        state_budget(request, Decimal(str(round(form.cleaned_data["budget"], 2))))
        messages.success(request, _("Saved. The plan is being made anew."))
    return redirect("desk:decide")


def _kept(reading: PlanReading) -> KeptPlan:
    if reading.kept is None:
        raise InputError("plan.missing", _("The plan is not ready yet."), advice=_("Wait a moment."))
    return reading.kept


def _asked(request: HttpRequest, kept: KeptPlan) -> dict[str, Any]:
    given = {name: request.GET[name] for name in ("budget", "hurdle", "caution") if request.GET.get(name)}
    return {"budget": f"{kept.budget:g}", "hurdle": "0", "caution": "0", **given}


def _fractions(form: SplitForm) -> dict[str, float]:
    given = form.cleaned_data
    return {
        "budget": given["budget"],
        "hurdle": (given.get("hurdle") or 0.0) / 100,
        "risk_aversion": (given.get("caution") or 0.0) / 100,
    }


def _split(kept: KeptPlan, form: SplitForm) -> dict[str, Any]:
    if not form.is_valid():
        return {"split_errors": [error for errors in form.errors.values() for error in errors]}
    given = _fractions(form)
    plan = kept.split(given["budget"], hurdle=given["hurdle"], risk_aversion=given["risk_aversion"])
    return split_shown(kept, plan, hurdle=given["hurdle"])


def _step(kept: KeptPlan) -> float:
    return max(1.0, float(f"{kept.most_budget / 100:.0e}"))
