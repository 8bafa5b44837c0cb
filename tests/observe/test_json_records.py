"""Streams of JSON records."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from decimal import Decimal
from pathlib import Path

import pytest

from keepwell.observe.json_records import JsonFile, glimpse
from keepwell.vocabulary.errors import InputError

RECORDS = [{"id": 1, "total": 1.10}, {"id": 2, "total": 2.25}]
SHAPES = {
    "lines": "\n".join(json.dumps(record) for record in RECORDS),
    "array": json.dumps(RECORDS),
    "pages one after another": json.dumps(RECORDS[:1]) + "\n" + json.dumps(RECORDS[1:]),
    "stripe list": json.dumps({"object": "list", "data": RECORDS, "has_more": False}),
    "orders envelope": json.dumps({"orders": RECORDS}),
    "indented objects": "\n".join(json.dumps(record, indent=2) for record in RECORDS),
    "byte order mark": "\ufeff" + "\n".join(json.dumps(record) for record in RECORDS),
    "array with byte order mark": "\ufeff" + json.dumps(RECORDS),
    "blank lines at the end": "\n".join(json.dumps(record) for record in RECORDS) + "\n\n",
}


def written(folder: Path, content: str | bytes) -> Path:
    path = folder / "file.json"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_every_shape_gives_the_same_records(shape: str, packed: bool, tmp_path: Path) -> None:
    content = SHAPES[shape].encode()
    path = written(tmp_path, gzip.compress(content) if packed else content)
    found = [(record.row, record.value) for record in JsonFile(path).records()]
    assert found == [(1, {"id": 1, "total": Decimal("1.1")}), (2, {"id": 2, "total": Decimal("2.25")})]


@pytest.mark.parametrize(
    "line", ["{", "[1]", "7", '{"a": NaN}', '{"a": "\\ud800"}', '{"a":' * 100_000, '{"a": ' + "9" * 5000 + "}"]
)
def test_bad_line_is_named_by_its_number_and_the_rest_is_read(line: str, tmp_path: Path) -> None:
    path = written(tmp_path, f'{{"id": 1}}\n{line}\n{{"id": 3}}\n')
    records = list(JsonFile(path).records())
    assert [(record.row, record.value is None, bool(record.problem)) for record in records] == [
        (1, False, False),
        (2, True, True),
        (3, False, False),
    ]


def test_line_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    records = list(JsonFile(written(tmp_path, b'{"id": 1}\n{"id": "\xff"}\n')).records())
    assert records[1].problem == "not UTF-8 text"


def test_array_item_that_is_no_object_is_refused_by_number(tmp_path: Path) -> None:
    records = list(JsonFile(written(tmp_path, '[{"id": 1}, null, {"id": 3}]')).records())
    assert [record.row for record in records if record.value is None] == [2]


BROKEN = {
    "array nested too deeply": b'[{"id": 1}, ' + b'{"a":[' * 40_000,
    "array with an endless number": b'[{"id": 1}, {"id": ' + b"9" * 5000 + b"}]",
    "array cut off": b'[{"id": 1}, {"id"',
    "gzip cut off": gzip.compress(SHAPES["lines"].encode() * 99, mtime=0)[:-12],
}


@pytest.mark.parametrize("case", BROKEN)
def test_file_that_breaks_off_is_an_input_error(case: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        list(JsonFile(written(tmp_path, BROKEN[case])).records())
    assert caught.value.code == "file.broken"


@pytest.mark.parametrize(
    ("content", "code"), [(b"", "file.empty"), (b" \n", "file.empty"), (b"[\x00", "file.encoding")]
)
def test_file_without_text_is_an_input_error(content: bytes, code: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        JsonFile(written(tmp_path, content))
    assert caught.value.code == code


def test_progress_ends_at_one(tmp_path: Path) -> None:
    file = JsonFile(written(tmp_path, SHAPES["lines"]))
    list(file.records())
    assert file.progress == 1.0


@pytest.mark.parametrize("shape", ["lines", "array"])
def test_memory_does_not_grow_with_the_file(shape: str, tmp_path: Path) -> None:
    record = json.dumps({"id": 1, "text": "x" * 1000})
    content = "\n".join([record] * 5000) if shape == "lines" else "[" + ",".join([record] * 5000) + "]"
    file = JsonFile(written(tmp_path, content))
    tracemalloc.start()
    rows = sum(1 for _ in file.records())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert rows == 5000
    assert peak < 1_500_000


def test_head_that_ends_inside_a_record_still_shows_what_it_has() -> None:
    assert glimpse(b'[{"id": 5, "order_key": "wc", "billing": {"em') == {"id": 5, "order_key": "wc", "billing": None}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'[{"id": NaN}]', "NaN or Infinity is no JSON number"),
        (b'[{"id": 1, "total": -Infinity}]', "NaN or Infinity is no JSON number"),
        (BROKEN["array with an endless number"], "400 digits"),
        (BROKEN["array nested too deeply"], "nested more than"),
        (BROKEN["array cut off"], "cut off"),
        (BROKEN["gzip cut off"], "cut off"),
        (b'[{"id": 1}] and more', "not valid JSON"),
    ],
)
def test_a_broken_file_is_told_what_is_wrong_with_it(content: bytes, said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=said) as caught:
        list(JsonFile(written(tmp_path, content)).records())
    assert ("cut off" in str(caught.value)) == (said == "cut off")


@pytest.mark.parametrize("content", [b"[]", b"[ ]\n", b'{"object": "list", "data": []}', b"[][]"])
def test_a_file_without_records_is_an_input_error(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        list(JsonFile(written(tmp_path, content)).records())
    assert caught.value.code == "file.no_rows"
