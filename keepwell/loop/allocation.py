"""Where a budget goes: from facts, and from what a person states, to the split and everything behind it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, cast

from keepwell.decide.allocate import allocate
from keepwell.decide.experiments import ExperimentValue, experiment_values, next_experiment
from keepwell.decide.plan import Plan
from keepwell.decide.responses.grades import ChannelResponses
from keepwell.loop.foretold import lifetime_or_reason
from keepwell.loop.lifetime import SEED, Lifetime
from keepwell.loop.plan.candidates import candidates
from keepwell.loop.plan.explanation import Explanation, explain_channel, explain_lever
from keepwell.loop.plan.keeping import KeepingSide, LeverItem, Reach, keeping_side
from keepwell.loop.plan.limits import limits_of, unit_of
from keepwell.loop.plan.newcomer_worth import newcomer_worth
from keepwell.loop.plan.past_actions import past_effects, read_file
from keepwell.loop.plan.pilot import Pilot, pilot
from keepwell.loop.plan.season import season
from keepwell.loop.plan.settings import PlanSettings
from keepwell.loop.plan.treatment_list import CAUTION, TreatmentList, treatment_list
from keepwell.loop.plan.unknown import NOTHING_KNOWN, nobody, unknown_sides
from keepwell.loop.plan.weekly_spend import WeeklySpend, weekly_spend
from keepwell.loop.plan.winning import ChannelItem, channel_items, channel_names, responses
from keepwell.understand.facts import Facts
from keepwell.vocabulary.answer import NotIdentified
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import NotAvailable
from keepwell.vocabulary.period import Grain, Period
from keepwell.vocabulary.plain import plain

DRAWS = 1000
NEVER_TOLD = NotAvailable("no value of customers was needed")


@dataclass(frozen=True, eq=False)
class Allocation:
    """A plan with what it was made of.

    ``plan`` is not available where nothing is known of any channel or lever: then only ``not_identified`` and the
    answer to keep or win stand. ``experiments`` are the best first; ``idle`` are customers whom levers may reach
    without anybody being expected to bring more.
    """

    as_of: date
    period: Period
    currency: str
    horizon_days: int
    settings: PlanSettings
    plan: Plan | NotAvailable
    experiments: tuple[ExperimentValue, ...]
    next_experiment: ExperimentValue | NotAvailable
    not_identified: tuple[NotIdentified, ...]
    assumptions: tuple[str, ...]
    winning: tuple[ChannelItem, ...] = ()
    keeping: tuple[LeverItem, ...] = ()
    idle: tuple[Reach, ...] = ()
    responses: ChannelResponses | None = None

    @property
    def caveat(self) -> str:
        """What the plan leaves out as a whole, with what would change it; empty where both sides are known."""
        if isinstance(self.plan, NotAvailable) or (self.winning and self.keeping):
            return ""
        unit, known = self.plan.next_unit, self.plan.next_unit.winning if self.winning else self.plan.next_unit.keeping
        absent = "keeping customers" if self.winning else "winning customers"
        said = f"Nothing is known yet of what money does for {absent}, so the plan is of one side only"
        if isinstance(known, NotAvailable):
            return f"{said}."
        each = known.margin.value / unit.unit
        return f"{said}: it would be the better use wherever each 1 spent there brings more than {each:.2f}."

    def explain(self, item: str) -> Explanation:
        """Open one item's number down to its evidence.

        Args:
            item: its name in the plan, or a beginning of it that no other item has.

        Raises:
            InputError: there is no plan, or no such item.

        """
        if isinstance(self.plan, NotAvailable):
            raise InputError("plan.none", f"There is no plan to explain: {self.plan.reason}.", value=item)
        names = [line.item for line in self.plan.items]
        found = [name for name in names if name == item] or [n for n in names if n.lower().startswith(item.lower())]
        if len(found) != 1:
            advice = f"Choose from: {'; '.join(names)}."
            raise InputError("plan.item", f"There is no item {item!r} in the plan.", value=item, advice=advice)
        line = next(line for line in self.plan.items if line.item == found[0])
        for channel in self.winning:
            if channel.curve.item == line.item and self.responses is not None:
                return explain_channel(channel, line, self.responses, self.currency)
        lever = next(one for one in self.keeping if one.curve.item == line.item)
        return explain_lever(lever, line, self.currency)

    def people(self, *, caution: float = CAUTION, seed: int = SEED) -> TreatmentList:
        """Return whom to treat with which lever, and who is held out by lot, within what the plan spends on levers.

        Args:
            caution: standard errors by which a customer's uplift must clear its cost.
            seed: of the lots.

        Raises:
            NotIdentifiedError: nobody; it says why and which pilot to run.

        """
        spend = {} if isinstance(self.plan, NotAvailable) else {one.item: one.spend for one in self.plan.items}
        left = dict(self.settings.capacity)
        for channel in self.winning:
            for name, units in channel.curve.uses.items():
                left[name] = max(0.0, left.get(name, math.inf) - units * spend.get(channel.curve.item, 0.0))
        found = treatment_list(
            self.keeping, spend, hurdle=self.settings.hurdle, holdout=self.settings.holdout,
            capacity={name: units for name, units in left.items() if math.isfinite(units)}, currency=self.currency,
            caution=caution, seed=seed,
        )  # fmt: skip
        if not found.treated:
            raise nobody(self.settings, self.plan, self.keeping, self.idle, self.not_identified, self.pilot(seed=seed))
        return found

    def pilot(self, *, seed: int = SEED) -> Pilot | NotAvailable:
        """Return the trial of a lever that is worth most: whom to treat and whom to leave alone, drawn by lot.

        Args:
            seed: of the lots.

        """
        budget = self.settings.budget or 0.0
        return pilot(self.keeping, self.idle, self.experiments, budget=budget, currency=self.currency, seed=seed)

    def as_dict(self) -> dict[str, object]:
        """Return everything that is shown as plain values for JSON."""
        shown = {
            "as_of": self.as_of,
            "period": {"start": self.period.start, "end": self.period.end},
            "currency": self.currency,
            "horizon_days": self.horizon_days,
            "budget": self.settings.budget,
            "hurdle": self.settings.hurdle,
            "risk_aversion": self.settings.risk_aversion,
            "plan": self.plan,
            "next_experiment": self.next_experiment,
            "experiments": self.experiments,
            "caveat": self.caveat,
            "not_identified": self.not_identified,
            "assumptions": self.assumptions,
        }
        return cast(dict[str, object], plain(shown))


def allocation(
    facts: Facts,
    as_of: date,
    settings: PlanSettings,
    *,
    actions: Any = None,
    refused_spend: int = 0,
    draws: int = DRAWS,
    seed: int = SEED,
) -> Allocation:
    """Return the split of a budget over channels and levers, with intervals and evidence.

    Args:
        facts: orders; spend where known.
        as_of: first day not counted.
        settings: budget (needed), period, and what is stated.
        actions: past retention actions (see `loop.plan.past_actions`), or ``None`` for those the settings name.
        refused_spend: rows of spend that were refused at import because they are negative.
        draws: posterior draws.
        seed: of all of them.

    Raises:
        InputError: no budget, a period that is over, or something stated that contradicts itself or the facts.

    """
    if settings.budget is None:
        raise InputError("plan.budget", "How much is there to spend?", advice="Give the budget, e.g. --budget 50000.")
    period = _period(settings, as_of)
    currency = facts.business.currency
    spend = weekly_spend(facts, as_of)
    names = channel_names(spend, settings)
    curves = responses(names, spend, settings, currency=currency, draws=draws, seed=seed)
    needed = bool(curves.responses or settings.levers)
    found = lifetime_or_reason(facts, as_of) if needed else NEVER_TOLD
    winning, worthless = _winning(facts, as_of, period, found, curves, spend, settings, draws, seed)
    keeping = _keeping(facts, as_of, found, settings, actions, draws, seed)
    unknown = (
        *worthless,
        *curves.not_identified,
        *keeping.not_identified,
        *unknown_sides(facts, names, settings, refused_spend, found),
    )
    made = Allocation(
        as_of=as_of,
        period=period,
        currency=currency,
        horizon_days=found.values.horizon_days if isinstance(found, Lifetime) else 365,
        settings=settings,
        plan=NOTHING_KNOWN,
        experiments=(),
        next_experiment=NotAvailable("there is no plan"),
        not_identified=unknown,
        assumptions=_assumptions(facts, found, winning),
        winning=winning,
        keeping=keeping.items,
        idle=keeping.idle,
        responses=curves,
    )
    return _planned(made, spend, seed) if winning or keeping.items else made


def _planned(made: Allocation, spend: WeeklySpend | None, seed: int) -> Allocation:
    known: list[ChannelItem | LeverItem] = [*made.winning, *made.keeping]
    items = [one.curve for one in known]
    limits = limits_of(made.settings)
    now = {one.curve.item: one.now for one in known}
    plan = allocate(items, limits, now=now, unit=unit_of(made.settings, items, now), currency=made.currency)
    tried = candidates(made.winning, made.keeping, plan, spend.history if spend is not None else None)
    decisions = max(1.0, 365 / made.period.days)
    values = experiment_values(items, limits, tried, decisions=decisions, currency=made.currency, seed=seed)
    return replace(made, plan=plan, experiments=values, next_experiment=next_experiment(values))


def _period(settings: PlanSettings, as_of: date) -> Period:
    if settings.period is None:
        step = Grain.MONTH.step(as_of) + (0 if as_of.day == 1 else 1)
        return Period(Grain.MONTH.start(step), Grain.MONTH.start(step + 1))
    period = Period.parse(settings.period)
    if period.end <= as_of:
        raise InputError(
            "plan.period",
            f"The period {period} is over: the facts reach to the day before {as_of}.",
            value=settings.period,
            advice="Plan a later one, or go back with --as-of.",
        )
    return period


def _winning(
    facts: Facts, as_of: date, period: Period, found: Lifetime | NotAvailable, curves: ChannelResponses,
    spend: WeeklySpend | None, settings: PlanSettings, draws: int, seed: int,
) -> tuple[tuple[ChannelItem, ...], tuple[NotIdentified, ...]]:  # fmt: skip
    if not curves.responses:
        return (), ()
    names = [one.channel for one in curves.responses]
    worth = newcomer_worth(facts, as_of, found, names, draws=draws, seed=seed)
    if isinstance(worth, NotAvailable):
        needs = "Import a longer history of orders: newcomers must have been watched for a while."
        return (), (NotIdentified(f"What a newcomer brings: {worth.reason}.", needs),)
    weeks = period.days / 7
    items = channel_items(curves, worth, spend, settings, weeks=weeks, season=season(facts, period, as_of))
    return tuple(items), ()


def _keeping(
    facts: Facts, as_of: date, found: Lifetime | NotAvailable, settings: PlanSettings, actions: Any, draws: int,
    seed: int,
) -> KeepingSide:  # fmt: skip
    if not settings.levers or isinstance(found, NotAvailable):
        return KeepingSide()
    if actions is None and settings.past_actions is not None:
        actions = read_file(settings.past_actions)
    past, unknown = past_effects(facts, actions, settings.levers, as_of, seed=seed) if actions is not None else ({}, ())
    side = keeping_side(facts, as_of, found, settings.levers, past, draws=draws, seed=seed)
    return replace(side, not_identified=(*unknown, *side.not_identified))


def _assumptions(facts: Facts, found: Lifetime | NotAvailable, winning: Sequence[ChannelItem]) -> tuple[str, ...]:
    business, said = facts.business, []
    how = "assumed; set it with keepwell settings --margin" if business.margin_is_assumed else "as you set it"
    said.append(f"Contribution margin is {business.margin_rate:.0%} of revenue ({how}).")
    if isinstance(found, Lifetime):
        said.append(
            f"Margin counts within {found.values.horizon_days} days, later money discounted at "
            f"{business.discount_rate:.0%} a year; {found.model}: {found.choice.why}"
        )
        said += found.notes[:1]
    if winning:
        said.append(winning[0].season.note)
        said.append("A newcomer's value is that under today's way of keeping customers.")
    return tuple(said)
