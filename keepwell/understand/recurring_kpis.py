"""The KPIs of a subscription business for one period, with their intervals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from keepwell.understand.activity import midnight
from keepwell.understand.facts import Facts
from keepwell.understand.ratio_of_sums import RatioOfSums
from keepwell.understand.recurring import MONEY, MONTHS_A_YEAR, paid_terms
from keepwell.understand.recurring_survival import TRIAL_WINDOW_DAYS, first_trials
from keepwell.vocabulary.estimate import NotAvailable, wilson
from keepwell.vocabulary.kpi import KpiDefinition, KpiValue, Unit
from keepwell.vocabulary.period import Period

_DEFINITIONS = (
    KpiDefinition(
        "mrr",
        "Monthly recurring revenue (MRR)",
        "What the paid subscriptions in force at the end of the period bring in a month.",
        "Σ MRR of the paid terms in force",
        "MRR at the end of the period",
        "none",
        Unit.MONEY,
        True,
    ),
    KpiDefinition(
        "arr",
        "Annual recurring revenue (ARR)",
        "A year of the MRR at the end of the period.",
        "12 × MRR",
        "12 × MRR at the end of the period",
        "none",
        Unit.MONEY,
        True,
    ),
    KpiDefinition(
        "arpa",
        "Average revenue per account (ARPA)",
        "MRR per paying customer at the end of the period.",
        "MRR / paying customers",
        "MRR at the end of the period",
        "customers paying at the end",
        Unit.MONEY,
        True,
    ),
    KpiDefinition(
        "gross_revenue_retention",
        "Gross revenue retention (GRR)",
        "Of the MRR that the period began with, the share left after cuts and losses; growth does not count.",
        "(opening − contraction − churned) / opening",
        "opening MRR kept, at most what each customer began with",
        "MRR at the start of the period",
        Unit.RATE,
        True,
    ),
    KpiDefinition(
        "net_revenue_retention",
        "Net revenue retention (NRR)",
        "MRR at the end from the customers of the start, as a share of what they paid at the start.",
        "(opening + expansion − contraction − churned) / opening",
        "MRR at the end from the customers of the start",
        "MRR at the start of the period",
        Unit.RATE,
        True,
    ),
    KpiDefinition(
        "logo_churn",
        "Logo churn",
        "Share of the paying customers of the start who pay nothing at the end.",
        "customers lost / customers paying at the start",
        "customers of the start who pay nothing at the end",
        "customers paying at the start",
        Unit.RATE,
        False,
    ),
    KpiDefinition(
        "mrr_quick_ratio",
        "MRR quick ratio",
        "Recurring revenue won per unit lost.",
        "(new + expansion + reactivation) / (contraction + churned)",
        "MRR won",
        "MRR lost",
        Unit.RATIO,
        True,
    ),
    KpiDefinition(
        "trial_conversion",
        "Trial conversion",
        f"Share of the people whose first trial began in the period who began to pay within {TRIAL_WINDOW_DAYS} days.",
        "converted / trials",
        "people who began to pay in time",
        "people whose first trial began in the period",
        Unit.RATE,
        True,
    ),
)
DEFINITIONS_RECURRING: dict[str, KpiDefinition] = {definition.key: definition for definition in _DEFINITIONS}


@dataclass(frozen=True, slots=True)
class _Sums:
    """Sums over customers of what they paid a month just before the start and the end of the period."""

    opening: float
    closing: float
    opening_customers: int
    closing_customers: int
    lost_customers: int
    won: float
    lost: float
    grew: float
    gross: RatioOfSums
    net: RatioOfSums


def subscription_kpis(facts: Facts, period: Period, until: date | None = None) -> list[KpiValue]:
    """KPIs of recurring revenue for a period; see ``DEFINITIONS_RECURRING`` for what each one means.

    Money is exact until it leaves as a float. Retention rates carry a linearised interval over customers, shares of
    people a Wilson interval.

    Args:
        facts: must hold ``subscriptions``.
        period: days looked at.
        until: the first day not yet observed; trials whose window ends later are left out. ``None``: the period's
            end.

    Raises:
        InputError: the facts hold no subscriptions.

    >>> from datetime import datetime
    >>> from decimal import Decimal
    >>> from keepwell.understand.facts import Facts
    >>> from keepwell.vocabulary.business import Business
    >>> terms = ibis.memtable({"customer_id": ["a", "b"], "mrr": [Decimal(10), Decimal(30)],
    ...     "started_at": [datetime(2024, 1, 1), datetime(2024, 1, 1)],
    ...     "ended_at": [datetime(2024, 2, 5), None], "is_trial": [False, False]})
    >>> facts = Facts(orders=terms, business=Business(), subscriptions=terms)
    >>> [(kpi.key, kpi.value) for kpi in subscription_kpis(facts, Period.parse("2024-02"))][3:6]
    [('gross_revenue_retention', 0.75), ('net_revenue_retention', 0.75), ('logo_churn', 0.5)]

    """
    sums = _sums(facts, period)
    currency = facts.business.currency
    nothing = "nobody paid at the start of the period"
    return [
        _value("mrr", sums.closing, None, period, currency=currency),
        _value("arr", MONTHS_A_YEAR * sums.closing, None, period, currency=currency),
        _value("arpa", sums.closing, sums.closing_customers, period, "nobody pays at the end", currency=currency),
        _value(
            "gross_revenue_retention", sums.gross.x, sums.gross.y, period, nothing, _at_most_all(sums.gross.interval())
        ),
        _value("net_revenue_retention", sums.net.x, sums.net.y, period, nothing, sums.net.interval()),
        _share("logo_churn", sums.lost_customers, sums.opening_customers, period, nothing),
        _value("mrr_quick_ratio", sums.won + sums.grew, sums.lost, period, "no recurring revenue was lost"),
        _trials(facts, period, until or period.end),
    ]


def _sums(facts: Facts, period: Period) -> _Sums:
    customers = _balances(facts, period)
    start, end = customers.opening, customers.closing
    kept = ibis.least(start, end)
    stayed = ibis.ifelse(start > 0, end, ibis.literal(0, end.type()))
    s, k, e = (column.cast("float64") for column in (start, kept, stayed))
    row = customers.aggregate(
        opening=start.sum(), closing=end.sum(), kept=kept.sum(), stayed=stayed.sum(),
        opening_customers=(start > 0).cast("int64").sum(),
        closing_customers=(end > 0).cast("int64").sum(),
        lost_customers=((start > 0) & (end == 0)).cast("int64").sum(),
        ss=(s * s).sum(), kk=(k * k).sum(), ks=(k * s).sum(), ee=(e * e).sum(), es=(e * s).sum(),
    ).to_pyarrow().to_pylist()[0]  # fmt: skip
    # An empty table sums to null, which here means that nobody ever paid.
    value = {name: number or 0 for name, number in row.items()}
    n, y = int(value["opening_customers"]), float(value["opening"])
    return _Sums(
        opening=y,
        closing=float(value["closing"]),
        opening_customers=n,
        closing_customers=int(value["closing_customers"]),
        lost_customers=int(value["lost_customers"]),
        won=float(value["closing"] - value["stayed"]),
        lost=float(value["opening"] - value["kept"]),
        grew=float(value["stayed"] - value["kept"]),
        gross=RatioOfSums(n, float(value["kept"]), y, value["kk"], value["ks"], value["ss"]),
        net=RatioOfSums(n, float(value["stayed"]), y, value["ee"], value["es"], value["ss"]),
    )


def _balances(facts: Facts, period: Period) -> ir.Table:
    terms = paid_terms(facts)
    terms = terms.filter(terms.started_at < midnight(period.end))
    return terms.group_by("customer_id").aggregate(
        opening=_in_force(terms, period.start), closing=_in_force(terms, period.end)
    )


def _in_force(terms: ir.Table, day: date) -> ir.DecimalValue:
    moment = midnight(day)
    # Just before midnight: a term that ends or begins at the midnight itself moves in the period that follows.
    in_force = (terms.started_at < moment) & (terms.ended_at.isnull() | (terms.ended_at >= moment))
    return ibis.ifelse(in_force, terms.mrr, ibis.literal(0, terms.mrr.type())).sum().cast(MONEY)


def _trials(facts: Facts, period: Period, until: date) -> KpiValue:
    trials = first_trials(facts, TRIAL_WINDOW_DAYS)
    last = min(period.end, until - timedelta(days=TRIAL_WINDOW_DAYS - 1))
    begun = trials.filter(
        trials.trial_at >= midnight(period.start),
        trials.trial_at < midnight(period.end),
        trials.trial_at + ibis.interval(days=TRIAL_WINDOW_DAYS) <= midnight(until),
    )
    row = begun.aggregate(trials=begun.count(), converted=begun.is_converted.cast("int64").sum())
    counts = row.to_pyarrow().to_pylist()[0]
    reason = f"no first trial whose {TRIAL_WINDOW_DAYS} days had passed by {until}"
    note = f"trials begun before {last}" if last < period.end else ""
    return _share("trial_conversion", counts["converted"] or 0, counts["trials"], period, reason, note)


def _share(key: str, count: int, of: int, period: Period, reason: str, note: str = "") -> KpiValue:
    return _value(key, count, of, period, reason, wilson(count, of) if of else None, note=note)


def _value(
    key: str,
    numerator: float,
    denominator: float | None,
    period: Period,
    reason: str = "",
    interval: tuple[float, float] | None = None,
    *,
    currency: str | None = None,
    note: str = "",
) -> KpiValue:
    if denominator is None:
        value: float | NotAvailable = numerator
    else:
        value = numerator / denominator if denominator else NotAvailable(reason)
    low, high = interval or (None, None)
    return KpiValue(key, value, numerator, denominator, period.start, period.end, low, high, currency, note=note)


def _at_most_all(interval: tuple[float, float] | None) -> tuple[float, float] | None:
    """Cut an interval at 1: what was kept of a revenue cannot be more than all of it."""
    return None if interval is None else (interval[0], min(1.0, interval[1]))
