"""By hand in Polars, as somebody would who knows it well: lazy, streaming, one sort, integer months."""

from __future__ import annotations

import math

import polars as pl

from bench.benchmark import Task
from bench.kpis_cohorts_rfm.answer import END, REPEAT_DAYS, SHORTEST_WINDOW_DAYS, START, write_kpis
from keepwell.understand.rfm_segments import GRID

CUSTOMER = "customer_id"
DAY = pl.col("ordered_at").dt.date()
IN_PERIOD = (DAY >= START) & (DAY < END)


def run(task: Task) -> None:
    orders = _orders(task)
    write_kpis(task.results, _kpis(orders))
    months = _months(orders)
    _growth(months).write_parquet(task.results / "growth.parquet")
    _revenue(orders).write_parquet(task.results / "revenue.parquet")
    _cohorts(months).write_parquet(task.results / "cohorts.parquet")
    _rfm(orders).write_parquet(task.results / "rfm.parquet")


def _orders(task: Task) -> pl.DataFrame:
    """Return orders in each customer's order, with number, first and previous time."""
    lines = pl.scan_parquet(task.source)
    amount = pl.col("quantity") * pl.col("unit_price")
    orders = (
        lines.group_by(CUSTOMER, "order_id")
        .agg(pl.col("ordered_at").min(), amount.sum().round(2).alias("revenue"))
        .filter(DAY < END)
        .sort(CUSTOMER, "ordered_at", "order_id")
        .drop("order_id")
        .collect(engine="streaming")
    )
    is_first = pl.col(CUSTOMER).ne_missing(pl.col(CUSTOMER).shift())
    row = pl.int_range(pl.len(), dtype=pl.Int64)
    return (
        orders.lazy()
        .with_columns(is_first=is_first, row=row)
        .with_columns(
            first=pl.when("is_first").then(DAY).forward_fill(),
            number=pl.col("row") - pl.when("is_first").then("row").forward_fill() + 1,
            gap=pl.when(~pl.col("is_first")).then((DAY - DAY.shift()).dt.total_days()),
        )
        .drop("row")
        .collect()
    )


def _kpis(orders: pl.DataFrame) -> dict[str, float]:
    gaps = orders.lazy().filter(pl.col("gap").is_not_null())
    p90 = gaps.select(pl.col("gap").quantile(0.9, "linear")).collect().item()
    window = pl.duration(days=max(SHORTEST_WINDOW_DAYS, math.ceil(p90)))
    customers = (
        orders.lazy()
        .group_by(CUSTOMER)
        .agg(
            first=DAY.min(),
            second=DAY.filter(pl.col("number") == 2).first(),
            ever=pl.len(),
            orders=IN_PERIOD.sum(),
            was=DAY.is_between(pl.lit(START) - window, START, "left").any(),
            active=DAY.is_between(pl.lit(END) - window, END, "left").any(),
        )
        .with_columns(new=pl.col("first") >= START, grown=pl.col("first") + pl.duration(days=REPEAT_DAYS))
        .with_columns(mature=(pl.col("grown") > START) & (pl.col("grown") <= END))
    )
    was, active, new, ordered = pl.col("was"), pl.col("active"), pl.col("new"), pl.col("orders") > 0
    sums = customers.select(
        ordering=ordered.sum(), new=new.sum(), start=was.sum(), end=active.sum(), kept=(was & active).sum(),
        won=(active & new).sum(), resurrected=(active & ~was & ~new).sum(), churned=(was & ~active).sum(),
        mature=pl.col("mature").sum(),
        repeated=(pl.col("mature") & (pl.col("second") < pl.col("grown"))).fill_null(False).sum(),
        ever=pl.len(), twice=(pl.col("ever") > 1).sum(),
    ).collect().row(0, named=True)  # fmt: skip
    money = orders.lazy().select(
        orders=IN_PERIOD.sum(), revenue=pl.col("revenue").filter(IN_PERIOD).sum(), total=pl.col("revenue").sum(),
        first=pl.col("revenue").filter(IN_PERIOD & pl.col("is_first")).sum(),
    ).collect().row(0, named=True)  # fmt: skip
    inside = gaps.filter(IN_PERIOD)
    own = inside.group_by(CUSTOMER).agg(pl.col("gap").median()).select(pl.col("gap").median())
    return {
        "ordering_customers": sums["ordering"],
        "new_customers": sums["new"],
        "returning_customers": sums["ordering"] - sums["new"],
        "active_customers_at_start": sums["start"],
        "active_customers": sums["end"],
        "churned_customers": sums["churned"],
        "resurrected_customers": sums["resurrected"],
        "customer_retention_rate": (sums["end"] - sums["won"]) / sums["start"],
        "kept_rate": sums["kept"] / sums["start"],
        "churn_rate": sums["churned"] / sums["start"],
        "quick_ratio": (sums["won"] + sums["resurrected"]) / sums["churned"],
        "repeat_purchase_rate": sums["repeated"] / sums["mature"],
        "repeat_customer_share": sums["twice"] / sums["ever"],
        "purchase_frequency": money["orders"] / sums["ordering"],
        "time_between_orders": inside.select(pl.col("gap").median()).collect().item(),
        "customer_time_between_orders": own.collect().item(),
        "orders": money["orders"],
        "revenue": money["revenue"],
        "new_revenue": money["first"],
        "returning_revenue": money["revenue"] - money["first"],
        "average_order_value": money["revenue"] / money["orders"],
        "historic_lifetime_value": money["total"] / sums["ever"],
    }


