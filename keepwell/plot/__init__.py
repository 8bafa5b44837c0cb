"""One chart a function, returned as an Altair chart: the same in a notebook, on a page, in a report.

Every function takes a pandas, Polars, Arrow or Ibis table with the columns that the analysis of the same name returns.
"""

from keepwell.plot.churn import churn_reasons, reliability, survival
from keepwell.plot.cohorts import cohort_heat_map, ltv_by_cohort, retention_curves
from keepwell.plot.distribution import concentration, gaps_histogram
from keepwell.plot.growth import growth_accounting, mrr_movements, new_and_returning
from keepwell.plot.intervals import allowable_cac, channels, what_if_comparison
from keepwell.plot.plan import budget_split, marginal_returns
from keepwell.plot.rfm import rfm_map, rfm_migration
from keepwell.plot.steps import funnel
from keepwell.plot.theme import Chart
from keepwell.plot.trend import kpi_trend
from keepwell.plot.value import (
    calibration_by_frequency,
    expected_orders_surface,
    probability_alive_surface,
    tracking,
    value_by_group,
    value_distribution,
)

__all__ = [
    "Chart",
    "allowable_cac",
    "budget_split",
    "calibration_by_frequency",
    "channels",
    "churn_reasons",
    "cohort_heat_map",
    "concentration",
    "expected_orders_surface",
    "funnel",
    "gaps_histogram",
    "growth_accounting",
    "kpi_trend",
    "ltv_by_cohort",
    "marginal_returns",
    "mrr_movements",
    "new_and_returning",
    "probability_alive_surface",
    "reliability",
    "retention_curves",
    "rfm_map",
    "rfm_migration",
    "survival",
    "tracking",
    "value_by_group",
    "value_distribution",
    "what_if_comparison",
]
