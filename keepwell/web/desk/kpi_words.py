"""The definitions of every KPI once more, so that translators find them; a test holds both together."""

# ruff: noqa: E501 — a text for translators is one literal
from __future__ import annotations

from django.utils.translation import gettext_noop as _

DEFINED = (
    _("Customers who ordered"),
    _("Customers with an order in the period."),
    _("count of customers with an order in the period"),
    _("customers with an order in the period"),
    _("New customers"),
    _(
        "Customers whose first order lies in the period. In the first activity window of the log some may be older customers whose earlier orders it does not hold."
    ),
    _("count of customers with their first order in the period"),
    _("customers won in the period"),
    _("Returning customers"),
    _("Customers who ordered in the period and had ordered before it."),
    _("customers who ordered − new customers"),
    _("customers with an order in and before the period"),
    _("Active customers at the start (CS)"),
    _(
        "A customer is active at a date who ordered within the activity window before it: the 90th percentile of the days between orders, at least 30 days, unless set."
    ),
    _("count of customers active at the start"),
    _("customers active at the start"),
    _("Active customers at the end (CE)"),
    _("active at the start + newly won + resurrected − churned"),
    _("customers active at the end"),
    _("Churned customers"),
    _(
        "Customers active at the start who are not active at the end. A customer is active at a date who ordered within the activity window before it: the 90th percentile of the days between orders, at least 30 days, unless set."
    ),
    _("count of customers active at the start and not at the end"),
    _("customers lost in the period"),
    _("Resurrected customers"),
    _(
        "Customers active at the end who were customers before the period but not active at its start. A customer is active at a date who ordered within the activity window before it: the 90th percentile of the days between orders, at least 30 days, unless set."
    ),
    _("count of older customers active at the end and not at the start"),
    _("customers who came back"),
    _("Customer retention rate"),
    _(
        "The usual formula. It counts customers who came back, so it can exceed what was kept and even 100 %; the kept rate stands beside it. CN counts customers won in the period who are active at its end. A customer is active at a date who ordered within the activity window before it: the 90th percentile of the days between orders, at least 30 days, unless set."
    ),
    _("(CE − CN) / CS"),
    _("active at the end without the newly won (CE − CN)"),
    _("active at the start (CS)"),
    _("Kept rate"),
    _(
        "Share of the customers of the start who are active at the end. A customer is active at a date who ordered within the activity window before it: the 90th percentile of the days between orders, at least 30 days, unless set."
    ),
    _("customers active at both start and end / CS"),
    _("active at the start and at the end"),
    _("Churn rate"),
    _(
        "Share of the customers of the start who are lost by the end, by the activity rule (nobody cancels an order habit). A customer is active at a date who ordered within the activity window before it: the 90th percentile of the days between orders, at least 30 days, unless set."
    ),
    _("customers lost in the period / CS"),
    _("active at the start and not at the end"),
    _("Quick ratio"),
    _(
        "Customers won and won back for each one lost; below 1 the base shrinks. A customer is active at a date who ordered within the activity window before it: the 90th percentile of the days between orders, at least 30 days, unless set."
    ),
    _("(newly won and active at the end + resurrected) / churned"),
    _("newly won + resurrected"),
    _("churned"),
    _("Repeat purchase rate"),
    _(
        "Share of customers with a second order within a fixed age (90 days unless set), among those who reached that age in the period; younger ones are left out, for they still have time. Two orders on one day count as two."
    ),
    _("customers with a 2nd order within the age / customers who reached the age"),
    _("of these, customers with a second order in time"),
    _("customers who reached the age in the period"),
    _("Repeat customers, ever"),
    _(
        "Share of all customers up to the end of the period who have ordered at least twice. It depends on how long the log is: compare periods by the repeat purchase rate instead."
    ),
    _("customers with ≥ 2 orders / customers with ≥ 1"),
    _("customers with at least two orders"),
    _("customers with at least one order"),
    _("Purchase frequency"),
    _("Orders per customer who ordered in the period. Orders refunded later are orders."),
    _("orders / customers who ordered"),
    _("orders in the period"),
    _("Time between orders"),
    _(
        "Median of the local calendar days between an order in the period and the same customer's previous order; two orders on one day are 0 apart. The denominator is the number of gaps."
    ),
    _("median of gaps"),
    _("gaps that end in the period"),
    _("Time between orders, of a customer"),
    _(
        "Each customer's own median gap among those that end in the period; the median of these over customers, so that frequent buyers do not count more."
    ),
    _("median over customers of the median of their gaps"),
    _("customers with a gap that ends in the period"),
    _("Cohort retention"),
    _(
        "Share of the customers won in one step of time who order in the step of a given age. Cells whose step is not over are blank."
    ),
    _("cohort's customers with an order at the age / cohort's size"),
    _("customers of the cohort active at the age"),
    _("customers won in the cohort's step"),
    _("Orders"),
    _("Orders placed in the period; one refunded later is still an order."),
    _("count of orders"),
    _("Revenue"),
    _(
        "Revenue of the orders placed in the period: goods after discounts, before refunds, without tax and shipping unless they were asked for."
    ),
    _("Σ revenue of orders"),
    _("revenue of orders in the period"),
    _("Refunds"),
    _("Money given back in the period, whenever the order was placed."),
    _("Σ refunds"),
    _("refunds dated in the period"),
    _("Net revenue"),
    _("Revenue less the refunds dated in the period."),
    _("revenue − refunds"),
    _("revenue − refunds in the period"),
    _("New revenue"),
    _(
        'Revenue of customers\' first orders, before refunds. In the first activity window of the log some "first" orders may be later ones of older customers.'
    ),
    _("Σ revenue of first orders"),
    _("revenue of first orders in the period"),
    _("Returning revenue"),
    _("Revenue of all orders that are not a customer's first."),
    _("revenue − new revenue"),
    _("revenue of later orders in the period"),
    _("New revenue share"),
    _("Share of the revenue that comes from first orders."),
    _("new revenue / revenue"),
    _("revenue of first orders"),
    _("revenue"),
    _("Average order value, gross"),
    _(
        "Revenue per order before refunds: goods after discounts, before refunds, without tax and shipping unless they were asked for."
    ),
    _("revenue / orders"),
    _("Average order value (AOV)"),
    _(
        "Revenue net of the refunds dated in the period, per order; without tax and shipping unless they were asked for. The interval treats customers, not orders, as independent."
    ),
    _("(revenue − refunds) / orders"),
    _("Refund rate"),
    _("Money given back in the period for each unit of its revenue."),
    _("refunds / revenue"),
    _("Discount rate"),
    _("Share of the list price that discounts took off."),
    _("discounts / (revenue + discounts)"),
    _("discounts in the period"),
    _("revenue + discounts"),
    _("Contribution margin"),
    _(
        "What remains of net revenue after the costs that come with each order. From known costs where every order has them (what shipping costs is in no order log); otherwise net revenue × the margin rate, which the note names."
    ),
    _("revenue after discounts − refunds − cost of goods − payment fees"),
    _("net revenue − costs"),
    _("Contribution margin rate"),
    _("Contribution margin for each unit of net revenue; the assumed rate where costs are not known."),
    _("contribution margin / net revenue"),
    _("contribution margin"),
    _("net revenue"),
    _("Historic lifetime value"),
    _(
        "Net revenue per customer from the first logged order to the end of the period, over all customers so far, whatever their age. It grows with the length of the log and says nothing of what is to come."
    ),
    _("Σ net revenue to date / customers"),
    _("net revenue up to the end of the period"),
    _("customers with an order up to the end"),
    _("Cohort lifetime value"),
    _("Net revenue of a cohort up to an age over the cohort's original size: customers who stopped stay in it."),
    _("Σ net revenue by age / original cohort size"),
    _("cohort's net revenue up to the age"),
    _("Gross revenue retention, on orders"),
    _(
        "What last period's customers still bring, each counted up to what they brought before. Measured on orders: the customers with revenue in the days before the period, as many as it has, and what the same customers bring in it, net of refunds dated in each. A currency's rate is constant."
    ),
    _("Σ min(before, now) / Σ before"),
    _("revenue kept, per customer at most what it was"),
    _("the same customers' revenue before"),
    _("Net revenue retention, on orders"),
    _(
        "What last period's customers bring now for each unit they brought before; growth counts. Measured on orders: the customers with revenue in the days before the period, as many as it has, and what the same customers bring in it, net of refunds dated in each. A currency's rate is constant."
    ),
    _("Σ now / Σ before"),
    _("the same customers' revenue now"),
    _("their revenue before"),
    _("Marketing spend"),
    _("Money spent on the channels that are given."),
    _("Σ spend"),
    _("spend in the period"),
    _("Customer acquisition cost, blended (CAC)"),
    _(
        "All spend that is given over all new customers, also those who came unpaid. Salaries, agency fees and first-order discounts count only where they are in the spend."
    ),
    _("all acquisition spend / all new customers"),
    _("new customers in the period"),
    _("Acquisition ROI, observed"),
    _(
        "Margin within the period of the customers won in it, less spend, per unit of spend. Observed, not incremental: some would have come anyway."
    ),
    _("(contribution margin of new customers − spend) / spend"),
    _("margin of customers won − spend"),
    _("spend"),
    _("Marketing ROI, observed"),
    _("Contribution margin of the period less spend, per unit of spend. Observed, not incremental."),
    _("(contribution margin − spend) / spend"),
    _("contribution margin − spend"),
    _("Customer acquisition cost, paid (CAC)"),
    _("Spend over the new customers of the channels that had spend."),
    _("paid spend / new customers of paid channels"),
    _("new customers of channels with spend"),
    _("Customer acquisition cost, by channel (CAC)"),
    _("Spend on a channel over the new customers whose first order it brought."),
    _("spend / new customers"),
    _("spend on the channel"),
    _("new customers of the channel"),
    _("Cost per platform conversion (CPA)"),
    _("Spend per conversion as the ads platform counts it; a conversion is not a customer."),
    _("spend / platform conversions"),
    _("conversions that the platform reports"),
    _("Payback period"),
    _("Months after the first order until a customer's mean contribution margin has repaid the CAC."),
    _("smallest t with Σ margin(t) ≥ CAC"),
    _("LTV : CAC"),
    _("Contribution margin of a customer within the horizon, discounted to the first order, per unit of CAC."),
    _("discounted margin within the horizon / CAC"),
    _("discounted margin per customer"),
    _("CAC"),
    _("Acquisition ROI, by channel"),
    _(
        "Margin within the horizon of the customers that a channel won, less its spend, per unit of spend. Observed, not incremental."
    ),
    _("(new customers × margin per customer − spend) / spend"),
    _("Conversion rate"),
    _("Share of the people who did the first step in the period that did all steps in order within the window."),
    _("converted / entered"),
    _("unique people who did every step in order within the window"),
    _("unique people who did the first step in the period"),
    _("Monthly recurring revenue (MRR)"),
    _("What the paid subscriptions in force at the end of the period bring in a month."),
    _("Σ MRR of the paid terms in force"),
    _("MRR at the end of the period"),
    _("none"),
    _("Annual recurring revenue (ARR)"),
    _("A year of the MRR at the end of the period."),
    _("12 × MRR"),
    _("12 × MRR at the end of the period"),
    _("Average revenue per account (ARPA)"),
    _("MRR per paying customer at the end of the period."),
    _("MRR / paying customers"),
    _("customers paying at the end"),
    _("Gross revenue retention (GRR)"),
    _("Of the MRR that the period began with, the share left after cuts and losses; growth does not count."),
    _("(opening − contraction − churned) / opening"),
    _("opening MRR kept, at most what each customer began with"),
    _("MRR at the start of the period"),
    _("Net revenue retention (NRR)"),
    _("MRR at the end from the customers of the start, as a share of what they paid at the start."),
    _("(opening + expansion − contraction − churned) / opening"),
    _("MRR at the end from the customers of the start"),
    _("Logo churn"),
    _("Share of the paying customers of the start who pay nothing at the end."),
    _("customers lost / customers paying at the start"),
    _("customers of the start who pay nothing at the end"),
    _("customers paying at the start"),
    _("MRR quick ratio"),
    _("Recurring revenue won per unit lost."),
    _("(new + expansion + reactivation) / (contraction + churned)"),
    _("MRR won"),
    _("MRR lost"),
    _("Trial conversion"),
    _("Share of the people whose first trial began in the period who began to pay within 60 days."),
    _("converted / trials"),
    _("people who began to pay in time"),
    _("people whose first trial began in the period"),
)
