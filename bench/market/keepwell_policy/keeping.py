"""What contacts bring: relative effects learned from lots, worth what each customer would bring anyway."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bench.market.keepwell_policy.customers import DAYS, Histories, OrderLog, ValueModels, horizon_days
from bench.market.observe import Observed
from keepwell.decide.uplift.leavers import Leavers
from keepwell.stats.uplift.effect_prior import EffectPrior
from keepwell.stats.uplift.shared_effects import EffectEvidence, SharedEffects, effect_evidence, shared_effects

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

LATER_MONTHS = 9  # after a campaign's month: how long its people's orders still tell who stayed
REMEASURED_AT = (2, 3, 4, 6, 8, 10)  # months since the campaign
FEWEST = 60  # per arm
# Before any campaign: a contact adds some orders in its month, and may keep or drive away some of those who leave.
NOW_MEAN, NOW_SPREAD, LATER_MEAN, LATER_SPREAD = 0.02, 0.1, 0.0, 0.07
ALIKE_LEVERS, ALIKE_KINDS, FEATURE_SPREAD = 0.8, 0.9, 0.6
FREE_KINDS, FREE_LEVERS = 0.6, 0.5  # of ln spread
WORTH_ERROR = 0.1  # of what is gained: of what those who are kept will buy, and of effects that are not straight lines


@dataclass(frozen=True, eq=False)
class KnownPeople:
    """People on a day: ids, features (n, p) and purchases so far; orders expected in the month.

    ``alive`` is the chance that each is still a customer, ``leavers`` what is lost with those who leave in the month.
    """

    ids: Ints
    features: Floats
    histories: Histories
    month_orders: Floats
    alive: Floats
    leavers: Leavers


@dataclass(eq=False)
class _Lot:
    """A campaign by lot, its people as they were on its day, and what it said when last measured."""

    lever: str
    month: int
    day: int
    people: KnownPeople
    treated: Floats
    chance: float
    measured_at: int = 0
    evidence: list[EffectEvidence] = field(default_factory=list)


class Keeping:
    """Learns what each lever does; one a run."""

    def __init__(self) -> None:
        self._lots: dict[int, _Lot] = {}
        self._seen: set[int] = set()
        self._last: tuple[int, KnownPeople] | None = None
        self._scaling: tuple[Floats, Floats] | None = None
        self._levels: tuple[list[str], list[str]] = ([], [])
        self.given_away: dict[str, float] = {}

    def people(self, observed: Observed, log: OrderLog, models: ValueModels, day: int) -> KnownPeople:
        """Return everybody known on a day with features and expected orders."""
        if self._last is not None and self._last[0] == day:
            return self._last[1]
        known = log.histories(day)
        base = known.base()
        alive, orders, _ = models.purchases.scores(base, DAYS, 0.0)
        rate = np.log((known.frequency + 1.0) / (known.age_days + 90.0))
        columns = [rate, np.log(models.order_value(known)), alive, np.log(known.age_days + 28.0)]
        columns += self._dummies(observed, log, known.rows)
        matrix = np.column_stack(columns)
        if self._scaling is None:
            weight = orders / orders.sum()
            mean = weight @ matrix
            self._scaling = mean, np.maximum(np.sqrt(weight @ (matrix - mean) ** 2), 1e-6)
        mean, spread = self._scaling
        features = np.column_stack([np.ones(len(matrix)), (matrix - mean) / spread])
        leaving = Leavers(models.purchases, base, DAYS)
        found = KnownPeople(log.ids[known.rows], features, known, orders, alive, leaving)
        self._last = (day, found)
        return found

    def _dummies(self, observed: Observed, log: OrderLog, rows: Ints) -> list[Floats]:
        by_id = observed.customers.set_index("customer_id")
        columns = []
        for place, name in enumerate(("country", "channel")):
            values = by_id[name].astype(str).reindex(log.ids[rows]).to_numpy()
            if not self._levels[place]:
                self._levels[place].extend(sorted(set(values)))
            columns += [(values == level).astype(np.float64) for level in self._levels[place]]
        return columns

    def learn(self, observed: Observed, log: OrderLog, models: ValueModels) -> SharedEffects:
        """Return the effects of all levers, two kinds each: on the month's orders, and on those after it."""
        self._read_campaigns(observed, log, models)
        for lot in self._lots.values():
            since = observed.month - lot.month
            due = max((age for age in REMEASURED_AT if age <= since), default=1)
            if lot.measured_at < due and since >= 1:
                lot.evidence = self._measured(lot, log, min(since, LATER_MONTHS + 1))
                lot.measured_at = due
        levers = list(observed.levers)
        evidence: list[list[EffectEvidence]] = [[] for _ in range(2 * len(levers))]
        for lot in self._lots.values():
            for kind, said in enumerate(lot.evidence):
                evidence[2 * levers.index(lot.lever) + kind].append(said)
        columns = 1 + len(self._scaling[0]) if self._scaling else 1
        return shared_effects(evidence, prior(len(levers), columns))

    def _measured(self, lot: _Lot, log: OrderLog, months: int) -> list[EffectEvidence]:
        people, place = lot.people, np.searchsorted(log.ids, lot.people.ids)
        found = [
            effect_evidence(
                people.features,
                lot.treated,
                lot.chance,
                log.counts(lot.day, lot.day + DAYS)[place],
                people.month_orders,
            )
        ]
        if months >= 2:
            # Who has bought at all shows who stayed with less noise than how much was bought.
            bought = np.minimum(log.counts(lot.day + DAYS, lot.day + months * DAYS)[place], 1.0)
            expected, lost = people.leavers.buy_at_all(DAYS, months * DAYS, people.alive)
            found.append(
                effect_evidence(people.features, lot.treated, lot.chance, bought, expected, lost, yes_or_no=True)
            )
        return found

    def _read_campaigns(self, observed: Observed, log: OrderLog, models: ValueModels) -> None:
        fresh = observed.campaigns[~observed.campaigns["campaign_id"].isin(list(self._seen))]
        for number, rows in fresh.groupby("campaign_id"):
            lever, month = str(rows["lever"].iloc[0]), int(rows["month"].iloc[0])
            if month >= observed.month:
                continue
            self._seen.add(int(str(number)))
            day = log.day_of(rows["started_on"].iloc[0])
            ids, treated = rows["customer_id"].to_numpy(), rows["is_treated"].to_numpy()
            self._note_discounts(observed, log, lever, day, np.searchsorted(log.ids, ids[treated]))
            if not rows["has_control"].iloc[0] or min(treated.sum(), (~treated).sum()) < FEWEST:
                continue
            everybody = self.people(observed, log, models, day)
            at = pd.Series(np.arange(len(everybody.ids)), everybody.ids).reindex(ids)
            is_known = at.notna().to_numpy()
            place = at[is_known].to_numpy(dtype=np.int64)
            histories = _at(everybody.histories, place)
            people = KnownPeople(
                everybody.ids[place],
                everybody.features[place],
                histories,
                everybody.month_orders[place],
                everybody.alive[place],
                Leavers(everybody.leavers.model, histories.base(), DAYS),
            )
            was = treated[is_known].astype(np.float64)
            self._lots[int(str(number))] = _Lot(lever, month, day, people, was, float(was.mean()))

    def _note_discounts(self, observed: Observed, log: OrderLog, lever: str, day: int, treated: Ints) -> None:
        """Keep the share of price that a lever's people get off, as the orders of its month show it."""
        if observed.levers[lever].discount == 0:
            return
        is_treated = np.zeros(len(log.ids), dtype=bool)
        is_treated[treated] = True
        within = (log.day >= day) & (log.day < day + DAYS) & is_treated[log.customer]
        if within.sum() >= 30:
            self.given_away[lever] = float(log.discount[within].sum() / log.price[within].sum())


