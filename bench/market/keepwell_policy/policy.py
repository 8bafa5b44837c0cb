"""Keepwell's policy: values, responses, uplifts, and one split of the month's budget between winning and keeping."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.market.keepwell_policy.customers import OrderLog, ValueModels, fit_values
from bench.market.keepwell_policy.keeping import Keeping, KnownPeople, LeverMoney, gained, lever_money
from bench.market.keepwell_policy.winning import fitted_responses, media_curve, prices
from bench.market.observe import Observed
from bench.market.plan import NextUnit, Plan
from bench.market.truth import Truth
from keepwell.decide.assign import NOBODY, assign
from keepwell.decide.constraints import Constraints
from keepwell.decide.margin_curve import MarginCurve, Side
from keepwell.decide.offers import Offers, TreatmentLimits
from keepwell.decide.responses.channel_response import ChannelResponse
from keepwell.decide.responses.curiosity import curious
from keepwell.decide.split import best_split
from keepwell.decide.supply import joint_supply_curve
from keepwell.stats.uplift.shared_effects import SharedEffects
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import Evidence

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Settings:
    """What an analyst sets once.

    ``curiosity`` is how many standard errors count for a contact while there is time to use what it teaches, in the
    first month; ``caution`` how many count against it in the last; both fade over ``learning_months``. ``wear`` is
    what a recent contact takes from the next, ``spoils`` what a contact takes from those after it. ``media_curiosity``
    is how many standard deviations count for spend on media in the first month; it fades over ``media_months``.
    Responses are fitted every month in the ``first_months``, in which the run's own spend teaches the most.
    """

    draws: int = 200
    refit_values: int = 8
    refit_responses: int = 3
    first_months: int = 6
    media_curiosity: float = 1.0
    media_months: int = 12
    learning_months: int = 14
    curiosity: float = 0.25
    caution: float = 0.25
    first_holdout: float = 0.2
    last_holdout: float = 0.1
    wear: float = 0.4
    spoils: float = 0.4
    hurdle: float = 0.0
    unit: float = 1000.0
    next_people: int = 200


class Keepwell:
    """The policy; a fresh one for every run."""

    def __init__(
        self, settings: Settings | None = None, *, true_curves: bool = False, true_uplift: bool = False
    ) -> None:
        self.settings = settings or Settings()
        self.true_curves, self.true_uplift = true_curves, true_uplift
        self._keeping = Keeping()
        self._models: ValueModels
        self._responses: dict[str, ChannelResponse] = {}

    def __call__(self, observed: Observed, rng: np.random.Generator, truth: Truth | None = None) -> Plan:
        """Return the month's plan."""
        settings, seed = self.settings, int(rng.integers(2**31))
        log = OrderLog.of(observed)
        if observed.month % settings.refit_values == 0:
            self._models = fit_values(observed, log, settings.draws, rng)
        curves = self._media(observed, seed, truth if self.true_curves else None)
        effects = None if self.true_uplift else self._keeping.learn(observed, log, self._models)
        people = self._keeping.people(observed, log, self._models, log.day_of(observed.today))
        offers, money = self._offers(observed, log, people, effects, truth)
        limits = TreatmentLimits(observed.budget, settings.hurdle, holdout=self._holdout(observed))
        tried = [curious(curve, self._curiosity(observed)) for curve in curves]
        listed = [*tried, *_supply(offers, limits, settings.draws, seed)]
        spends = best_split(listed, Constraints(observed.budget, settings.hurdle)).spends
        media = {curve.item: float(spends[place]) for place, curve in enumerate(curves)}
        left = max(float(spends[len(curves) :].sum()), 0.0) / (1 - limits.holdout)
        left = max(min(left, observed.budget - sum(media.values())), 0.0)
        found = assign(offers, TreatmentLimits(left, settings.hurdle, holdout=limits.holdout), seed=seed)
        ids = people.ids
        treated, held = _by_lever(offers, ids, found.lever), _by_lever(offers, ids, found.control)
        said = _next_in_channels(curves, media, settings.unit)
        if effects is not None:
            said += self._next_contacts(observed, people, offers, found.lever, effects, money, ids)
        return Plan(media, treated, {k: v for k, v in held.items() if k in treated}, tuple(said))

    def _media(self, observed: Observed, seed: int, truth: Truth | None) -> list[MarginCurve]:
        settings = self.settings
        if truth is not None:
            return [_true_curve(observed, truth, name, settings.draws) for name in observed.channels]
        if observed.month < settings.first_months or observed.month % settings.refit_responses == 0:
            self._responses = fitted_responses(observed, settings.draws, seed)
        price = prices(observed)
        return [
            media_curve(response, self._models.newcomers[name], price[name], observed.budget)
            for name, response in self._responses.items()
        ]

    def _offers(
        self, observed: Observed, log: OrderLog, people: KnownPeople, effects: SharedEffects | None, truth: Truth | None
    ) -> tuple[Offers, dict[str, LeverMoney]]:
        """Return what each could be offered; gains are lowered by what a contact takes from later ones."""
        settings = self.settings
        recent = _recent_contacts(observed, people.ids)
        cost = np.array([lever.cost for lever in observed.levers.values()])
        names = tuple(observed.levers)
        error, money = None, {}
        if effects is None:
            fresh = gain = _true_uplift(truth, names, people.ids)
        else:
            money = lever_money(observed, self._models, people, self._keeping.given_away)
            both = [effects.at(people.features, one.weights) for one in money.values()]
            error = np.column_stack([se for _, se in both])
            fresh = np.column_stack([u + one.sure for (u, _), one in zip(both, money.values(), strict=True)])
            fresh = fresh + self._lean(observed) * error
            gain = np.where(fresh > 0, fresh * ((1 - settings.wear) ** recent)[:, None], fresh)
        best = np.maximum((fresh - cost).max(axis=1), 0.0)
        return Offers(names, gain - settings.spoils * best[:, None], cost, error=error), money

    def _curiosity(self, observed: Observed) -> float:
        """Return standard deviations counted for spend on media; none where the truth is known."""
        settings = self.settings
        share = max(0.0, 1 - observed.month / settings.media_months)
        return 0.0 if self.true_curves else settings.media_curiosity * share

    def _lean(self, observed: Observed) -> float:
        """Return standard errors counted for a contact (above 0, early) or against it (below 0, late)."""
        settings = self.settings
        share = min(1.0, observed.month / settings.learning_months)
        return settings.curiosity * (1 - share) - settings.caution * share

    def _holdout(self, observed: Observed) -> float:
        if self.true_uplift:
            return 0.0
        share = min(1.0, observed.month / self.settings.learning_months)
        return self.settings.first_holdout * (1 - share) + self.settings.last_holdout * share

    def _next_contacts(
        self,
        observed: Observed,
        people: KnownPeople,
        offers: Offers,
        lever: Ints,
        effects: SharedEffects,
        money: dict[str, LeverMoney],
        ids: Ints,
    ) -> list[NextUnit]:
        """Say of each lever what the next people would bring whom it would reach."""
        free = np.flatnonzero((lever == NOBODY) & (_recent_contacts(observed, ids) == 0))
        said = []
        for place, (name, one) in enumerate(money.items()):
            ranked = free[np.argsort(-offers.uplift[free, place], kind="stable")][: self.settings.next_people]
            value, error = gained(effects, people, one, ranked)
            cost = observed.levers[name].cost * len(ranked)
            half = 1.2816 * error
            said.append(NextUnit(name, cost, value / cost, (value - half) / cost, (value + half) / cost, ids[ranked]))
        return said


