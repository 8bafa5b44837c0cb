"""Words that come from the library, to be shown in the reader's language, and numbers in the unit of their KPI."""

from __future__ import annotations

from typing import Any

from django.utils.translation import get_language, gettext, gettext_noop, ngettext
from django.utils.translation import gettext_lazy as _

from keepwell.vocabulary.kpi import KpiDefinition, Unit
from keepwell.web.shell import NONE, money, number, percent

SEGMENTS = (
    gettext_noop("Champions"), gettext_noop("Loyal"), gettext_noop("Potential loyalist"),
    gettext_noop("New customers"), gettext_noop("Promising"), gettext_noop("Needs attention"),
    gettext_noop("About to sleep"), gettext_noop("At risk"), gettext_noop("Cannot lose them"),
    gettext_noop("Hibernating"), gettext_noop("Lost"), gettext_noop("not yet a customer"),
)  # fmt: skip
SEGMENT_MEANINGS = (
    gettext_noop("bought lately, buy often and spend the most"), gettext_noop("buy regularly and spend well"),
    gettext_noop("bought lately, more than the least often"), gettext_noop("bought very lately, little or once so far"),
    gettext_noop("bought lately, little or once so far"),
    gettext_noop("in the middle of everything; could go either way"),
    gettext_noop("bought little, and not lately"), gettext_noop("used to buy well, and have not for long"),
    gettext_noop("were among the best, and have not bought for longest"), gettext_noop("bought little, long ago"),
    gettext_noop("bought least, longest ago"),
)  # fmt: skip
CHART_WORDS = frozenset({
    *SEGMENTS,
    gettext_noop("New"), gettext_noop("Came back"), gettext_noop("Stopped"), gettext_noop("Returning customers"),
    gettext_noop("Refunds"), gettext_noop("Upgrades"), gettext_noop("Downgrades"), gettext_noop("Cancelled"),
    gettext_noop("Customers"), gettext_noop("Revenue"), gettext_noop("Net change"), gettext_noop("From"),
    gettext_noop("To"), gettext_noop("Share of the row"), gettext_noop("Share who ordered"),
    gettext_noop("Steps since the first order"), gettext_noop("Recency score: 5 bought last"),
    gettext_noop("Frequency score: 5 buys most"), gettext_noop("Mostly"), gettext_noop("Mean spent"),
    gettext_noop("First order in"), gettext_noop("Steps since"), gettext_noop("Customers at first"),
    gettext_noop("Revenue per customer so far"), gettext_noop("Worth (LTV)"), gettext_noop("Cost (CAC)"),
})  # fmt: skip

