"""Every word of the report in one place, in plain English."""

from __future__ import annotations

# column: (heading, how its values are written, what it means)
COLUMNS: dict[str, tuple[str, str, str]] = {
    "period": ("Period", "month", ""),
    "start": ("From", "month", ""),
    "cohort": ("Cohort", "month", "All customers whose first order falls in this period."),
    "age": ("Age", "count", "Whole periods since the one of the first order; 0 is the first order's own."),
    "size": ("Customers", "count", "Customers of the cohort at its start; this number never shrinks."),
    "active": ("Active", "count", "Customers with at least one order in the period."),
    "retention": ("Retention", "rate", "Customers of the cohort who ordered at this age ÷ the cohort's customers."),
    "channel_ltv": ("LTV", "money", "Contribution margin per customer within the horizon, discounted."),
    "ltv": ("Revenue per customer", "money", "Revenue up to this age, after refunds ÷ the cohort's customers."),
    "new": ("New", "count", "Customers whose first order ever falls in the period."),
    "retained": ("Kept", "count", "Active now and in the period before."),
    "resurrected": ("Came back", "count", "Active now, not in the period before, but earlier."),
    "churned": ("Stopped", "count", "Active in the period before, not now. They may still come back."),
    "net_change": ("Net change", "count", "New + came back − stopped."),
    "quick_ratio": (
        "Quick ratio",
        "decimal",
        "(New + came back) ÷ stopped; above 1 the base grows. – where nobody stopped.",
    ),
    "r": ("Recency", "count", "Score 1 to 5: 5 is the fifth of customers who ordered last."),
    "f": ("Frequency", "count", "Score 1 to 5: 5 is the fifth of customers who ordered most often."),
    "m": ("Money", "count", "Score 1 to 5: 5 is the fifth of customers who spent most."),
    "segment": (
        "Segment",
        "text",
        "Named from the three scores; the name of a cell is the one most of its customers bear.",
    ),
    "customers": ("Customers", "count", "Distinct customers counted."),
    "share": ("Share of customers", "rate", "Customers of the row ÷ all customers."),
    "revenue_share": ("Share of revenue", "rate", "Revenue of the row ÷ all revenue."),
    "customer_share": ("Best customers", "rate", "Customers ranked by revenue, best first, cumulated ÷ all customers."),
    "revenue": ("Revenue", "money", "Goods after discounts and refunds, without tax and shipping."),
    "recency_days": ("Days since last order", "count", "Mean over the customers of the row."),
    "frequency": ("Orders", "decimal", "Mean number of orders of a customer."),
    "monetary": ("Spent", "money", "Mean revenue of a customer."),
    "from_segment": ("From", "text", "Segment at the earlier date."),
    "to_segment": ("To", "text", "Segment at the later date."),
    "new_revenue": ("New customers", "money", "Revenue of first orders."),
    "returning_revenue": ("Returning customers", "money", "Revenue of all later orders."),
    "refunds": ("Refunds", "money", "Money given back in the period, whenever the order was."),
    "new_customers": ("New", "count", "Customers with their first order in the period."),
    "returning_customers": ("Returning", "count", "Customers with a later order in the period."),
    "orders": ("Orders", "count", "Orders placed in the period."),
    "gap_days_from": ("From day", "count", "Days since the order before, this many or more."),
    "gap_days_to": ("Below day", "count", "Days since the order before, fewer than this."),
    "gaps": ("Gaps", "count", "Pairs of one order and the customer's next."),
    "group": ("Group", "text", ""),
    "value": ("Value", "money", ""),
    "low": ("From", "money", "Lower end of the interval."),
    "high": ("To", "money", "Upper end of the interval."),
    "name": ("What", "text", ""),
    "channel": ("Channel", "text", ""),
    "spend": ("Spend", "money", "Money spent on the channel in the period."),
    "first_order_revenue": ("First orders", "money", "Revenue of the first orders of the customers won."),
    "cac": (
        "CAC",
        "money",
        "Spend ÷ new customers; observed, so it credits the channel with those who would have come anyway.",
    ),
    "margin_per_customer": ("Margin", "money", "Contribution margin per customer within the horizon."),
    "ltv_low": ("LTV from", "money", "Lower end of the 95 % interval."),
    "ltv_high": ("LTV to", "money", "Upper end of the 95 % interval."),
    "ltv_to_cac": ("LTV : CAC", "decimal", "Discounted margin per customer ÷ CAC, same cohort."),
    "payback_months": (
        "Payback, months",
        "decimal",
        "Months until the margin covers the CAC; – if not within the horizon.",
    ),
    "platform_conversions": ("Conversions", "decimal", "As the platform reports them; not customers."),
    "cpa": ("CPA", "money", "Spend ÷ conversions reported by the platform."),
    "opening": ("Opening", "money", "Monthly recurring revenue at the start of the period."),
    "closing": ("Closing", "money", "Monthly recurring revenue at the end of the period."),
    "expansion": ("Upgrades", "money", "More from customers who already paid at the start."),
    "contraction": ("Downgrades", "money", "Less from customers who still pay."),
    "reactivation": ("Came back", "money", "From customers who had paid before, but not at the start."),
    "gross_retention": ("GRR", "rate", "(Opening − downgrades − cancelled) ÷ opening."),
    "net_retention": ("NRR", "rate", "(Opening − downgrades − cancelled + upgrades) ÷ opening."),
    "new_mrr": ("New", "money", "From customers who never paid before."),
    "churned_mrr": ("Cancelled", "money", "Lost with customers who no longer pay."),
    "customer_id": ("Customer", "text", ""),
    "repeat_orders": ("Repeat orders", "count", "Days on which the customer bought, after the first."),
    "probability_alive": ("Still there", "rate", "Probability that the customer has not stopped buying."),
    "expected_orders": ("Orders ahead", "decimal", "Orders expected within the horizon."),
    "expected_spend": ("An order", "money", "Revenue expected of one order."),
    "expected_value": ("Value", "money", "Contribution margin expected within the horizon."),
    "value_low": ("From", "money", "Lower end of the 95 % interval of the expectation, not of what one customer does."),
    "value_high": ("To", "money", "Upper end of the same."),
    "next_order_on": (
        "Next order by",
        "day",
        "Day by which a customer who is still there orders again with a chance of one half.",
    ),
    "newcomer_value": (
        "Brings",
        "money",
        "Contribution margin of the first order and, discounted, of those expected to follow within the horizon.",
    ),
    "newcomer_low": ("From", "money", "Lower end of the 95 % interval of the mean over many such customers."),
    "newcomer_high": ("To", "money", "Upper end of the same."),
    "weight_of_base": ("From the base", "rate", "How far the group's later orders are taken from the whole base."),
    "first_order": ("First order", "money", "Contribution margin of the first order alone."),
    "later_orders": ("Later orders", "decimal", "Orders expected after the first, within the horizon."),
    "still_there": ("Still there", "count", "Customers expected not to have stopped."),
    "no_order": ("No order", "rate", "Mean chance of no order in the window."),
    "very_high": ("Very high risk", "count", "Customers with a chance of no order above 75 %."),
    "step": ("Step", "text", ""),
    "entered": ("Entered", "count", "People who reached the step."),
    "converted": ("Went on", "count", "Of these, people who reached the next step within the window."),
    "rate": ("Rate", "rate", "Went on ÷ entered."),
    "median_days": ("Median days", "decimal", "Days that half of those who went on took at most."),
}

