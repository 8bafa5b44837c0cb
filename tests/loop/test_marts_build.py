"""The periods of the pages, and when what was computed is stale."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from keepwell.loop.marts.catalogue import BUILDERS, build
from keepwell.loop.marts.fingerprint import fingerprint
from keepwell.loop.marts.names import STANDARD
from keepwell.loop.marts.periods import compared_with, period_of, usual_periods
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.period import Period

LOG = Period(date(2009, 12, 1), date(2011, 12, 10))


@pytest.mark.parametrize(
    ("choice", "days"),
    [
        ("last-12-months", "2010-12-10 to 2011-12-09"),
        ("last-month", "2011-11-01 to 2011-11-30"),
        ("last-quarter", "2011-07-01 to 2011-09-30"),
        ("last-year", "2010-01-01 to 2010-12-31"),
    ],
)
def test_a_choice_is_the_last_such_period_that_is_over(choice: str, days: str) -> None:
    assert str(period_of(choice, LOG)) == days


def test_a_month_is_compared_with_the_month_before_and_not_with_as_many_days() -> None:
    assert str(compared_with(Period.parse("2011-03"), "before", LOG)) == "2011-02-01 to 2011-02-28"


def test_chosen_days_are_compared_with_as_many_days() -> None:
    chosen = Period.parse("2011-03-05..2011-03-14")
    assert str(compared_with(chosen, "before", LOG)) == "2011-02-23 to 2011-03-04"


def test_a_leap_day_has_a_day_a_year_before() -> None:
    log = Period(date(2010, 1, 1), date(2013, 1, 1))
    assert str(compared_with(Period.parse("2012-02-29"), "year-before", log)) == "2011-02-28 to 2011-02-28"


def test_nothing_is_compared_with_days_before_the_log() -> None:
    assert compared_with(Period.parse("2009-12"), "before", LOG) is None


def test_usual_periods_can_be_read_again_and_stand_once() -> None:
    texts = usual_periods(LOG)
    assert len(set(texts)) == len(texts)
    assert all(Period.parse(text).start >= LOG.start for text in texts)


def test_every_standard_mart_has_a_builder() -> None:
    assert set(STANDARD) <= set(BUILDERS)


def test_an_unknown_mart_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no mart nonsense"):
        build(tmp_path, "nonsense", {})


def test_a_folder_without_facts_has_empty_marts(tmp_path: Path) -> None:
    assert build(tmp_path, "kpis", {}) == {"is_empty": True}
    assert fingerprint(tmp_path) is None
