"""Every benchmark runs at a tiny size, and its contenders give equal answers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from bench import append, generate
from bench.append.ways import compare
from bench.registry import BENCHMARKS
from bench.runner import Outcome, UnequalError, run

pytestmark = pytest.mark.soak

TINY = {
    "kpis_cohorts_rfm": 3000,
    "import_csv": 3000,
    "append": 20,
    "start_up": 0,
    "lifetime_value_fit": 3000,
    "lifetime_value_score": 3000,
    "repeat_purchases": 3000,
    "customer_values": 3000,
    "plan": 6,
    "assign": 2000,
    "experiments": 12,
}
MEMORY = "500MB"


def small_run(name: str, folder: Path) -> Outcome:
    """Run a benchmark once at its tiny size."""
    return run(BENCHMARKS[name], TINY[name], folder, memory=MEMORY, repeats=1, tell=lambda _line: None)


@pytest.mark.parametrize("name", list(BENCHMARKS))
def test_every_contender_gives_an_equal_answer_at_a_tiny_size(name: str, tmp_path: Path) -> None:
    outcome = small_run(name, tmp_path / "data")
    assert [item.contender.name for item in outcome.measured] == [
        contender.name for contender in BENCHMARKS[name].contenders
    ]


def test_a_run_leaves_no_generated_file_behind(tmp_path: Path) -> None:
    small_run("import_csv", tmp_path / "data")
    assert list((tmp_path / "data").iterdir()) == []


def test_a_contender_with_another_answer_stops_the_benchmark(tmp_path: Path) -> None:
    always_different = replace(append.BENCHMARK, compare="builtins:repr")  # anything but an empty list is a difference
    with pytest.raises(UnequalError, match="append, 20 rows"):
        run(always_different, 20, tmp_path, memory=MEMORY, repeats=1, tell=lambda _line: None)


def test_answers_that_differ_by_a_penny_are_told_apart(tmp_path: Path) -> None:
    for name, answer in (("keepwell", "20 rows of 100.00"), ("other", "20 rows of 100.01")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "answer").write_text(answer, encoding="utf-8")
    assert compare([tmp_path / "keepwell", tmp_path / "other"]) == [
        "other holds 20 rows of 100.01, not 20 rows of 100.00"
    ]


def test_a_log_has_exactly_the_lines_asked_for_in_order_of_time(tmp_path: Path) -> None:
    lines = pq.read_table(generate.parquet(2345, tmp_path))
    moments = lines["ordered_at"].combine_chunks()
    assert lines.num_rows == 2345
    assert pc.all(pc.less_equal(moments[:-1], moments[1:])).as_py()


def test_the_same_size_gives_the_same_log(tmp_path: Path) -> None:
    first, again = (pq.read_table(generate.parquet(2000, tmp_path / name)) for name in ("first", "again"))
    assert first.equals(again)


def test_an_order_has_one_customer_and_one_time(tmp_path: Path) -> None:
    lines = pq.read_table(generate.parquet(5000, tmp_path))
    orders = lines.group_by("order_id").aggregate([("customer_id", "count_distinct"), ("ordered_at", "count_distinct")])
    assert pc.max(orders["customer_id_count_distinct"]).as_py() == 1
    assert pc.max(orders["ordered_at_count_distinct"]).as_py() == 1
