"""Encodings, delimiters and headers of text files."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest

from keepwell.observe.detect import detect_delimiter, detect_encoding
from keepwell.observe.mapping import ReadOptions
from keepwell.observe.reading import open_rows
from keepwell.vocabulary.errors import InputError

POLISH = "zamówienie;miasto\n1;Łódź\n2;Gdańsk, Świętokrzyska\n3;Żółw i gęś\n"
FRENCH = "commande;ville\n1;Orléans\n2;Besançon, où l’été\n3;Nîmes\n"
KOREAN = "주문번호,도시\n1,서울특별시\n2,부산광역시 해운대구\n3,대전\n"


def write(folder: Path, content: bytes, name: str = "orders.csv") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def rows_of(path: Path, options: ReadOptions | None = None) -> list[dict[str, object]]:
    batches = open_rows(path, options or ReadOptions()).batches()
    return [row for batch in batches for row in batch.table.to_pylist()]


@pytest.mark.parametrize(
    ("text", "encoding", "said"),
    [
        (POLISH, "utf-8", "UTF-8"),
        (POLISH, "utf-8-sig", "UTF-8 with a byte order mark"),
        (POLISH, "utf-16", "UTF-16 with a byte order mark"),
        (POLISH, "cp1250", "windows-1250"),
        (FRENCH, "cp1252", "windows-1252"),
        (KOREAN, "cp949", "cp949 (Korean)"),
        (KOREAN, "utf-8", "UTF-8"),
    ],
)
def test_the_encoding_is_found_said_and_read(tmp_path: Path, text: str, encoding: str, said: str) -> None:
    rows = open_rows(write(tmp_path, text.encode(encoding)), ReadOptions())
    last = text.splitlines()[-1].replace(";", ",").split(",", 1)[1]
    read = [row for batch in rows.batches() for row in batch.table.to_pylist()]
    assert said in rows.findings[0]
    assert read[-1][rows.header[1]] == last


def test_a_pound_sign_alone_does_not_make_a_file_central_european(tmp_path: Path) -> None:
    content = "id,name\n1,Gift Voucher £10.00\n".encode("cp1252")
    assert detect_encoding(write(tmp_path, content)).name == "cp1252"


def test_bytes_that_no_windows_page_has_are_latin_1(tmp_path: Path) -> None:
    assert detect_encoding(write(tmp_path, b"id,name\n1,Jos\xe9 \x81\n")).name == "latin-1"


def test_a_wanted_encoding_that_does_not_fit_says_where(tmp_path: Path) -> None:
    path = write(tmp_path, FRENCH.encode("cp1252"))
    with pytest.raises(InputError, match="is not utf-8") as caught:
        detect_encoding(path, "utf-8")
    assert caught.value.value == FRENCH.encode("cp1252").index(b"\xe9")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(delimiter: str) -> None:
    text = "\n".join(delimiter.join(cells) for cells in (["a", "b", "c"], ["1", "x y", "2"], ["3", "z", "4"]))
    assert detect_delimiter(text, "orders.csv")[0] == delimiter


def test_decimal_commas_do_not_pass_for_delimiters() -> None:
    assert detect_delimiter("id;net;tax\n1;1,50;0,30\n2;2,50;0,50\n", "orders.csv")[0] == ";"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file.empty"),
        (b" \n\n", "file.empty"),
        (b"id,name\n", "file.no_rows"),
        (b"id^name\n1^a\n", "file.delimiter"),
        (b"id,name\n1,a\0b\n", "file.nul"),
        (b"id,net,id\n1,2,3\n", "file.header"),
        (b"2010-12-01,536365,1.5\n2010-12-02,536366,2.5\n", "file.header"),
        (b"a,b\n1,2,3\n4,5,6\n", "file.width"),
        (b"\x1f\x8b\x08\0abc", "file.format"),
        (b"PAR1 and then nothing", "file.damaged"),
        (b"PK\x03\x04 and then nothing", "file.damaged"),
        (b"<!DOCTYPE html><html></html>", "file.format"),
        (b'id,"name\n1,a\n', "file.header"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_its_name_and_advice(
    tmp_path: Path, content: bytes, code: str
) -> None:
    with pytest.raises(InputError) as caught:
        rows_of(write(tmp_path, content))
    assert (caught.value.code, "orders.csv" in caught.value.where) == (code, True)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        open_rows(tmp_path / "absent.csv", ReadOptions())


def test_misfit_rows_are_refused_with_their_number_and_text_and_later_numbers_stay_right(tmp_path: Path) -> None:
    content = b'id,name\n1,"two\nlines"\n2\n3,c\n4,d,e\n5,"f"\n'
    batches = list(open_rows(write(tmp_path, content), ReadOptions()).batches())
    kept = [int(number) for batch in batches for number in batch.rows]
    refused = [(row["row"], row["raw"]) for batch in batches for row in batch.unreadable.to_pylist()]
    assert kept == [1, 3, 5]
    assert refused == [(2, "2"), (4, "4,d,e")]


def test_rows_keep_their_numbers_over_many_blocks(tmp_path: Path) -> None:
    lines = [f"{number},{'x' * 90}" if number % 1000 else f"{number}" for number in range(1, 40_001)]
    path = write(tmp_path, ("id,name\n" + "\n".join(lines)).encode())
    batches = list(open_rows(path, ReadOptions()).batches())
    assert len(batches) > 3
    assert all(batch.table["id"].to_pylist() == [str(n) for n in batch.rows] for batch in batches)
    assert sum(batch.unreadable.num_rows for batch in batches) == 40
    assert sum(batch.table.num_rows for batch in batches) == 39_960


def test_a_legacy_encoding_over_many_blocks_reads_every_row(tmp_path: Path) -> None:
    text = "id;name\n" + "".join(f"{number};Orléans {'é' * 40}\n" for number in range(60_000))
    assert len(rows_of(write(tmp_path, text.encode("cp1252")))) == 60_000


def test_the_first_line_of_a_spreadsheet_program_is_understood(tmp_path: Path) -> None:
    assert rows_of(write(tmp_path, b"sep=;\r\nid;name\r\n1;a\r\n")) == [{"id": "1", "name": "a"}]


def test_a_quote_that_never_closes_is_an_error_that_names_the_row(tmp_path: Path) -> None:
    rows = "".join(f"{number},{'x' * 50}\n" for number in range(60_000))
    path = write(tmp_path, f'id,name\n{rows}7,"open\n{rows}'.encode())
    with pytest.raises(InputError, match="never closed"):
        rows_of(path)


def test_the_first_bytes_of_utf16_are_no_nul_error(tmp_path: Path) -> None:
    content = codecs.BOM_UTF16_BE + "id\tname\n1\tŁódź\n".encode("utf-16-be")
    assert rows_of(write(tmp_path, content)) == [{"id": "1", "name": "Łódź"}]


QUOTED = '"x"'
HEADER = "order_id,customer_id,order_date,amount,note\n"


def orders(first: int, last: int, note: str = "hi") -> str:
    return "".join(f"o{n},c{n % 7},2023-01-{n % 28 + 1:02},{n}.50,{note}\n" for n in range(first, last))


@pytest.mark.parametrize(
    ("rows", "at"),
    [
        (f'{orders(0, 20)}o20,c1,2023-01-01,5.00,"12 inch\n{orders(21, 60)}', 21),
        (
            f'{orders(0, 20)}o20,c1,2023-01-01,5.00,"12 inch\n{orders(21, 40)}'
            f'o40,c1,2023-01-01,5.00,"24 inch\n{orders(41, 60)}',
            21,
        ),
        (
            f'{orders(0, 20)}o20,c1,2023-01-01,5.00,"12 inch\n{orders(21, 22)}{orders(22, 24, QUOTED)}',
            21,
        ),
        (f'{orders(0, 20)}o20,"c1,2023-01-01,5.00,hi\n{orders(21, 60)}', 21),
        (f'{orders(0, 20)}o20,"c1,2023-01-01,5.00,hi\n{orders(21, 40)}o40,"c1",2023-01-01,5.00,hi\n', 21),
        (f'{orders(0, 20)}o20,c1,2023-01-01,5.00,"cut off', 21),
        (f'{orders(0, 20)}o20,c1,2023-01-01,5.00,"cut off\n', 21),
        (f'{orders(0, 20)}o20,"cut', 21),
        (f'{orders(0, 20)}o20,c1,2023-01-01,5.00,"Zażółć ""12""\ngęślą', 21),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "cp1250"])
def test_a_quote_that_swallows_rows_is_an_error_at_the_row_where_it_opens(
    tmp_path: Path, rows: str, at: int, encoding: str
) -> None:
    path = write(tmp_path, (HEADER + rows).encode(encoding))
    with pytest.raises(InputError, match="never closed") as caught:
        rows_of(path, ReadOptions(encoding=encoding))
    assert (caught.value.code, caught.value.value) == ("file.quotes", at)


@pytest.mark.parametrize(
    "note",
    [
        "two\nlines",
        "Dear Ann,\nthe box, as you said, came late, and wet\nBest, Bob",
        "12 Main Street\nLondon, UK",
        "a\r\n\r\nb",
        ",,,,\n,,,,",
        '12" pipe\nand ""more""',
        "\n",
        '"',
        '""',
    ],
)
@pytest.mark.parametrize("tail", ["", "\n"])
def test_a_note_of_several_lines_is_kept_whole(tmp_path: Path, note: str, tail: str) -> None:
    row = 'o99,c1,2023-01-01,5.00,"' + note.replace('"', '""') + '"'
    path = write(tmp_path, f"{HEADER}{orders(0, 20)}{row}\n{orders(21, 40)}{row}{tail}".encode())
    notes = [found["note"] for found in rows_of(path)]
    assert len(notes) == 41
    assert notes[20] == notes[40] == note


def test_inch_signs_inside_a_text_open_no_quote(tmp_path: Path) -> None:
    path = write(tmp_path, f'{HEADER}{orders(0, 20)}o20,c1,2023-01-01,5.00,12" pipe\n{orders(21, 40)}'.encode())
    assert len(rows_of(path)) == 40


def test_an_odd_delimiter_is_said_with_what_the_command_line_can_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"--profile.*\[read\]") as caught:
        open_rows(write(tmp_path, b"id^name\n1^a\n", "x.txt"), ReadOptions())
    assert caught.value.code == "file.delimiter"
