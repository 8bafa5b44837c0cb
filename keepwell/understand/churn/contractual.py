"""Churn under contract without features: survival, retention and value from who renewed so far."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from keepwell.stats.contract.model import ContractModel, RenewalForecast
from keepwell.stats.contract.renewals import Renewals
from keepwell.stats.shrunk_models import evidence_near, shrink
from keepwell.understand.churn.contract_holdout import ContractChoice, Lives, choose
from keepwell.understand.churn.contract_value import Remaining, bounds, interval, remaining
from keepwell.understand.churn.renewal_lives import EVERYBODY, MONTHS, Holder, renewal_counts, renewal_lives
from keepwell.understand.facts import Facts
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import Estimate, NotAvailable
from keepwell.vocabulary.period import Grain

Floats = npt.NDArray[np.float64]
HORIZON_MONTHS = 36


@dataclass(frozen=True)
class GroupChurn:
    """One group of payers, such as a plan.

    Args:
        name: of the group.
        customers: payers who ever began; ``active`` of them are there, and ``lost`` left at a renewal.
        own_weight: how far the group's own renewals decide (1), rather than the whole base's (0).
        renewals: counted.
        model: drawn towards the base's.
        forecast: survival and retention by period.
        remaining_months: expected within the horizon, mean over the active; none where nobody is.
        value: discounted margin expected within the horizon, sum over the active.

    """

    name: str
    customers: int
    active: int
    lost: int
    own_weight: float
    renewals: Renewals
    model: ContractModel
    forecast: list[RenewalForecast]
    remaining_months: Estimate | NotAvailable
    value: Estimate


@dataclass(frozen=True)
class ContractualChurn:
    """What is known and expected of payers under contract.

    Args:
        as_of: the first day not looked at.
        renewal: length of a period.
        horizon_months: how far values reach.
        renewals: of the whole base.
        model: of the whole base.
        choice: why it is this model.
        forecast: of the whole base.
        groups: the largest first; empty where none were asked for.
        value: discounted margin expected from all active payers within the horizon.
        payers: one row an active payer: ``customer_id`` or ``subscription_id``, ``group``, ``started_at``,
            ``renewals_made``, ``mrr``, ``renewal_chance`` (of the next), ``expected_months``, ``value``,
            ``value_low``, ``value_high`` (discounted margin within the horizon; of the expectation).
        notes: what a reader should know.

    """

    as_of: date
    renewal: Grain
    horizon_months: int
    renewals: Renewals
    model: ContractModel
    choice: ContractChoice
    forecast: list[RenewalForecast]
    groups: list[GroupChurn]
    value: Estimate
    payers: pa.Table
    notes: tuple[str, ...]


def contractual_churn(
    facts: Facts,
    as_of: date,
    *,
    seed: int,
    by: str | None = None,
    renewal: Grain = Grain.MONTH,
    holder: Holder = Holder.CUSTOMER,
    horizon_months: int = HORIZON_MONTHS,
) -> ContractualChurn:
    """Return survival, retention and remaining value of subscribers, from who renewed so far.

    sBG (Fader & Hardie 2007) or BdW (Fader et al. 2018), whichever foretells the latest renewals better; groups are
    drawn towards the base by how little they say themselves. Value is MRR × the business's margin at every renewal
    still expected, discounted at its yearly rate; today's MRR is taken to stay.

    Args:
        facts: must hold ``subscriptions``.
        as_of: the first day that is not looked at.
        seed: of the draws behind intervals.
        by: group by this column, such as ``"plan"``; see `renewal_lives`.
        renewal: month, quarter or year.
        holder: follow customers over all their terms, or each subscription by itself.
        horizon_months: how far ahead values reach, at least one period.

    Raises:
        InputError: no subscriptions or nobody who ever paid; "Not enough renewals: …", "Not enough churn: …".

    >>> import ibis
    >>> from datetime import datetime
    >>> from keepwell.vocabulary.business import Business
    >>> ends = [datetime(2024, month, 1) for month in (2, 2, 2, 3, 3, 4, 5)] + [None] * 3
    >>> terms = ibis.memtable({"customer_id": [str(n) for n in range(10)], "mrr": [20.0] * 10, "plan": ["basic"] * 10,
    ...     "started_at": [datetime(2024, 1, 1)] * 10, "ended_at": ends, "is_trial": [False] * 10})
    >>> facts = Facts(orders=terms, business=Business(), subscriptions=terms)
    >>> found = contractual_churn(facts, date(2024, 6, 2), seed=1)
    >>> found.payers.num_rows, [round(point.survival.value, 1) for point in found.forecast[:4]]
    (3, [1.0, 0.7, 0.5, 0.4])

    """
    months = MONTHS.get(renewal, 1)
    horizon = _periods(horizon_months, months)
    lives = renewal_lives(facts, as_of, by=by, renewal=renewal, holder=holder)
    counts = _counted(lives, as_of)
    base = _lives(counts)
    choice = choose(base)
    model = choice.model().fit(base.renewals)
    parts = _by_group(counts)
    models, weights, note = _group_models(model, parts) if by else ({EVERYBODY: model}, {EVERYBODY: 1.0}, "")
    active = lives.filter(lives.is_active).to_pyarrow().sort_by([("holder_id", "ascending")])
    rate = (1 + facts.business.discount_rate) ** (months / 12) - 1
    most = int(pc.max(active["periods"]).as_py() or 0)
    ahead = {name: remaining(found, most, horizon, rate, seed=seed) for name, found in models.items()}
    book = _Book(active, ahead, facts.business.margin_rate * months, months)
    groups = [
        _group(name, part, models[name], weights[name], book, models[name].forecast(horizon, seed=seed))
        for name, part in (parts.items() if by else ())
    ]
    return ContractualChurn(
        as_of=as_of,
        renewal=renewal,
        horizon_months=horizon_months,
        renewals=base.renewals,
        model=model,
        choice=choice,
        forecast=model.forecast(horizon, seed=seed),
        groups=sorted(groups, key=lambda group: (-group.customers, group.name)),
        value=interval(np.sum([book.total(name) for name in models], axis=0)),
        payers=book.payers().rename_columns({"holder_id": f"{holder.value}_id"}),
        notes=tuple(filter(None, (choice.why, choice.warning, model.convergence_.note, note))),
    )


def _periods(horizon_months: int, months: int) -> int:
    horizon = horizon_months // months
    if horizon < 1:
        raise InputError(
            "churn.horizon",
            f"A horizon of {horizon_months} months holds no renewal.",
            value=horizon_months,
            advice="Give at least one period.",
        )
    return horizon


def _counted(lives: ir.Table, as_of: date) -> pa.Table:
    counts = renewal_counts(lives).to_pyarrow()
    if not counts.num_rows:
        raise InputError(
            "churn.nobody",
            f"Nobody began to pay before {as_of}.",
            where="subscriptions",
            advice="Choose a later day, or check that terms are not all trials.",
        )
    return counts


def _lives(counts: pa.Table) -> Lives:
    columns = {name: counts[name].to_numpy() for name in ("observed", "periods", "is_churned", "customers")}
    return Lives(**columns)


def _by_group(counts: pa.Table) -> dict[str, Lives]:
    names = np.asarray(counts["group"].to_pylist(), dtype=object)
    return {str(name): _lives(counts.filter(pa.array(names == name))) for name in sorted(set(names))}


def _group_models(
    base: ContractModel, parts: Mapping[str, Lives]
) -> tuple[dict[str, ContractModel], dict[str, float], str]:
    """Return group models drawn towards the base: also for groups whom nobody has left, or no renewal has come to."""
    own, evidence = {}, {}
    for name, part in parts.items():
        renewals = part.renewals
        own[name] = copy.copy(base)
        own[name].customers_ = renewals.customers
        evidence[name] = evidence_near(base, base.objective(renewals), renewals.customers)
    shrunk = shrink(base, own, evidence)
    for name, model in shrunk.models.items():
        model.log_likelihood_ = base.objective(parts[name].renewals)(np.log(model.parameters_))[0]
    return shrunk.models, shrunk.own_weight, shrunk.note if parts else ""


class _Book:
    """The active payers, and what is expected of them by group and renewals made."""

    def __init__(self, active: pa.Table, ahead: Mapping[str, Remaining], margin: float, months: int) -> None:
        self.active, self.ahead, self.margin, self.months = active, ahead, margin, months
        self.mrr, self.made = active["mrr"].to_numpy(), active["periods"].to_numpy()
        self.codes = {name: code for code, name in enumerate(ahead)}
        self.code = pc.index_in(active["group"], pa.array(list(ahead), pa.string())).to_numpy()

    def total(self, group: str) -> Floats:
        """Return the discounted margin of a group, shape (draws + 1,): sums by renewals made, so nothing is per row."""
        worth = self.ahead[group].worth
        return np.asarray(self.margin * worth @ self._by_made(group, self.mrr), dtype=np.float64)

    def mean_months(self, group: str) -> Floats | None:
        """Return the months expected of a group's payer on average, shape (draws + 1,); none where there is nobody."""
        people = self._by_made(group, np.ones_like(self.mrr))
        if not people.sum():
            return None
        return np.asarray(self.months * self.ahead[group].periods @ people / people.sum(), dtype=np.float64)

    def payers(self) -> pa.Table:
        """Return one row an active payer."""
        parts = list(self.ahead.values())
        curves = {
            "renewal_chance": [part.retention[0] for part in parts],
            "expected_months": [self.months * part.periods[0] for part in parts],
            "value": [self.margin * part.worth[0] for part in parts],
            "value_low": [self.margin * bounds(part.worth)[0] for part in parts],
            "value_high": [self.margin * bounds(part.worth)[1] for part in parts],
        }
        table = self.active.select(["holder_id", "group", "started_at", "periods", "mrr"])
        table = table.rename_columns({"periods": "renewals_made"})
        for name, by_group in curves.items():
            column = np.array(by_group)[self.code, self.made]
            table = table.append_column(name, pa.array(column * self.mrr if name.startswith("value") else column))
        return table

    def active_in(self, group: str) -> int:
        """Return how many of a group are there."""
        return int((self.code == self.codes[group]).sum())

    def _by_made(self, group: str, weight: Floats) -> Floats:
        rows = self.code == self.codes[group]
        length = self.ahead[group].worth.shape[1]
        return np.bincount(self.made[rows], weights=weight[rows], minlength=length).astype(np.float64)


def _group(
    name: str, part: Lives, model: ContractModel, own_weight: float, book: _Book, forecast: list[RenewalForecast]
) -> GroupChurn:
    renewals, months = part.renewals, book.mean_months(name)
    return GroupChurn(
        name=name,
        customers=renewals.customers,
        active=book.active_in(name),
        lost=renewals.total_lost,
        own_weight=own_weight,
        renewals=renewals,
        model=model,
        forecast=forecast,
        remaining_months=interval(months) if months is not None else NotAvailable("nobody in this group is active"),
        value=interval(book.total(name)),
    )
