"""What a person states for the plan: channels (decision calculus) and levers, as a plan file would."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from keepwell.loop.plan.settings import plan_settings
from keepwell.vocabulary.errors import InputError
from keepwell.web.desk.plan_models import StatedPlan
from keepwell.web.staff.audit import record
from keepwell.web.work.actions import enqueue

KINDS = ("channels", "levers")


@dataclass(frozen=True)
class StatedNow:
    """What is stated: the content of a plan file, and the budget."""

    content: dict[str, Any]
    budget: float | None
    changed_at: datetime | None


def stated() -> StatedNow:
    """Return what is stated now."""
    kept = StatedPlan.objects.order_by("id").first()
    if kept is None:
        return StatedNow({}, None, None)
    return StatedNow(dict(kept.content), None if kept.budget is None else float(kept.budget), kept.changed_at)


def state(request: HttpRequest, kind: str, name: str, values: Mapping[str, Any]) -> None:
    """State one channel or lever, in place of what was stated of it before, and have the plan made anew.

    Raises:
        InputError: a value is out of its range; the message names it.

    """
    found = stated().content
    changed = {**found, kind: {**found.get(kind, {}), name: dict(values)}}
    plan_settings(changed, "form")
    _keep(request, changed, "plan.stated", f"{kind}: {name}")


def take_back(request: HttpRequest, kind: str, name: str) -> None:
    """Forget what was stated of one channel or lever.

    Raises:
        InputError: nothing was.

    """
    found = stated().content
    if kind not in KINDS or name not in found.get(kind, {}):
        raise InputError("stated.unknown", f"Nothing is stated of {name!r}.", value=name)
    changed = {**found, kind: {other: values for other, values in found[kind].items() if other != name}}
    _keep(request, changed, "plan.taken_back", f"{kind}: {name}")


def state_budget(request: HttpRequest, budget: Decimal) -> None:
    """Say how much there is to spend in a month."""
    _keep(request, stated().content, "plan.budget", str(budget), budget)


def _keep(
    request: HttpRequest, content: Mapping[str, Any], action: str, about: str, budget: Decimal | None = None
) -> None:
    with transaction.atomic():
        kept = StatedPlan.objects.select_for_update().order_by("id").first() or StatedPlan()
        kept.content = dict(content)
        kept.budget = kept.budget if budget is None else budget
        kept.changed_at = timezone.now()
        kept.save()
        record(request, action, about)
    enqueue("plan", key="plan", asked_by=request.user, priority=5)
