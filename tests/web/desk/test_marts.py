"""What a page shows was computed before; what is missing or stale is asked for, once."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest

from keepwell.jobs import refresh
from keepwell.loop.marts import names
from keepwell.vocabulary.business import Business
from keepwell.web.data_folder import DataFolder
from keepwell.web.desk import marts
from keepwell.web.desk.models import Mart
from keepwell.web.work.models import Job, State
from keepwell.web.work.worker import work

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def folder(tmp_path, settings):
    settings.DATA = DataFolder.prepare(tmp_path / "data")
    return settings.DATA.root


def do_jobs() -> None:
    work(refresh.HANDLERS, threading.Event(), once=True)


def test_without_facts_nothing_is_computed_and_nothing_is_asked_for(folder):
    assert marts.read("kpis").is_empty
    assert not Job.objects.exists()


def test_what_is_absent_is_asked_for_once_and_then_read(folder, bring, orders):
    bring(folder, orders(), "orders.csv")
    first, second = marts.read("growth"), marts.read("answer")
    assert first.payload is None
    assert first.job.pk == second.job.pk
    do_jobs()
    assert Job.objects.get(name="refresh").state == State.DONE, Job.objects.get(name="refresh").error
    assert set(names.STANDARD) <= set(Mart.objects.values_list("name", flat=True))
    found = marts.read("growth")
    assert (found.is_stale, found.job) == (False, None)
    assert found.shown["growth"]["columns"][0] == "period"


def test_new_facts_make_it_stale_but_the_old_figures_stay(folder, bring, orders):
    bring(folder, orders(), "orders.csv")
    marts.store("growth", {}, {"growth": "old"}, marts.fingerprint(folder))
    assert not marts.read("growth").is_stale
    bring(folder, orders(20, first=300), "more.csv")
    found = marts.read("growth")
    assert found.is_stale
    assert found.payload == {"growth": "old"}
    assert found.job.run_after == found.computed_at + marts.PAUSE


def test_a_changed_setting_makes_it_stale(folder, bring, orders):
    lake = bring(folder, orders(), "orders.csv")
    marts.store("kpis", {}, {"values": {}}, marts.fingerprint(folder))
    lake.save_business(Business(currency="EUR", rates={"GBP": 1}))
    assert marts.read("kpis").is_stale


def test_a_period_of_ones_own_is_computed_alone(folder, bring, orders):
    bring(folder, orders(), "orders.csv")
    job = marts.read("kpis", period="2023-03").job
    assert job.name == "mart"
    do_jobs()
    found = marts.read("kpis", period="2023-03").shown
    assert found["period"] == {"start": "2023-03-01", "end": "2023-04-01"}
    assert found["values"]["orders"]["value"] == 15


def test_what_failed_is_not_asked_for_again_at_once(folder, bring, orders):
    bring(folder, orders(), "orders.csv")
    job = marts.read("kpis", period="2023-03").job
    Job.objects.filter(pk=job.pk).update(state=State.FAILED, error="broken", ended_at=datetime.now(UTC))
    assert marts.read("kpis", period="2023-03").job.pk == job.pk


def test_an_undone_import_leaves_empty_pages(folder, bring, orders):
    lake = bring(folder, orders(), "orders.csv")
    lake.undo(lake.imports()[0][0].import_id)
    marts.read("kpis")
    do_jobs()
    assert marts.read("kpis").is_empty
