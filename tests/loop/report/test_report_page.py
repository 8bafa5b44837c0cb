"""The report as text: what it says, in which order, and that nothing in it is alive."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest

from keepwell.loop.report.content import ReportContent
from keepwell.loop.report.page import render, write_report
from keepwell.loop.report.words import SECTIONS
from keepwell.vocabulary.answer import StatedSplit
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import NotAvailable
from keepwell.vocabulary.period import Period

FIGURES = 23


class Page(HTMLParser):
    """Every start tag in order, the text in order, and the ids."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the tag."""
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Keep the text."""
        if data.strip():
            self.texts.append(data.strip())

    def attributes(self, tag: str) -> list[dict[str, str | None]]:
        """Return the attributes of every such tag."""
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def html(content: ReportContent) -> str:
    return render(content)


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def test_the_page_begins_with_the_two_sentences_of_the_answer(html: str) -> None:
    main = Page(html[html.index("<main") :]).texts
    assert main[:2] == ["Pay up to £412 to win a customer.", "An order log cannot tell which channel works."]


def test_every_section_that_has_content_is_there_in_order(page: Page) -> None:
    shown = [attributes["id"] for attributes in page.attributes("section")]
    assert shown == sorted(shown, key=list(SECTIONS).index) or set(shown) == set(SECTIONS)


def test_names_from_the_data_bring_no_element_to_life(page: Page) -> None:
    assert {"script", "img", "iframe", "link", "object"}.isdisjoint(tag for tag, _ in page.tags)


def test_names_from_the_data_are_still_shown_as_they_are(page: Page) -> None:
    assert any("<script>" in text and "🧶" in text for text in page.texts)


def test_no_element_carries_a_handler_or_loads_anything(page: Page) -> None:
    names = {name for _, attributes in page.tags for name in attributes}
    assert not {name for name in names if name.startswith("on") or name in {"src", "srcset", "style", "xlink:href"}}


def test_the_page_forbids_scripts_and_requests(page: Page) -> None:
    policy = next(a["content"] for a in page.attributes("meta") if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy


def test_links_stay_on_the_page(page: Page) -> None:
    ids = {attributes["id"] for _, attributes in page.tags if attributes.get("id")}
    assert {str(link["href"])[1:] for link in page.attributes("a")} <= ids


def test_no_id_is_used_twice(page: Page) -> None:
    ids = [attributes["id"] for _, attributes in page.tags if attributes.get("id")]
    assert len(ids) == len(set(ids))


def test_what_a_drawing_refers_to_is_in_the_page(html: str, page: Page) -> None:
    ids = {attributes["id"] for _, attributes in page.tags if attributes.get("id")}
    assert set(re.findall(r"url\(#([^)]+)\)", html)) <= ids


def test_headings_go_down_one_level_at_a_time(page: Page) -> None:
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_every_chart_has_a_name_and_a_table(html: str) -> None:
    figures = re.findall(r"<figure>.*?</figure>", html, flags=re.DOTALL)
    assert len(figures) == FIGURES
    for figure in figures:
        assert figure.count('role="img" aria-label="Chart: ') == 2
        assert "<table" in figure


def test_every_table_heading_says_what_it_heads(page: Page) -> None:
    assert {attributes.get("scope") for attributes in page.attributes("th")} == {"col", "row"}


def test_every_table_has_a_caption(page: Page) -> None:
    assert len(page.attributes("caption")) == len(page.attributes("table"))


def test_the_page_names_its_language_and_landmarks(page: Page) -> None:
    tags = {tag for tag, _ in page.tags}
    assert page.attributes("html") == [{"lang": "en"}]
    assert {"header", "main", "nav", "footer"} <= tags


def test_a_kpi_opens_to_its_parts(page: Page) -> None:
    said = " ".join(page.texts)
    for part in (
        "56.8%",
        "55.0% to 58.6%",
        "1,693 (kept)",
        "2,981 (CS)",
        "kept / CS",
        "1 January 2011 to 31 December 2011",
    ):
        assert part in said


def test_a_kpi_that_is_not_available_says_why(page: Page) -> None:
    assert ("not available", "no order") in itertools.pairwise(page.texts)


def test_the_numbers_behind_a_chart_stand_in_its_table(html: str) -> None:
    growth = html[html.index('id="growth"') : html.index('id="cohorts"')]
    assert all(f">{cell}<" in growth for cell in ("Jan 2011", "13", "20", "7", "9", "2.20"))


def test_period_currency_zone_and_margin_are_stated(page: Page) -> None:
    said = " ".join(page.texts)
    for part in ("1 January 2011 – 31 December 2011", "GBP", "Europe/London", "50.0% of revenue, assumed"):
        assert part in said


def test_groups_that_cannot_be_told_apart_are_not_drawn(content: ReportContent) -> None:
    assert content.answer is not None
    same = [
        replace(group, within_horizon=content.answer.allowable_cac[0].within_horizon)
        for group in content.answer.allowable_cac
    ]
    page = Page(render(replace(content, answer=replace(content.answer, allowable_cac=tuple(same)))))
    assert "The orders do not tell these groups apart" in " ".join(page.texts)
    assert "The most a new customer may cost, by country" not in page.texts


def test_refused_rows_are_counted_with_reason_and_meaning(page: Page) -> None:
    said = " ".join(page.texts)
    assert "missing customer 30 The row names no customer" in said
    assert "Of 1,000 rows 970 were kept" in said


MORE_THAN_TODAY = "Settings in which more should go into keeping than today"


def test_the_split_is_held_against_todays_spend(page: Page) -> None:
    assert (MORE_THAN_TODAY, "70.0%") in itertools.pairwise(page.texts)


def test_the_split_leaves_out_what_todays_unknown_spend_cannot_tell(content: ReportContent) -> None:
    assert content.answer is not None
    assert isinstance(content.answer.split, StatedSplit)
    unknown = NotAvailable("what is spent today is not known")
    without = replace(content.answer.split, more_on_keeping=unknown, more_on_winning=unknown, note="It is left out.")
    said = Page(render(replace(content, answer=replace(content.answer, split=without)))).texts
    assert not [text for text in said if "than today" in text]
    assert "It is left out." in said


@pytest.fixture(scope="module")
def empty() -> Page:
    return Page(render(ReportContent(Business(), Period.parse("2011"), date(2012, 1, 1))))


def test_what_is_missing_is_listed_with_what_would_fill_it(empty: Page) -> None:
    at = empty.texts.index("Subscriptions")
    assert empty.texts[at + 1].startswith(": subscriptions (a Stripe export")


def test_what_is_missing_leaves_no_empty_section(empty: Page) -> None:
    assert [a["id"] for a in empty.attributes("section")] == ["assumptions", "glossary", "pending"]


def test_a_report_is_small_enough_to_send(html: str) -> None:
    assert len(html.encode()) < 2_000_000


def test_a_report_is_written_whole(content: ReportContent, html: str, tmp_path: Path) -> None:
    write_report(content, tmp_path / "report.html")
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == html
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_progress_rises_to_the_end(content: ReportContent) -> None:
    told: list[float] = []
    render(content, told.append)
    assert told == sorted(told)
    assert (told[0] > 0, told[-1]) == (True, 1.0)


def test_writing_a_report_tells_of_its_progress(tmp_path: Path) -> None:
    told: list[float] = []
    write_report(ReportContent(Business(), Period.parse("2011"), date(2012, 1, 1)), tmp_path / "r.html", told.append)
    assert told[-1] == 1.0


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    content = ReportContent(Business(), Period.parse("2011"), date(2012, 1, 1))
    with pytest.raises(InputError, match="nowhere"):
        write_report(content, tmp_path / "nowhere" / "report.html")
