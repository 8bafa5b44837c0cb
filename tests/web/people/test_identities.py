"""Identify and alias messages: one owner an identity, merges that can be taken back exactly."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import permutations

import pytest

from keepwell.vocabulary.errors import InputError
from keepwell.web.people import merging
from keepwell.web.people.identities import bring_in, country_code, find, identify
from keepwell.web.people.models import Customer, Identity, MergeEntry, MergeKind, TraitChange

pytestmark = pytest.mark.django_db
AT = datetime(2024, 5, 1, tzinfo=UTC)
ANN = {
    "type": "identify",
    "userId": "u1",
    "anonymousId": "a1",
    "traits": {"email": "Ann@Example.com", "name": "Ann", "address": {"country": "Poland"}},
}


def test_a_known_user_gets_identities_and_traits_once_however_often_it_is_said():
    first, second = identify(ANN, AT), identify(ANN, AT)
    assert first == second
    assert sorted(Identity.objects.values_list("kind", flat=True)) == ["anonymous_id", "email", "external_id"]
    assert (second.name, second.country, second.lake_id) == ("Ann", "PL", "u1")
    assert TraitChange.objects.count() == 2


def test_an_address_is_found_in_any_case():
    assert identify(ANN, AT) == find("email", " ANN@example.com")


def test_a_browser_seen_alone_is_merged_with_the_user_who_then_signs_in():
    alone = identify({"type": "identify", "anonymousId": "a1", "traits": {"plan": "x"}}, AT)
    user = identify(ANN, AT)
    alone.refresh_from_db()
    assert alone.merged_into == user


def test_a_shared_browser_does_not_make_two_users_one():
    identify(ANN, AT)
    other = identify({**ANN, "userId": "u2", "traits": {}}, AT)
    assert other.lake_id == "u2"
    assert not MergeEntry.objects.exists()


def test_two_users_with_one_address_are_only_suggested():
    identify(ANN, AT)
    identify({**ANN, "userId": "u2"}, AT)
    identify({**ANN, "userId": "u2"}, AT)
    assert [entry.kind for entry in MergeEntry.objects.all()] == [MergeKind.SUGGESTED]


def test_an_alias_merges_the_earlier_id():
    identify({"type": "identify", "userId": "old", "traits": {}}, AT)
    identify({"type": "alias", "userId": "u1", "previousId": "old"}, AT)
    assert find("external_id", "old") == find("external_id", "u1")


def test_who_stays_does_not_depend_on_the_order_of_merges():
    for names in permutations("abc"):
        Customer.objects.all().delete()
        people = {n: Customer.objects.create(lake_id=n, created_at=AT.replace(day=d)) for d, n in enumerate("abc", 1)}
        merging.merge(people[names[0]], people[names[1]])
        merging.merge(people[names[2]], Customer.objects.get(lake_id=names[0]))
        assert merging.survivor(Customer.objects.get(lake_id="c")).lake_id == "a"
        MergeEntry.objects.all().delete()
        Customer.objects.update(merged_into=None)


def test_unmerging_gives_back_exactly_what_was():
    first, second = identify(ANN, AT), identify({"type": "identify", "userId": "u2", "traits": {"name": "Bo"}}, AT)
    state = [list(model.objects.order_by("pk").values()) for model in (Identity, TraitChange)]
    before = list(Customer.objects.order_by("pk").values("pk", "name", "lake_id", "merged_into", "traits"))
    merging.merge(first, second)
    goes = Customer.objects.exclude(merged_into=None).get()
    merging.unmerge(goes)
    assert list(Customer.objects.order_by("pk").values("pk", "name", "lake_id", "merged_into", "traits")) == before
    assert [list(model.objects.order_by("pk").values()) for model in (Identity, TraitChange)] == state
    assert [entry.kind for entry in MergeEntry.objects.all()] == ["merged", "unmerged"]
    with pytest.raises(InputError):
        merging.unmerge(goes)


def test_bringing_in_the_ids_of_the_lake_twice_makes_each_once():
    ids = [f"c{number}" for number in range(2500)]
    assert bring_in(ids) == 2500
    assert bring_in([*ids, "new"]) == 1


def test_countries_are_read_by_name_and_code():
    assert [country_code(text) for text in ("United Kingdom", "kr", "EIRE", "", "Atlantis")] == [
        "GB",
        "KR",
        "IE",
        "",
        "",
    ]