# column: (heading, kind of ``keepwell.web.table.Column``, what it means)
COLUMNS: dict[str, tuple[Any, str, Any]] = {
    "period": (_("Period"), "day", ""),
    "cohort": (_("Cohort"), "day", _("All customers whose first order falls in this month.")),
    "age": (_("Age"), "number", _("Whole months since the one of the first order.")),
    "size": (_("Customers"), "number", _("Customers of the cohort at its start; this number never shrinks.")),
    "active": (_("Active"), "number", _("Customers with at least one order in the period.")),
    "retention": (_("Retention"), "percent", _("Customers of the cohort who ordered at this age ÷ its customers.")),
    "orders": (_("Orders"), "number", ""),
    "revenue": (_("Revenue"), "money", _("Goods after discounts and refunds, without tax and shipping.")),
    "cumulative_revenue": (_("Revenue so far"), "money", ""),
    "ltv": (_("Revenue per customer"), "money", _("Revenue up to this age ÷ the cohort's customers.")),
    "new": (_("New"), "number", _("Customers whose first order ever falls in the period.")),
    "retained": (_("Kept"), "number", _("Active now and in the period before.")),
    "resurrected": (_("Came back"), "number", _("Active now, not in the period before, but earlier.")),
    "churned": (_("Stopped"), "number", _("Active in the period before, not now. They may still come back.")),
    "net_change": (_("Net change"), "number", _("New + came back − stopped.")),
    "quick_ratio": (_("Quick ratio"), "decimal", _("(New + came back) ÷ stopped; above 1 the base grows.")),
    "new_revenue": (_("From new customers"), "money", _("Revenue of first orders.")),
    "returning_revenue": (_("From returning customers"), "money", _("Revenue of all later orders.")),
    "refunds": (_("Refunds"), "money", _("Money given back in the period, whenever the order was.")),
    "new_customers": (_("New customers"), "number", _("Customers with their first order in the period.")),
    "returning_customers": (_("Returning customers"), "number", _("Customers with a later order in the period.")),
    "segment": (_("Segment"), "text", _("Named from the scores of recency, frequency and money.")),
    "customers": (_("Customers"), "number", ""),
    "share": (_("Share of customers"), "percent", ""),
    "revenue_share": (_("Share of revenue"), "percent", ""),
    "recency_days": (_("Days since last order"), "number", _("Mean over the customers of the row.")),
    "frequency": (_("Orders each"), "decimal", _("Mean number of orders of a customer.")),
    "monetary": (_("Spent each"), "money", _("Mean revenue of a customer.")),
    "r": (_("Recency"), "number", _("Score 1 to 5: 5 is the fifth of customers who ordered last.")),
    "f": (_("Frequency"), "number", _("Score 1 to 5: 5 is the fifth of customers who ordered most often.")),
    "from_segment": (_("From"), "text", _("Segment at the earlier date.")),
    "to_segment": (_("To"), "text", _("Segment at the later date.")),
    "channel": (_("Channel"), "text", ""),
    "spend": (_("Spend"), "money", _("Money spent on the channel in the period.")),
    "first_order_revenue": (_("First orders"), "money", _("Revenue of the first orders of the customers won.")),
    "cac": (_("CAC"), "money", _("Spend ÷ new customers. It counts those who would have come anyway too.")),
    "margin_per_customer": (_("Margin each"), "money", _("Contribution margin per customer within the horizon.")),
    "channel_ltv": (_("LTV"), "money", _("Contribution margin per customer within the horizon, discounted.")),
    "ltv_low": (_("LTV from"), "money", _("Lower end of the 95 % interval.")),
    "ltv_high": (_("LTV to"), "money", _("Upper end of the 95 % interval.")),
    "ltv_to_cac": (_("LTV : CAC"), "decimal", _("Discounted margin per customer ÷ CAC, same customers.")),
    "payback_months": (_("Payback, months"), "decimal", _("Months until the margin covers the CAC.")),
    "platform_conversions": (_("Conversions"), "decimal", _("As the platform reports them; not customers.")),
    "cpa": (_("CPA"), "money", _("Spend ÷ conversions reported by the platform.")),
    "opening": (_("Opening"), "money", ""),
    "new_mrr": (_("New"), "money", _("From customers who never paid before.")),
    "expansion": (_("Upgrades"), "money", ""),
    "contraction": (_("Downgrades"), "money", ""),
    "churned_mrr": (_("Cancelled"), "money", ""),
    "reactivation": (_("Came back"), "money", ""),
    "closing": (_("Closing"), "money", ""),
    "gross_retention": (_("GRR"), "percent", _("(Opening − downgrades − cancelled) ÷ opening.")),
    "net_retention": (_("NRR"), "percent", _("(Opening − downgrades − cancelled + upgrades) ÷ opening.")),
}  # fmt: skip
ATTRIBUTES = {
    "cohort": _("month of the first order"),
    "country": _("country"),
    "channel": _("channel"),
    "source": _("source"),
    "coupon": _("coupon"),
}


def defined(definition: KpiDefinition) -> dict[str, str]:
    """Return a KPI's definition in the reader's language."""
    parts = ("label", "meaning", "formula", "numerator", "denominator")
    return {part: gettext(getattr(definition, part)) if getattr(definition, part) else "" for part in parts}


def in_unit(value: float | None, unit: Unit, currency: str) -> str:
    """Write a number in the unit of its KPI and the reader's locale."""
    if value is None:
        return NONE
    match unit:
        case Unit.MONEY:
            return money(value, currency)
        case Unit.RATE:
            return percent(value)
        case Unit.COUNT:
            return number(value)
        case Unit.DAYS:
            return ngettext("%(days)s day", "%(days)s days", round(value)) % {"days": number(value, 1)}
        case Unit.MONTHS:
            return ngettext("%(months)s month", "%(months)s months", round(value)) % {"months": number(value, 1)}
    return number(value, 2)


def interval(low: float | None, high: float | None, unit: Unit, currency: str) -> str:
    """Write an interval by its two ends; empty where there is none."""
    if low is None or high is None:
        return ""
    return gettext("%(low)s to %(high)s") % {"low": in_unit(low, unit, currency), "high": in_unit(high, unit, currency)}


def change(now: float | None, before: float | None, unit: Unit) -> str:
    """Write how a KPI changed: in points for a rate, else in percent; empty where that means nothing."""
    if now is None or before is None:
        return ""
    if unit is Unit.RATE:
        return gettext("%(points)s points") % {"points": _signed(number((now - before) * 100, 1))}
    return "" if before <= 0 else _signed(percent(now / before - 1))


def spoken(spec: Any) -> Any:
    """Return a chart's specification with its words in the reader's language."""
    if (get_language() or "en").startswith("en"):
        return spec
    if isinstance(spec, dict):
        return {name: spoken(value) for name, value in spec.items()}
    if isinstance(spec, list):
        return [spoken(value) for value in spec]
    return gettext(spec) if isinstance(spec, str) and spec in CHART_WORDS else spec


def _signed(text: str) -> str:
    return f"−{text[1:]}" if text.startswith(("-", "−")) else f"+{text}"
