"""A plan kept ready: its curves, so that another budget is split at once, and the year that what-ifs change."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, cast

from keepwell.decide.allocate import allocate
from keepwell.decide.keep_or_win import GROWTH_WANTED, answer
from keepwell.decide.last_year import last_year
from keepwell.decide.margin_curve import MarginCurve
from keepwell.decide.next_year import Year, next_year
from keepwell.decide.plan import Plan
from keepwell.decide.what_if import WhatIf, simulate
from keepwell.loop.allocation import Allocation, allocation
from keepwell.loop.answer import SEED, last_year_channels, need_orders
from keepwell.loop.facts import OpenFacts
from keepwell.loop.foretold import lifetime_or_reason
from keepwell.loop.order_log import order_log
from keepwell.loop.plan.keeping import LeverItem
from keepwell.loop.plan.limits import limits_of, unit_of
from keepwell.loop.plan.settings import PlanSettings, plan_settings
from keepwell.loop.plan.unknown import refused_spend
from keepwell.loop.plan.winning import ChannelItem
from keepwell.vocabulary.answer import WhatIfResult
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.plain import plain

MONTHS = 12
FIRST_BUDGET = 0.10  # of a month's margin, where nobody has said how much there is to spend
ANSWERED = ("headline", "caveat", "thresholds", "split", "holdout", "not_identified", "what_ifs", "allowable_cac")


@dataclass(frozen=True, eq=False)
class KeptPlan:
    """Everything that another budget, another hurdle and a what-if need, without the facts.

    Args:
        stated: the content of the plan file it was made from.
        budget: that it was made for; ``is_budget_assumed`` where nobody has said.
        shown: the plan as plain values, as it was made.
        answered: the parts of the answer to keep or win that a plan page shows.
        curves: of all items; none where nothing is known of any.
        now: money spent per item now.
        year: what what-ifs change.
        goal: margin of next year that what-ifs are held against.

    """

    stated: Mapping[str, Any]
    budget: float
    is_budget_assumed: bool
    shown: Mapping[str, Any]
    answered: Mapping[str, Any]
    curves: tuple[MarginCurve, ...]
    now: Mapping[str, float]
    year: Year
    goal: float

    @property
    def currency(self) -> str:
        """Currency of all amounts."""
        return str(self.shown["currency"])

    @property
    def most_budget(self) -> float:
        """The largest budget worth asking about: half as much again as all items may take."""
        room = sum(curve.most for curve in self.curves)
        return max(2 * self.budget, 1.5 * sum(self.now.values()), min(1.5 * room, 20 * self.budget))

    def split(self, budget: float, *, hurdle: float = 0.0, risk_aversion: float = 0.0) -> Plan:
        """Return the best split of another budget, in a few hundredths of a second.

        Raises:
            InputError: no item is known, or a number is out of its range.

        """
        if not self.curves:
            raise InputError(
                "plan.none",
                "There is no plan to split a budget by.",
                advice="State a channel or a lever, or import what was spent per channel.",
            )
        settings = replace(self._settings(), budget=budget, hurdle=hurdle, risk_aversion=risk_aversion)
        unit = unit_of(settings, self.curves, self.now)
        return allocate(self.curves, limits_of(settings), now=self.now, unit=unit, currency=self.currency)

    def what_if(self, scenarios: Sequence[Sequence[WhatIf]], *, draws: int = 200) -> list[WhatIfResult]:
        """Return what changes would do to next year's margin; see `decide.what_if.simulate`."""
        return simulate(self.year, scenarios, SEED, self.goal, draws)

    def as_saved(self, plan: Plan, *, hurdle: float, risk_aversion: float) -> dict[str, Any]:
        """Return a split as a scenario keeps it."""
        changed = {"plan": plan, "budget": plan.budget, "hurdle": hurdle, "risk_aversion": risk_aversion}
        return {**self.shown, **cast(dict[str, Any], plain(changed))}

    def _settings(self) -> PlanSettings:
        return plan_settings(self.stated)


def keep_plan(
    opened: OpenFacts,
    stated: Mapping[str, Any],
    *,
    budget: float | None = None,
    progress: Callable[[str, float], None] = lambda stage, fraction: None,
) -> KeptPlan:
    """Return the plan and the year ahead, ready to be asked.

    Args:
        opened: the facts.
        stated: what the facts do not say: the content of a plan file.
        budget: money to split in a month; a tenth of a month's margin where nobody has said.
        progress: told the stage and the share that is done.

    Raises:
        InputError: there are no orders, or what is stated contradicts itself or the facts.

    """
    need_orders(opened)
    settings = plan_settings(stated)
    facts, as_of = opened.facts, opened.as_of(None)
    progress("customers and their value", 0.05)
    log = order_log(facts, as_of, channels=last_year_channels(facts, as_of), lifetime=lifetime_or_reason(facts, as_of))
    last = last_year(log, opened.business)
    year = next_year(log, opened.business, last)
    answered = answer(log, opened.business, SEED)
    wanted = budget if budget is not None else settings.budget
    chosen = wanted if wanted is not None else _round(FIRST_BUDGET * max(last.margin.total, 12.0) / MONTHS)
    progress("spend and levers", 0.5)
    made = _allocation(opened, as_of, settings, chosen)
    known: list[ChannelItem | LeverItem] = [*made.winning, *made.keeping]
    said = answered.as_dict()
    return KeptPlan(
        stated=stated,
        budget=chosen,
        is_budget_assumed=wanted is None,
        shown=made.as_dict(),
        answered={name: said[name] for name in ANSWERED},
        curves=tuple(one.curve for one in known),
        now={one.curve.item: one.now for one in known},
        year=year,
        goal=max(0.0, last.margin.total) * (1 + GROWTH_WANTED) - (year.spend or 0.0),
    )


def _allocation(opened: OpenFacts, as_of: date, settings: PlanSettings, budget: float) -> Allocation:
    return allocation(opened.facts, as_of, settings.given(budget=budget), refused_spend=refused_spend(opened.imports))


def _round(amount: float) -> float:
    """Return an amount to two digits.

    >>> _round(38213.4)
    38000.0
    """
    return float(f"{amount:.2g}")
