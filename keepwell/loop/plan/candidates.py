"""Experiments that could be run on the items of a plan."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from keepwell.decide.candidate import Candidate, holdout_candidate, region_candidate
from keepwell.decide.plan import Plan
from keepwell.decide.responses.spend_history import SpendHistory
from keepwell.loop.plan.keeping import LeverItem
from keepwell.loop.plan.winning import ChannelItem

PAUSE, MORE = 0.0, 2.0


def candidates(
    winning: Sequence[ChannelItem], keeping: Sequence[LeverItem], plan: Plan, history: SpendHistory | None
) -> list[Candidate]:
    """Return, per channel, a pause and twice its spend, and per lever a holdout, each sized for what it must show.

    Args:
        winning: channels.
        keeping: levers by segment.
        plan: the split so far: an item that gets nothing is tried at a tenth of its cap.
        history: weekly newcomers, for how much a week varies; ``None`` for Poisson.

    """
    found = []
    for channel in winning:
        base = channel.now or plan.spend_of(channel.curve.item) or channel.curve.most / 10
        for times in (PAUSE, MORE):
            test = min(times * base, channel.curve.most)
            if test != base:
                found.append(
                    region_candidate(
                        channel.curve,
                        spend_now=base,
                        spend_test=test,
                        period_weeks=channel.weeks,
                        weekly_deviation=_weekly_deviation(channel, history),
                    )
                )
    for lever in keeping:
        reach = lever.reach
        if reach.outcome_mean > 0 and reach.outcome_deviation > 0 and reach.people >= 2:
            spend = plan.spend_of(lever.curve.item) or lever.curve.most / 10
            found.append(
                holdout_candidate(
                    lever.curve,
                    spend=spend,
                    eligible=reach.people,
                    outcome_mean=reach.outcome_mean,
                    outcome_deviation=reach.outcome_deviation,
                    window_days=reach.window_days,
                )
            )
    return found


def _weekly_deviation(item: ChannelItem, history: SpendHistory | None) -> float:
    """Return the standard deviation of a week's margin from newcomers, level, trend and season taken out."""
    value = max(float(item.worth.draws.mean()), 1e-9)
    if history is None:
        return value * math.sqrt(max(1.0, float(np.median(item.response.gained))))
    terms = history.linear_terms()
    if terms.shape[1] >= history.length:
        return value * math.sqrt(max(1.0, float(history.outcome.mean())))
    left = history.outcome - terms @ np.linalg.lstsq(terms, history.outcome, rcond=None)[0]
    return value * max(1.0, math.sqrt(float(left @ left) / (history.length - terms.shape[1])))
