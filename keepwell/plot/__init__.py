"""One chart a function, returned as an Altair chart: the same in a notebook, on a page, in a report.

Every function takes a pandas, Polars, Arrow or Ibis table with the columns that the analysis of the same name returns.
"""

from keepwell.plot.cohorts import cohort_heat_map, ltv_by_cohort, retention_curves
from keepwell.plot.distribution import concentration, gaps_histogram
from keepwell.plot.growth import growth_accounting, mrr_movements, new_and_returning
from keepwell.plot.intervals import allowable_cac, channels, what_if_comparison
from keepwell.plot.rfm import rfm_map, rfm_migration
from keepwell.plot.steps import funnel
from keepwell.plot.theme import Chart
from keepwell.plot.trend import kpi_trend

__all__ = [
    "Chart",
    "allowable_cac",
    "channels",
    "cohort_heat_map",
    "concentration",
    "funnel",
    "gaps_histogram",
    "growth_accounting",
    "kpi_trend",
    "ltv_by_cohort",
    "mrr_movements",
    "new_and_returning",
    "retention_curves",
    "rfm_map",
    "rfm_migration",
    "what_if_comparison",
]