# What a row and a column of a table of kinds of customers stand for.
CELLS = {"recency_days": "Days since the last purchase", "frequency": "Repeat purchases"}

# Columns that hold amounts in the table of recurring revenue, and customers in the one of growth.
OF_MRR = {"new": "new_mrr", "churned": "churned_mrr"}

SECTIONS = {
    "plan": "Where the budget goes",
    "answer": "Behind the answer",
    "kpis": "The figures that matter",
    "value": "What today's customers are worth",
    "trust": "How far the forecast can be trusted",
    "still_there": "Who is still there",
    "contracts": "How long subscribers stay",
    "growth": "Growth",
    "cohorts": "Cohorts: who stays",
    "rfm": "Recency, frequency, money",
    "revenue": "Where the revenue comes from",
    "concentration": "Concentration",
    "gaps": "Time between purchases",
    "allowable": "Allowable acquisition cost",
    "points": "What a point of retention is worth",
    "what_ifs": "What if …",
    "split": "The best split, over ranges of the unknowns",
    "lean": "When to lean which way",
    "claims": "Rules of thumb, next to your own figures",
    "channels": "Channels",
    "recurring": "Subscriptions",
    "funnel": "The way to an order",
    "personas": "Kinds of customers",
    "data": "The data behind this report",
    "assumptions": "Assumptions",
    "glossary": "Definitions",
}

