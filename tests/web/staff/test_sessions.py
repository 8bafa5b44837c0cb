"""Signing in: throttled, with a second step, and never on to somebody else's page."""

from __future__ import annotations

import re
import time

import pyotp
import pytest
from django.test import Client

from keepwell.web.access import Role
from keepwell.web.staff import second_step
from keepwell.web.staff.models import Safety, Staff, Throttle

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"  # noqa: S105 — of accounts in tests


def sign_in(client: Client, password: str = PASSWORD, email: str = "owner@example.com", **more: str):
    return client.post("/sign-in", {"username": email, "password": password, **more})


def is_in(client: Client) -> bool:
    return client.get("/account").status_code == 200


@pytest.fixture
def with_code(staff):
    owner = staff(Role.OWNER)
    secret = second_step.new_secret()
    codes = second_step.switch_on(owner, secret, pyotp.TOTP(secret).at(int(time.time()) - 30))
    return secret, codes


def test_the_right_password_signs_in_whatever_the_case_of_the_address(staff):
    staff(Role.OWNER)
    client = Client()
    assert sign_in(client, email="Owner@Example.com").status_code == 302
    assert is_in(client)


def test_after_five_wrong_passwords_the_right_one_does_not_help(staff):
    staff(Role.OWNER)
    client = Client()
    for _ in range(5):
        sign_in(client, "wrong")
    assert "Too many tries" in sign_in(client).content.decode()
    assert not is_in(client)


def test_an_account_is_throttled_across_addresses(staff):
    staff(Role.OWNER)
    for turn in range(31):
        Client(REMOTE_ADDR=f"198.51.100.{turn}").post("/sign-in", {"username": "owner@example.com", "password": "x"})
    assert "Too many tries" in sign_in(Client(REMOTE_ADDR="203.0.113.9")).content.decode()


def test_the_throttle_names_nobody(staff):
    staff(Role.OWNER)
    sign_in(Client(), "wrong")
    assert Throttle.objects.exists()
    assert not Throttle.objects.filter(key__contains="owner").exists()


@pytest.mark.parametrize(
    "address", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_signing_in_never_leads_to_another_site(staff, address):
    staff(Role.OWNER)
    assert sign_in(Client(), next=address)["Location"] == "/"


def test_a_changed_password_ends_the_other_sessions_and_keeps_this_one(staff):
    owner = staff(Role.OWNER)
    here, there = Client(), Client()
    here.force_login(owner)
    there.force_login(owner)
    wanted = {"present": PASSWORD, "password": "another long sentence"}
    assert here.post("/account/password", wanted).status_code == 302
    assert (is_in(here), is_in(there)) == (True, False)


def test_a_password_alone_does_not_open_an_account_with_a_second_step(with_code):
    client = Client()
    assert sign_in(client)["Location"] == "/sign-in/code"
    assert not is_in(client)
    secret, _codes = with_code
    assert client.post("/sign-in/code", {"code": pyotp.TOTP(secret).now()}).status_code == 302
    assert is_in(client)


def test_a_code_is_taken_once(with_code):
    secret, _codes = with_code
    code = pyotp.TOTP(secret).now()
    first, second = Client(), Client()
    for client in (first, second):
        sign_in(client)
        client.post("/sign-in/code", {"code": code})
    assert (is_in(first), is_in(second)) == (True, False)


def test_a_recovery_code_is_taken_once(with_code):
    _secret, codes = with_code
    first, second = Client(), Client()
    for client in (first, second):
        sign_in(client)
        client.post("/sign-in/code", {"code": codes[3].lower()})
    assert (is_in(first), is_in(second)) == (True, False)


def test_codes_cannot_be_guessed_one_after_the_other(with_code):
    client = Client()
    sign_in(client)
    for _ in range(8):
        client.post("/sign-in/code", {"code": "000000"})
    assert "Too many tries" in client.post("/sign-in/code", {"code": "000001"}).content.decode()


def test_the_second_step_is_set_up_on_the_page(signed_in):
    client = signed_in(Role.ANALYST)
    page = client.get("/account/second-step").content.decode()
    assert "<svg" in page
    assert "style=" not in page
    secret = re.search(r"<code>([A-Z2-7]+)</code>", page)[1]
    shown = client.post("/account/second-step", {"code": pyotp.TOTP(secret).now()}).content.decode()
    assert len(re.findall(r"<code>[A-Z2-7]{4}(?:-[A-Z2-7]{4}){3}</code>", shown)) == 10
    assert Staff.objects.get().totp_secret == secret


def test_where_owners_need_a_code_nothing_else_opens_before_it_is_set_up(signed_in):
    client = signed_in(Role.OWNER)
    Safety.objects.create(owners_need_code=True)
    assert client.get("/settings/accounts")["Location"] == "/account/second-step"
    assert client.get("/account/second-step").status_code == 200
    assert signed_in(Role.AGENT).get("/account").status_code == 200
