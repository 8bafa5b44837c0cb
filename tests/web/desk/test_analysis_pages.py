"""The pages of analysis: the figures, their definitions, their tables, and who may see them."""

from __future__ import annotations

from datetime import date

import pytest

from keepwell.loop.marts import catalogue
from keepwell.loop.marts.fingerprint import fingerprint
from keepwell.understand.definitions import ALL_DEFINITIONS
from keepwell.understand.rfm_segments import SEGMENTS
from keepwell.web.access import Role
from keepwell.web.data_folder import DataFolder
from keepwell.web.desk import kpi_words, marts, words
from keepwell.web.desk.sentences import said

PAGES = ("/", "/kpis", "/kpis/net_revenue", "/growth", "/cohorts", "/segments", "/channels")


@pytest.fixture(scope="module")
def shop(tmp_path_factory, bring, orders):
    """Build every mart of a small shop once."""
    data = DataFolder.prepare(tmp_path_factory.mktemp("shop"))
    bring(data.root, orders(), "orders.csv")
    return data, list(catalogue.build_standard(data.root, lambda _stage, _fraction: None))


@pytest.fixture
def filled(shop, settings, db):
    settings.DATA, built = shop
    for name, arguments, payload in built:
        marts.store(name, arguments, payload, fingerprint(settings.DATA.root))
    return {(name, arguments.get("period", "")): payload for name, arguments, payload in built}


@pytest.mark.parametrize("page", PAGES)
def test_a_page_without_facts_says_what_to_do(page, signed_in, settings, tmp_path):
    settings.DATA = DataFolder.prepare(tmp_path)
    assert b"There are no facts yet" in signed_in(Role.ANALYST).get(page).content


@pytest.mark.parametrize("page", PAGES)
def test_a_page_shows_its_figures_and_when_they_were_computed(page, signed_in, filled):
    answer = signed_in(Role.ANALYST).get(page)
    assert answer.status_code == 200
    assert b"Computed " in answer.content


@pytest.mark.parametrize("page", PAGES[1:])
def test_an_agent_sees_no_figures_of_the_business(page, signed_in, filled):
    assert signed_in(Role.AGENT).get(page).status_code == 403


def test_the_first_page_of_an_agent_holds_no_figures(signed_in, filled):
    assert b"data-chart" not in signed_in(Role.AGENT).get("/").content


def test_the_answer_stands_on_the_first_page(signed_in, filled):
    content = signed_in(Role.OWNER).get("/").content.decode()
    assert filled["answer", ""]["answer"]["headline"] in content.replace("&#x27;", "'")


def test_a_kpi_shows_definition_numerator_and_denominator(signed_in, filled):
    content = signed_in(Role.OWNER).get("/kpis/average_order_value").content.decode()
    value = filled["kpis", ""]["values"]["average_order_value"]
    assert "Numerator" in content
    assert f"<strong>{value['denominator']:,.0f}</strong>" in content


def test_an_unknown_kpi_is_not_found(signed_in, filled):
    assert signed_in(Role.OWNER).get("/kpis/nonsense").status_code == 404


def test_the_chosen_period_is_kept(signed_in, filled):
    client = signed_in(Role.OWNER)
    answer = client.post("/period", {"choice": "last-month", "compare": "year-before", "next": "/kpis/orders"})
    assert answer["Location"] == "/kpis/orders"
    content = client.get("/kpis").content.decode()
    last = max(text for name, text in filled if name == "kpis" and text)
    assert '<option value="last-month" selected' in content
    assert date.fromisoformat(last[:10]).strftime("%b 1, %Y") in content


@pytest.mark.parametrize(
    ("start", "end"), [("2023-03-09", "2023-03-01"), ("", "2023-03-01"), ("nonsense", "2023-03-01")]
)
def test_days_that_make_no_period_are_refused_in_words(start, end, signed_in, filled):
    client = signed_in(Role.OWNER)
    client.post("/period", {"choice": "custom", "compare": "none", "start": start, "end": end})
    assert b"alert-danger" in client.get("/kpis").content


def test_the_way_back_never_leaves_the_site(signed_in, filled):
    sent = {"choice": "last-month", "compare": "none", "next": "https://evil.example/"}
    assert signed_in(Role.OWNER).post("/period", sent)["Location"] == "/kpis"


def test_a_segment_links_to_its_customers(signed_in, filled):
    assert b'href="/customers?segment=' in signed_in(Role.OWNER).get("/segments").content


def test_a_table_is_a_file_too(signed_in, filled):
    answer = signed_in(Role.OWNER).get("/growth?growth-format=csv")
    rows = b"".join(answer).decode("utf-8-sig").splitlines()
    assert rows[0].startswith("Period,Active,New")
    assert len(rows) == 1 + len(filled["growth", ""]["growth"]["rows"])


def test_without_spend_the_channels_say_what_is_missing(signed_in, filled):
    assert b"What a new customer costs is not known yet" in signed_in(Role.OWNER).get("/channels").content


def test_groups_of_another_name_than_the_facts_have_are_ignored(signed_in, filled):
    assert signed_in(Role.OWNER).get("/kpis/orders?by=password").status_code == 200


def test_every_definition_is_there_for_translators():
    texts = {
        getattr(definition, part)
        for definition in ALL_DEFINITIONS
        for part in ("label", "meaning", "formula", "numerator", "denominator")
    }
    assert texts - {""} == set(kpi_words.DEFINED)


def test_every_segment_and_its_meaning_is_there_for_translators():
    assert set(SEGMENTS) <= set(words.SEGMENTS)
    assert set(SEGMENTS.values()) == set(words.SEGMENT_MEANINGS)


def test_the_sentences_of_the_answer_are_recognised(filled, monkeypatch):
    answer = filled["answer", ""]["answer"]
    monkeypatch.setattr("keepwell.web.desk.sentences.gettext", lambda text: f"<{text}>")
    sentences = [answer["headline"], answer["caveat"], answer["next_step"]]
    sentences += [item["sentence"] for part in ("reasons", "thresholds") for item in answer[part]]
    sentences += [item[part] for item in answer["not_identified"] for part in ("question", "needs")]
    assert [text for text in sentences if not said(text).startswith("<")] == []
