"""The sections about the customers: who came, who stays, where they stand."""

from __future__ import annotations

import pandas as pd

from keepwell import plot
from keepwell.loop.report import numbers
from keepwell.loop.report.blocks import Block, Cards, Section, Terms
from keepwell.loop.report.content import ReportContent
from keepwell.loop.report.drawing import figure
from keepwell.loop.report.present import rows_of, section
from keepwell.loop.report.tables import matrix, table, triangle
from keepwell.understand.concentration import ConcentrationSummary
from keepwell.understand.gaps import GapSummary
from keepwell.understand.rfm_segments import SEGMENTS

GROWTH = ("period", "active", "new", "retained", "resurrected", "churned", "net_change", "quick_ratio")
SEGMENT = ("segment", "customers", "share", "revenue", "revenue_share", "recency_days", "frequency", "monetary")
EVERY_PERCENTILE_TO = 20
NO_COHORT = "No cohort could be watched for a whole month yet, so there is no chart of cohorts: the log is too short."


def growth(content: ReportContent) -> Section | None:
    """Show customers won, won back and lost per period."""
    rows = rows_of(content.growth)
    if rows is None:
        return None
    whole = rows[rows["is_complete"].astype(bool)] if "is_complete" in rows.columns else rows
    findings = []
    if len(whole):
        last = whole.iloc[-1]
        findings.append(
            f"In {numbers.month(last['period'])} {numbers.count(last['active'])} customers were active: "
            f"{numbers.count(last['new'])} new, {numbers.count(last['retained'])} kept, "
            f"{numbers.count(last['resurrected'])} came back; {numbers.count(last['churned'])} stopped."
        )
    shown = table(rows, GROWTH, "Growth accounting", content.business.currency)
    drawn = figure(
        "growth", lambda width: plot.growth_accounting(rows, width=width), [shown], finding=" ".join(findings)
    )
    return section("growth", findings, [drawn])


def cohorts(content: ReportContent) -> Section | None:
    """Show the cohort heat map, retention curves, and revenue per customer so far."""
    rows = rows_of(content.cohorts)
    if rows is None:
        return None
    if "is_observed" in rows.columns:
        rows = rows[rows["is_observed"].astype(bool)]
    if rows.empty:
        return section("cohorts", [NO_COHORT], [])
    currency = content.business.currency
    kept = triangle(rows, "retention", "Retention", currency)
    blocks: list[Block] = [figure("heat", lambda width: plot.cohort_heat_map(rows, width=width), kept)]
    findings = []
    second = rows[(rows["age"] == 1) & rows["active"].notna()]
    if len(second):
        again, came = second["active"].sum(), second["size"].sum()
        findings.append(f"Of {numbers.count(came)} customers, {numbers.rate(again / came)} ordered one period later.")
        curves = table(_pooled(rows), ("age", "active", "size", "retention"), "Retention, all cohorts pooled", currency)
        blocks.append(figure("curves", lambda width: plot.retention_curves(rows, width=width), [curves]))
    if "ltv" in rows.columns:
        worth = triangle(rows, "ltv", "Revenue so far per customer", currency)
        draw = figure("ltv", lambda width: plot.ltv_by_cohort(rows, currency=currency, width=width), worth)
        blocks.append(draw)
    return section("cohorts", findings, blocks)


def rfm(content: ReportContent) -> Section | None:
    """Show the map of recency and frequency, the named segments, and how customers moved between them."""
    rows, segments = rows_of(content.rfm), rows_of(content.rfm_segments)
    currency = content.business.currency
    blocks: list[Block] = []
    findings = []
    if rows is not None:
        cells = _cells(rows)
        shown = table(cells, ("r", "f", "customers", "monetary", "segment"), "Cells of the map", currency)
        blocks.append(figure("rfm", lambda width: plot.rfm_map(rows, width=width), [shown]))
    if segments is not None:
        best = segments.sort_values("revenue", ascending=False)
        first = best.iloc[0]
        findings.append(
            f"{first['segment']} are {numbers.rate(first['share'])} of the customers and bring "
            f"{numbers.rate(first['revenue_share'])} of the revenue."
        )
        blocks.append(table(best, SEGMENT, "Segments, by revenue", currency))
        known = [(name, SEGMENTS[name]) for name in best["segment"] if name in SEGMENTS]
        blocks.append(Terms(known, "What the names mean", is_folded=True))
    moved = rows_of(content.rfm_migration)
    if moved is not None:
        compared = content.rfm_compared
        caption = f"From {numbers.day(compared[0])} to {numbers.day(compared[1])}" if compared else "Moves"
        shown = matrix(moved, "from_segment", "to_segment", "customers", caption)
        blocks.append(figure("moves", lambda width: plot.rfm_migration(moved, width=width), [shown]))
    return section("rfm", findings, blocks)


