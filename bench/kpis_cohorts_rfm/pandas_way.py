"""By hand in pandas, with the columns that are needed and categories for the customers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from bench.benchmark import Task
from bench.kpis_cohorts_rfm.answer import END, REPEAT_DAYS, SHORTEST_WINDOW_DAYS, START, write_kpis
from keepwell.understand.rfm_segments import GRID

CUSTOMER = "customer_id"
BEGIN, UNTIL = pd.Timestamp(START), pd.Timestamp(END)


def run(task: Task) -> None:
    orders = _orders(task)
    write_kpis(task.results, _kpis(orders))
    months = _months(orders)
    _growth(months).to_parquet(task.results / "growth.parquet")
    _revenue(orders).to_parquet(task.results / "revenue.parquet")
    _cohorts(months).to_parquet(task.results / "cohorts.parquet")
    _rfm(orders).to_parquet(task.results / "rfm.parquet")


def _orders(task: Task) -> pd.DataFrame:
    columns = [CUSTOMER, "order_id", "ordered_at", "quantity", "unit_price"]
    lines = pd.read_parquet(task.source, columns=columns)
    lines["revenue"] = lines["quantity"] * lines["unit_price"]
    grouped = lines.groupby([CUSTOMER, "order_id"], as_index=False, sort=False)
    orders = grouped.agg(ordered_at=("ordered_at", "min"), revenue=("revenue", "sum"))
    orders = orders[orders["ordered_at"] < UNTIL].sort_values([CUSTOMER, "ordered_at", "order_id"], ignore_index=True)
    orders["revenue"] = orders["revenue"].round(2)
    orders["day"] = orders["ordered_at"].dt.normalize()
    per_customer = orders.groupby(CUSTOMER, sort=False)
    orders["number"] = per_customer.cumcount() + 1
    orders["first"] = per_customer["day"].transform("first")
    orders["gap"] = per_customer["day"].diff().dt.days
    orders["month"] = _month(orders["day"])
    return orders


def _kpis(orders: pd.DataFrame) -> dict[str, Any]:
    window = pd.Timedelta(days=max(SHORTEST_WINDOW_DAYS, math.ceil(orders["gap"].quantile(0.9))))
    day, inside = orders["day"], orders["day"] >= BEGIN
    marked = orders.assign(
        inside=inside, was=(day >= BEGIN - window) & (day < BEGIN), active=day >= UNTIL - window,
        second=day.where(orders["number"] == 2),
    )  # fmt: skip
    people = marked.groupby(CUSTOMER, sort=False).agg(
        first=("first", "first"), second=("second", "min"), ever=("number", "size"), orders=("inside", "sum"),
        was=("was", "any"), active=("active", "any"),
    )  # fmt: skip
    was, active, new, grown = (
        people["was"], people["active"], people["first"] >= BEGIN, people["first"] + pd.Timedelta(days=REPEAT_DAYS)
    )  # fmt: skip
    mature = (grown > BEGIN) & (grown <= UNTIL)
    repeated = (mature & (people["second"] < grown)).sum()
    gaps = orders.loc[inside & orders["gap"].notna()]
    count, revenue = inside.sum(), orders.loc[inside, "revenue"].sum()
    first = orders.loc[inside & (orders["number"] == 1), "revenue"].sum()
    ordering, churned = (people["orders"] > 0).sum(), (was & ~active).sum()
    won, resurrected = (active & new).sum(), (active & ~was & ~new).sum()
    return {
        "ordering_customers": ordering,
        "new_customers": new.sum(),
        "returning_customers": ordering - new.sum(),
        "active_customers_at_start": was.sum(),
        "active_customers": active.sum(),
        "churned_customers": churned,
        "resurrected_customers": resurrected,
        "customer_retention_rate": (active.sum() - won) / was.sum(),
        "kept_rate": (was & active).sum() / was.sum(),
        "churn_rate": churned / was.sum(),
        "quick_ratio": (won + resurrected) / churned,
        "repeat_purchase_rate": repeated / mature.sum(),
        "repeat_customer_share": (people["ever"] > 1).mean(),
        "purchase_frequency": count / ordering,
        "time_between_orders": gaps["gap"].median(),
        "customer_time_between_orders": gaps.groupby(CUSTOMER, sort=False)["gap"].median().median(),
        "orders": count,
        "revenue": revenue,
        "new_revenue": first,
        "returning_revenue": revenue - first,
        "average_order_value": revenue / count,
        "historic_lifetime_value": orders["revenue"].sum() / len(people),
    }


def _month(day: Any) -> Any:
    return day.dt.year * 12 + day.dt.month - 1


def _first_day(month: Any) -> Any:
    return pd.to_datetime({"year": month // 12, "month": month % 12 + 1, "day": 1})


def _months(orders: pd.DataFrame) -> pd.DataFrame:
    months = orders.groupby([CUSTOMER, "month"], as_index=False, sort=False).agg(
        first=("first", "first"), orders=("revenue", "size"), revenue=("revenue", "sum")
    )
    months["first"] = _month(months["first"])
    same = months.groupby(CUSTOMER, sort=False)["month"]
    return months.assign(before=same.shift(), after=same.shift(-1))


def _growth(months: pd.DataFrame) -> pd.DataFrame:
    flags = pd.DataFrame(
        {
            "month": months["month"],
            "active": 1,
            "new": months["month"] == months["first"],
            "retained": months["before"] == months["month"] - 1,
            "resurrected": months["before"] < months["month"] - 1,
            "left": months["after"] != months["month"] + 1,
        }
    )
    found = flags.groupby("month", as_index=False).sum()
    found["churned"] = found["left"].shift(fill_value=0)
    found["net_change"] = found["new"] + found["resurrected"] - found["churned"]
    return found.assign(period=_first_day(found["month"]))


def _revenue(orders: pd.DataFrame) -> pd.DataFrame:
    is_first = orders["number"] == 1
    rows = pd.DataFrame(
        {
            "month": orders["month"],
            "customer": orders[CUSTOMER],
            "new_revenue": orders["revenue"].where(is_first, 0),
            "returning_revenue": orders["revenue"].where(~is_first, 0),
            "is_first": is_first,
        }
    )
    found = rows.groupby("month", as_index=False).agg(
        new_revenue=("new_revenue", "sum"), returning_revenue=("returning_revenue", "sum"),
        new_customers=("is_first", "sum"), customers=("customer", "nunique"), orders=("is_first", "size"),
    )  # fmt: skip
    return found.assign(
        returning_customers=found["customers"] - found["new_customers"], period=_first_day(found["month"])
    )


def _cohorts(months: pd.DataFrame) -> pd.DataFrame:
    cells = months.groupby(["first", "month"], as_index=False).agg(
        active=("orders", "size"), orders=("orders", "sum"), revenue=("revenue", "sum")
    )
    sizes = cells[cells["first"] == cells["month"]].set_index("first")["active"]
    last = END.year * 12 + END.month - 2
    pairs = [(first, month) for first in sizes.index for month in range(first, last + 1)]
    grid = pd.DataFrame(pairs, columns=["first", "month"]).merge(cells, how="left").fillna(0)
    grid["size"], grid["age"] = grid["first"].map(sizes), grid["month"] - grid["first"]
    grid["retention"] = grid["active"] / grid["size"]
    grid["cumulative_revenue"] = grid.groupby("first")["revenue"].cumsum()
    grid["ltv"] = grid["cumulative_revenue"] / grid["size"]
    return grid.assign(cohort=_first_day(grid["first"]))


def _rfm(orders: pd.DataFrame) -> pd.DataFrame:
    people = orders.groupby(CUSTOMER, as_index=False, sort=False).agg(
        last=("day", "max"), frequency=("day", "size"), monetary=("revenue", "sum")
    )
    people["monetary"] = people["monetary"].round(2)
    people["recency_days"] = (UNTIL - people.pop("last")).dt.days
    for score, column, ascending in (("r", "recency_days", False), ("f", "frequency", True), ("m", "monetary", True)):
        rank = people[column].rank(method="min", ascending=ascending).astype("int64")
        people[score] = (rank - 1) * 5 // len(people) + 1
    names = np.array([GRID[r] for r in sorted(GRID)], dtype=object)
    both = (people["f"] + people["m"] + 1) // 2
    return people.assign(segment=names[people["r"] - 1, both - 1])