# What to hand in for a section that is empty; one that is only there when asked for, such as the plan, is not listed.
FILLED_BY = {
    "answer": "the decision was not computed for this report",
    "kpis": "no KPI was computed for this report",
    "value": "enough customers who bought a second time for a model of what they will bring",
    "trust": "a log long enough to hold its last part back and foretell it",
    "still_there": "enough customers who bought a second time for a model of who has stopped",
    "contracts": "subscriptions (a Stripe export, or any CSV with start, end and monthly price)",
    "growth": "orders of at least two periods",
    "cohorts": "orders of at least two periods",
    "rfm": "orders with customer ids",
    "revenue": "orders with amounts",
    "concentration": "orders with amounts and customer ids",
    "gaps": "at least one customer with two orders",
    "allowable": "customers whose first order lies far enough back to have been watched over the horizon",
    "what_ifs": "no what-if was computed for this report",
    "points": "no segment was valued for this report",
    "split": "stated figures for what is spent on winning and on keeping, and the rates they reach",
    "lean": "no condition was tested for this report",
    "claims": "no rule of thumb was compared in this report",
    "channels": "spend per channel (a Google Ads or Meta Ads cost report, or any CSV with date, channel and amount)",
    "recurring": "subscriptions (a Stripe export, or any CSV with start, end and monthly price)",
    "funnel": "events such as Product Viewed and Order Completed (a Segment, RudderStack or GA4 export)",
    "personas": "enough customers with two orders or more to tell groups apart",
    "data": "no import was recorded",
}

GLOSSARY = (
    ("Active customer", "A customer with at least one order in the period."),
    ("Cohort", "All customers whose first order falls in the same period."),
    (
        "Contribution margin",
        "What an order leaves after the cost of goods, shipping, payment fees, returns and discounts.",
    ),
    ("Allowable CAC", "The most one may pay to win a customer without losing money within the horizon."),
    ("95 % interval", "If the same had been measured many times, 95 in 100 such intervals would hold the true value."),
    ("Not available", "The figure does not exist here, for the reason given. It is not zero."),
    ("Not identified", "The data cannot tell; more of the same data would not help, an experiment would."),
)

NOT_AVAILABLE = "not available"
WHOLE_PERIOD = "Period"
PENDING = "Not in this report"
PENDING_NOTE = "What would fill it:"
KPI_TABLE = "Every figure with its parts"

BASE_FIGURES = ("Customers still there", "Orders to come", "Contribution margin to come", "The same in today's money")
FORECASTS = (
    "Models saw only what was known before the days held out. “Same as before”: everybody goes on ordering as often as "
    "so far."
)
MAE = (
    "Mean distance per customer between foretold and came. By itself it misleads: it is smallest for a forecast that "
    "is right for the middle customer, who often orders nothing."
)
RMSE = "Root of the mean squared distance per customer; smallest for the true expectation. Lower is better."
RANK_CORRELATION = "Whether those foretold to order more did: 1 is the same order, 0 no relation (Spearman)."
BANDS = "By the chance of no order, in quarters of it: a band means the same in every shop."
CAME_TRUE = "Of those with such a chance one window ago, the share that placed no order since."
AVERAGE = "everybody at the average"
AUC = (
    "Of one customer who left and one who stayed, how often the one who left had the higher chance: 0.5 is a coin, 1 "
    "is always."
)
BRIER = "Mean squared error of the chances; lower is better."
ECE = "Mean distance between chance and frequency; lower is better."
ASSOCIATED = "Associated with leaving or staying, which does not say that changing it would keep anybody."
STILL_COUNTED = "Share of those who began, counted (Kaplan and Meier 1958)."
BASE_MEANINGS = (
    "Customers who have not stopped buying, by the model: it is never seen, only more or less likely by how long "
    "somebody has been silent and how often they bought before.",
    "Days with an order expected of today's customers within the period; those who will be won later are not in it.",
    "Revenue of these orders times the margin: what the base brings if everything goes on as it is.",
    "The same, each order discounted to today by its day: what the base is worth now.",
)
INTERVAL_HOLDS = "it holds chance, what the data leave open, and how far the model missed when it was tried"
RESTS_ON = "What these figures rest on"
NO_VALUE = "What today's customers will bring is not available:"
NO_HOLDOUT = "No part of the log could be held back to try the forecast:"
NO_RISK = "The chance of no order is not available:"
NO_CONTRACTS = "How long subscribers stay is not available:"
GROUPED_BY = "group"
OTHER_MODELS = "Other models"
OTHER_MODELS_NOTE = (
    "The charts show the model in use; the tables hold every model that was tried. BG/NBD is never used here, since it "
    "holds everybody who bought once for still there."
)
