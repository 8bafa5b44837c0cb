"""Goals are set by whoever plans, and shown with the chances that their history gives them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from keepwell.web.access import Role
from keepwell.web.desk import goals_reading
from keepwell.web.desk.plan_models import Goal
from keepwell.web.staff.models import AuditEntry, Staff

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _history(monkeypatch):
    monkeypatch.setattr(goals_reading, "fingerprint", lambda root: "facts")
    months = [timezone.now().date().replace(day=1)]
    for _ in range(12):
        months.insert(0, (months[0] - timedelta(days=1)).replace(day=1))
    rows = [(day.isoformat(), 100.0 + 3 * (place % 3)) for place, day in enumerate(months[:-1])]
    goals_reading.store({"orders": rows}, "facts")
    yield
    (settings.DATA.marts / "goal_history.json").unlink()


def given(staff: Staff, **changed):
    soon: date = timezone.now().date() + timedelta(days=40)
    wanted = {"name": "More orders", "kpi": "orders", "target": "50", "due_on": soon.isoformat(), "owner": staff.pk}
    return wanted | changed


def test_a_goal_far_below_its_history_is_likely_and_one_far_above_is_not(signed_in):
    client = signed_in(Role.MARKETER)
    owner = Staff.objects.get()
    client.post("/goals", given(owner))
    client.post("/goals", given(owner, name="Moon", target="900"))
    chances = {one["goal"].name: one["outlook"].probability for one in client.get("/goals").context["goals"]}
    assert chances["More orders"] > 0.95
    assert chances["Moon"] < 0.05
    assert AuditEntry.objects.filter(action="goal.set").count() == 2


@pytest.mark.parametrize("wrong", [{"due_on": "2020-01-01"}, {"target": "0"}, {"kpi": "luck"}, {"owner": ""}])
def test_a_goal_that_cannot_be_held_against_anything_is_refused(signed_in, wrong):
    client = signed_in()
    answer = client.post("/goals", given(Staff.objects.get(), **wrong))
    assert answer.status_code == 400
    assert set(answer.context["form"].errors) == set(wrong)
    assert not Goal.objects.exists()


def test_a_goal_is_removed(signed_in):
    client = signed_in()
    client.post("/goals", given(Staff.objects.get()))
    client.post(f"/goals/{Goal.objects.get().pk}/remove")
    assert not Goal.objects.exists()


def test_a_goal_without_a_history_has_no_chance_shown(signed_in):
    client = signed_in()
    client.post("/goals", given(Staff.objects.get(), kpi="net_revenue"))
    assert "outlook" not in client.get("/goals").context["goals"][0]
