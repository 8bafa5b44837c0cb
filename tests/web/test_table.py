"""Tables on pages: order, search, pages, and a CSV file that is safe to open."""

from __future__ import annotations

from django.test import RequestFactory

from keepwell.web.table import Column, Table, table_of

COLUMNS = [Column("name", "Name"), Column("revenue", "Revenue", "money"), Column("note", "Note", is_sorted=False)]
ROWS = [{"name": f"c{i:03}", "revenue": i % 7 if i % 10 else None, "note": "=cmd()"} for i in range(120)]


def shown(address: str) -> Table:
    found = table_of(RequestFactory().get(address), COLUMNS, ROWS, default="name", currency="GBP")
    assert isinstance(found, Table)
    return found


def test_what_is_unknown_comes_last_in_either_direction():
    for sort in ("revenue", "-revenue"):
        last = shown(f"/x?t-sort={sort}&t-page=3").rows[-1]
        assert last["revenue"] is None


def test_an_unknown_or_unsorted_column_is_not_sorted_by():
    assert shown("/x?t-sort=note").sort == "name"
    assert shown("/x?t-sort=__class__").sort == "name"


def test_a_page_that_is_not_there_is_the_nearest():
    assert shown("/x?t-page=99").page == 3
    assert shown("/x?t-page=-1").page == 1
    assert shown("/x?t-page=0").page == 1
    assert shown("/x?t-page=²").page == 1


def test_other_parameters_stay_in_the_address():
    assert "period=2011" in shown("/x?period=2011&t-page=2").next_address


def test_the_csv_file_holds_every_row_and_no_formula():
    response = table_of(RequestFactory().get("/x?t-format=csv&t-sort=name"), COLUMNS, ROWS)
    lines = b"".join(response).decode("utf-8-sig").splitlines()
    assert len(lines) == 121
    assert lines[1] == "c000,,'=cmd()"
