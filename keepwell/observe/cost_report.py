"""Cost reports of advertising platforms: CSV as a person downloads it.

Such files have title lines above the header, total rows, thousands separators, localised headers and dates, and come
in UTF-16 with tabs or UTF-8 with commas. Rows of one day and campaign (ad groups, devices, ads) are added up when the
import is folded.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

from keepwell.observe.detect import DELIMITERS, detect_encoding
from keepwell.observe.fact_rows import PendingRows
from keepwell.observe.importer import Batch, ImportContext
from keepwell.observe.json_fields import LARGEST, RecordRefusedError, four_places, shown
from keepwell.observe.parse import NumberFormat, decide_numbers, decimals
from keepwell.observe.regular_file import check_regular, file_name
from keepwell.observe.times import DateOrder, decide_dates, timestamps
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.refusal import Refusal

SEARCHED_LINES = 40
SAMPLE_ROWS = 1000
AMOUNTS = ("amount", "micros", "conversions", "conversion_value")
COUNTS = ("impressions", "clicks")
NOTHING = frozenset({"", "--", "-", "—", " --", "n/a"})
_CURRENCY_IN_HEADER = re.compile(r"^(.*?)\s*\(([A-Z]{3})\)$")
_CURRENCY = re.compile(r"[A-Z]{3}")
_PLAIN = re.compile(r"-?(\d+|\d{1,3}([.,]\d{3})+)([.,]\d{1,9})?")


@dataclass(frozen=True)
class Dialect:
    """What one platform calls its columns, in lower case, in each language; and how it marks totals."""

    names: Mapping[str, frozenset[str]]
    totals: tuple[str, ...]
    channel: str

    def column(self, header: str) -> str | None:
        """Return what a header means, or ``None``."""
        plain = _plain(_CURRENCY_IN_HEADER.sub(r"\1", header.strip()))
        return next((meaning for meaning, names in self.names.items() if plain in names), None)


@dataclass
class CostReport:
    """One report, with its header found and its formats decided."""

    path: Path
    dialect: Dialect
    encoding: str
    bom: int
    delimiter: str
    skipped: int
    columns: dict[str, int]
    width: int
    header_currency: str | None
    number: NumberFormat = field(default_factory=NumberFormat)
    dates: DateOrder = DateOrder.YEAR_FIRST
    findings: tuple[str, ...] = ()
    days: dict[str, date | None] = field(default_factory=dict)  # read once per distinct text

    def rows(self) -> Iterator[list[str]]:
        """Yield the records below the header, blank ones left out."""
        with self.path.open("r", encoding=self.encoding, newline="") as file:
            if self.bom:
                file.read(1)
            reader = csv.reader(file, delimiter=self.delimiter)
            try:
                for number, row in enumerate(reader):
                    if number > self.skipped and any(cell.strip() for cell in row):
                        yield row
            except (csv.Error, UnicodeDecodeError) as error:
                raise InputError(
                    "file.broken",
                    f"The report cannot be read to its end ({error}).",
                    where=file_name(self.path),
                    advice="Download it again.",
                ) from error


def has_header(head: bytes, dialect: Dialect, needed: Iterable[str]) -> bool:
    """Say whether one of the first lines of a file is a header of the dialect with the needed columns."""
    text = _decoded(head)
    for line in text.splitlines()[:SEARCHED_LINES]:
        for delimiter in DELIMITERS:
            meanings = {dialect.column(cell) for cell in _cells(line, delimiter)}
            if (
                meanings & {"day", "first_day"}
                and meanings.issuperset(needed)
                and not meanings.isdisjoint({"amount", "micros"})
            ):
                return True
    return False


def open_report(path: Path, dialect: Dialect) -> CostReport:
    """Find the header and decide number and date formats.

    Raises:
        InputError: the file is empty, cannot be read, or has no such header.

    """
    check_regular(path)
    try:
        encoding = detect_encoding(path)
    except OSError as error:
        message = f"The file cannot be opened ({error.strerror or error})."
        raise InputError(
            "file.unreadable", message, where=file_name(path), advice="Check its name and rights."
        ) from error
    report = _with_header(path, dialect, encoding.name, encoding.bom)
    sample = [row for row, _ in zip(report.rows(), range(SAMPLE_ROWS), strict=False)]
    amounts = [row[at] for row in sample for key, at in report.columns.items() if key in AMOUNTS and at < len(row)]
    report.number, why = decide_numbers([cell for cell in amounts if cell.strip() not in NOTHING])
    day = report.columns.get("day", report.columns.get("first_day", 0))
    found = decide_dates([row[day].strip() for row in sample if day < len(row) and _looks_like_date(row[day])])
    if found:
        report.dates = found[0]
    title = f"{report.skipped} title lines above the header were passed over." if report.skipped else ""
    said = (encoding.finding, f"Numbers: {why}.", f"Dates: {found[1]}." if found else "", title)
    report.findings = tuple(sentence for sentence in said if sentence)
    return report


def _with_header(path: Path, dialect: Dialect, encoding: str, bom: int) -> CostReport:
    with path.open("r", encoding=encoding, newline="") as file:
        if bom:
            file.read(1)
        lines = [line for line, _ in zip(file, range(SEARCHED_LINES), strict=False)]
    best: tuple[int, int, str, list[str]] | None = None
    for delimiter in DELIMITERS:
        for number, cells in enumerate(csv.reader(lines, delimiter=delimiter)):
            known = len({meaning for cell in cells if (meaning := dialect.column(cell))})
            if known > (best[0] if best else 1):
                best = (known, number, delimiter, cells)
    columns: dict[str, int] = {}
    currency = None
    for at, cell in enumerate(best[3] if best else ()):
        meaning = dialect.column(cell)
        if meaning and meaning not in columns:
            columns[meaning] = at
            match = _CURRENCY_IN_HEADER.match(cell.strip())
            currency = match.group(2) if match and meaning == "amount" else currency
    if best is None or not {"day", "first_day"} & columns.keys() or not {"amount", "micros"} & columns.keys():
        raise InputError(
            "file.column",
            "No header with a day and an amount was found in the first lines.",
            where=file_name(path),
            advice="Download the report by day, with the columns day, campaign and cost.",
        )
    return CostReport(path, dialect, encoding, bom, best[2], best[1], columns, len(best[3]), currency)


def batches(report: CostReport, context: ImportContext, source: str) -> Iterator[Batch]:
    """Yield the spend and the refusals, row by row of the report."""
    pending = PendingRows(source)
    read, size = 0, max(report.path.stat().st_size, 1)
    for number, row in enumerate(report.rows(), start=1):
        changes: Counter[str] = Counter()
        try:
            fact = _fact(report, row, context, changes)
        except RecordRefusedError as refused:
            pending.refuse(number, refused.reason, refused.detail, _raw(row))
        else:
            pending.keep(number, [("spend", fact)], changes)
        read += sum(map(len, row)) + len(row)
        if pending.is_full:
            yield pending.batch(min(0.99, read / size))
    if pending.rows_in:
        yield pending.batch(1.0)


def _fact(report: CostReport, row: list[str], context: ImportContext, changes: Counter[str]) -> dict[str, Any]:
    first = next((cell.strip() for cell in row if cell.strip()), "").lower()
    campaign, day = _cell(report, row, "campaign"), _cell(report, row, "day") or _cell(report, row, "first_day")
    is_total = first.startswith(report.dialect.totals) and not _looks_like_date(day)
    if is_total or (not campaign and day in NOTHING):
        raise RecordRefusedError(Refusal.NOT_USED, "a total, not a day")
    if len(row) != report.width:
        raise RecordRefusedError(Refusal.UNREADABLE_ROW, f"{len(row)} fields instead of {report.width}")
    spent_on = _day(report, day, context)
    until = "" if "day" in report.columns else _cell(report, row, "last_day")
    if until and _day(report, until, context) != spent_on:
        raise RecordRefusedError(Refusal.MISSING_DATE, f"covers {day} to {until}: break the report down by day")
    amount = _amount(report, row, changes)
    currency = (_cell(report, row, "currency") or report.header_currency or context.currency or "").upper()
    currency = currency or context.business.currency
    if not _CURRENCY.fullmatch(currency):
        raise RecordRefusedError(Refusal.UNKNOWN_CURRENCY, f"currency: {shown(currency)}")
    return {
        "spent_on": spent_on,
        "channel": context.channel or report.dialect.channel,
        "campaign": campaign,
        "currency": currency,
        "amount": amount,
        **{key: _count(report, row, key, changes) for key in COUNTS},
        **{key: _number(report, row, key, changes) for key in ("conversions", "conversion_value")},
    }


def _amount(report: CostReport, row: list[str], changes: Counter[str]) -> Decimal:
    amount = _number(report, row, "amount", changes)
    if amount is None and "micros" in report.columns:
        micros = _number(report, row, "micros", changes)
        amount = None if micros is None else four_places(micros / 1_000_000, changes)
    if amount is None:
        raise RecordRefusedError(Refusal.MISSING_AMOUNT, "the cost is empty")
    if amount < 0:
        raise RecordRefusedError(Refusal.NEGATIVE_PRICE, f"cost: {amount}")
    return amount


def _number(report: CostReport, row: list[str], key: str, changes: Counter[str]) -> Decimal | None:
    text = _cell(report, row, key)
    if text in NOTHING:
        return None
    number = _exact(text, report.number)
    if number is None:
        raise RecordRefusedError(Refusal.UNREADABLE_NUMBER, f"{key}: {shown(text)}")
    if abs(number) >= (LARGEST if key != "micros" else Decimal(10) ** 14):
        raise RecordRefusedError(Refusal.ABSURD_QUANTITY, f"{key}: {shown(text)}")
    return four_places(number, changes)


def _exact(text: str, form: NumberFormat) -> Decimal | None:
    """Read one number: plain ones at once, others (signs of currency, brackets) as the other importers do."""
    plain = text.replace(form.thousands, "").replace(form.decimal, ".") if _PLAIN.fullmatch(text) else ""
    if plain and _groups_are_thousands(text, form):
        return Decimal(plain)
    number: Decimal | None = decimals(pa.array([text]), form).values[0].as_py()
    return number


def _groups_are_thousands(text: str, form: NumberFormat) -> bool:
    groups = text.split(form.decimal)[0].lstrip("-").split(form.thousands)
    return len(groups) == 1 or (len(groups[0]) <= 3 and all(len(group) == 3 for group in groups[1:]))


def _count(report: CostReport, row: list[str], key: str, changes: Counter[str]) -> int | None:
    number = _number(report, row, key, changes)
    return None if number is None else int(number)


def _day(report: CostReport, text: str, context: ImportContext) -> date:
    if not text:
        raise RecordRefusedError(Refusal.MISSING_DATE, "the day is empty")
    if text not in report.days:
        moment = timestamps(pa.array([text]), report.dates, context.business.zone).values[0].as_py()
        report.days[text] = moment.astimezone(context.business.zone).date() if moment else None
    day = report.days[text]
    if day is None:
        raise RecordRefusedError(Refusal.UNREADABLE_DATE, f"day: {shown(text)}")
    if day.year < 1990:
        raise RecordRefusedError(Refusal.TOO_OLD, f"day: {day}")
    if day > (context.now + timedelta(days=1)).date():
        raise RecordRefusedError(Refusal.IN_THE_FUTURE, f"day: {day}")
    return day


def _cell(report: CostReport, row: list[str], key: str) -> str:
    at = report.columns.get(key)
    return row[at].strip() if at is not None and at < len(row) else ""


def _raw(row: list[str]) -> str:
    return ",".join('"' + cell.replace('"', '""') + '"' if set(cell) & set(',"\r\n') else cell for cell in row)


def _looks_like_date(text: str) -> bool:
    return sum(character.isdigit() for character in text) >= 3


def _plain(header: str) -> str:
    return " ".join(header.replace("\ufeff", "").split()).strip('"').lower()


def _cells(line: str, delimiter: str) -> list[str]:
    return next(csv.reader([line], delimiter=delimiter), [])


def _decoded(head: bytes) -> str:
    for mark, name in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if head.startswith(mark):
            return head[2:].decode(name, "replace")
    return head.decode("utf-8-sig", "replace")
