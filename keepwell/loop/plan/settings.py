"""What a person knows that the facts do not say: stated channels, levers, experiments and limits, from a TOML file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from keepwell.decide.responses.experiment import ChannelExperiment
from keepwell.decide.responses.stated import SPREAD, Stated
from keepwell.loop.plan.lever import Lever
from keepwell.loop.plan.toml_values import Values
from keepwell.observe.mapping import only, read_toml
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.period import Period

TOP = ("plan", "channels", "levers", "experiments", "capacity", "cash")
PLAN = ("budget", "period", "hurdle", "risk_aversion", "holdout", "unit", "past_actions")
CHANNEL = (
    "spend_per_week", "newcomers_per_week", "ceiling_per_week", "spread", "floor", "cap", "prospects", "uses",
)  # fmt: skip
EXPERIMENT = ("channel", "spend_control", "spend_test", "lift", "standard_error")
CASH = ("overdraft", "without_plan")


@dataclass(frozen=True)
class ChannelSettings:
    """What is stated of a channel.

    Args:
        stated: spend now, newcomers now and their ceiling; ``None`` where only limits are given.
        floor, cap: money over the planning period.
        prospects: people who can still be won; ``None`` for no end in sight.
        uses: units of each capacity per unit of money.

    """

    stated: Stated | None = None
    floor: float = 0.0
    cap: float | None = None
    prospects: float | None = None
    uses: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class PlanSettings:
    """A plan file as read; what it leaves out is as the arguments of ``kw.allocate`` or of the command say."""

    budget: float | None = None
    period: str | None = None
    hurdle: float = 0.0
    risk_aversion: float = 0.0
    holdout: float = 0.0
    unit: float | None = None
    channels: Mapping[str, ChannelSettings] = field(default_factory=dict)
    levers: tuple[Lever, ...] = ()
    experiments: tuple[ChannelExperiment, ...] = ()
    capacity: Mapping[str, float] = field(default_factory=dict)
    overdraft: float | None = None
    without_plan: tuple[float, ...] = ()
    past_actions: Path | None = None

    def given(
        self,
        *,
        budget: float | None = None,
        period: Period | str | None = None,
        hurdle: float | None = None,
        risk_aversion: float | None = None,
        holdout: float | None = None,
    ) -> PlanSettings:
        """Return the settings with those that are given in place of the file's."""
        days = f"{period.start}..{period.last_day}" if isinstance(period, Period) else period
        return replace(
            self,
            budget=self.budget if budget is None else budget,
            period=self.period if days is None else days,
            hurdle=self.hurdle if hurdle is None else hurdle,
            risk_aversion=self.risk_aversion if risk_aversion is None else risk_aversion,
            holdout=self.holdout if holdout is None else holdout,
        )


def read_plan(path: Path) -> PlanSettings:
    """Read a plan file.

    Args:
        path: of the TOML file; ``docs/examples/plan.toml`` shows every key.

    Raises:
        InputError: the file cannot be read, a key is not known, or a value is of the wrong kind; the message names it.

    """
    return plan_settings(read_toml(path), str(path), path.parent)


def plan_settings(content: Mapping[str, Any], where: str = "plan", folder: Path = Path()) -> PlanSettings:
    """Return the settings that a plan file's content makes.

    Args:
        content: as `tomllib` reads it.
        where: named in messages.
        folder: that the files it names are relative to.

    Raises:
        InputError: a key is not known or a value is of the wrong kind.

    >>> made = plan_settings({"plan": {"hurdle": 0.2}, "levers": {"mail": {"contact_cost": 0.5}}})
    >>> made.hurdle, made.levers[0].name
    (0.2, 'mail')

    """
    only(content, TOP, where)
    top = Values(content, where)
    plan = top.table("plan", PLAN)
    cash = top.table("cash", CASH)
    without, actions = cash.numbers("without_plan"), plan.text("past_actions")
    if cash.content and not without:
        raise InputError(
            "plan.cash",
            "The cash without the plan is missing.",
            where=f"{where}, [cash]",
            advice="Give without_plan = [...]: the account at the end of each month of the year ahead.",
        )
    return PlanSettings(
        budget=plan.number("budget"),
        period=plan.text("period"),
        hurdle=plan.number("hurdle", 0.0),
        risk_aversion=plan.number("risk_aversion", 0.0),
        holdout=plan.number("holdout", 0.0),
        unit=plan.number("unit"),
        channels={name: _channel(values) for name, values in top.tables("channels", CHANNEL)},
        levers=tuple(_lever(name, values) for name, values in top.tables("levers", LEVER)),
        experiments=tuple(_experiment(values) for values in top.many("experiments", EXPERIMENT)),
        capacity=top.table("capacity").all_numbers(),
        overdraft=cash.number("overdraft", 0.0) if without else None,
        without_plan=without,
        past_actions=None if actions is None else folder / actions,
    )


def _channel(values: Values) -> ChannelSettings:
    given = [values.number(name) for name in CHANNEL[:3]]
    stated = None
    if any(number is not None for number in given):
        spend, newcomers, ceiling = (values.needed(name) for name in CHANNEL[:3])
        with values.named():
            stated = Stated(spend, newcomers, ceiling, values.number("spread", SPREAD))
    return ChannelSettings(
        stated=stated,
        floor=values.number("floor", 0.0),
        cap=values.number("cap"),
        prospects=values.number("prospects"),
        uses=values.table("uses").all_numbers(),
    )


LEVER = (
    "contact_cost", "incentive", "redemption", "effect_low", "effect_high", "window_days", "segments", "floor", "cap",
    "spend_now", "uses",
)  # fmt: skip


def _lever(name: str, values: Values) -> Lever:
    low, high = values.number("effect_low"), values.number("effect_high")
    if (low is None) != (high is None):
        raise values.wrong("effect_low", low, "both ends of the range: effect_low and effect_high")
    with values.named():
        return Lever(
            name=name,
            contact_cost=values.needed("contact_cost"),
            incentive=values.number("incentive", 0.0),
            redemption=values.number("redemption", 1.0),
            effect=None if low is None or high is None else (low, high),
            window_days=int(values.number("window_days", 90.0)),
            segments=values.texts("segments"),
            floor=values.number("floor", 0.0),
            cap=values.number("cap"),
            spend_now=values.number("spend_now", 0.0),
            uses=values.table("uses").all_numbers(),
        )


def _experiment(values: Values) -> ChannelExperiment:
    with values.named():
        return ChannelExperiment(values.needed_text("channel"), *(values.needed(name) for name in EXPERIMENT[1:]))
