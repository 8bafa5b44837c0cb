"""The report: one HTML file that opens offline, without a script and without a request."""

from __future__ import annotations

import base64
import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from keepwell.loop.report import background, churn, customers, decision, money, numbers, plan, value, words
from keepwell.loop.report.blocks import Section
from keepwell.loop.report.content import ReportContent
from keepwell.vocabulary.errors import InputError

# In the order of the page: the plan, the answer and the figures, the customers, the money, the background.
SECTIONS: tuple[tuple[str, Callable[[ReportContent], Section | None]], ...] = (
    ("plan", plan.plan),
    ("answer", decision.reasons),
    ("kpis", background.kpis),
    ("value", value.value),
    ("trust", value.trust),
    ("still_there", churn.still_there),
    ("contracts", churn.contracts),
    ("growth", customers.growth),
    ("cohorts", customers.cohorts),
    ("rfm", customers.rfm),
    ("revenue", money.revenue),
    ("concentration", customers.concentration),
    ("gaps", customers.gaps),
    ("allowable", decision.allowable),
    ("points", decision.worth_of_a_point),
    ("what_ifs", decision.what_ifs),
    ("split", decision.split),
    ("lean", decision.leaning),
    ("claims", decision.claims),
    ("channels", money.channels),
    ("recurring", money.recurring),
    ("funnel", money.funnel),
    ("personas", customers.personas),
    ("data", background.data),
    ("assumptions", background.assumptions),
    ("glossary", background.glossary),
)


# Charts of a section, for the progress: drawing them takes nearly all of the time.
CHARTS = {"plan": 2, "kpis": 4, "value": 1, "trust": 3, "still_there": 2, "contracts": 2,
          "growth": 1, "cohorts": 3, "rfm": 2, "revenue": 1, "concentration": 1, "gaps": 1, "allowable": 2,
          "what_ifs": 1, "channels": 1, "recurring": 1, "funnel": 1}  # fmt: skip

Progress = Callable[[float], None]


def write_report(content: ReportContent, path: Path, progress: Progress | None = None) -> None:
    """Write the report as one HTML file; a file that stands there is replaced at once or not at all.

    Args:
        content: what the report shows.
        path: where to write; its folder must exist.
        progress: called with the fraction done, from above 0 up to 1.

    Raises:
        InputError: the file cannot be written, or a table lacks a column.

    """
    page = render(content, progress)
    try:
        handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", text=True)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(page)
        Path(draft).chmod(0o644)
        Path(draft).replace(path)
    except OSError as error:
        raise InputError(
            "report.not_written",
            f"The report cannot be written: {error.strerror or error}.",
            where=str(path),
            advice="Name a file in a folder that exists, that you may write to, and that has space left.",
        ) from error


def render(content: ReportContent, progress: Progress | None = None) -> str:
    """Return the report as HTML text.

    Args:
        content: what the report shows.
        progress: called with the fraction done, from above 0 up to 1.

    Raises:
        InputError: a table lacks a column.

    >>> from datetime import date
    >>> from keepwell.vocabulary.business import Business
    >>> from keepwell.vocabulary.period import Period
    >>> page = render(ReportContent(Business(), Period.parse("2011"), date(2012, 1, 1)))
    >>> page.startswith("<!doctype html>"), "<script" in page
    (True, False)

    """
    made = _made(content, progress)
    return _template().render(
        content=content,
        title=content.title or f"Keep or win? {content.business.name}".strip(),
        period=f"{numbers.day(content.period.start)} – {numbers.day(content.period.last_day)}",
        as_of=numbers.day(content.as_of),
        sections=[section for _, section in made if section is not None],
        pending=[
            (words.SECTIONS[key], words.FILLED_BY[key])
            for key, section in made
            if section is None and key in words.FILLED_BY
        ],
        words=words,
        **_style(),
    )


def _made(content: ReportContent, progress: Progress | None) -> list[tuple[str, Section | None]]:
    made: list[tuple[str, Section | None]] = []
    every, done = sum(CHARTS.values()) + len(SECTIONS), 0
    for key, make in SECTIONS:
        made.append((key, make(content)))
        done += CHARTS.get(key, 0) + 1
        if progress is not None:
            progress(done / every)
    return made


def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("keepwell.loop.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html")


def _style() -> dict[str, str]:
    """Return the style sheet with its digest, by which the page's policy lets it through and nothing else."""
    style = (Path(__file__).parent / "style.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    return {"style": Markup(style), "policy": policy}  # noqa: S704