def concentration(content: ReportContent) -> Section | None:
    """Show how much of the revenue the best customers bring."""
    rows = rows_of(content.concentration)
    if rows is None:
        return None
    findings = []
    summary = content.concentration_summary
    if isinstance(summary, ConcentrationSummary):
        findings.append(
            f"The best tenth of the customers brings {numbers.rate(summary.top_10)} of the revenue, the best hundredth "
            f"{numbers.rate(summary.top_1)}. The Gini coefficient is {numbers.decimal(summary.gini)} "
            "(0: all bring the same; 1: one brings everything)."
        )
    if "percentile" in rows.columns:
        fine = (rows["percentile"] <= EVERY_PERCENTILE_TO) | (rows["percentile"] % 5 == 0)
    else:
        fine = pd.Series(data=True, index=rows.index)
    columns = ("customer_share", "revenue_share")
    note = f"Every percentile up to {EVERY_PERCENTILE_TO}, every fifth beyond."
    shown = table(rows[fine], columns, "Cumulated shares, best customers first", content.business.currency, note=note)
    drawn = figure(
        "concentration", lambda width: plot.concentration(rows, width=width), [shown], finding=" ".join(findings)
    )
    return section("concentration", findings, [drawn])


def gaps(content: ReportContent) -> Section | None:
    """Show the days between one order and the next."""
    rows = rows_of(content.gaps)
    if rows is None:
        return None
    summary = content.gaps_summary
    findings = []
    marks: dict[str, float] = {}
    if isinstance(summary, GapSummary):
        marks = {"median": summary.median, "p90": summary.p90}
        findings.append(
            f"Half of all repeat orders come within {numbers.days(summary.median)} of the one before, nine of "
            f"ten within {numbers.days(summary.p90)} "
            f"({numbers.count(summary.n)} gaps, mean {numbers.days(summary.mean)})."
        )
    shown = table(rows, ("gap_days_from", "gap_days_to", "gaps"), "Gaps by days", content.business.currency)
    return section(
        "gaps", findings, [figure("gaps", lambda width: plot.gaps_histogram(rows, width=width, **marks), [shown])]
    )


def personas(content: ReportContent) -> Section | None:
    """Describe kinds of customers in words."""
    rows = rows_of(content.personas)
    if rows is None:
        return None
    cards = []
    for row in rows.to_dict("records"):
        size = f"{numbers.count(row['customers'])} customers ({numbers.rate(row['share'])})"
        brings = f"{numbers.rate(row['revenue_share'])} of the revenue" if "revenue_share" in row else ""
        cards.append((str(row["name"]), ", ".join(part for part in (size, brings) if part), list(row["traits"])))
    return section("personas", [], [Cards(cards)])


def _pooled(rows: pd.DataFrame) -> pd.DataFrame:
    sums = rows.dropna(subset=["retention"]).groupby("age", as_index=False)[["active", "size"]].sum()
    return sums.assign(retention=sums["active"] / sums["size"])


def _cells(rows: pd.DataFrame) -> pd.DataFrame:
    return (
        rows.groupby(["r", "f"], as_index=False)
        .agg(
            customers=("customer_id", "nunique"),
            monetary=("monetary", "mean"),
            segment=("segment", lambda names: names.value_counts().sort_index(kind="stable").idxmax()),
        )
        .sort_values(["r", "f"], ascending=False)
    )