def _month(column: pl.Expr) -> pl.Expr:
    return column.dt.year().cast(pl.Int32) * 12 + column.dt.month() - 1


def _first_day(month: str) -> pl.Expr:
    return pl.date(pl.col(month) // 12, pl.col(month) % 12 + 1, 1)


def _months(orders: pl.DataFrame) -> pl.DataFrame:
    """Return one row per customer and month with an order, in each customer's order."""
    return (
        orders.lazy()
        .group_by(CUSTOMER, month=_month(DAY))
        .agg(first=_month(pl.col("first").first()), orders=pl.len(), revenue=pl.col("revenue").sum())
        .sort(CUSTOMER, "month")
        .with_columns(
            before=pl.when(pl.col(CUSTOMER) == pl.col(CUSTOMER).shift()).then(pl.col("month").shift()),
            after=pl.when(pl.col(CUSTOMER) == pl.col(CUSTOMER).shift(-1)).then(pl.col("month").shift(-1)),
        )
        .collect()
    )


def _growth(months: pl.DataFrame) -> pl.DataFrame:
    month = pl.col("month")
    return (
        months.group_by("month")
        .agg(
            active=pl.len().cast(pl.Int64),
            new=(month == pl.col("first")).sum().cast(pl.Int64),
            retained=(pl.col("before") == month - 1).sum(),
            resurrected=(pl.col("before") < month - 1).sum().cast(pl.Int64),
            left=pl.len() - (pl.col("after") == month + 1).sum(),
        )
        .sort("month")
        .with_columns(churned=pl.col("left").shift().fill_null(0).cast(pl.Int64), period=_first_day("month"))
        .with_columns(net_change=pl.col("new") + pl.col("resurrected") - pl.col("churned"))
    )


def _revenue(orders: pl.DataFrame) -> pl.DataFrame:
    revenue, is_first = pl.col("revenue"), pl.col("is_first")
    return (
        orders.lazy()
        .group_by(month=_month(DAY))
        .agg(
            new_revenue=revenue.filter(is_first).sum(),
            returning_revenue=revenue.filter(~is_first).sum(),
            new_customers=is_first.sum(),
            customers=pl.col(CUSTOMER).n_unique(),
            orders=pl.len(),
        )
        .with_columns(
            returning_customers=pl.col("customers").cast(pl.Int64) - pl.col("new_customers").cast(pl.Int64),
            period=_first_day("month"),
        )
        .collect()
    )


def _cohorts(months: pl.DataFrame) -> pl.DataFrame:
    last = END.year * 12 + END.month - 2
    cells = months.group_by("first", "month").agg(
        active=pl.len(), orders=pl.col("orders").sum(), revenue=pl.col("revenue").sum()
    )
    sizes = cells.filter(pl.col("first") == pl.col("month")).select("first", size="active")
    grid = sizes.with_columns(month=pl.int_ranges("first", last + 1, dtype=pl.Int32)).explode("month")
    return (
        grid.join(cells, on=["first", "month"], how="left")
        .with_columns(pl.col("active", "orders", "revenue").fill_null(0))
        .sort("first", "month")
        .with_columns(
            cohort=_first_day("first"),
            age=pl.col("month") - pl.col("first"),
            retention=pl.col("active") / pl.col("size"),
            cumulative_revenue=pl.col("revenue").cum_sum().over("first"),
        )
        .with_columns(ltv=pl.col("cumulative_revenue") / pl.col("size"))
    )


def _rfm(orders: pl.DataFrame) -> pl.DataFrame:
    names = pl.DataFrame(
        [(r, both, name) for r, row in GRID.items() for both, name in enumerate(row, 1)],
        schema={"r": pl.Int64, "both": pl.Int64, "segment": pl.String},
        orient="row",
    )
    return (
        orders.lazy()
        .group_by(CUSTOMER)
        .agg(
            recency_days=(pl.lit(END) - DAY.max()).dt.total_days(),
            frequency=pl.len(),
            monetary=pl.col("revenue").sum().round(2),
        )
        .with_columns(
            r=_score(pl.col("recency_days").rank("min", descending=True)),
            f=_score(pl.col("frequency").rank("min")),
            m=_score(pl.col("monetary").rank("min")),
        )
        .with_columns(both=(pl.col("f") + pl.col("m") + 1) // 2)
        .join(names.lazy(), on=["r", "both"], how="left")
        .drop("both")
        .collect()
    )


def _score(rank: pl.Expr) -> pl.Expr:
    """Return 1 plus five times the share of customers who are strictly worse."""
    return (rank.cast(pl.Int64) - 1) * 5 // pl.len() + 1
