"""The sections of figures and background: every KPI with its parts, the imported files, assumptions, definitions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta

from keepwell import plot
from keepwell.loop.report import numbers, words
from keepwell.loop.report.blocks import Block, Figure, Heading, Pair, Points, Section, Table, Terms, Tile, Tiles
from keepwell.loop.report.content import ImportedFile, ReportContent
from keepwell.loop.report.drawing import figure
from keepwell.loop.report.present import section
from keepwell.vocabulary.estimate import NotAvailable
from keepwell.vocabulary.kpi import KpiDefinition, KpiValue, Unit
from keepwell.vocabulary.refusal import Refusal

MOST_TILES = 9


def kpis(content: ReportContent) -> Section | None:
    """Show the figures that matter as numbers that open, the trends, and all figures in a table."""
    whole = {value.key: value for value in content.kpis if value.group is None}
    keys = [key for key in content.headline_kpis if key in whole] or list(whole)
    blocks: list[Block] = []
    if keys:
        blocks.append(Tiles([_tile(whole[key], content) for key in keys[:MOST_TILES]]))
    blocks += _trends(content)
    if content.kpis:
        blocks.append(_all_kpis(content))
    return section("kpis", [], blocks)


def data(content: ReportContent) -> Section | None:
    """Say what was imported, and what was refused for which reason."""
    if not content.imports:
        return None
    rows = [
        [
            item.file,
            item.importer,
            *(numbers.count(n) for n in (item.rows_in, item.rows_kept, sum(item.refused.values()))),
        ]
        for item in content.imports
    ]
    counts = [Heading(name, is_number=True) for name in ("Rows in", "Kept", "Refused")]
    blocks: list[Block] = [Table("Files", [Heading("File"), Heading("Read as"), *counts], rows)]
    refused = [row for item in content.imports for row in _refusals(item)]
    if refused:
        headings = [Heading("File"), Heading("Reason"), Heading("Rows", is_number=True), Heading("What it means")]
        blocks.append(Table("Rows refused, by reason", headings, refused, is_prose=True))
    found = [(item.file, " ".join(item.findings)) for item in content.imports if item.findings]
    if found:
        blocks.append(Terms(found, "What was found out about the files"))
    everything = sum(item.rows_in for item in content.imports)
    kept = sum(item.rows_kept for item in content.imports)
    finding = f"Of {numbers.count(everything)} rows {numbers.count(kept)} were kept; every refused row has a reason."
    return section("data", [finding], blocks)


def assumptions(content: ReportContent) -> Section | None:
    """Say what was set or supposed."""
    business = content.business
    margin = "assumed, since no costs are known" if business.margin_is_assumed else "as set"
    terms = [
        ("Period", f"{numbers.day(content.period.start)} to {numbers.day(content.period.last_day)}"),
        ("As of", numbers.day(content.as_of)),
        ("Currency", business.currency),
        ("Time zone", f"{business.time_zone}; days, weeks and months begin at its midnight"),
        ("Contribution margin", f"{numbers.rate(business.margin_rate)} of revenue, {margin}"),
        ("Discount rate", f"{numbers.rate(business.discount_rate)} a year, for money received later"),
    ]
    terms += [(f"1 {code}", f"{rate} {business.currency}") for code, rate in business.rates.items()]
    said = [*content.assumptions, *(content.answer.assumptions if content.answer is not None else ())]
    blocks: list[Block] = [Terms(terms)]
    if said:
        blocks.append(Points("Also supposed", [numbers.sentence(text) for text in dict.fromkeys(said)]))
    return section("assumptions", [], blocks)


def glossary(content: ReportContent) -> Section | None:
    """Show every KPI's definition, and the words of this report."""
    used = {value.key for value in (*content.kpis, *content.trends)}
    terms = [(item.label, _defined(item)) for key, item in content.definitions.items() if key in used]
    blocks: list[Block] = (
        [Terms(terms, "What each figure says, and how it is computed", is_folded=True)] if terms else []
    )
    return section("glossary", [], [*blocks, Terms(words.GLOSSARY, "The words")])


def _defined(item: KpiDefinition) -> str:
    named = (("Formula", item.formula), ("Numerator", item.numerator), ("Denominator", item.denominator))
    return "\n".join([item.meaning, *(f"{name}: {text}" for name, text in named if text)])


