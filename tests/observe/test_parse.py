"""Numbers and times from text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepwell.observe.parse import NumberFormat, decide_numbers, decimals, integers
from keepwell.observe.times import DateOrder, decide_dates, timestamps

LONDON, UTC_ZONE = ZoneInfo("Europe/London"), ZoneInfo("UTC")
POINT, COMMA = NumberFormat("."), NumberFormat(",")
amounts = st.decimals(min_value=-(10**9), max_value=10**9, places=4, allow_nan=False)
moments = st.datetimes(datetime(1990, 1, 1), datetime(2037, 12, 31)).map(lambda m: m.replace(microsecond=0))  # noqa: DTZ001


def one(text: str, form: NumberFormat) -> Decimal | None:
    value: Decimal | None = decimals(pa.array([text]), form).values[0].as_py()
    return value


def at(text: str, order: DateOrder, zone: ZoneInfo = UTC_ZONE) -> datetime | None:
    moment: datetime | None = timestamps(pa.array([text]), order, zone).values[0].as_py()
    return moment


@settings(deadline=None)
@given(amounts)
def test_a_number_written_in_any_supported_way_reads_back_exactly(amount: Decimal) -> None:
    english = f"{amount:,.4f}"
    german = english.translate(str.maketrans(",.", ".,"))
    spaced = english.replace(",", "\u00a0").replace(".", ",")
    assert [one(english, POINT), one(f"{amount:f}", POINT)] == [amount] * 2
    assert [one(german, COMMA), one(spaced, COMMA), one(f"{german} zł", COMMA)] == [amount] * 3


@settings(deadline=None)
@given(st.decimals(min_value=-(10**6), max_value=10**6, places=7, allow_nan=False))
def test_more_than_four_decimals_round_half_to_even_and_are_marked(amount: Decimal) -> None:
    expected = amount.quantize(Decimal("0.0001"), ROUND_HALF_EVEN)
    parsed = decimals(pa.array([f"{amount:f}"]), POINT)
    marked = parsed.rounded is not None and parsed.rounded[0].as_py()
    assert (parsed.values[0].as_py(), marked) == (expected, expected != amount)


@pytest.mark.parametrize(
    ("text", "form", "expected"),
    [
        ("(1,234.50)", POINT, "-1234.5"),
        ("5.00-", POINT, "-5"),
        ("−3.25", POINT, "-3.25"),
        ("$.50", POINT, "0.5"),
        ("1'234.50", POINT, "1234.5"),
        ("1.5E+03", POINT, "1500"),
        ("kr. 12,50", COMMA, "12.5"),
        ("₩12,000", POINT, "12000"),
    ],
)
def test_the_ways_shops_write_amounts_are_read(text: str, form: NumberFormat, expected: str) -> None:
    assert one(text, form) == Decimal(expected)


@pytest.mark.parametrize("text", ["1,5", "12 34", "abc", "1.2.3", "--5", "1,23,456"])
def test_what_is_not_a_number_in_the_columns_format_is_unreadable_not_guessed(text: str) -> None:
    parsed = decimals(pa.array([text]), POINT)
    assert (parsed.values[0].as_py(), parsed.unreadable[0].as_py()) == (None, True)


@settings(deadline=None)
@given(st.lists(st.one_of(st.none(), st.text(max_size=20))))
def test_any_text_is_read_or_marked_and_never_breaks(values: list[str | None]) -> None:
    column = pa.array(values, pa.string())
    for parsed in (
        decimals(column, POINT),
        decimals(column, COMMA),
        *(timestamps(column, order, LONDON) for order in DateOrder),
    ):
        assert len(parsed.values) == len(parsed.unreadable) == len(values)
        assert parsed.unreadable.null_count == 0


@pytest.mark.parametrize(
    ("sample", "sign"),
    [(["1.234,56"], ","), (["1,234.56"], "."), (["1,234", "2,5"], ","), (["1.234.567"], ","), (["1,234"], ".")],
)
def test_the_decimal_sign_is_decided_on_the_sample(sample: list[str], sign: str) -> None:
    assert decide_numbers(sample)[0].decimal == sign


def test_whole_numbers_with_decimals_are_unreadable() -> None:
    assert integers(pa.array(["2.5"]), POINT).unreadable.to_pylist() == [True]


FORMATS = {
    DateOrder.YEAR_FIRST: ["%Y-%m-%d %H:%M:%S", "%Y/%m/%dT%H:%M:%SZ", "%Y. %m. %d. %H:%M:%S", "%Y%m%d"],
    DateOrder.DAY_FIRST: ["%d/%m/%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d %B %Y", "%d-%b-%Y %H:%M:%S"],
    DateOrder.MONTH_FIRST: ["%m/%d/%Y %I:%M:%S %p", "%m/%d/%y %H:%M", "%B %d, %Y %H:%M:%S"],
}


@settings(deadline=None)
@given(moments, st.sampled_from([(order, form) for order, forms in FORMATS.items() for form in forms]))
def test_a_time_written_in_any_supported_way_reads_back(moment: datetime, how: tuple[DateOrder, str]) -> None:
    order, form = how
    written = moment.strftime(form)
    expected = datetime.strptime(written, form).replace(tzinfo=UTC)
    assert at(written, order) == expected


@settings(deadline=None)
@given(st.lists(moments, min_size=1, max_size=20))
def test_local_times_become_utc_as_python_itself_says(local: list[datetime]) -> None:
    written = pa.array([moment.isoformat(" ") for moment in local])
    # written times carry no fold: one that happened twice is read as its first
    expected = [moment.replace(tzinfo=LONDON, fold=0).astimezone(UTC) for moment in local]
    assert timestamps(written, DateOrder.YEAR_FIRST, LONDON).values.to_pylist() == expected


def test_a_time_that_happened_twice_is_its_first_and_one_in_the_gap_keeps_the_winter_offset() -> None:
    assert at("2010-10-31 01:30", DateOrder.YEAR_FIRST, LONDON) == datetime(2010, 10, 31, 0, 30, tzinfo=UTC)
    assert at("2010-03-28 01:30", DateOrder.YEAR_FIRST, LONDON) == datetime(2010, 3, 28, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "order", "expected"),
    [
        ("40513.351388888892", DateOrder.EXCEL, datetime(2010, 12, 1, 8, 26, tzinfo=UTC)),
        ("1291191960", DateOrder.UNIX_SECONDS, datetime(2010, 12, 1, 8, 26, tzinfo=UTC)),
        ("1291191960123", DateOrder.UNIX_MILLISECONDS, datetime(2010, 12, 1, 8, 26, 0, 123000, tzinfo=UTC)),
        ("2020년 1월 5일 오후 3:30", DateOrder.YEAR_FIRST, datetime(2020, 1, 5, 15, 30, tzinfo=UTC)),
        ("5 stycznia 2020", DateOrder.DAY_FIRST, datetime(2020, 1, 5, tzinfo=UTC)),
        ("Fri, 05 Jan 2020 10:00:00 +0100", DateOrder.DAY_FIRST, datetime(2020, 1, 5, 9, tzinfo=UTC)),
        ("12/31/2010 12:05 AM", DateOrder.MONTH_FIRST, datetime(2010, 12, 31, 0, 5, tzinfo=UTC)),
    ],
)
def test_other_ways_to_write_a_time(text: str, order: DateOrder, expected: datetime) -> None:
    assert at(text, order) == expected


@pytest.mark.parametrize("text", ["31/02/2010", "29/02/2011", "00/01/2010", "01/13/2010", "1/1/2010 25:00", "soon"])
def test_a_day_that_does_not_exist_is_unreadable(text: str) -> None:
    assert timestamps(pa.array([text]), DateOrder.DAY_FIRST, UTC_ZONE).unreadable.to_pylist() == [True]


@pytest.mark.parametrize(
    ("sample", "order", "why"),
    [
        (["01/12/2010", "13/12/2010"], DateOrder.DAY_FIRST, "13/12/2010 has no other reading"),
        (["12/01/2010", "12/13/2010"], DateOrder.MONTH_FIRST, "12/13/2010 has no other reading"),
        (["01/12/2010", "02/12/2010", "03/12/2010"], DateOrder.DAY_FIRST, "better time order"),
        (["12/01/2010", "12/02/2010", "12/03/2010"], DateOrder.MONTH_FIRST, "better time order"),
        (["5/6/2010 3:00 PM"], DateOrder.MONTH_FIRST, "AM and PM"),
        (["05.06.2010"], DateOrder.DAY_FIRST, "dots"),
        (["05/06/2010"], DateOrder.DAY_FIRST, "most of the world"),
        (["2010-12-01T08:26:00Z"], DateOrder.YEAR_FIRST, "year first"),
        (["1291191960"], DateOrder.UNIX_SECONDS, "seconds since 1970"),
    ],
)
def test_day_or_month_first_is_decided_with_a_reason(sample: list[str], order: DateOrder, why: str) -> None:
    decided = decide_dates(sample)
    assert decided is not None
    assert decided[0] is order
    assert why in decided[1]


def test_dates_and_times_stored_as_such_need_no_format() -> None:
    local = pa.array([datetime(2010, 7, 1, 12)])  # noqa: DTZ001
    assert timestamps(local, DateOrder.YEAR_FIRST, LONDON).values[0].as_py() == datetime(2010, 7, 1, 11, tzinfo=UTC)
    zoned = pa.array([datetime(2010, 7, 1, 12, tzinfo=UTC)], pa.timestamp("ms", "Europe/Warsaw"))
    assert timestamps(zoned, DateOrder.YEAR_FIRST, LONDON).values[0].as_py() - datetime(
        2010, 7, 1, 12, tzinfo=UTC
    ) == timedelta(0)


@pytest.mark.parametrize("neighbour", ["2023-02-03", "2023/02/03", "3 Feb 2023"])
@pytest.mark.parametrize(
    ("text", "order", "year"),
    [
        ("0001-01-02", DateOrder.YEAR_FIRST, 1),
        ("0023/01/02", DateOrder.YEAR_FIRST, 23),
        ("02.01.0001", DateOrder.DAY_FIRST, 1),
        ("02.01.01", DateOrder.DAY_FIRST, 2001),
        ("02.01.99", DateOrder.DAY_FIRST, 1999),
        ("23-01-02", DateOrder.YEAR_FIRST, 2023),
        ("02.01.023", DateOrder.DAY_FIRST, None),
    ],
)
def test_only_a_year_of_two_digits_is_of_this_age(
    text: str, order: DateOrder, year: int | None, neighbour: str
) -> None:
    read = timestamps(pa.array([text, neighbour]), order, ZoneInfo("UTC"))
    found = pc.year(read.values)[0].as_py()
    assert found == year
