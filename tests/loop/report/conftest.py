"""A report on a small shop, whose product names are as hostile as a page can meet."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pandas as pd
import pytest
from shops import orders, subscriptions

from keepwell.loop.churn import churn_of_contracts, churn_of_orders
from keepwell.loop.library import facts
from keepwell.loop.lifetime import lifetime
from keepwell.loop.own_tables import subscribed_facts
from keepwell.loop.report.content import ReportContent
from keepwell.understand.concentration import ConcentrationSummary
from keepwell.understand.gaps import GapSummary
from keepwell.vocabulary.answer import (
    AllowableCac,
    Answer,
    ChannelVerdict,
    ClaimCheck,
    Holdout,
    Lean,
    LeanCriterion,
    NotIdentified,
    Reason,
    RetentionPoint,
    StatedSplit,
    Status,
    Threshold,
    WhatIfResult,
)
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.estimate import Estimate, Evidence, NotAvailable
from keepwell.vocabulary.kpi import KpiDefinition, KpiValue, Unit
from keepwell.vocabulary.period import Period

HOSTILE = """<script>alert("x")</script><img src=x onerror=alert(1)> 'q' "d" & 🧶 </svg></style>"""
YEAR = Period(date(2011, 1, 1), date(2012, 1, 1))
MONEY = Estimate(412.0, 380.0, 447.0, note="1,583 customers")
SMALL = Estimate(310.0, 120.0, 500.0)
SHARE = Estimate(0.64, 0.61, 0.66)
UNKNOWN = NotAvailable("fewer than two years")


@dataclass
class Persona:
    """A kind of customer."""

    name: str
    customers: int
    share: float
    revenue_share: float
    traits: list[str]


@dataclass
class Imported:
    """An imported file."""

    file: str = "orders.csv"
    importer: str = "table"
    rows_in: int = 1000
    rows_kept: int = 970
    refused: dict[str, int] = field(default_factory=lambda: {"missing_customer": 30})
    findings: tuple[str, ...] = ("Encoding: windows-1252.",)


def answer() -> Answer:
    """Return an answer with every part filled."""
    return Answer(
        lean=Lean.CANNOT_TELL,
        headline="Pay up to £412 to win a customer.",
        caveat="An order log cannot tell which channel works.",
        next_step="Hold back 1,150 customers from the next win-back.",
        currency="GBP",
        as_of=YEAR.end,
        period=YEAR,
        horizon_days=365,
        reasons=(
            Reason("A new customer brings £412 within a year.", MONEY, Unit.MONEY, ("Margin is 50 %.",)),
            Reason("Retention has hardly moved.", UNKNOWN, Unit.RATE),
        ),
        thresholds=(Threshold("CAC", "Winning pays below this.", MONEY, Unit.MONEY),),
        allowable_cac=(
            AllowableCac("country", HOSTILE, 90, MONEY, MONEY, MONEY, 0.1, is_thin=False),
            AllowableCac("country", "Spain", 3, SMALL, MONEY, UNKNOWN, 0.9, is_thin=True),
        ),
        retention_points=(RetentionPoint("Champions", 90, 10, MONEY, MONEY),),
        what_ifs=(
            WhatIfResult("A quarter leaves", "At random.", MONEY, MONEY, Estimate(-90.0, -120.0, -60.0), 500.0, 0.4,
                         Evidence.STATED, ("Nobody returns.",)),
        ),
        criteria=(
            LeanCriterion(Lean.KEEP, "A few bring most", Status.MET, SHARE, Unit.RATE, "above 50 %", "Losses hurt."),
            LeanCriterion(None, "Base is saturated", Status.NOT_KNOWN, UNKNOWN, Unit.RATE, "above 60 %", "No growth."),
        ),
        claims=(ClaimCheck("Winning is 5 to 25 times as dear", 5.0, 25.0, UNKNOWN, Unit.RATIO, "Cannot be checked."),),
        channels=(
            ChannelVerdict("google_ads", 900.0, 40, MONEY, MONEY, SHARE, UNKNOWN, MONEY, "Pays.", Lean.WIN,
                           Evidence.OBSERVED),
        ),
        split=StatedSplit(SHARE, MONEY, MONEY, MONEY, 0.7, 0.2, (("ceiling", 0.3, 0.6, Evidence.STATED),), "Ranges."),
        holdout=Holdout(0.1, 3.0, 14400, 9000, 90, 30, 0.13, is_feasible=False, sentence="14,400 a side are needed."),
        not_identified=(NotIdentified("Which channel works?", "spend per channel"),),
        assumptions=("Prices stay as they are.",),
    )  # fmt: skip


def tables() -> dict[str, Any]:
    """Return a small table for every chart."""
    start = date(2011, 1, 1)
    months = [date(2011, month, 1) for month in range(1, 7)]
    cohorts = pd.DataFrame(
        [(cohort, age, 50, 50 - 7 * age, 1 - 0.14 * age, 10.0 * (age + 1)) for n, cohort in enumerate(months)
         for age in range(6 - n)],
        columns=["cohort", "age", "size", "active", "retention", "ltv"],
    )  # fmt: skip
    growth = {
        "active": 40,
        "new": 13,
        "retained": 20,
        "resurrected": 7,
        "churned": 9,
        "net_change": 4,
        "quick_ratio": 2.2,
    }
    revenue = {"new_revenue": 400.0, "returning_revenue": 611.0, "refunds": 37.0, "new_customers": 5,
               "returning_customers": 9, "orders": 20}  # fmt: skip
    movements = {"opening": 100.0, "new": 23.0, "expansion": 7.0, "contraction": 3.0, "churned": 11.0,
                 "reactivation": 2.0, "closing": 118.0, "gross_retention": 0.86, "net_retention": 0.93}  # fmt: skip
    segments = {"segment": ["Champions", HOSTILE], "customers": [9, 4], "share": [0.7, 0.3], "revenue": [900.0, 20.0],
                "revenue_share": [0.97, 0.03], "recency_days": [9, 300], "frequency": [7.0, 1.0],
                "monetary": [100.0, 5.0]}  # fmt: skip
    return {
        "growth": pd.DataFrame({"period": months, **growth}),
        "cohorts": cohorts.assign(cumulative_revenue=cohorts["ltv"] * 50),
        "rfm": pd.DataFrame({"customer_id": ["a", "b"], "r": [5, 1], "f": [4, 1], "monetary": [9.0, 2.0],
                             "segment": ["Champions", HOSTILE]}),
        "rfm_segments": pd.DataFrame(segments),
        "rfm_migration": pd.DataFrame({"from_segment": ["Champions"], "to_segment": [HOSTILE], "customers": [4]}),
        "rfm_compared": (start, YEAR.end),
        "revenue": pd.DataFrame({"period": months, **revenue, "is_truncated": [True] + [False] * 5}),
        "concentration": pd.DataFrame({"percentile": [10, 20, 100], "customer_share": [0.1, 0.2, 1.0],
                                       "revenue_share": [0.61, 0.73, 1.0]}),
        "concentration_summary": ConcentrationSummary(90, 0.3, 0.61, 0.73, 0.7),
        "gaps": pd.DataFrame({"gap_days_from": [0, 1], "gap_days_to": [1, None], "gaps": [23, 61]}),
        "gaps_summary": GapSummary(84, 31.0, 147.0, 59.2),
        "channels": pd.DataFrame({"channel": [HOSTILE], "spend": [900.0], "new_customers": [40], "cac": [22.5],
                                  "ltv": [60.0], "ltv_low": [45.0], "ltv_high": [75.0], "ltv_to_cac": [2.7]}),
        "recurring": pd.DataFrame({"period": months, **movements}),
        "funnel": pd.DataFrame({"name": [HOSTILE], "entered": [81], "converted": [23], "rate": [0.284],
                                "low": [0.2], "high": [0.39], "median_days": [1.5]}),
    }  # fmt: skip


def foretold() -> dict[str, Any]:
    """Return lifetime value, the chance of no order, and subscribers' renewals of made-up shops."""
    shop, today = facts(orders(), currency="GBP"), date(2024, 6, 24)
    club = subscribed_facts(subscriptions(best_plan=HOSTILE), currency="GBP")
    return {
        "lifetime": lifetime(shop, today, horizon="180d"),
        "churn": churn_of_orders(shop, today, 60),
        "contractual": churn_of_contracts(club, date(2024, 1, 1), by="plan"),
    }


