"""``kw.allocate``: where a budget goes, from a notebook; and facts opened for a plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from keepwell.loop.allocation import DRAWS, Allocation, allocation
from keepwell.loop.facts import OpenFacts, open_facts
from keepwell.loop.lifetime import SEED
from keepwell.loop.notebook import of_facts
from keepwell.loop.plan.settings import PlanSettings, plan_settings, read_plan
from keepwell.understand.facts import Facts
from keepwell.vocabulary.errors import InputError, NotIdentifiedError
from keepwell.vocabulary.period import Period


@of_facts
def allocate(
    facts: Facts,
    budget: float | None = None,
    *,
    period: Period | str | None = None,
    plan: str | Path | Mapping[str, Any] | None = None,
    actions: Any = None,
    hurdle: float | None = None,
    risk_aversion: float | None = None,
    holdout: float | None = None,
    as_of: date | str | None = None,
    draws: int = DRAWS,
    seed: int = SEED,
) -> Allocation:
    """Return where a budget goes: over channels that win customers and levers that keep them.

    Args:
        facts: from ``kw.facts`` or ``kw.open_folder``; with spend where it is known.
        budget: money to split, at least 0; it need not be used up. May stand in the plan.
        period: days to plan, such as ``"2011-12"``; the next calendar month where not given.
        plan: what the facts do not say: path of a TOML file, or the same as a dictionary with the tables plan,
            channels, levers, experiments, capacity and cash.
        actions: past retention actions: customer_id, campaign, lever, treated_at, is_treated, has_control.
        hurdle: return asked for above getting the money back.
        risk_aversion: weight of the worst fifth of outcomes, in [0, 1].
        holdout: share of customers left untreated by lot, in [0, 1), so that what the levers do is measured.
        as_of: first day not counted; the day after the last order where not given.
        draws: posterior draws.
        seed: of all of them.

    Returns:
        ``plan`` (`keepwell.decide.plan.Plan`: headline, items, next_unit, curves, thresholds), ``next_experiment``,
        ``not_identified``, ``assumptions``; ``explain(item)`` opens a number, ``people()`` says whom to treat,
        ``pilot()`` draws the customers of the trial to run where that is not known.

    Raises:
        InputError: no budget, a period that is over, or something stated that contradicts itself or the facts.

    >>> import pandas as pd
    >>> import keepwell as kw
    >>> days = [(who, day) for who in range(60) for day in range(3 * who % 50, 400, 20 + who) if day < 25 * (who + 1)]
    >>> log = pd.DataFrame(days, columns=["customer", "day"]).assign(total=20.0, order=range(len(days)))
    >>> log["date"] = pd.Timestamp("2023-01-01") + pd.to_timedelta(log.pop("day"), unit="D")
    >>> stated = {"levers": {"mail": {"contact_cost": 0.2, "effect_low": 0.0, "effect_high": 0.1}}}
    >>> made = kw.allocate(kw.facts(log), 100, period="2024-02", plan=stated)
    >>> [(line.item, line.side.value, line.evidence.value) for line in made.plan.items]
    [('mail', 'keep', 'stated by you')]
    >>> sorted(made.people().frame()["arm"].unique())
    ['treat']

    """
    settings = _settings(plan).given(
        budget=budget, period=period, hurdle=hurdle, risk_aversion=risk_aversion, holdout=holdout
    )
    opened = OpenFacts(facts, facts.business, (), has_orders=True)
    day = opened.as_of(date.fromisoformat(as_of) if isinstance(as_of, str) else as_of)
    return allocation(facts, day, settings, actions=actions, draws=draws, seed=seed)


@contextmanager
def open_for_plan(root: str | Path, *, engine: str = "duckdb") -> Iterator[OpenFacts]:
    """Open the facts of a data folder; spend in a currency without a rate is refused as what cannot be identified.

    Raises:
        NotIdentifiedError: spend is in another currency and no rate is known.
        InputError: see `open_facts`.

    """
    try:
        with open_facts(root, engine=engine) as opened:
            yield opened
    except InputError as error:
        if error.code != "currency.no_rate" or error.where != "spend":
            raise
        raise NotIdentifiedError(
            "plan.currency",
            f"What spend brings cannot be told. {error.message}",
            where="spend",
            value=error.value,
            advice=f"Give its rate: keepwell settings --rate {error.value}=0.8 (your currency for one {error.value}).",
        ) from error


def _settings(plan: str | Path | Mapping[str, Any] | None) -> PlanSettings:
    if plan is None:
        return PlanSettings()
    return plan_settings(plan) if isinstance(plan, Mapping) else read_plan(Path(plan))
