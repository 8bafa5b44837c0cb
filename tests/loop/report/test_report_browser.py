"""The report in a real browser: it opens from disk, asks for nothing, and fits."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from keepwell.loop.report.content import ReportContent
from keepwell.loop.report.page import write_report

pytestmark = pytest.mark.browser

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = os.environ.get("KEEPWELL_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip("no Chromium found; install it or set KEEPWELL_CHROMIUM to its path")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def report(content: ReportContent, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_report(content, path)
    return path


class Visit:
    """An open report with everything that the browser complained about or asked for."""

    def __init__(self, browser: Browser, report: Path, width: int) -> None:
        self.page: Page = browser.new_page(viewport={"width": width, "height": 800})
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: self.complaints.append(dialog.message))
        self.page.context.set_offline(True)
        self.page.goto(report.as_uri())

    def run(self, script: str) -> Any:
        """Run a script in the page, as the browser's own tools do."""
        return self.page.evaluate(script)


@pytest.fixture(params=[375, 1280], ids=["phone", "desk"], scope="module")
def visit(request: pytest.FixtureRequest, browser: Browser, report: Path) -> Iterator[Visit]:
    opened = Visit(browser, report, request.param)
    yield opened
    opened.page.close()


def test_nothing_but_the_file_itself_is_asked_for(visit: Visit, report: Path) -> None:
    assert visit.requests == [report.as_uri()]


def test_the_browser_has_nothing_to_complain_about(visit: Visit) -> None:
    assert visit.complaints == []


def test_the_page_does_not_scroll_sideways(visit: Visit) -> None:
    assert visit.run("document.documentElement.scrollWidth <= window.innerWidth")


def test_it_does_not_scroll_sideways_with_everything_open(visit: Visit) -> None:
    script = "document.querySelectorAll('details').forEach(d => d.open = true); document.documentElement.scrollWidth"
    assert visit.run(script) <= visit.run("window.innerWidth")


def test_one_drawing_of_each_chart_is_shown(visit: Visit) -> None:
    shown = """[...document.querySelectorAll('figure')].map(f =>
        [...f.querySelectorAll('svg')].filter(s => s.checkVisibility()).length)"""
    assert set(visit.run(shown)) == {1}


def test_the_answer_is_on_the_first_screen(visit: Visit) -> None:
    assert visit.run("document.querySelector('.answer').getBoundingClientRect().bottom") < 800


def test_chart_text_is_large_enough_to_read(visit: Visit) -> None:
    script = """[...document.querySelectorAll('svg')].filter(s => s.checkVisibility()).flatMap(s => {
        const scale = s.getBoundingClientRect().width / s.viewBox.baseVal.width;
        return [...s.querySelectorAll('text')].map(t => parseFloat(getComputedStyle(t).fontSize) * scale) })"""
    assert min(visit.run(script)) >= 9.5


def test_no_chart_text_runs_out_of_its_drawing(visit: Visit) -> None:
    script = """[...document.querySelectorAll('svg')].filter(s => s.checkVisibility()).flatMap(s => {
        const frame = s.getBoundingClientRect();
        return [...s.querySelectorAll('text')].filter(t => !t.textContent.includes('script')).filter(t => {
            const box = t.getBoundingClientRect();
            return box.left < frame.left - 2 || box.right > frame.right + 2 }).map(t => t.textContent) })"""
    assert visit.run(script) == []


def test_text_stands_out_from_its_ground(visit: Visit) -> None:
    script = """() => {
        const light = c => { const [r, g, b] = c.match(/[0-9.]+/g).map(Number).map(v => v / 255)
            .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
            return 0.2126 * r + 0.7152 * g + 0.0722 * b };
        return [...document.querySelectorAll('p, dt, dd, th, td, h1, h2, h3, summary span, summary, a, li, caption')]
            .map(e => 1.05 / (light(getComputedStyle(e).color) + 0.05)) }"""
    assert min(visit.run(script)) >= 4.5


def test_a_number_opens_by_keyboard(visit: Visit) -> None:
    visit.run("document.querySelectorAll('details').forEach(d => d.open = false)")
    visit.page.locator(".tile summary").first.focus()
    visit.page.keyboard.press("Enter")
    assert visit.page.locator(".tile").first.get_by_text("1,693 (kept)").is_visible()


def test_an_opened_number_covers_nothing(visit: Visit) -> None:
    script = """[...document.querySelectorAll('.tile')].map(tile => { tile.open = true;
        const [parts, frame] = [tile.querySelector('.parts'), tile].map(e => e.getBoundingClientRect());
        tile.open = false; return parts.height > 0 && parts.bottom <= frame.bottom })"""
    assert set(visit.run(script)) == {True}


def test_folded_tables_lie_open_on_paper(browser: Browser, report: Path) -> None:
    visit = Visit(browser, report, 794)
    visit.page.emulate_media(media="print")
    hidden = """[...document.querySelectorAll('figure table')].filter(t =>
        !t.checkVisibility({contentVisibilityAuto: true})).length"""
    for _ in range(100):  # a busy machine lays the page out for print a moment after it was told to
        if visit.run(hidden) == 0:
            break
        visit.page.wait_for_timeout(100)
    assert visit.run(hidden) == 0


def test_the_report_prints_as_pages(browser: Browser, report: Path) -> None:
    visit = Visit(browser, report, 1280)
    assert visit.page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
