"""Workbooks: every cell as openpyxl reads it, sheet after sheet, and no workbook that does harm."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keepwell.observe.workbook import open_workbook
from keepwell.vocabulary.errors import InputError

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
BOOK = f'<workbook {MAIN} xmlns:r="{OFFICE}"><sheets><sheet name="A" sheetId="1" r:id="r1"/></sheets></workbook>'


def rows_of(path: Path) -> list[list[str]]:
    """Return every row of a workbook as it is handed on, without the sheet's name."""
    return [list(row.values())[:-1] for batch in open_workbook(path).batches() for row in batch.table.to_pylist()]


def written(path: Path, rows: list[list[object]], title: str = "A") -> Path:
    """Write a workbook of one sheet with the columns a, b, c, d."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = title
    for row in [["a", "b", "c", "d"], *rows]:
        sheet.append(row)
    book.save(path)
    return path


def raw(path: Path, rows: str, texts: str = "", book: str = BOOK, head: str = "") -> Path:
    """Write a workbook by hand, of rows and shared texts given as XML."""
    relations = f'<Relationship Id="r1" Type="{OFFICE}/worksheet" Target="worksheets/one.xml"/>'
    relations += f'<Relationship Id="r2" Type="{OFFICE}/sharedStrings" Target="/xl/texts.xml"/>'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", book)
        archive.writestr("xl/_rels/workbook.xml.rels", f"<Relationships>{relations}</Relationships>")
        archive.writestr("xl/texts.xml", f"<sst {MAIN}>{texts}</sst>")
        sheet = f"{head}<worksheet {MAIN}><sheetData>{rows}</sheetData></worksheet>"
        archive.writestr("xl/worksheets/one.xml", sheet)
    return path


HEADER = '<row><c t="str"><v>id</v></c><c t="str"><v>name</v></c></row>'


def as_openpyxl(path: Path) -> list[list[str]]:
    """Return the same rows by openpyxl, its values written as the importer writes them."""
    sheet = openpyxl.load_workbook(path, data_only=True).worksheets[0]
    rows = [[_written(value) for value in row] for row in sheet.iter_rows(min_row=2, max_col=4, values_only=True)]
    return [row for row in rows if any(row)]


def _written(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return value.isoformat(" ") if isinstance(value, datetime) else str(value)


moments = st.datetimes(datetime(1900, 3, 2), datetime(2199, 1, 1)).map(  # noqa: DTZ001
    lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000)
)
cells = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**14), 10**14),
    st.floats(-1e12, 1e12),
    st.sampled_from([0.1, 1e-7, 1e20, 9.0, "007", " a ", "a\nb", "#N/A", "1,5", "😀", "_x000D_", "&lt;"]),
    st.text(st.characters(min_codepoint=32, exclude_categories=["Cs", "Cn"]), max_size=8).filter(
        lambda t: t[:1] != "="
    ),
    moments,
    st.dates(date(1900, 3, 2), date(2199, 1, 1)).map(lambda day: datetime(day.year, day.month, day.day)),  # noqa: DTZ001
    st.times().map(lambda clock: clock.replace(microsecond=0)),
)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(cells, min_size=4, max_size=4), min_size=1, max_size=6))
def test_every_cell_is_read_as_openpyxl_reads_it(tmp_path: Path, rows: list[list[object]]) -> None:
    path = written(tmp_path / "any.xlsx", [["x", "y", "z", "end"], *rows])
    assert rows_of(path) == as_openpyxl(path)


def test_a_real_log_is_read_as_openpyxl_reads_it(shared_data: Path, tmp_path: Path) -> None:
    log = pq.read_table(shared_data / "online_retail_ii.parquet").slice(500_000, 3_000)
    names = ["Invoice", "Description", "InvoiceDate", "Price"]
    path = written(tmp_path / "log.xlsx", [list(row.values()) for row in log.select(names).to_pylist()])
    assert rows_of(path) == as_openpyxl(path)


def test_rows_without_anything_are_left_out_and_short_ones_filled(tmp_path: Path) -> None:
    path = written(tmp_path / "gaps.xlsx", [[1, None, 3, None], [None] * 4, [None, 2, None, None]])
    assert rows_of(path) == [["1", "", "3", ""], ["", "2", "", ""]]


def test_a_formula_gives_its_stored_value(tmp_path: Path) -> None:
    path = raw(tmp_path / "sum.xlsx", f'{HEADER}<row><c r="A2"><f>SUM(B1:B9)</f><v>12.50</v></c></row>')
    assert rows_of(path) == [["12.5", ""]]


def test_an_error_gives_its_code(tmp_path: Path) -> None:
    path = raw(tmp_path / "error.xlsx", f'{HEADER}<row><c r="A2" t="e"><v>#DIV/0!</v></c></row>')
    assert rows_of(path) == [["#DIV/0!", ""]]


def test_runs_of_a_text_are_joined_and_readings_left_out(tmp_path: Path) -> None:
    texts = "<si><r><t>東</t></r><r><t>京</t></r><rPh sb='0' eb='2'><t>トウキョウ</t></rPh></si>"
    path = raw(tmp_path / "runs.xlsx", f'{HEADER}<row><c r="B2" t="s"><v>0</v></c></row>', texts)
    assert rows_of(path) == [["", "東京"]]


def test_a_long_number_keeps_all_its_digits(tmp_path: Path) -> None:
    path = raw(tmp_path / "long.xlsx", f"{HEADER}<row><c><v>12345678901234567890</v></c></row>")
    assert rows_of(path) == [["12345678901234567890", ""]]


def test_days_counted_from_1904_are_understood(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    book.worksheets[0].append(["a"])
    book.worksheets[0].append([datetime(2011, 12, 9, 12, 50)])  # noqa: DTZ001
    book.save(tmp_path / "mac.xlsx")
    assert rows_of(tmp_path / "mac.xlsx") == [["2011-12-09 12:50:00"]]


def test_a_duration_is_read_in_hours(tmp_path: Path) -> None:
    assert rows_of(written(tmp_path / "long.xlsx", [[timedelta(hours=30, seconds=5), time(6), 1, 2]]))[0][:2] == [
        "30:00:05", "06:00:00",
    ]  # fmt: skip


def test_sheets_with_the_same_header_follow_each_other_and_charts_are_passed_over(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, first in (("2023", "id"), ("notes", "hello"), ("2024", "id")):
        sheet = book.create_sheet(title)
        sheet.append([first])
        sheet.append([title])
    book.create_chartsheet("picture").add_chart(openpyxl.chart.BarChart())
    book.create_sheet("empty")
    book.save(tmp_path / "years.xlsx")
    opened = open_workbook(tmp_path / "years.xlsx")
    rows = [row for batch in opened.batches() for row in batch.table.to_pylist()]
    assert rows == [{"id": "2023", "sheet": "2023"}, {"id": "2024", "sheet": "2024"}]
    assert opened.findings[1:] == (
        "Sheets read: 2023, 2024. Rows are numbered through them, headers left out.",
        "Sheets left out because their first line differs: notes.",
    )


def test_progress_rises_to_one(tmp_path: Path) -> None:
    path = written(tmp_path / "many.xlsx", [[number, "x" * 10, 1.5, None] for number in range(45_000)])
    steps = [batch.progress for batch in open_workbook(path).batches()]
    assert steps == sorted(steps)
    assert (len(steps), steps[-1]) == (3, 1.0)


def without_its_sheet(path: Path) -> Path:
    """Write a workbook that names a sheet it does not hold."""
    with zipfile.ZipFile(raw(path.with_suffix(".zip"), HEADER)) as whole, zipfile.ZipFile(path, "w") as archive:
        for name in whole.namelist()[:-1]:
            archive.writestr(name, whole.read(name))
    return path


BOMB = '<!DOCTYPE a [<!ENTITY b "boom"><!ENTITY c "&b;&b;&b;&b;">]>'
BROKEN: dict[str, Callable[[Path], Path]] = {
    "entities": lambda path: raw(path, HEADER, head=BOMB),
    "a text that is not in the table": lambda path: raw(path, f'{HEADER}<row><c t="s"><v>7</v></c></row>'),
    "a number that is none": lambda path: raw(path, f"{HEADER}<row><c><v>seven</v></c></row>"),
    "a column beyond the last": lambda path: raw(path, f'{HEADER}<row><c r="ZZZ1"><v>7</v></c></row>'),
    "cells out of order": lambda path: raw(path, f'{HEADER}<row><c r="B2"><v>1</v></c><c r="A2"><v>1</v></c></row>'),
    "no XML": lambda path: raw(path, "<row><c></row>"),
    "a part that is not there": without_its_sheet,
}  # fmt: skip


@pytest.mark.parametrize("harm", BROKEN)
def test_a_damaged_workbook_is_an_error_that_says_what_to_do(tmp_path: Path, harm: str) -> None:
    with pytest.raises(InputError, match="cannot be opened") as caught:
        rows_of(BROKEN[harm](tmp_path / "bad.xlsx"))
    assert (caught.value.where, bool(caught.value.advice)) == ("bad.xlsx", True)


def test_a_workbook_that_was_cut_off_is_an_error(tmp_path: Path) -> None:
    path = written(tmp_path / "cut.xlsx", [[1, 2, 3, 4]] * 2000)
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(InputError, match="cannot be opened"):
        open_workbook(path)


def test_a_workbook_with_a_spoiled_byte_is_an_error_not_other_rows(tmp_path: Path) -> None:
    path = written(tmp_path / "spoiled.xlsx", [[number, "text", number * 2, 4] for number in range(5000)])
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        at = archive.getinfo("xl/worksheets/sheet1.xml").header_offset
    content[at + 4000] ^= 0xFF
    path.write_bytes(bytes(content))
    with pytest.raises(InputError, match="cannot be opened"):
        rows_of(path)


def test_a_workbook_of_a_header_only_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no rows"):
        open_workbook(written(tmp_path / "bare.xlsx", []))


def test_formulas_that_were_never_calculated_are_an_error_that_says_so(tmp_path: Path) -> None:
    path = written(tmp_path / "a.xlsx", [[1, "x", "=A2*2", 4], [2, "y", "=A3*2", 5]])
    with pytest.raises(InputError, match=r"never calculated\. Open the file in a spreadsheet") as caught:
        open_workbook(path)
    assert (caught.value.code, caught.value.value) == ("file.formulas", "c")


def test_some_formulas_that_were_never_calculated_are_said(tmp_path: Path) -> None:
    path = written(tmp_path / "a.xlsx", [[1, "x", "=A2*2", 4], [2, "y", 7, 5]])
    assert any("'c' were never calculated in 1 of" in said for said in open_workbook(path).findings)


def test_a_formula_whose_stored_value_is_an_empty_text_was_calculated(tmp_path: Path) -> None:
    cells = '<row><c><v>1</v></c><c t="str"><f>A1</f><v></v></c></row>'
    rows = open_workbook(raw(tmp_path / "a.xlsx", HEADER + cells))
    assert not any("calculated" in said for said in rows.findings)


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_a_hidden_sheet_is_said_to_be_hidden(tmp_path: Path, state: str) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].title = "shown"
    other = book.create_sheet("old")
    other.sheet_state = state
    for sheet in book.worksheets:
        sheet.append(["a", "b"])
        sheet.append([1, 2])
    book.save(tmp_path / "a.xlsx")
    assert any("shown, old (hidden)" in said for said in open_workbook(tmp_path / "a.xlsx").findings)