def _tile(value: KpiValue, content: ReportContent) -> Tile:
    definition = content.definitions.get(value.key)
    unit = _unit(definition, value)
    label = definition.label if definition else value.key
    parts = [
        ("What it says", definition.meaning if definition else ""),
        ("Formula", definition.formula if definition else ""),
        *_fraction(definition, value),
        ("Period", _period(value)),
        ("95 % interval", numbers.interval(value, unit)),
        ("Note", value.note),
    ]
    shown = [(name, text) for name, text in parts if text]
    if isinstance(value.value, NotAvailable):
        return Tile(label, words.NOT_AVAILABLE, value.value.reason, shown, is_available=False)
    text = numbers.in_unit(value.value, unit, value.currency or content.business.currency)
    return Tile(label, text, numbers.interval(value, unit), shown)


def _period(value: KpiValue) -> str:
    return f"{numbers.day(value.start)} to {numbers.day(value.end - timedelta(days=1))}"


def _fraction(definition: KpiDefinition | None, value: KpiValue) -> list[tuple[str, str]]:
    named = [
        ("Numerator", definition.numerator if definition else "", value.numerator),
        ("Denominator", definition.denominator if definition else "", value.denominator),
    ]
    return [
        (name, f"{numbers.part(number)}{f' ({meaning})' if meaning else ''}")
        for name, meaning, number in named
        if number is not None
    ]


def _trends(content: ReportContent) -> list[Block]:
    by_key: dict[str, list[KpiValue]] = defaultdict(list)
    for value in content.trends:
        by_key[value.key].append(value)
    figures: list[Figure] = []
    for key, values in by_key.items():
        definition = content.definitions.get(key)
        unit = _unit(definition, values[0])
        rows = [[numbers.month(value.start), *_value(value, unit, content)] for value in values]
        label = definition.label if definition else key
        counts = [Heading(name, is_number=True) for name in ("Value", "95 % interval")]
        shown = Table(label, [Heading("From"), *counts], rows)
        figures.append(figure(f"trend-{len(figures)}", _trend(values, definition), [shown], is_half=True))
    return [Pair(figures)] if figures else []


def _trend(values: list[KpiValue], definition: KpiDefinition | None) -> Callable[[int], plot.Chart]:
    return lambda width: plot.kpi_trend(values, definition=definition, width=width)


def _all_kpis(content: ReportContent) -> Table:
    rows = []
    for value in content.kpis:
        definition = content.definitions.get(value.key)
        label = definition.label if definition else value.key
        rows.append([
            label, value.group or "all", *_value(value, _unit(definition, value), content),
            *(numbers.NONE if part is None else numbers.part(part) for part in (value.numerator, value.denominator)),
            _period(value),
        ])  # fmt: skip
    right = [Heading(name, is_number=True) for name in ("Value", "95 % interval", "Numerator", "Denominator")]
    headings = [Heading("Figure"), Heading("Of"), *right, Heading("Period")]
    periods = {row[-1] for row in rows}
    caption = words.KPI_TABLE
    if len(periods) == 1:
        caption = f"{caption}, {periods.pop()}"
        headings, rows = headings[:-1], [row[:-1] for row in rows]
    return Table(caption, headings, rows, is_folded=True, is_prose=True)


def _value(value: KpiValue, unit: Unit, content: ReportContent) -> list[str]:
    if isinstance(value.value, NotAvailable):
        return [f"{words.NOT_AVAILABLE}: {value.value.reason}", ""]
    text = numbers.in_unit(value.value, unit, value.currency or content.business.currency)
    return [text, numbers.interval(value, unit)]


def _unit(definition: KpiDefinition | None, value: KpiValue) -> Unit:
    if definition is not None:
        return definition.unit
    return Unit.MONEY if value.currency else Unit.RATIO


def _refusals(item: ImportedFile) -> list[list[str]]:
    known = {str(reason): reason.meaning for reason in Refusal}
    return [
        [item.file, str(reason).replace("_", " "), numbers.count(rows), known.get(str(reason), "")]
        for reason, rows in item.refused.items()
        if rows
    ]
