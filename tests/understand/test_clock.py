# ruff: noqa: DTZ001  (local times are naive on purpose)
"""Local time and steps, on both engines."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepwell.understand.clock import day_number, day_of, start_of, step_of, to_local, transitions
from keepwell.vocabulary.period import Grain

BORDER = datetime(2011, 3, 31, 23, 30)


def moments(*values: datetime) -> pa.Table:
    return pa.table({"at": pa.array(values, pa.timestamp("us"))})


def test_an_order_late_on_31_march_utc_belongs_to_april_in_london(engine):
    table = engine(moments(BORDER))
    local = table.select(month=step_of(to_local(table.at, "Europe/London"), Grain.MONTH)).to_pyarrow()
    assert local["month"].to_pylist() == [Grain.MONTH.step(date(2011, 4, 1))]


def test_both_sides_of_each_clock_change_are_local_as_zoneinfo_has_them(engine):
    utc = [
        datetime(2011, 3, 27, 0, 59, 59),
        datetime(2011, 3, 27, 1),
        datetime(2011, 10, 30, 0, 59, 59),
        datetime(2011, 10, 30, 1),
    ]
    table = engine(moments(*utc))
    local = table.select(local=to_local(table.at, "Europe/London"), at=table.at).order_by("at").to_pyarrow()
    expected = [at.replace(tzinfo=UTC).astimezone(ZoneInfo("Europe/London")).replace(tzinfo=None) for at in utc]
    assert [value.replace(tzinfo=None) for value in local["local"].to_pylist()] == expected


@pytest.mark.parametrize("grain", list(Grain))
def test_steps_and_their_first_days_equal_pythons_own(engine, grain):
    days = [date(2012, 2, 29), date(2011, 12, 31), date(2012, 1, 1), date(2010, 1, 3), date(2010, 1, 4)]
    table = engine(moments(*(datetime(day.year, day.month, day.day, 23, 59) for day in days)))
    steps = table.select("at", step=step_of(table.at, grain))
    rows = steps.mutate(start=start_of(steps.step, grain)).to_pyarrow().to_pylist()
    found = {row["at"].date(): (row["step"], row["start"]) for row in rows}
    assert found == {day: (grain.step(day), grain.start(grain.step(day))) for day in days}


def test_day_numbers_go_there_and_back(engine):
    table = engine(moments(datetime(2012, 2, 29, 13)))
    assert table.select(day=day_of(day_number(table.at))).to_pyarrow()["day"].to_pylist() == [date(2012, 2, 29)]


@settings(max_examples=40, deadline=None)
@given(
    zone=st.sampled_from(
        ["Europe/Warsaw", "America/New_York", "Asia/Seoul", "Australia/Lord_Howe", "Africa/Casablanca"]
    ),
    seconds=st.integers(0, 60 * 365 * 86_400),
)
def test_the_offset_in_force_equals_zoneinfos_at_any_moment(zone, seconds):
    at = datetime(1990, 1, 1) + timedelta(seconds=seconds)
    offset = [offset for since, offset in transitions(zone) if since <= at][-1]
    local = at.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    assert at + timedelta(seconds=offset) == local


def test_utc_costs_nothing():
    table = ibis.table({"at": "timestamp"}, name="t")
    assert transitions("UTC") == ((datetime(1990, 1, 1), 0),)
    assert to_local(table.at, "UTC").equals(table.at.cast("timestamp"))
