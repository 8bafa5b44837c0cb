"""The job that keeps people in step with the facts."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from keepwell.jobs.people import people
from keepwell.lake.lake import Lake
from keepwell.web.people import figures
from keepwell.web.people.models import Customer

pytestmark = pytest.mark.django_db


def test_everybody_who_ordered_becomes_a_customer_with_figures_once(shop: Lake):
    task = SimpleNamespace(arguments={}, tell=lambda _stage, _fraction: None)
    first = people(task)
    assert (first["new_customers"], first["figures"]) == (30, 30)
    assert Customer.objects.count() == 30
    assert sum(row["orders"] for row in figures.listed({}, most=50).rows) == 73
    assert people(task) == {"messages": 0}
