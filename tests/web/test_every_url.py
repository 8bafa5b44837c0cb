"""Every address of the application, walked with every role and with nobody: the table says who may open what."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from keepwell.web.access import GRANTS, PUBLIC, SIGNED_IN, Capability, Role, access_of

pytestmark = pytest.mark.django_db

# a new address is written down here by hand, after thinking about who may open it
WHO_MAY_OPEN = {
    PUBLIC: {
        "api:api-root",
        "api:bring",
        "api:channels",
        "api:customer",
        "api:customers",
        "api:decision",
        "api:export_customers",
        "api:growth",
        "api:kpis",
        "api:openapi-json",
        "api:segments",
        "inbox:hook-shopify",
        "inbox:hook-stripe",
        "inbox:hook-woocommerce",
        "instance:health",
        "instance:metrics",
        "instance:welcome",
        "people:preferences",
        "staff:code",
        "staff:join",
        "staff:sign-in",
    },
    SIGNED_IN: {
        "api:docs",
        "desk:home",
        "instance:logo",
        "people:customer",
        "people:list",
        "people:remove-view",
        "people:save-view",
        "people:timeline",
        "staff:account",
        "staff:password",
        "staff:profile",
        "staff:recovery-codes",
        "staff:second-step",
        "staff:second-step-off",
        "staff:sign-out",
        "work:job",
        "work:stop",
    },
    Capability.SEE_ANALYSIS: {
        "desk:channels",
        "desk:cohorts",
        "desk:decide",
        "desk:decide-split",
        "desk:decide-what-if",
        "desk:goals",
        "desk:growth",
        "desk:kpi",
        "desk:kpis",
        "desk:period",
        "desk:segments",
    },
    Capability.PLAN: {
        "desk:decide-budget",
        "desk:decide-forget",
        "desk:decide-known",
        "desk:goal-remove",
        "desk:scenario-remove",
        "desk:scenario-save",
    },
    Capability.SEE_PEOPLE: {
        "inbox:event",
    },
    Capability.EDIT_PEOPLE: {
        "people:add-note",
        "people:merge",
        "people:set-consent",
        "people:set-owner",
        "people:set-tags",
        "people:unmerge",
    },
    Capability.ERASE_PEOPLE: {
        "people:erase",
        "people:erasures",
        "people:export",
    },
    Capability.EXPORT_PEOPLE: {
        "inbox:error-file",
    },
    Capability.SEE_FACTS: {
        "inbox:data",
        "inbox:events",
        "inbox:import",
    },
    Capability.BRING_FACTS: {
        "inbox:change-secret",
        "inbox:discard",
        "inbox:receive",
        "inbox:replay",
        "inbox:rotate",
        "inbox:source",
        "inbox:sources",
        "inbox:switch",
        "inbox:undo",
        "inbox:upload",
    },
    Capability.CONFIGURE: {
        "instance:brand",
        "instance:settings",
        "instance:start",
        "staff:add-endpoint",
        "staff:deliver-again",
        "staff:deliveries",
        "staff:endpoints",
        "staff:remove-endpoint",
        "staff:switch-endpoint",
        "staff:try-endpoint",
    },
    Capability.MANAGE_STAFF: {
        "staff:accounts",
        "staff:active",
        "staff:invite",
        "staff:keys",
        "staff:make-key",
        "staff:remove",
        "staff:revoke-key",
        "staff:role",
        "staff:safety",
        "staff:withdraw",
    },
    Capability.SEE_AUDIT: {
        "staff:log",
    },
}

EXPECTED = {name: mark for mark, names in WHO_MAY_OPEN.items() for name in names}
# these know who speaks from a key, a signature or a token that no other site's page can add to a request
WITHOUT_FORM = ("api:", "inbox:hook-")
NAMES = {"public_id": "c_00000000000000000000", "key": "nothing", "token": "nothing", "customer_id": "c_" + "0" * 20}


def walk(patterns: list[Any], room: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from walk(pattern.url_patterns, f"{room}{pattern.namespace}:" if pattern.namespace else room)
        else:
            yield f"{room}{pattern.name}", pattern


FOUND = dict(walk(get_resolver().url_patterns))


def address(name: str) -> str:
    converters = FOUND[name].pattern.converters
    given = {
        part: 999_999 if type(converter).__name__ == "IntConverter" else NAMES.get(part, "nothing")
        for part, converter in converters.items()
    }
    return reverse(name, kwargs=given)


def test_every_address_is_in_the_table_with_its_mark():
    marks = {name: access_of(pattern.callback) for name, pattern in FOUND.items()}
    assert marks == EXPECTED


def test_no_view_is_without_a_mark():
    assert [name for name, pattern in FOUND.items() if access_of(pattern.callback) is None] == []


@pytest.fixture(params=["nobody", *Role])
def visitor(request: pytest.FixtureRequest, signed_in: Callable[..., Client]) -> tuple[Role | None, Client]:
    role = None if request.param == "nobody" else Role(request.param)
    client = Client() if role is None else signed_in(role)
    client.raise_request_exception = False
    return role, client


def is_open(name: str, role: Role | None) -> bool:
    mark = EXPECTED[name]
    if mark == PUBLIC:
        return True
    return role is not None and (mark == SIGNED_IN or mark in GRANTS[role])


def test_nobody_opens_what_the_table_does_not_let_them_open(visitor):
    role, client = visitor
    wrong = {}
    for name in EXPECTED:
        if is_open(name, role):
            continue
        for method in (client.get, client.post, client.put, client.delete):
            answer = method(address(name))
            if role is None:
                is_refused = answer.status_code == 302 and answer["Location"].startswith("/sign-in?next=")
            else:
                is_refused = answer.status_code == 403
            if not is_refused:
                wrong[f"{method.__name__} {name}"] = answer.status_code
    assert wrong == {}


def test_what_the_table_opens_opens_without_a_fault(visitor):
    role, client = visitor
    wrong = {}
    for name in EXPECTED:
        if not is_open(name, role) or name.startswith("api:"):
            continue
        status = client.get(address(name)).status_code
        if status >= 500 or (status == 403 and EXPECTED[name] != PUBLIC):
            wrong[name] = status
    assert wrong == {}


def test_an_operation_of_the_api_opens_with_a_key_alone(visitor):
    _role, client = visitor
    without = {"api:docs", "api:openapi-json", "api:api-root"}
    names = [name for name in EXPECTED if name.startswith("api:") and name not in without]
    assert names
    statuses = {name: {client.get(address(name)).status_code, client.post(address(name)).status_code} for name in names}
    assert {name: found for name, found in statuses.items() if not found <= {401, 405}} == {}


def test_no_form_is_taken_from_another_sites_page(staff):
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.force_login(staff(Role.OWNER))
    names = [name for name in EXPECTED if not name.startswith(WITHOUT_FORM)]
    statuses = {name: client.post(address(name)).status_code for name in names}
    assert {name: status for name, status in statuses.items() if status != 403} == {}
    assert "form has expired" in client.post(address("staff:profile")).content.decode()


def test_every_page_says_what_a_browser_may_load(client):
    answer = client.get("/sign-in")
    policy = dict(part.strip().partition(" ")[::2] for part in answer["Content-Security-Policy"].split(";"))
    assert policy["script-src"] == "'self'"
    assert policy["style-src"] == "'self'"
    assert policy["object-src"] == "'none'"
    assert policy["base-uri"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["form-action"] == "'self'"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(staff):
    staff(Role.OWNER)
    client = Client()
    given = {"username": "owner@example.com", "password": "correct horse battery"}
    cookie = client.post("/sign-in", given).cookies["keepwell_session"]
    assert cookie["httponly"] is True
    assert cookie["samesite"] == "Lax"
