"""Cutting a log in two: what customers had done by a day, and what they did after it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from keepwell.stats.btyd.customer_base import CustomerBase
from keepwell.understand.activity import observed
from keepwell.understand.clv.grouped import GroupedCustomers
from keepwell.understand.clv.occasions import occasions
from keepwell.understand.clv.repeat_purchases import repeat_purchases
from keepwell.understand.facts import Facts
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import SampleMean

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SHARED = ("frequency", "recency_days", "age_days")
NUMBERS = ("customers", "monetary_value", "holdout_orders", "holdout_value", "first_total", "first_squares")
DIGITS = 6


@dataclass(frozen=True)
class Holdout:
    """A base of customers on the split day, and what each did in the holdout.

    Rows are groups of customers who share everything; they point into ``base``, which holds each (frequency, recency,
    age) once, so that a model scores it once. Arrays are of shape (rows,).

    Args:
        split: first day of the holdout.
        as_of: first day after it.
        base: customers as known the day before the split, each unique tuple once.
        tuple_of_row: index into ``base``.
        customers: how many share the row.
        monetary_value: mean net value of the repeat occasions before the split; 0 where there is none.
        orders: occasions in the holdout.
        value: net value of those occasions, in the business currency.
        first_values: of all customers' first occasions.

    """

    split: date
    as_of: date
    base: CustomerBase
    tuple_of_row: Ints
    customers: Floats
    monetary_value: Floats
    orders: Floats
    value: Floats
    first_values: SampleMean

    @property
    def groups(self) -> GroupedCustomers:
        """The base with the means that expected spend needs."""
        people, place = self.base.customers, self.tuple_of_row
        mean, square = (
            np.bincount(place, weights=self.customers * self.monetary_value**power, minlength=self.base.rows) / people
            for power in (1, 2)
        )
        return GroupedCustomers(self.base, mean, square)

    @property
    def spend(self) -> dict[str, Floats]:
        """Frequency and monetary_value of the customers with a repeat occasion, one row each."""
        has_any = self.frequency > 0
        people = self.customers[has_any].astype(np.int64)
        return {
            "frequency": np.repeat(self.frequency[has_any], people),
            "monetary_value": np.repeat(self.monetary_value[has_any], people),
        }

    @property
    def days(self) -> int:
        """Length of the holdout."""
        return (self.as_of - self.split).days

    @property
    def frequency(self) -> Floats:
        """Repeat occasions before the split, by row."""
        return self.base.frequency[self.tuple_of_row].astype(np.float64)

    @property
    def age_days(self) -> Floats:
        """Days from the first occasion to the day before the split, by row."""
        return self.base.age_days[self.tuple_of_row]


def holdout_purchases(
    facts: Facts, split: date, as_of: date, *, since: date | None = None, count_free: bool = False
) -> ir.Table:
    """Return what each customer had done by the split, as was known then, and what they did in the holdout.

    Refunds dated from the split on do not reach back before it: nobody knew of them on the split day.

    Args:
        facts: orders and, where known, refunds.
        split: first day of the holdout.
        as_of: first day after the holdout.
        since: leave out customers whose first occasion lies before this day.
        count_free: see `repeat_purchases`.

    Returns:
        One row per customer with an occasion before the split: customer_id, frequency, recency_days, age_days (int64),
        monetary_value (float64, null without a repeat), first_value (float64), holdout_orders (int64; occasions),
        holdout_value (float64; their net value).

    """
    known = repeat_purchases(facts, split, since=since, count_free=count_free)
    days = occasions(facts, as_of, count_free=count_free)
    later = days.filter(days.day >= split.toordinal())
    came = later.group_by(who="customer_id").aggregate(
        later_orders=later.count().cast("int64"), later_value=later["value"].sum()
    )
    joined = known.left_join(came, known.customer_id == came.who)
    return joined.select(
        "customer_id",
        *SHARED,
        "monetary_value",
        "first_value",
        holdout_orders=joined.later_orders.fill_null(0).cast("int64"),
        holdout_value=joined.later_value.fill_null(0.0),
    )


def holdout(facts: Facts, split: date, as_of: date, *, since: date | None = None, count_free: bool = False) -> Holdout:
    """Return the same, grouped by the engine and read into memory: one row a group of equal customers.

    Args:
        facts, split, as_of, since, count_free: see `holdout_purchases`.

    Raises:
        InputError: the split does not lie within the log, the holdout has no day, or there is no customer before it.

    >>> import datetime as dt
    >>> import ibis
    >>> from keepwell.understand.facts import facts_from_tables
    >>> from keepwell.vocabulary.business import Business
    >>> log = ibis.memtable({"customer": ["a", "a", "a", "b"], "order": ["1", "2", "3", "4"], "total": [5.0] * 4,
    ...                      "date": [dt.date(2011, 1, day) for day in (1, 9, 31, 5)]})
    >>> cut = holdout(facts_from_tables(log, business=Business()), dt.date(2011, 1, 20), dt.date(2011, 2, 17))
    >>> cut.base.frequency.tolist(), cut.orders.tolist(), cut.days
    ([0, 1], [0.0, 1.0], 28)

    """
    _check(facts, split, as_of)
    rows = _grouped(holdout_purchases(facts, split, as_of, since=since, count_free=count_free))
    if not rows.num_rows:
        raise InputError(
            "clv.no_customers",
            f"Nobody had bought anything before {split}.",
            where="split",
            value=split,
            advice="Split at a later day.",
        )
    columns = {name: rows[name].to_numpy() for name in (*SHARED, "customers")}
    numbers = {name: rows[name].fill_null(0).to_numpy().astype(np.float64) for name in NUMBERS}
    base, place = _unique(columns)
    # a fixed order of rows, whatever the engine's: sums of floats then come out the same to the last digit
    order = np.lexsort((numbers["holdout_value"], numbers["holdout_orders"], numbers["monetary_value"], place))
    return Holdout(
        split=split,
        as_of=as_of,
        base=base,
        tuple_of_row=place[order],
        customers=numbers["customers"][order],
        monetary_value=numbers["monetary_value"][order],
        orders=numbers["holdout_orders"][order],
        value=numbers["holdout_value"][order],
        first_values=SampleMean(
            base.total, *(float(numbers[name][order].sum()) for name in ("first_total", "first_squares"))
        ),
    )


def _grouped(people: ir.Table) -> pa.Table:
    # engines add floats in no fixed order: without their last digits, results do not differ from run to run
    rounded = people.mutate(**{name: people[name].round(DIGITS) for name in ("monetary_value", "holdout_value")})
    groups = rounded.group_by([*SHARED, "monetary_value", "holdout_orders", "holdout_value"]).aggregate(
        customers=rounded.count().cast("int64"),
        first_total=rounded.first_value.sum(),
        first_squares=(rounded.first_value * rounded.first_value).sum(),
    )
    return groups.to_pyarrow()


def _unique(columns: dict[str, Ints]) -> tuple[CustomerBase, Ints]:
    """Return each (frequency, recency, age) once with its customers, and where each row's stands."""
    frequency, recency, age = (columns[name].astype(np.int64) for name in SHARED)
    span = int(age.max()) + 1
    key = (frequency * span + recency) * span + age
    unique, place = np.unique(key, return_inverse=True)
    people = np.bincount(place, weights=columns["customers"].astype(np.float64))
    base = CustomerBase.of(
        {
            "frequency": unique // (span * span),
            "recency_days": unique // span % span,
            "age_days": unique % span,
            "customers": people,
        }
    )
    return base, place.astype(np.int64)


def _check(facts: Facts, split: date, as_of: date) -> None:
    log = observed(facts)
    if not log.start < split < min(as_of, log.end):
        raise InputError(
            "clv.split",
            f"The split {split} does not cut the log, which runs from {log.start} to {log.last_day}, in two.",
            where="split",
            value=split,
            advice=f"Choose a day after {log.start} and before {min(as_of, log.end)}.",
        )
