"""Accounts: invited by a link that works once, and never without an owner."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from keepwell.web.access import Role
from keepwell.web.staff.models import AuditEntry, Invitation, Staff

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"  # noqa: S105 — of accounts in tests


def invite(owner: Client, email: str = "new@example.com", role: str = "agent") -> str:
    page = owner.post("/settings/accounts/invite", {"email": email, "role": role})
    assert page.status_code == 200
    return re.search(r'value="http://testserver(/join/[^"]+)"', page.content.decode())[1]


def test_an_invitation_makes_one_account_with_its_role(signed_in):
    link = invite(signed_in())
    guest = Client()
    assert guest.get(link).status_code == 200
    given = {"name": "Ann", "password": PASSWORD, "language": "pl"}
    assert guest.post(link, given).status_code == 302
    made = Staff.objects.get(email="new@example.com")
    assert (made.role, made.name, made.language) == ("agent", "Ann", "pl")
    assert Client().post(link, given).status_code == 404


def test_the_link_itself_is_not_kept(signed_in):
    token = invite(signed_in()).rpartition("/")[2]
    assert token not in Invitation.objects.get().digest
    assert token not in " ".join(str(entry.detail) + entry.about for entry in AuditEntry.objects.all())


def test_a_weak_password_makes_no_account(signed_in):
    link = invite(signed_in())
    assert Client().post(link, {"name": "Ann", "password": "password", "language": "en"}).status_code == 200
    assert not Staff.objects.filter(email="new@example.com").exists()


@pytest.mark.parametrize("address", ["role", "active", "remove"])
def test_the_last_owner_stays(signed_in, staff, address):
    client = signed_in(Role.OWNER)
    owner = Staff.objects.get()
    answer = client.post(f"/settings/accounts/{owner.pk}/{address}", {"role": "agent", "active": "no"})
    assert answer.status_code == 400
    owner.refresh_from_db()
    assert (owner.role, owner.is_active) == ("owner", True)


def test_a_second_owner_may_go(signed_in, staff):
    client = signed_in(Role.OWNER)
    other = staff(Role.OWNER, "other@example.com")
    assert client.post(f"/settings/accounts/{other.pk}/remove").status_code == 302
    assert not Staff.objects.filter(pk=other.pk).exists()
    assert AuditEntry.objects.filter(action="staff.removed", about=str(other.pk)).exists()


def test_a_locked_out_account_loses_its_open_session(signed_in):
    agent, owner = signed_in(Role.AGENT), signed_in(Role.OWNER)
    assert agent.get("/account").status_code == 200
    owner.post(f"/settings/accounts/{Staff.objects.get(role='agent').pk}/active", {"active": "no"})
    assert agent.get("/account").status_code == 302


def test_every_page_of_an_owner_opens(signed_in):
    client = signed_in(Role.OWNER)
    for page in ("accounts", "keys", "endpoints", "deliveries", "log"):
        assert client.get(f"/settings/{page}").status_code == 200, page


def test_the_log_filters_and_is_safe_as_csv(signed_in):
    client = signed_in(Role.OWNER)
    AuditEntry.objects.create(actor_name="=HYPERLINK(1)", action="upload.imported")
    AuditEntry.objects.create(actor_name="Ann", action="key.made")
    assert "key.made" not in client.get("/settings/log?action=upload").content.decode().split("<tbody>")[1]
    written = b"".join(client.get("/settings/log?audit-format=csv").streaming_content).decode()
    assert "'=HYPERLINK(1)" in written
    assert ",=HYPERLINK" not in written


def test_text_from_outside_is_shown_as_text(signed_in):
    AuditEntry.objects.create(actor_name="<script>alert(1)</script>", action="<img src=x onerror=alert(1)>")
    page = signed_in().get("/settings/log?who=%22%3E%3Cscript%3E&audit-q=%3Cscript%3E").content.decode()
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert '"><script>' not in page
