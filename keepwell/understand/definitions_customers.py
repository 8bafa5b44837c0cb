"""Definitions of the KPIs that count customers."""

from __future__ import annotations

from keepwell.vocabulary.kpi import KpiDefinition, Unit

ACTIVE = (
    "A customer is active at a date who ordered within the activity window before it: the 90th percentile of the days "
    "between orders, at least 30 days, unless set."
)

CUSTOMER_DEFINITIONS = (
    KpiDefinition(
        "ordering_customers", "Customers who ordered", "Customers with an order in the period.",
        "count of customers with an order in the period", "customers with an order in the period", "", Unit.COUNT, True,
    ),
    KpiDefinition(
        "new_customers", "New customers",
        "Customers whose first order lies in the period. In the first activity window of the log some may be older "
        "customers whose earlier orders it does not hold.",
        "count of customers with their first order in the period", "customers won in the period", "", Unit.COUNT, True,
    ),
    KpiDefinition(
        "returning_customers", "Returning customers",
        "Customers who ordered in the period and had ordered before it.",
        "customers who ordered − new customers", "customers with an order in and before the period", "",
        Unit.COUNT, True,
    ),
    KpiDefinition(
        "active_customers_at_start", "Active customers at the start (CS)", ACTIVE,
        "count of customers active at the start", "customers active at the start", "", Unit.COUNT, True,
    ),
    KpiDefinition(
        "active_customers", "Active customers at the end (CE)", ACTIVE,
        "active at the start + newly won + resurrected − churned", "customers active at the end", "", Unit.COUNT, True,
    ),
    KpiDefinition(
        "churned_customers", "Churned customers",
        f"Customers active at the start who are not active at the end. {ACTIVE}",
        "count of customers active at the start and not at the end", "customers lost in the period", "",
        Unit.COUNT, False,
    ),
    KpiDefinition(
        "resurrected_customers", "Resurrected customers",
        f"Customers active at the end who were customers before the period but not active at its start. {ACTIVE}",
        "count of older customers active at the end and not at the start", "customers who came back", "",
        Unit.COUNT, True,
    ),
    KpiDefinition(
        "customer_retention_rate", "Customer retention rate",
        "The usual formula. It counts customers who came back, so it can exceed what was kept and even 100 %; the kept "
        f"rate stands beside it. CN counts customers won in the period who are active at its end. {ACTIVE}",
        "(CE − CN) / CS", "active at the end without the newly won (CE − CN)", "active at the start (CS)",
        Unit.RATE, True,
    ),
    KpiDefinition(
        "kept_rate", "Kept rate",
        f"Share of the customers of the start who are active at the end. {ACTIVE}",
        "customers active at both start and end / CS", "active at the start and at the end",
        "active at the start (CS)", Unit.RATE, True,
    ),
    KpiDefinition(
        "churn_rate", "Churn rate",
        "Share of the customers of the start who are lost by the end, by the activity rule (nobody cancels an order "
        f"habit). {ACTIVE}",
        "customers lost in the period / CS", "active at the start and not at the end", "active at the start (CS)",
        Unit.RATE, False,
    ),
    KpiDefinition(
        "quick_ratio", "Quick ratio",
        f"Customers won and won back for each one lost; below 1 the base shrinks. {ACTIVE}",
        "(newly won and active at the end + resurrected) / churned", "newly won + resurrected", "churned",
        Unit.RATIO, True,
    ),
    KpiDefinition(
        "repeat_purchase_rate", "Repeat purchase rate",
        "Share of customers with a second order within a fixed age (90 days unless set), among those who reached that "
        "age in the period; younger ones are left out, for they still have time. Two orders on one day count as two.",
        "customers with a 2nd order within the age / customers who reached the age",
        "of these, customers with a second order in time", "customers who reached the age in the period",
        Unit.RATE, True,
    ),
    KpiDefinition(
        "repeat_customer_share", "Repeat customers, ever",
        "Share of all customers up to the end of the period who have ordered at least twice. It depends on how long "
        "the log is: compare periods by the repeat purchase rate instead.",
        "customers with ≥ 2 orders / customers with ≥ 1", "customers with at least two orders",
        "customers with at least one order", Unit.RATE, True,
    ),
    KpiDefinition(
        "purchase_frequency", "Purchase frequency",
        "Orders per customer who ordered in the period. Orders refunded later are orders.",
        "orders / customers who ordered", "orders in the period", "customers with an order in the period",
        Unit.RATIO, True,
    ),
    KpiDefinition(
        "time_between_orders", "Time between orders",
        "Median of the local calendar days between an order in the period and the same customer's previous order; two "
        "orders on one day are 0 apart. The denominator is the number of gaps.",
        "median of gaps", "", "gaps that end in the period", Unit.DAYS, None,
    ),
    KpiDefinition(
        "customer_time_between_orders", "Time between orders, of a customer",
        "Each customer's own median gap among those that end in the period; the median of these over customers, so "
        "that frequent buyers do not count more.",
        "median over customers of the median of their gaps", "", "customers with a gap that ends in the period",
        Unit.DAYS, None,
    ),
    KpiDefinition(
        "cohort_retention", "Cohort retention",
        "Share of the customers won in one step of time who order in the step of a given age. Cells whose step is not "
        "over are blank.",
        "cohort's customers with an order at the age / cohort's size", "customers of the cohort active at the age",
        "customers won in the cohort's step", Unit.RATE, True,
    ),
)  # fmt: skip
