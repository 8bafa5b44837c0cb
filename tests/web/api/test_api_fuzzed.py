"""Requests that the document allows, and ones that it does not: none of them breaks the API."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, settings

from keepwell.web.access import Capability
from keepwell.web.api import api
from keepwell.web.people.models import Customer
from keepwell.web.staff import bearer, keys

pytestmark = [pytest.mark.soak, pytest.mark.django_db]

schema = schemathesis.openapi.from_dict(api.get_openapi_schema())
schema.app = get_wsgi_application()


@pytest.fixture
def header(db, monkeypatch) -> Iterator[dict[str, str]]:
    """Make a key that may do everything; the connection with the test's open transaction stays open."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    monkeypatch.setattr(bearer, "MOST_OF_KEY", 10**9)
    Customer.objects.create(name="Ann")
    _key, text = keys.make_key("fuzzer", list(Capability), None)
    yield {"Authorization": f"Bearer {text}", "Host": "localhost"}
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@schema.parametrize()
@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
def test_no_request_breaks_an_operation(case, header):
    answer = case.call(headers=header)
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert set(answer.json()) == {"code", "message", "advice"}