def _at(known: Histories, place: Ints) -> Histories:
    return Histories(
        known.rows[place],
        known.frequency[place],
        known.recency_days[place],
        known.age_days[place],
        known.spend[place],
    )


def prior(levers: int, columns: int) -> EffectPrior:
    """Return what is taken of the levers before any campaign: small effects, alike across levers and kinds.

    How far effects go differs by lever and by kind; the campaigns tell.
    """

    def alike(count: int, correlation: float) -> Floats:
        return np.asarray((1 - correlation) * np.eye(count) + correlation, dtype=np.float64)

    return EffectPrior(
        mean=np.tile([NOW_MEAN, LATER_MEAN], levers),
        spread=np.tile([NOW_SPREAD, LATER_SPREAD], levers),
        alike=np.asarray(np.kron(alike(levers, ALIKE_LEVERS), alike(2, ALIKE_KINDS)), dtype=np.float64),
        of_features=np.append(1.0, np.full(columns - 1, FEATURE_SPREAD)),
        together=np.vstack((np.tile(np.eye(2), levers), np.repeat(np.eye(levers), 2, axis=1))),
        freedom=np.append([FREE_KINDS] * 2, [FREE_LEVERS] * levers),
    )


@dataclass(frozen=True, eq=False)
class LeverMoney:
    """One lever on everybody: what a unit of each kind of relative effect is worth (n, 2 levers), and what is sure."""

    weights: Floats
    sure: Floats


def lever_money(
    observed: Observed, models: ValueModels, people: KnownPeople, given_away: Mapping[str, float]
) -> dict[str, LeverMoney]:
    """Return per lever what its effects would be worth in margin; what coupons give away anyway is sure."""
    order = models.order_value(people.histories)
    lost = people.leavers.orders(horizon_days(observed) - DAYS, observed.discount_rate, people.alive)
    later = observed.margin_rate * order * lost
    spent = order * people.month_orders
    found = {}
    for place, (name, lever) in enumerate(observed.levers.items()):
        off = given_away.get(name, lever.discount)
        weights = np.zeros((len(order), 2 * len(observed.levers)))
        weights[:, 2 * place] = spent * (observed.margin_rate - off)
        weights[:, 2 * place + 1] = later
        found[name] = LeverMoney(weights, -off * spent)
    return found


def gained(effects: SharedEffects, people: KnownPeople, money: LeverMoney, rows: Ints) -> tuple[float, float]:
    """Return what addressing some people by a lever brings together, and its standard error."""
    value, error = effects.total(people.features[rows], money.weights[rows])
    return value + float(money.sure[rows].sum()), float(np.hypot(error, WORTH_ERROR * value))