def _recent_contacts(observed: Observed, ids: Ints) -> Floats:
    campaigns = observed.campaigns
    lately = campaigns[(campaigns["month"] >= observed.month - 2) & campaigns["is_treated"]]
    counts = lately["customer_id"].value_counts()
    return np.asarray(counts.reindex(ids).fillna(0).to_numpy(), dtype=np.float64)


def _true_uplift(truth: Truth | None, levers: tuple[str, ...], ids: Ints) -> Floats:
    if truth is None:
        raise TypeError("This variant must be told the truth.")
    return np.column_stack([truth.uplift(name, ids) for name in levers])


def _supply(offers: Offers, limits: TreatmentLimits, draws: int, seed: int) -> list[MarginCurve]:
    try:
        return [joint_supply_curve("contacts", offers, limits, evidence=Evidence.EXPERIMENT, draws=draws, seed=seed)]
    except InputError as error:
        if error.code != "supply.nobody":
            raise
        return []


def _by_lever(offers: Offers, ids: Ints, lever: Ints) -> dict[str, Ints]:
    chosen = {name: ids[lever == place] for place, name in enumerate(offers.levers)}
    return {name: people for name, people in chosen.items() if len(people)}


def _next_in_channels(curves: list[MarginCurve], media: dict[str, float], unit: float) -> list[NextUnit]:
    """Speak of the channels that are used, and of the best one where none is."""
    said = [_next_in_channel(curve, media[curve.item], unit) for curve in curves]
    best = max(said, key=lambda one: one.estimate)
    return [one for one in said if media[one.item] > 0 or one is best]


def _next_in_channel(curve: MarginCurve, spend: float, unit: float) -> NextUnit:
    step = min(unit, curve.most - spend)
    unit = step if step > 1 else unit
    start = spend if step > 1 else spend - unit
    returned = (curve.at(start + unit) - curve.at(start)) / unit
    low, high = np.quantile(returned, [0.1, 0.9])
    # A few draws with a threshold can carry the mean beyond the quantiles: it is an answer that must stay possible.
    mean = float(returned.mean())
    return NextUnit(curve.item, unit, mean, min(float(low), mean), max(float(high), mean))


def _true_curve(observed: Observed, truth: Truth, name: str, draws: int) -> MarginCurve:
    spend = observed.budget * np.linspace(0, 1, 41) ** 1.5
    won = np.append(0.0, truth.newcomers(name, spend[1:]))
    margin = np.tile(won * truth.newcomer_value(name), (draws, 1))
    return MarginCurve(name, Side.WIN, spend, margin, Evidence.EXPERIMENT)
