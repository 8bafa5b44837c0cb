"""The page of the split: what a slider, a what-if, a scenario and a statement do."""

from __future__ import annotations

import shutil

import pandas as pd
import pytest
from django.conf import settings

import keepwell as kw
from keepwell.lake.lake import Lake
from keepwell.loop.facts import OpenFacts
from keepwell.loop.kept_file import write_kept
from keepwell.loop.kept_plan import keep_plan
from keepwell.loop.plan.scenarios import scenarios
from keepwell.web.access import Role
from keepwell.web.desk import decide_reading
from keepwell.web.desk.decide_stated import stated
from keepwell.web.staff.models import AuditEntry
from keepwell.web.work.models import Job

pytestmark = pytest.mark.django_db
STATED = {
    "levers": {"mail": {"contact_cost": 0.2, "effect_low": 0.0, "effect_high": 0.1}},
    "channels": {"search": {"spend_per_week": 10, "newcomers_per_week": 1, "ceiling_per_week": 3}},
}
FACTS = "facts"


@pytest.fixture(scope="module")
def opened():
    days = [(who, day) for who in range(60) for day in range(3 * who % 50, 400, 20 + who) if day < 25 * (who + 1)]
    log = pd.DataFrame(days, columns=["customer", "day"]).assign(total=20.0, order=range(len(days)))
    log["date"] = pd.Timestamp("2023-01-01") + pd.to_timedelta(log.pop("day"), unit="D")
    facts = kw.facts(log)
    return OpenFacts(facts, facts.business, (), has_orders=True)


@pytest.fixture(scope="module")
def kept(opened):
    return keep_plan(opened, STATED, budget=100)


@pytest.fixture
def put(monkeypatch):
    """Keep a plan as the job does, on facts that are known by a name."""
    monkeypatch.setattr(decide_reading, "fingerprint", lambda root: FACTS)
    Lake.create(settings.DATA.root)

    def keep(plan):
        write_kept(decide_reading.path(), plan, decide_reading.made_from(FACTS, stated()))

    yield keep
    decide_reading.path().unlink(missing_ok=True)
    shutil.rmtree(settings.DATA.root / "scenarios", ignore_errors=True)


def test_the_page_shows_the_split_the_what_ifs_and_no_job(put, kept, signed_in):
    put(kept)
    answer = signed_in(Role.ANALYST).get("/decide")
    assert answer.status_code == 200
    assert {row["item"] for row in answer.context["rows"]} == {"mail", "search"}
    assert len(answer.context["what_ifs"]) == 7
    assert answer.context["reading"].job is None


def test_another_budget_is_split_at_once_and_never_overspent(put, kept, signed_in):
    put(kept)
    client = signed_in(Role.ANALYST)
    plans = [client.get("/decide/split", {"budget": budget}).context["plan"] for budget in (5, 40)]
    assert [plan.budget for plan in plans] == [5.0, 40.0]
    assert plans[0].spent < plans[1].spent
    assert all(plan.spent <= plan.budget * (1 + 1e-9) for plan in plans)


@pytest.mark.parametrize("budget", ["-1", "much", "nan", "1e99"])
def test_a_budget_that_is_none_is_refused_on_the_page(put, kept, signed_in, budget):
    put(kept)
    answer = signed_in().get("/decide/split", {"budget": budget})
    assert answer.status_code == 200
    assert b'role="alert"' in answer.content


def test_what_ifs_follow_what_is_typed_in(put, kept, signed_in):
    put(kept)
    given = {"buyers": 0, "leave": 100, "cac": 20, "points": 5, "discount": 10, "cut": 50}
    rows = signed_in().get("/decide/what-if", given).context["what_ifs"]
    assert rows[0]["change"] == 0
    assert rows[1]["low"] <= rows[1]["change"] < 0
    assert rows[3]["missing"]  # no spend in these facts


def test_scenarios_are_saved_where_the_command_line_reads_them_and_removed(put, kept, signed_in):
    put(kept)
    client = signed_in(Role.MARKETER)
    for name, budget in (("small", 10), ("large", 80)):
        client.post("/decide/scenarios", {"name": name, "budget": budget, "hurdle": 0, "caution": 0})
    assert {one.name: one.plan["budget"] for one in scenarios(settings.DATA.root)} == {"small": 10.0, "large": 80.0}
    assert {one["name"] for one in client.get("/decide").context["scenarios"]["columns"]} == {"small", "large"}
    client.post("/decide/scenarios/remove", {"name": "small"})
    assert [one.name for one in scenarios(settings.DATA.root)] == ["large"]
    assert AuditEntry.objects.filter(action="scenario.saved").count() == 2


def test_a_scenario_cannot_leave_its_folder(put, kept, signed_in):
    put(kept)
    client = signed_in()
    client.post("/decide/scenarios", {"name": "../../evil", "budget": 10})
    assert client.post("/decide/scenarios/remove", {"name": "../operations"}).status_code == 400
    assert not scenarios(settings.DATA.root)


def test_where_nothing_is_known_the_page_says_what_is_missing_and_gives_thresholds(put, opened, signed_in):
    put(keep_plan(opened, {}))
    answer = signed_in().get("/decide")
    assert answer.context["unknown"]
    assert answer.context["thresholds"]
    assert b"/decide/known" in answer.content


def test_what_is_stated_is_kept_as_a_plan_file_and_asks_for_a_new_plan(put, kept, signed_in):
    put(kept)
    client = signed_in(Role.MARKETER)
    values = {"contact_cost": 12, "effect_low": -2, "effect_high": 8, "window_days": 90, "segments": ["Champions"]}
    lever = {"kind": "levers", "levers-name": "call"} | {f"levers-{name}": value for name, value in values.items()}
    assert client.post("/decide/known", lever).status_code == 302
    assert stated().content["levers"]["call"] == values | {"effect_low": -0.02, "effect_high": 0.08}
    assert Job.objects.filter(name="plan").exists()
    client.post("/decide/known/forget", {"kind": "levers", "name": "call"})
    assert stated().content["levers"] == {}


def test_a_ceiling_below_what_a_channel_brings_is_refused_with_its_reason(put, kept, signed_in):
    put(kept)
    values = {"name": "fairs", "spend_per_week": 400, "newcomers_per_week": 5, "ceiling_per_week": 2}
    channel = {"kind": "channels"} | {f"channels-{name}": value for name, value in values.items()}
    answer = signed_in().post("/decide/known", channel)
    assert "ceiling" in str(answer.context["forms"]["channels"].non_field_errors())
    assert stated().content == {}


def test_a_statement_makes_the_kept_plan_stale(put, kept, signed_in):
    put(kept)
    client = signed_in()
    client.post("/decide/budget", {"budget": 500})
    assert stated().budget == 500.0
    assert client.get("/decide").context["reading"].job is not None


def test_without_facts_the_page_says_what_to_do(signed_in, monkeypatch):
    monkeypatch.setattr(decide_reading, "fingerprint", lambda root: None)
    assert b"no facts yet" in signed_in().get("/decide").content


def test_agents_do_not_see_plans(signed_in):
    assert signed_in(Role.AGENT).get("/decide").status_code == 403
