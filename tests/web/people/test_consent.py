"""The gate fails closed, and each country's rule is kept."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied

from keepwell.web.people import consent, merging
from keepwell.web.people.identities import add_identity
from keepwell.web.people.models import Channel, ConsentEvent, Customer, Purpose

pytestmark = pytest.mark.django_db
NOON = datetime(2024, 6, 3, 3, tzinfo=UTC)  # noon in Seoul


def person(country: str = "", zone: str = "", name: str = "u") -> Customer:
    made = Customer.objects.create(lake_id=name, country=country, time_zone=zone)
    add_identity(made, "email", f"{name}@example.com")
    add_identity(made, "phone", "+8210" + "".join(str(ord(c)) for c in name).zfill(8))
    return made


def agree(customer: Customer, channel: str = "email", **said: object) -> ConsentEvent:
    said = {"given_at": NOON - timedelta(days=10), **said}
    return consent.record(customer, "marketing", channel, "granted", method="test", **said)


def verdict(customer: Customer, channel: str = "email", now: datetime = NOON, **more: object) -> str:
    return consent.may_contact(customer, channel, "marketing", now, **more).reason


def test_nobody_is_contacted_before_they_said_anything():
    for country in ("", "PL", "KR", "GB", "CA", "JP", "AU", "DE", "XX"):
        for channel in Channel.values:
            found = consent.may_contact(person(country, name=f"{country}{channel}"), channel, "marketing", NOON)
            assert not found.allowed, (country, channel)


def test_a_later_refusal_ends_what_was_agreed_to_everywhere():
    for country in ("", "US", "PL"):
        who = person(country, name=f"w{country}")
        agree(who, confirmed_at=NOON - timedelta(days=9))
        assert verdict(who) == "allowed"
        consent.record(who, "marketing", "email", "withdrawn", method="test", given_at=NOON - timedelta(days=1))
        assert verdict(who) == "withdrawn"


def test_an_unknown_country_asks_for_a_confirmed_consent():
    who = person()
    agree(who)
    assert verdict(who) == "not_confirmed"


def test_an_unknown_hour_closes_what_rings():
    who = person()
    agree(who, "sms", confirmed_at=NOON - timedelta(days=9))
    assert verdict(who, "sms") == "unknown_time_zone"


def test_korea_closes_text_messages_but_not_mail_at_night():
    who = person("KR")
    agree(who, "sms")
    agree(who)
    night = NOON + timedelta(hours=10)  # 22:00 in Seoul
    assert [verdict(who, "sms"), verdict(who, "sms", night), verdict(who, "email", night)] == [
        "allowed", "night", "allowed",
    ]  # fmt: skip
    agree(who, "sms", is_night=True, given_at=NOON - timedelta(days=1))
    assert verdict(who, "sms", night) == "allowed"


@pytest.mark.parametrize(("hour", "reason"), [(23, "allowed"), (12, "night")])
def test_the_clocks_of_the_whole_united_states_must_agree(hour: int, reason: str):
    who = person("US")
    agree(who, "sms")
    assert verdict(who, "sms", datetime(2024, 6, 3, hour, tzinfo=UTC)) == reason


def test_korean_consent_is_confirmed_every_two_years():
    who = person("KR")
    agree(who, given_at=NOON - timedelta(days=731))
    assert verdict(who) == "consent_too_old"


def test_soft_opt_in_is_enough_in_britain_and_not_in_poland():
    for country, reason in (("GB", "allowed"), ("PL", "soft_opt_in_not_enough")):
        who = person(country, name=country)
        agree(who, legal_basis="soft_opt_in")
        assert verdict(who) == reason


def test_a_purchase_implies_consent_for_two_years_in_canada_only():
    for country, day, reason in (("CA", date(2023, 6, 3), "allowed"), ("CA", date(2022, 6, 3), "no_consent"),
                                 ("PL", date(2024, 6, 1), "no_consent")):  # fmt: skip
        who = person(country, name=f"{country}{day:%y}")
        assert verdict(who, last_purchase_on=day) == reason


def test_a_suppressed_address_is_not_used_by_any_consent():
    who = person("PL")
    agree(who)
    consent.suppress("email", " U@example.com", "bounced", channel="email")
    assert verdict(who) == "suppressed_bounced"


def test_without_an_address_there_is_nothing_to_send_to():
    who = Customer.objects.create(lake_id="bare", country="PL")
    agree(who)
    assert verdict(who) == "no_address"


def test_what_a_merged_customer_refused_holds_for_the_person():
    one, other = person("PL", name="one"), person("PL", name="two")
    agree(one)
    consent.record(other, "marketing", "email", "refused", method="test", given_at=NOON - timedelta(days=1))
    merging.merge(one, other)
    assert verdict(one) == verdict(other) == "refused"


def test_a_consent_event_is_never_changed():
    event = agree(person())
    event.status = "withdrawn"
    with pytest.raises(PermissionDenied):
        event.save()


def test_network_addresses_are_kept_for_a_month_only():
    event = agree(person(), ip_address="192.0.2.7", user_agent="x")
    assert consent.forget_traces(NOON) == 0
    assert consent.forget_traces(NOON + timedelta(days=40)) == 1
    event.refresh_from_db()
    assert (event.ip_address, event.user_agent) == (None, "")


def test_an_unknown_purpose_or_channel_is_refused():
    assert not consent.may_contact(person("US"), "pigeon", "marketing", NOON).allowed
    assert not consent.may_contact(person("US", name="v"), "email", "anything", NOON).allowed


def test_messages_about_an_order_need_no_consent_but_respect_a_refusal():
    who = person()
    assert consent.may_contact(who, "email", Purpose.SERVICE, NOON).allowed
    consent.record(who, "service", "email", "refused", method="test", given_at=NOON - timedelta(days=1))
    assert not consent.may_contact(who, "email", Purpose.SERVICE, NOON).allowed
