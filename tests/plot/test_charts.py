"""Every chart is a valid Vega-Lite specification that holds the numbers it was given."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import ibis
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import vl_convert

from keepwell import plot
from keepwell.plot.frames import MOST_MARKS
from keepwell.plot.theme import LOSE, without_heading
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import NotAvailable, wilson
from keepwell.vocabulary.kpi import KpiDefinition, KpiValue, Unit

JANUARY, FEBRUARY = date(2011, 1, 1), date(2011, 2, 1)

COHORTS = pd.DataFrame(
    {
        "cohort": [JANUARY, JANUARY, FEBRUARY],
        "age": [0, 1, 0],
        "size": [50, 50, 20],
        "active": [50, 19, 20],
        "retention": [1.0, 0.38, 1.0],
        "cumulative_revenue": [900.0, 1250.0, 200.0],
        "ltv": [18.0, 25.0, 10.0],
    }
)
GROWTH = pd.DataFrame(
    {
        "period": [JANUARY, FEBRUARY],
        "active": [40, 41],
        "new": [40, 13],
        "retained": [0, 28],
        "resurrected": [0, 0],
        "churned": [0, 12],
        "net_change": [40, 1],
        "is_complete": [True, False],
    }
)
REVENUE = pd.DataFrame(
    {
        "period": [JANUARY],
        "new_revenue": [400.0],
        "returning_revenue": [611.0],
        "refunds": [37.0],
        "is_truncated": [True],
    }
)
RFM = pd.DataFrame(
    {"customer_id": ["a", "b", "c"], "r": [5, 5, 1], "f": [4, 4, 1], "monetary": [1.0, 2.0, 3.0],
     "segment": ["Champions", "Champions", "Lost"]}
)  # fmt: skip
MOVES = pd.DataFrame({"from_segment": ["Loyal", "Loyal"], "to_segment": ["Loyal", "At risk"], "customers": [37, 12]})
CURVE = pd.DataFrame({"customer_share": [0.1, 0.2, 1.0], "revenue_share": [0.61, 0.73, 1.0]})
GAPS = pd.DataFrame({"gap_days_from": [0, 1, 730], "gap_days_to": [1, 7, None], "gaps": [23, 61, 4]})
GROUPS = pd.DataFrame({"group": ["France", "Spain"], "customers": [90, 3], "value": [41.5, 7.25],
                       "low": [31.0, None], "high": [52.0, None]})  # fmt: skip
WHAT_IFS = pd.DataFrame({"name": ["A quarter leaves"], "value": [-901.0], "low": [-990.0], "high": [-850.0]})
CHANNELS = pd.DataFrame(
    {"channel": ["google_ads"], "cac": [21.5], "ltv": [60.0], "ltv_low": [45.0], "ltv_high": [75.0]}
)
MRR = pd.DataFrame(
    {"period": [JANUARY], "opening": [100.0], "new": [23.0], "expansion": [7.0], "contraction": [3.0],
     "churned": [11.0], "reactivation": [2.0], "closing": [118.0]}
)  # fmt: skip
STEPS = pd.DataFrame(
    {"name": ["Cart"], "entered": [81], "converted": [23], "rate": [23 / 81], "low": [0.2], "high": [0.39]}
)
TREND = pd.DataFrame(
    {"key": ["aov"] * 2, "start": [JANUARY, FEBRUARY], "value": [20.5, None], "low": None, "high": None}
)
TRACKING = pd.DataFrame(
    {"period": [JANUARY, JANUARY], "series": ["Counted", "BG/NBD"], "purchases": [5.0, 4.5], "cumulative": [17.0, 16.5]}
)
BINS = pd.DataFrame({"frequency": ["0", "0"], "series": ["Counted", "BG/NBD"], "mean": [0.237, 0.225],
                     "customers": [1411, 1411]})  # fmt: skip
ALIVE = pd.DataFrame({"frequency": [1, 2], "recency_days": [30, 30], "probability_alive": [0.71, 0.92]})
ORDERS = pd.DataFrame({"frequency": [1, 2], "recency_days": [30, 30], "expected_orders": [0.7, 2.9]})
VALUES = pd.DataFrame(
    {"value_from": [0.0, 50.0], "value_to": [50.0, None], "customers": [70, 30], "value": [900.0, 9100.0]}
)
SURVIVAL = pd.DataFrame({"period": [0, 1], "foretold": [1.0, 0.63], "low": [None, 0.6], "high": [None, 0.66],
                         "counted": [1.0, None]})  # fmt: skip
REASONS = pd.DataFrame({"reason": ["a month-to-month contract", "long tenure"], "contribution": [0.81, -0.37]})
RELIABILITY = pd.DataFrame({"predicted": [0.1], "observed": [0.09], "low": [0.05], "high": [0.14], "customers": [200]})

# chart, table, numbers that must be in it
RETURNS = pd.DataFrame(
    {
        "side": ["win", "win", "keep"],
        "spend": [500.0, 1500.0, 200.0],
        "marginal_return": [2.1, 1.2, 1.7],
        "low": [1.0, 0.4, 0.8],
        "high": [3.0, 2.2, 2.9],
        "item": ["search", "search", "mail"],
    }
)
SPLIT = pd.DataFrame(
    {
        "item": ["search", "mail: Champions"],
        "side": ["win", "keep"],
        "spend": [900.0, 200.0],
        "spend_low": [300.0, 0.0],
        "spend_high": [1500.0, 280.0],
        "spend_now": [450.0, None],
        "evidence": ["regression on history", "stated by you"],
    }
)
CHARTS: list[tuple[Callable[..., plot.Chart], pd.DataFrame, set[float]]] = [
    (plot.cohort_heat_map, COHORTS, {0.38, 1.0, 19, 50}),
    (plot.retention_curves, COHORTS, {0.38, 19, 50, wilson(19, 50)[0], wilson(19, 50)[1]}),
    (plot.ltv_by_cohort, COHORTS, {18.0, 25.0, 10.0}),
    (plot.growth_accounting, GROWTH, {40, 13, -12}),
    (plot.new_and_returning, REVENUE, {400.0, 611.0, -37.0}),
    (plot.rfm_map, RFM, {2, 1, 1.5}),
    (plot.rfm_migration, MOVES, {37, 12, 37 / 49}),
    (plot.concentration, CURVE, {0.61, 0.73}),
    (plot.gaps_histogram, GAPS, {23, 61, 4}),
    (plot.allowable_cac, GROUPS, {41.5, 31.0, 52.0, 7.25}),
    (plot.what_if_comparison, WHAT_IFS, {-901.0, -990.0, -850.0}),
    (plot.channels, CHANNELS, {21.5, 60.0, 45.0, 75.0}),
    (plot.mrr_movements, MRR, {23.0, 7.0, -3.0, -11.0, 2.0, 18.0}),
    (plot.funnel, STEPS, {81, 23}),
    (plot.kpi_trend, TREND, {20.5}),
    (plot.tracking, TRACKING, {5.0, 4.5, 17.0, 16.5}),
    (plot.calibration_by_frequency, BINS, {0.237, 0.225, 1411}),
    (plot.probability_alive_surface, ALIVE, {0.71, 0.92}),
    (plot.expected_orders_surface, ORDERS, {0.7, 2.9}),
    (plot.value_distribution, VALUES, {70, 30, 0.7, 0.09}),
    (plot.value_by_group, GROUPS, {41.5, 31.0, 52.0, 7.25}),
    (plot.survival, SURVIVAL, {1.0, 0.63, 0.6, 0.66}),
    (plot.churn_reasons, REASONS, {0.81, -0.37}),
    (plot.reliability, RELIABILITY, {0.1, 0.09, 0.05, 0.14, 200}),
    (plot.marginal_returns, RETURNS, {2.1, 1.2, 0.4, 3.0, 500.0}),
    (plot.budget_split, SPLIT, {900.0, 300.0, 1500.0, 450.0}),
]
EVERY_CHART = pytest.mark.parametrize(
    ("draw", "table", "given"), CHARTS, ids=lambda item: getattr(item, "__name__", "")
)


def tables_in(chart: plot.Chart) -> list[list[dict[str, Any]]]:
    """Return the rows of every data set of a chart."""
    return list(chart.to_dict()["datasets"].values())


def numbers_in(chart: plot.Chart) -> set[float]:
    """Return every number in the data of a chart."""
    cells = [cell for rows in tables_in(chart) for row in rows for cell in row.values()]
    return {cell for cell in cells if isinstance(cell, int | float) and not isinstance(cell, bool)}


def layers_of(spec: dict[str, Any]) -> list[dict[str, Any]]:
    """Return every layer of a specification, however deep."""
    return [found for layer in spec.get("layer", []) for found in [layer, *layers_of(layer)]]


@EVERY_CHART
def test_a_chart_is_valid_and_holds_its_numbers(
    draw: Callable[..., plot.Chart], table: pd.DataFrame, given: set[float]
) -> None:
    assert given <= numbers_in(draw(table))


@EVERY_CHART
def test_one_row_is_still_a_chart(draw: Callable[..., plot.Chart], table: pd.DataFrame, given: set[float]) -> None:
    assert vl_convert.vegalite_to_svg(draw(table.iloc[:1]).to_dict()).startswith("<svg")


@EVERY_CHART
def test_a_chart_for_a_phone_is_as_wide_as_asked(
    draw: Callable[..., plot.Chart], table: pd.DataFrame, given: set[float]
) -> None:
    assert 'width="335"' in vl_convert.vegalite_to_svg(draw(table, width=335).to_dict())[:300]


@EVERY_CHART
def test_an_empty_table_is_refused_by_name(
    draw: Callable[..., plot.Chart], table: pd.DataFrame, given: set[float]
) -> None:
    with pytest.raises(InputError) as refused:
        draw(table.iloc[:0])
    assert refused.value.code == "plot.empty"


@EVERY_CHART
def test_a_missing_column_is_named(draw: Callable[..., plot.Chart], table: pd.DataFrame, given: set[float]) -> None:
    lost = table.columns[0]
    with pytest.raises(InputError, match=f"needs .*{lost}"):
        draw(table.drop(columns=[lost]))


@pytest.mark.parametrize("kind", ["polars", "arrow", "ibis"])
def test_tables_of_other_libraries_draw_the_same_chart(kind: str) -> None:
    given: Any = {"polars": pl.from_pandas, "arrow": pa.Table.from_pandas, "ibis": ibis.memtable}[kind](REVENUE)
    assert plot.new_and_returning(given).to_dict() == plot.new_and_returning(REVENUE).to_dict()


def test_exact_decimals_are_drawn_as_numbers() -> None:
    exact = REVENUE.assign(new_revenue=[Decimal("400.0000")])
    assert 400.0 in numbers_in(plot.new_and_returning(exact))


def test_something_that_is_no_table_is_refused() -> None:
    with pytest.raises(InputError, match="cannot read a str"):
        plot.funnel("orders.csv")


def test_cells_that_are_not_observed_stay_blank() -> None:
    rows = COHORTS.assign(is_observed=[True, False, True])
    assert 0.38 not in numbers_in(plot.cohort_heat_map(rows))


def test_no_row_is_cut_off_at_five_thousand() -> None:
    cohorts = pd.DataFrame({"cohort": pd.date_range("2000-01-01", periods=100, freq="MS")}).merge(
        pd.DataFrame({"age": range(60), "size": 10, "active": 1, "retention": 0.1}), how="cross"
    )
    assert [len(rows) for rows in tables_in(plot.cohort_heat_map(cohorts))] == [6000]


def test_more_marks_than_a_page_can_show_are_refused() -> None:
    with pytest.raises(InputError, match="coarser grain"):
        plot.kpi_trend(pd.DataFrame({"key": "aov", "start": JANUARY, "value": 1.0, "low": None, "high": None},
                                    index=range(MOST_MARKS + 1)))  # fmt: skip


def test_dates_are_not_shifted_by_the_reader_s_time_zone() -> None:
    assert tables_in(plot.growth_accounting(GROWTH))[0][0]["period"] == "2011-01-01T00:00:00"


def test_losses_are_drawn_in_their_own_colour_below_zero() -> None:
    bars = layers_of(plot.growth_accounting(GROWTH).to_dict())[0]
    assert bars["encoding"]["color"]["scale"]["range"][-1] == LOSE


def test_money_stands_on_the_axis_with_its_sign() -> None:
    axis = layers_of(plot.ltv_by_cohort(COHORTS, currency="GBP").to_dict())[0]["encoding"]["y"]["axis"]
    assert "£" in axis["labelExpr"]


def test_an_outlier_is_written_at_the_edge_so_that_the_others_can_be_read() -> None:
    groups = pd.DataFrame({"group": list("abcdef"), "value": [10.0, 11, 12, 13, 14, 9000], "low": None, "high": None})
    drawn = vl_convert.vegalite_to_svg(plot.allowable_cac(groups, currency="EUR").to_dict())
    assert "€9,000 →" in drawn


def test_a_great_loss_is_drawn_where_it_lies() -> None:
    names = list("abcdef")
    what_ifs = pd.DataFrame({"name": names, "value": [-9000.0, 10, 11, 12, 13, 14], "low": None, "high": None})
    assert [row["shown"] for row in tables_in(plot.what_if_comparison(what_ifs))[0]] == [-9000.0, 10, 11, 12, 13, 14]


def test_the_pooled_line_ends_where_only_a_minority_has_come() -> None:
    old = pd.DataFrame({"cohort": JANUARY, "age": range(3), "size": 10, "cumulative_revenue": [10.0, 20, 30]})
    young = pd.DataFrame({"cohort": FEBRUARY, "age": range(2), "size": 30, "cumulative_revenue": [30.0, 45]})
    rows = pd.concat([old, young])
    tables = tables_in(plot.ltv_by_cohort(rows.assign(ltv=rows["cumulative_revenue"] / rows["size"])))
    pooled = next(table for table in tables if "cohort" not in table[0])
    assert [(row["age"], row["ltv"]) for row in pooled] == [(0, 1.0), (1, 1.0 + (10 + 15) / 40)]


def test_a_kpi_that_is_not_available_leaves_a_gap() -> None:
    known = KpiValue("kept", 0.5, 5, 10, JANUARY, FEBRUARY, low=0.2, high=0.8)
    unknown = KpiValue("kept", NotAvailable("nobody was active"), None, 0, FEBRUARY, date(2011, 3, 1))
    definition = KpiDefinition("kept", "Kept rate", "Share kept.", "", "", "", Unit.RATE)
    chart = plot.kpi_trend([known, unknown], definition=definition)
    assert [row["value"] for row in tables_in(chart)[0]] == [0.5, None]


def test_two_kpis_do_not_share_one_scale() -> None:
    with pytest.raises(InputError, match="one KPI at a time"):
        plot.kpi_trend(TREND.assign(key=["aov", "orders"]))


def test_a_page_can_take_the_heading_out() -> None:
    title, subtitle, bare = without_heading(plot.funnel(STEPS))
    assert (title, subtitle[:5], "title" in bare.to_dict()) == ("How many people reach each step", "Pale:", False)
