"""What channels bring: Keepwell's response curves from the weekly history, last click as the weaker grade."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from bench.market.observe import WEEKS_PER_MONTH, Observed
from keepwell.decide.margin_curve import MarginCurve
from keepwell.decide.responses.channel_response import ChannelResponse
from keepwell.decide.responses.grades import channel_responses
from keepwell.decide.responses.platform import Reported
from keepwell.decide.responses.spend_history import SpendHistory

Floats = NDArray[np.float64]


def prices(observed: Observed) -> dict[str, float]:
    """Return what 100 impressions cost in the last week of each channel's use; 1 where it was never used."""
    found = dict.fromkeys(observed.channels, 1.0)
    used = observed.spend[observed.spend["impressions"] > 0]
    for name, rows in used.groupby("channel", observed=True):
        found[str(name)] = 100 * float(rows["spend"].iloc[-1]) / float(rows["impressions"].iloc[-1])
    return found


def fitted_responses(observed: Observed, draws: int, seed: int) -> dict[str, ChannelResponse]:
    """Return each channel's response per 100 impressions a week: prices move, and it is contacts that win people.

    All newcomers of a week are the outcome, so that last click cannot mislead the regression; what it claims goes in
    as the platform's report, discounted by the incrementality prior.
    """
    columns = ["impressions", "new_customers"]
    weekly = observed.spend.pivot(index="week_starting", columns="channel", values=columns)
    won = weekly["new_customers"].to_numpy(dtype=np.float64).sum(axis=1)
    shown = {name: weekly["impressions"][name].to_numpy(dtype=np.float64) / 100 for name in observed.channels}
    claimed = {name: float(weekly["new_customers"][name].sum()) for name in observed.channels}
    used = {name: float((values > 0).sum()) for name, values in shown.items()}
    reported = {
        name: Reported(float(shown[name].sum()), max(claimed[name], 0.5), used[name])
        for name in observed.channels
        if used[name]
    }
    history = SpendHistory([week.date() for week in weekly.index], shown, won)
    found = channel_responses(observed.channels, draws=draws, seed=seed, history=history, reported=reported)
    return {response.channel: response for response in found.responses}


def media_curve(response: ChannelResponse, value: Floats, price: float, most: float, floor: float = 0.0) -> MarginCurve:
    """Return the margin that a month's money in a channel brings at today's price."""
    today = replace(response, reference=response.reference * price)
    return today.margin_curve(value, weeks=WEEKS_PER_MONTH, most=most, floor=floor)
