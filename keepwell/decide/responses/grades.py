"""Every channel's response from the best evidence there is, each grade taking the weaker one as its prior."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from keepwell.decide.responses.channel_response import ChannelResponse
from keepwell.decide.responses.experiment import ChannelExperiment, with_experiments
from keepwell.decide.responses.identify import Identification, Obstacle, identify
from keepwell.decide.responses.platform import Reported, platform_response
from keepwell.decide.responses.regression import SpendRegression, fit_spend
from keepwell.decide.responses.spend_history import SpendHistory
from keepwell.decide.responses.stated import Stated, stated_response
from keepwell.vocabulary.answer import NotIdentified

IN_REGRESSION = (None, Obstacle.COLLINEAR)


@dataclass(frozen=True, eq=False)
class ChannelResponses:
    """What is known of all channels.

    ``responses`` leaves out channels of which nothing is known; ``identifications`` says of every channel what its
    history can tell; ``not_identified`` lists, for the answer, what cannot be told and what would make it so, the
    grade that stands in for it included; ``regression`` is ``None`` where no channel's history could be used.
    """

    responses: tuple[ChannelResponse, ...]
    identifications: Mapping[str, Identification]
    not_identified: tuple[NotIdentified, ...]
    regression: SpendRegression | None

    def of(self, channel: str) -> ChannelResponse | None:
        """Return one channel's response; ``None`` when nothing is known of it."""
        return next((response for response in self.responses if response.channel == channel), None)


def channel_responses(
    channels: Sequence[str],
    *,
    draws: int,
    seed: int,
    currency: str = "EUR",
    rates: Mapping[str, float] | None = None,
    stated: Mapping[str, Stated] | None = None,
    reported: Mapping[str, Reported] | None = None,
    history: SpendHistory | None = None,
    experiments: Sequence[ChannelExperiment] = (),
) -> ChannelResponses:
    """Return every channel's response: stated, then reported, then regression, then experiments.

    A channel whose history cannot tell its effect keeps the next weaker grade, and the statement says so.

    Args:
        channels: their names, each once.
        draws: number of draws, D, common to all.
        seed: of the generator.
        currency: of the business.
        rates: units of it per unit of other currencies, for spend histories in those.
        stated: per channel what its owner says.
        reported: per channel what its platform reports.
        history: weekly spend and newcomers.
        experiments: results with a control group; on channels of which something weaker is known.

    Raises:
        InputError: an experiment is on a channel of which nothing else is known, or contradicts all that is.

    >>> found = channel_responses(["ads"], draws=200, seed=1, reported={"ads": Reported(1000, 50, 4)})
    >>> found.responses[0].evidence.value
    'reported by the platform'
    >>> found.not_identified[0].question
    'What spend on ads brings: there is no spend by week for it.'

    """
    rng = np.random.default_rng(seed)
    weaker: dict[str, ChannelResponse] = {}
    for channel in channels:
        if stated and channel in stated:
            weaker[channel] = stated_response(channel, stated[channel], draws, rng)
        if reported and channel in reported:
            weaker[channel] = platform_response(channel, reported[channel], draws, rng, weaker.get(channel))
    converted = _converted(history, currency, rates or {})
    known = identify(converted, channels, currency)
    regression, best = None, dict(weaker)
    usable = [channel for channel in channels if known[channel].obstacle in IN_REGRESSION]
    if converted is not None and any(known[channel].is_identified for channel in usable):
        regression = fit_spend(converted, usable, draws, rng, priors=weaker)
        for response in regression.responses:
            if known[response.channel].is_identified:
                best[response.channel] = response
    ordered = [best[channel] for channel in channels if channel in best]
    found = with_experiments(ordered, experiments, rng)
    tested = {experiment.channel for experiment in experiments}
    unknown = [
        _statement(known[channel], next((r for r in found if r.channel == channel), None))
        for channel in channels
        if not known[channel].is_identified and channel not in tested
    ]
    return ChannelResponses(found, known, tuple(unknown), regression)


def _converted(history: SpendHistory | None, currency: str, rates: Mapping[str, float]) -> SpendHistory | None:
    """Return the history with every spend that has a rate in the business's currency."""
    if history is None:
        return None
    spend, currencies = dict(history.spend), dict(history.currencies)
    for channel, code in history.currencies.items():
        if code in rates and channel in spend:
            spend[channel] = spend[channel] * rates[code]
            currencies[channel] = currency
    return replace(history, spend=spend, currencies=currencies)


def _statement(known: Identification, instead: ChannelResponse | None) -> NotIdentified:
    said = known.not_identified()
    if instead is None:
        return NotIdentified(said.question, f"{said.needs} Until then nothing is said of this channel.")
    return NotIdentified(said.question, f"{said.needs} Until then it rests on what is {instead.evidence.value}.")
