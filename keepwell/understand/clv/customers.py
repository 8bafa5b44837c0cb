"""What every customer of a base is worth within a horizon."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from keepwell.stats.btyd.model import BuyTillYouDie
from keepwell.stats.btyd.modified_beta_geo import ModifiedBetaGeo
from keepwell.stats.gamma_gamma import GammaGamma
from keepwell.understand.clv.grouped import GroupedCustomers, grouped, repeat_spend
from keepwell.understand.clv.repeat_purchases import CONVENTION, FREE, bought, customers_seen
from keepwell.understand.clv.scoring import READ, SCHEMA, Scoring
from keepwell.understand.clv.spend import fitted_spend, notes_on_spend
from keepwell.understand.clv.totals import Totals, expected, totals
from keepwell.understand.clv.uncertainty import Uncertainty
from keepwell.understand.facts import Facts
from keepwell.vocabulary.errors import InputError, KeepwellError
from keepwell.vocabulary.estimate import SampleMean

FEWEST_REPEATERS = 30
BATCH_ROWS = 250_000
INTERVALS = (
    "A customer's interval says how well the data determine the expected value, the mean over many customers like "
    "this one; what a single customer does varies far more. The totals' intervals are predictive: they hold chance too."
)


@dataclass(frozen=True)
class CustomerValues:
    """What every customer will do and bring within the horizon, and all of them together.

    Args:
        as_of: first day not observed; the horizon begins with it.
        horizon_days: its length.
        customers: how many are scored.
        repeat_customers: how many of them bought on a second day.
        model: of repeat purchases, fitted.
        spend: of what they spend an order, fitted.
        totals: of the whole base, with predictive intervals.
        margin_rate, discount_rate: that values were worked out with.
        notes: what a reader must know: conventions, who is left out, doubts about the fits.
        purchases: the scored customers' frequency, recency, age and spend, kept in the engine.
        scoring: from them to the columns of ``table``.

    """

    as_of: date
    horizon_days: int
    customers: int
    repeat_customers: int
    model: BuyTillYouDie
    spend: GammaGamma
    totals: Totals
    margin_rate: float
    discount_rate: float
    notes: tuple[str, ...]
    purchases: ir.Table
    scoring: Scoring

    def batches(self, rows: int = BATCH_ROWS) -> Iterator[pa.RecordBatch]:
        """Score the customers as they are read, batch after batch, in no particular order.

        On DuckDB nothing else may be asked of the same connection in between: it holds one answer at a time and drops
        what is left of it without a word, which is noticed here.

        Args:
            rows: most customers a batch.

        Raises:
            KeepwellError: fewer customers came than there are.

        Yields:
            Record batches with one row a customer: customer_id; frequency, recency_days, age_days, monetary_value (see
            `repeat_purchases`); probability_alive (in [0, 1]); expected_orders (occasions within the horizon);
            expected_spend (per order, in the business currency); value, value_low, value_high (contribution margin
            within the horizon, and the 95 % interval of that expectation: not of what this one customer does);
            discounted_value, discounted_value_low, discounted_value_high (the same in today's money, each order
            discounted by its day); next_order_on (the day by which a customer who is still there orders again with a
            chance of one half; null where that is more than three years ahead).

        """
        scored = 0
        for batch in self.purchases.to_pyarrow_batches(chunk_size=rows):
            if batch.num_rows:
                scored += batch.num_rows
                yield self.scoring.scored(batch)
        if scored != self.customers:
            raise KeepwellError(
                "clv.interrupted",
                f"Only {scored:,} of {self.customers:,} customers were read: another question came in between.",
                value=scored,
                advice="Read all batches before asking the same connection anything else, or take the table.",
            )

    def table(self) -> pa.Table:
        """Return all batches as one Arrow table."""
        return pa.Table.from_batches(self.batches(), schema=SCHEMA)


def customer_values(
    facts: Facts,
    as_of: date,
    *,
    horizon_days: int = 365,
    model: BuyTillYouDie | None = None,
    spend: GammaGamma | None = None,
    seed: int = 0,
    since: date | None = None,
    count_free: bool = False,
) -> CustomerValues:
    """Fit what is not given, and work out every customer's value.

    Value is the margin rate times expected orders times expected spend an order, for orders within the horizon; what
    a customer has brought so far is not in it.

    Args:
        facts: orders and, where known, refunds; margin and discount rate are those of ``facts.business``.
        as_of: first day not observed.
        horizon_days: length of the horizon that begins with ``as_of``, at least 1.
        model: of repeat purchases, fitted, or not fitted yet; the MBG/NBD where not given, since under BG/NBD all who
            have not come back count as still there.
        spend: fitted, or fitted here: the gamma–gamma model, or the shrunk sample mean (`fitted_spend`).
        seed: of the draws behind the intervals.
        since: leave out customers whose first occasion lies before this day.
        count_free: see `repeat_purchases`.

    Raises:
        InputError: nobody has bought before ``as_of``, "Not enough repeat purchases: …" for a model that is not
            fitted yet, or a horizon below one day.

    """
    if horizon_days < 1:
        raise InputError(
            "clv.horizon", "The horizon must be at least one day.", value=horizon_days, advice="Use for instance 365."
        )
    seen = customers_seen(facts, as_of, count_free=count_free).cache()
    purchases = bought(seen, as_of, since=since)
    counts = _counts(seen, purchases)
    _must_hold_customers(counts, as_of)
    groups = grouped(purchases)
    given, model = model, _fitted(model, groups, counts)
    if spend is None:
        first = SampleMean(counts["customers"], counts["first_total"], counts["first_squares"])
        spend = fitted_spend(repeat_spend(purchases), first)
    business = facts.business
    uncertainty = Uncertainty.of(model, spend, groups.base, horizon_days, seed)
    found = expected(model, spend, groups, horizon_days, business.discount_rate)
    return CustomerValues(
        as_of=as_of,
        horizon_days=horizon_days,
        customers=counts["customers"],
        repeat_customers=counts["repeaters"],
        model=model,
        spend=spend,
        totals=totals(
            model, spend, groups, found, uncertainty,
            horizon_days=horizon_days, margin_rate=business.margin_rate, seed=seed,
        ),
        margin_rate=business.margin_rate,
        discount_rate=business.discount_rate,
        notes=(
            CONVENTION, *([FREE] if count_free else []), *_notes(counts, given, model, horizon_days, since, as_of),
            *notes_on_spend(spend), INTERVALS,
        ),
        purchases=purchases.select(*READ),
        scoring=Scoring(
            model, spend, uncertainty, as_of, horizon_days, business.margin_rate, business.discount_rate
        ),
    )  # fmt: skip


def _counts(seen: ir.Table, purchases: ir.Table) -> dict[str, Any]:
    """Return how many customers there are of which kind, and the sums of their first values."""
    first = purchases.first_value
    here = purchases.aggregate(
        customers=purchases.count(),
        repeaters=(purchases.frequency > 0).sum().fill_null(0),
        longest=purchases.age_days.max().fill_null(0),
        first_total=first.sum().fill_null(0.0),
        first_squares=(first * first).sum().fill_null(0.0),
    )
    known = seen.aggregate(
        ordered=seen.count(), without_occasion=ibis.ifelse(seen.occasions == 0, 1, 0).sum().fill_null(0)
    )
    return {**here.to_pyarrow().to_pylist()[0], **known.to_pyarrow().to_pylist()[0]}


def _must_hold_customers(counts: dict[str, Any], as_of: date) -> None:
    if not counts["customers"]:
        raise InputError(
            "clv.no_customers",
            f"Of {counts['ordered']:,} customers with an order before {as_of} none can be scored.",
            where="as_of",
            value=as_of,
            advice="Choose a later day, or check refunds and amounts: an order that nets nothing is no purchase.",
        )


def _fitted(model: BuyTillYouDie | None, groups: GroupedCustomers, counts: dict[str, Any]) -> BuyTillYouDie:
    model = ModifiedBetaGeo() if model is None else model
    if model.is_fitted:
        return model
    # Four parameters from fewer people than this have standard errors as large as themselves, and the total's
    # interval spans an order of magnitude: a number that nobody should act on.
    if counts["repeaters"] < FEWEST_REPEATERS:
        raise InputError(
            "clv.few_repeats",
            f"Not enough repeat purchases: {counts['repeaters']:,} of {counts['customers']:,} customers bought on a "
            f"second day, and a model needs {FEWEST_REPEATERS} who did.",
            where="orders",
            value=counts["repeaters"],
            advice="Use a longer history or a later day, or pass a model fitted on more; counts by cohort need none.",
        )
    return model.fit(groups.base)


def _notes(
    counts: dict[str, Any], given: BuyTillYouDie | None, model: BuyTillYouDie, horizon_days: int,
    since: date | None, as_of: date,
) -> list[str]:  # fmt: skip
    notes = []
    if given is None:
        notes.append("No model was chosen, so repeat purchases follow the MBG/NBD model.")
    if counts["without_occasion"]:
        notes.append(
            f"{counts['without_occasion']:,} customers are left out: all they bought before {as_of} was refunded or "
            "came to nothing."
        )
    earlier = counts["ordered"] - counts["without_occasion"] - counts["customers"]
    if earlier:
        notes.append(f"{earlier:,} customers are left out: they first bought before {since}.")
    if model.convergence_.note:
        notes.append(model.convergence_.note)
    if horizon_days > counts["longest"]:
        notes.append(
            f"The horizon of {horizon_days:,} days is longer than the {counts['longest']:,} days that anybody has been "
            "watched: what lies beyond rests on the model's form."
        )
    return notes
