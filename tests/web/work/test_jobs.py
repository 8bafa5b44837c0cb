"""Jobs: one at a time has the lease, a dead worker's job is taken over, a failing one is tried again."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.utils import timezone

from keepwell.vocabulary.errors import InputError
from keepwell.web.work import actions
from keepwell.web.work.models import Job, State
from keepwell.web.work.worker import Task, work

pytestmark = pytest.mark.django_db


def test_a_second_ask_with_the_same_key_returns_the_unfinished_job():
    first = actions.enqueue("sweep", key="x")
    assert actions.enqueue("sweep", key="x").pk == first.pk
    assert actions.enqueue("sweep", key="y").pk != first.pk


def test_a_claimed_job_is_nobody_elses_until_its_lease_runs_out():
    actions.enqueue("sweep")
    now = timezone.now() + timedelta(seconds=1)
    assert actions.claim("a", ["sweep"], now) is not None
    assert actions.claim("b", ["sweep"], now) is None
    taken = actions.claim("b", ["sweep"], now + actions.LEASE + timedelta(seconds=1))
    assert taken is not None
    assert (taken.leased_by, taken.attempts) == ("b", 2)


def test_the_worker_that_lost_its_lease_cannot_finish_the_job():
    actions.enqueue("sweep")
    now = timezone.now()
    job = actions.claim("a", ["sweep"], now)
    actions.claim("b", ["sweep"], now + actions.LEASE * 2)
    assert not actions.finish(job, "a", {})
    with pytest.raises(actions.StoppedError):
        actions.keep(job, "a")


def test_a_job_whose_worker_dies_each_time_fails_in_the_end():
    actions.enqueue("sweep", most_attempts=2)
    now = timezone.now()
    for turn in range(4):
        actions.claim("a", ["sweep"], now + turn * 2 * actions.LEASE)
    assert Job.objects.get().state == State.FAILED


@pytest.mark.django_db(transaction=True)
def test_a_fault_is_tried_again_and_a_refusal_is_not():
    def fault(_task: Task) -> None:
        raise ValueError("hidden from people")

    def refusal(_task: Task) -> None:
        raise InputError("file.empty", "The file has no rows.")

    actions.enqueue("fault")
    actions.enqueue("refusal")
    work({"fault": fault, "refusal": refusal}, threading.Event(), once=True)
    assert Job.objects.get(name="fault").state == State.WAITING
    assert "hidden" not in Job.objects.get(name="fault").error
    assert Job.objects.get(name="refusal").state == State.FAILED
    assert Job.objects.get(name="refusal").error == "The file has no rows."


@pytest.mark.django_db(transaction=True)
def test_a_running_job_ends_at_its_next_word_when_asked_to_stop():
    def long(task: Task) -> None:
        actions.stop(task.job)
        task.tell("half", 1.0)
        raise AssertionError("went on")

    actions.enqueue("long")
    work({"long": long}, threading.Event(), once=True)
    assert Job.objects.get().state == State.CANCELLED


def test_missed_turns_of_a_schedule_are_not_made_up_for():
    actions.schedule("sweep", 60)
    later = timezone.now() + timedelta(hours=5)
    assert actions.ask_scheduled(later) == 1
    assert actions.ask_scheduled(later) == 0
