"""The sections about money: revenue, channels, subscriptions, and the way to an order."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from keepwell import plot
from keepwell.loop.report import numbers
from keepwell.loop.report.blocks import Block, Heading, Section, Table
from keepwell.loop.report.content import ReportContent
from keepwell.loop.report.drawing import figure
from keepwell.loop.report.present import rows_of, section
from keepwell.loop.report.tables import table
from keepwell.loop.report.words import OF_MRR

REVENUE = ("period", "new_revenue", "returning_revenue", "refunds", "new_customers", "returning_customers", "orders")
CHANNELS = (
    "channel", "spend", "new_customers", "first_order_revenue", "cac", "margin_per_customer", "channel_ltv", "ltv_low",
    "ltv_high", "ltv_to_cac", "payback_months", "platform_conversions", "cpa",
)  # fmt: skip
MOVEMENTS = (
    "period", "opening", "new", "expansion", "contraction", "churned", "reactivation", "closing", "gross_retention",
    "net_retention",
)  # fmt: skip
STEPS = ("name", "entered", "converted", "rate", "median_days")


def revenue(content: ReportContent) -> Section | None:
    """Show revenue of first and of later orders."""
    rows = rows_of(content.revenue)
    if rows is None:
        return None
    currency = content.business.currency
    sure = rows[~rows["is_truncated"].astype(bool)] if "is_truncated" in rows.columns else rows
    findings = []
    both = sure["new_revenue"].sum() + sure["returning_revenue"].sum()
    if both > 0:
        first, last = numbers.month(sure["period"].iloc[0]), numbers.month(sure["period"].iloc[-1])
        findings.append(
            f"From {first} to {last}, {numbers.rate(sure['returning_revenue'].sum() / both)} of the revenue before "
            "refunds came from returning customers."
        )
    if len(sure) < len(rows):
        findings.append(
            f"In the first {len(rows) - len(sure)} periods the log is too young to tell a new customer from an old one "
            "seen for the first time; they are drawn faded and left out of the share."
        )
    shown = table(rows, REVENUE, "Revenue by period", currency)
    drawn = figure("revenue", _money_chart(plot.new_and_returning, rows, currency), [shown], finding=" ".join(findings))
    return section("revenue", findings, [drawn])


def channels(content: ReportContent) -> Section | None:
    """Show the cost and worth of a new customer by channel, and what follows for each."""
    rows, currency = rows_of(content.channels), content.business.currency
    blocks: list[Block] = []
    if rows is not None:
        shown = channel_table(rows, "Channels", currency)
        blocks.append(figure("channels", _money_chart(plot.channels, rows, currency), [shown]))
    verdicts = content.answer.channels if content.answer is not None else ()
    if verdicts:
        headings = [Heading(name) for name in ("Channel", "Lean", "Verdict", "Evidence")]
        texts = [[item.channel, str(item.lean), item.verdict, str(item.evidence)] for item in verdicts]
        blocks.append(Table("What follows for each channel", headings, texts, is_prose=True))
    return section("channels", [], blocks)


def recurring(content: ReportContent) -> Section | None:
    """Show the movements of monthly recurring revenue."""
    rows = rows_of(content.recurring)
    if rows is None:
        return None
    currency = content.business.currency
    last = rows.iloc[-1]
    findings = [
        f"At the end of {numbers.month(last['period'])} monthly recurring revenue was "
        f"{numbers.money(last['closing'], currency)}, a year's worth {numbers.money(12 * last['closing'], currency)}."
    ]
    shown = mrr_table(rows, currency)
    return section("recurring", findings, [figure("mrr", _money_chart(plot.mrr_movements, rows, currency), [shown])])


def funnel(content: ReportContent) -> Section | None:
    """Show how many people reach each step."""
    rows = rows_of(content.funnel)
    if rows is None:
        return None
    shown = funnel_table(rows, content.business.currency)
    return section("funnel", [], [figure("funnel", lambda width: plot.funnel(rows, width=width), [shown])])


def funnel_table(rows: pd.DataFrame, currency: str) -> Table:
    """Return the steps of a funnel, with its groups where it has any."""
    columns = ("group", "step", *STEPS[1:]) if "group" in rows and rows["group"].notna().any() else ("step", *STEPS[1:])
    return table(rows.rename(columns={"name": "step"}), columns, "Steps", currency)


def _money_chart(draw: Callable[..., plot.Chart], rows: pd.DataFrame, currency: str) -> Callable[[int], plot.Chart]:
    return lambda width: draw(rows, currency=currency, width=width)


def channel_table(rows: pd.DataFrame, title: str, currency: str) -> Table:
    """Return what channels cost and bring; columns in which nothing is known are left out."""
    named = rows.rename(columns={"ltv": "channel_ltv"})
    return table(named, [name for name in CHANNELS if name in named and named[name].notna().any()], title, currency)


def mrr_table(rows: pd.DataFrame, currency: str) -> Table:
    """Return the movements of recurring revenue; here alone new and churned are amounts and have names of their own."""
    return table(rows.rename(columns=OF_MRR), [OF_MRR.get(name, name) for name in MOVEMENTS], "MRR movements", currency)
