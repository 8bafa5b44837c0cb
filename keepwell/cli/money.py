"""Commands about money and behaviour: channels, recurring revenue, funnels."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import click
import pandas as pd

from keepwell.cli.analysis import day_of, grain_option, handled, opened, print_blocks, shared
from keepwell.cli.options import PeriodType, as_of_option, period_option
from keepwell.loop.facts import OpenFacts, subscribed
from keepwell.loop.frames import frame, without_reasons
from keepwell.loop.report.blocks import Table
from keepwell.loop.report.money import channel_table, funnel_table, mrr_table
from keepwell.understand import acquisition, funnel, recurring
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.period import Grain, Period


@click.command("channels")
@period_option
@click.option("--horizon-days", type=click.IntRange(min=1), default=365, show_default=True, help="Horizon of value.")
@shared
def channels_command(period: Period | None, horizon_days: int, **common: Any) -> None:
    """Print CAC, payback and LTV:CAC by acquisition channel; needs a spend file."""
    with opened(common) as facts:
        asked = facts.period(period)
        rows = acquisition.channels(facts.facts, asked, horizon_days=horizon_days)
        found = pd.DataFrame([without_reasons(row) for row in rows])
        currency = facts.business.currency
    _print(found, lambda: channel_table(found, f"Acquisition channels, {asked}", currency), common)


@click.command("mrr")
@grain_option
@as_of_option
@shared
def mrr_command(grain: str, as_of: datetime | None, **common: Any) -> None:
    """Print recurring revenue and its movements by period."""
    with opened(common) as facts:
        if facts.facts.subscriptions is None:
            raise InputError(
                "mrr.no_subscriptions", "There are no subscriptions.", advice="Import them: keepwell import subs.jsonl"
            )
        until = day_of(as_of) or subscribed(facts.facts).end
        found = frame(recurring.movements(facts.facts, Grain(grain), until))
        currency = facts.business.currency
    _print(found, lambda: mrr_table(found, currency), common)


@click.command("funnel")
@click.option(
    "--step", "steps", multiple=True, required=True, metavar="EVENT", help="An event's name; give at least two."
)
@click.option("--window-days", type=click.IntRange(min=1), default=30, show_default=True, help="Days to get through.")
@click.option("--by", help="Split by channel.")
@click.option("--period", type=PeriodType(), help="2011, 2011-Q4, 2011-12 …; else all days with events.")
@shared
def funnel_command(
    steps: tuple[str, ...], window_days: int, by: str | None, period: Period | None, **common: Any
) -> None:
    """Print how many people get from one event to the next, each counted once."""
    with opened(common) as facts:
        asked = period or _event_days(facts)
        rows = funnel.funnel(facts.facts, list(steps), window_days, asked, by=by)
        found = pd.DataFrame([without_reasons(row) for row in rows])
        currency = facts.business.currency
    _print(found, lambda: funnel_table(found, currency), common)


def _event_days(facts: OpenFacts) -> Period:
    if facts.facts.events is None:
        raise InputError("funnel.no_events", "There are no events.", advice="Import them: keepwell import events.jsonl")
    events = facts.facts.events
    ends = events.aggregate(first=events.occurred_at.min(), last=events.occurred_at.max()).to_pyarrow().to_pylist()[0]
    return Period(ends["first"].date(), date.fromordinal(ends["last"].date().toordinal() + 1))


def _print(found: pd.DataFrame, draw: Callable[[], Table], common: dict[str, Any]) -> None:
    """Print the columns that a reader wants; ``--json`` and ``--out`` give them all."""
    if not handled(found, common):
        print_blocks(draw())
