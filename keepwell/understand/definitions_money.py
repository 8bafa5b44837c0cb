"""Definitions of the KPIs that count orders and money."""

from __future__ import annotations

from keepwell.vocabulary.kpi import KpiDefinition, Unit

REVENUE = "goods after discounts, before refunds, without tax and shipping unless they were asked for"
SAME_BASE = (
    "Measured on orders: the customers with revenue in the days before the period, as many as it has, and what the "
    "same customers bring in it, net of refunds dated in each. A currency's rate is constant."
)

MONEY_DEFINITIONS = (
    KpiDefinition(
        "orders", "Orders", "Orders placed in the period; one refunded later is still an order.",
        "count of orders", "orders in the period", "", Unit.COUNT, True,
    ),
    KpiDefinition(
        "revenue", "Revenue", f"Revenue of the orders placed in the period: {REVENUE}.",
        "Σ revenue of orders", "revenue of orders in the period", "", Unit.MONEY, True,
    ),
    KpiDefinition(
        "refunds", "Refunds", "Money given back in the period, whenever the order was placed.",
        "Σ refunds", "refunds dated in the period", "", Unit.MONEY, False,
    ),
    KpiDefinition(
        "net_revenue", "Net revenue", "Revenue less the refunds dated in the period.",
        "revenue − refunds", "revenue − refunds in the period", "", Unit.MONEY, True,
    ),
    KpiDefinition(
        "new_revenue", "New revenue",
        "Revenue of customers' first orders, before refunds. In the first activity window of the log some \"first\" "
        "orders may be later ones of older customers.",
        "Σ revenue of first orders", "revenue of first orders in the period", "", Unit.MONEY, True,
    ),
    KpiDefinition(
        "returning_revenue", "Returning revenue", "Revenue of all orders that are not a customer's first.",
        "revenue − new revenue", "revenue of later orders in the period", "", Unit.MONEY, True,
    ),
    KpiDefinition(
        "new_revenue_share", "New revenue share", "Share of the revenue that comes from first orders.",
        "new revenue / revenue", "revenue of first orders", "revenue", Unit.RATE, None,
    ),
    KpiDefinition(
        "gross_average_order_value", "Average order value, gross",
        f"Revenue per order before refunds: {REVENUE}.",
        "revenue / orders", "revenue of orders in the period", "orders in the period", Unit.MONEY, True,
    ),
    KpiDefinition(
        "average_order_value", "Average order value (AOV)",
        "Revenue net of the refunds dated in the period, per order; without tax and shipping unless they were asked "
        "for. The interval treats customers, not orders, as independent.",
        "(revenue − refunds) / orders", "revenue − refunds in the period", "orders in the period", Unit.MONEY, True,
    ),
    KpiDefinition(
        "refund_rate", "Refund rate", "Money given back in the period for each unit of its revenue.",
        "refunds / revenue", "refunds dated in the period", "revenue of orders in the period", Unit.RATE, False,
    ),
    KpiDefinition(
        "discount_rate", "Discount rate", "Share of the list price that discounts took off.",
        "discounts / (revenue + discounts)", "discounts in the period", "revenue + discounts", Unit.RATE, False,
    ),
    KpiDefinition(
        "contribution_margin", "Contribution margin",
        "What remains of net revenue after the costs that come with each order. From known costs where every order has "
        "them (what shipping costs is in no order log); otherwise net revenue × the margin rate, which the note names.",
        "revenue after discounts − refunds − cost of goods − payment fees", "net revenue − costs", "", Unit.MONEY, True,
    ),
    KpiDefinition(
        "contribution_margin_rate", "Contribution margin rate",
        "Contribution margin for each unit of net revenue; the assumed rate where costs are not known.",
        "contribution margin / net revenue", "contribution margin", "net revenue", Unit.RATE, True,
    ),
    KpiDefinition(
        "historic_lifetime_value", "Historic lifetime value",
        "Net revenue per customer from the first logged order to the end of the period, over all customers so far, "
        "whatever their age. It grows with the length of the log and says nothing of what is to come.",
        "Σ net revenue to date / customers", "net revenue up to the end of the period",
        "customers with an order up to the end", Unit.MONEY, True,
    ),
    KpiDefinition(
        "cohort_lifetime_value", "Cohort lifetime value",
        "Net revenue of a cohort up to an age over the cohort's original size: customers who stopped stay in it.",
        "Σ net revenue by age / original cohort size", "cohort's net revenue up to the age",
        "customers won in the cohort's step", Unit.MONEY, True,
    ),
    KpiDefinition(
        "gross_revenue_retention_on_orders", "Gross revenue retention, on orders",
        f"What last period's customers still bring, each counted up to what they brought before. {SAME_BASE}",
        "Σ min(before, now) / Σ before", "revenue kept, per customer at most what it was",
        "the same customers' revenue before", Unit.RATE, True,
    ),
    KpiDefinition(
        "net_revenue_retention_on_orders", "Net revenue retention, on orders",
        f"What last period's customers bring now for each unit they brought before; growth counts. {SAME_BASE}",
        "Σ now / Σ before", "the same customers' revenue now", "their revenue before", Unit.RATE, True,
    ),
    KpiDefinition(
        "spend", "Marketing spend", "Money spent on the channels that are given.",
        "Σ spend", "spend in the period", "", Unit.MONEY, None,
    ),
    KpiDefinition(
        "blended_cac", "Customer acquisition cost, blended (CAC)",
        "All spend that is given over all new customers, also those who came unpaid. Salaries, agency fees and "
        "first-order discounts count only where they are in the spend.",
        "all acquisition spend / all new customers", "spend in the period", "new customers in the period",
        Unit.MONEY, False,
    ),
    KpiDefinition(
        "acquisition_roi", "Acquisition ROI, observed",
        "Margin within the period of the customers won in it, less spend, per unit of spend. Observed, not "
        "incremental: some would have come anyway.",
        "(contribution margin of new customers − spend) / spend", "margin of customers won − spend", "spend",
        Unit.RATIO, True,
    ),
    KpiDefinition(
        "marketing_roi", "Marketing ROI, observed",
        "Contribution margin of the period less spend, per unit of spend. Observed, not incremental.",
        "(contribution margin − spend) / spend", "contribution margin − spend", "spend", Unit.RATIO, True,
    ),
)  # fmt: skip
