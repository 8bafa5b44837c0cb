"""The first account: by the printed link, once, and by nobody else."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client

from keepwell.vocabulary.errors import InputError
from keepwell.web.access import Role
from keepwell.web.instance import first_run
from keepwell.web.staff.models import AuditEntry, Staff

pytestmark = pytest.mark.django_db
GIVEN = {"name": "Ada", "email": "Ada@Example.com", "password": "three small green frogs", "language": "pl"}


@pytest.fixture(autouse=True)
def _no_token():
    path = settings.DATA.root / "first_run_token"
    path.unlink(missing_ok=True)
    yield
    path.unlink(missing_ok=True)


def link() -> str:
    found = first_run.invitation("")
    assert found is not None
    return found


def test_the_link_makes_an_owner_who_is_signed_in_and_told_what_to_do_next():
    client, address = Client(), link()
    assert client.get(address).status_code == 200
    answer = client.post(address, GIVEN, follow=True)
    assert answer.redirect_chain[-1][0] == "/start"
    owner = Staff.objects.get()
    assert (owner.email, owner.role, owner.language) == ("ada@example.com", Role.OWNER, "pl")
    assert answer.wsgi_request.user == owner
    assert AuditEntry.objects.get(action="instance.first_run").actor == owner


def test_the_link_works_once():
    address = link()
    Client().post(address, GIVEN)
    again = Client().post(address, {**GIVEN, "email": "eve@example.com"})
    assert again.status_code == 404
    assert Staff.objects.count() == 1
    assert first_run.invitation("") is None


def test_of_two_at_the_same_moment_one_is_refused(rf):
    request = rf.post("/")
    first_run.make_owner(request, "a@example.com", "A", GIVEN["password"], "en")
    with pytest.raises(InputError, match="already"):
        first_run.make_owner(request, "b@example.com", "B", GIVEN["password"], "en")


def test_a_wrong_token_opens_nothing_and_guessing_is_slowed_down():
    link()
    client = Client()
    assert {client.get("/welcome/guess").status_code for _ in range(first_run.MOST_TRIES)} == {404}
    slowed = client.get("/welcome/guess")
    assert slowed.status_code == 429
    assert int(slowed["Retry-After"]) > 0


def test_a_weak_password_is_refused_with_its_reason_and_the_link_stays_good():
    client, address = Client(), link()
    answer = client.post(address, {**GIVEN, "password": "1234567890"})
    assert b"entirely numeric" in answer.content
    assert not Staff.objects.exists()
    assert client.post(address, GIVEN).status_code == 302