@pytest.fixture(scope="session")
def content() -> ReportContent:
    """Return the content of a report with every section filled."""
    kept = KpiDefinition(
        "kept_rate", "Kept rate", "Share of the start kept.", "kept / CS", "kept", "CS", Unit.RATE, True
    )
    value = KpiDefinition("average_order_value", "Average order value", "Revenue per order.", "revenue / orders",
                          "revenue", "orders", Unit.MONEY, True)  # fmt: skip
    months = [(date(2011, m, 1), date(2011, m + 1, 1)) for m in range(1, 6)]
    return ReportContent(
        business=Business("GBP", "Europe/London", name=HOSTILE),
        period=YEAR,
        as_of=YEAR.end,
        answer=answer(),
        kpis=[
            KpiValue("kept_rate", 0.568, 1693, 2981, YEAR.start, YEAR.end, 0.55, 0.586),
            KpiValue("average_order_value", NotAvailable("no order"), 0, 0, YEAR.start, YEAR.end, currency="GBP"),
            KpiValue("kept_rate", 0.4, 4, 10, YEAR.start, YEAR.end, 0.2, 0.6, group=HOSTILE),
        ],
        definitions={item.key: item for item in (kept, value)},
        headline_kpis=("kept_rate", "average_order_value"),
        trends=[KpiValue("kept_rate", 0.5, 5, 10, a, b, 0.2, 0.8) for a, b in months],
        personas=[Persona(HOSTILE, 9, 0.7, 0.9, ["order every 3 weeks", HOSTILE])],
        imports=[Imported(file=HOSTILE)],
        assumptions=["Orders in EUR were converted at one rate."],
        **tables(),
        **foretold(),
    )
