"""Response curves brought up to date by holdouts in regions or in time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from keepwell.decide.margin_curve import Floats
from keepwell.decide.responses.channel_response import ChannelResponse
from keepwell.stats.resampling import updated
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import Evidence

# Once experiments speak about the shape: a median of 1.3, 2 at 90 %, at most 8.
STEEPNESS_MEDIAN, STEEPNESS_SPREAD, STEEPEST = 0.25, 0.8, np.log(8.0)


@dataclass(frozen=True, slots=True)
class ChannelExperiment:
    """What an experiment with a control group measured.

    Args:
        channel: whose spend was changed.
        spend_control: money a week in the control arm, scaled to the whole market, at least 0 (0 for a blackout).
        spend_test: money a week in the test arm, scaled to the whole market; different from the control.
        lift: newcomers a week gained by the test spend over the control spend, whole market; may be below 0.
        standard_error: of the lift, above 0.

    Raises:
        InputError: a number is out of its range.

    """

    channel: str
    spend_control: float
    spend_test: float
    lift: float
    standard_error: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.spend_control) and self.spend_control >= 0):
            raise _bad("spend_control", self.spend_control, "Give money a week of at least 0.")
        if not (math.isfinite(self.spend_test) and self.spend_test >= 0) or self.spend_test == self.spend_control:
            raise _bad("spend_test", self.spend_test, "Give money a week, different from the control's.")
        if not math.isfinite(self.lift):
            raise _bad("lift", self.lift, "Give the newcomers a week gained by test over control.")
        if not (math.isfinite(self.standard_error) and self.standard_error > 0):
            raise _bad("standard_error", self.standard_error, "Give it above 0.")


def with_experiments(
    responses: Sequence[ChannelResponse], experiments: Sequence[ChannelExperiment], rng: np.random.Generator
) -> tuple[ChannelResponse, ...]:
    """Return all responses after experiments on some of the channels.

    ``lift ~ Normal(N(test) − N(control), se)``. The draws of all channels are reweighed and resampled together, so
    that what a regression could not tell apart is told apart for the others too. A channel whose experiments cover
    at least three spends (0 counts) may turn out S-shaped: its shape gets the prior ``ln a ~ LogNormal(ln 0.25, 0.8)``.

    Args:
        responses: the weaker grade, equal numbers of draws.
        experiments: in any order.
        rng: the generator.

    Raises:
        InputError: an experiment is on a channel that is not there, or contradicts everything known before.

    """
    names = [response.channel for response in responses]
    for experiment in experiments:
        if experiment.channel not in names:
            raise _bad("channel", experiment.channel, f"Name one of {', '.join(names)}.")
    if not experiments:
        return tuple(responses)
    flat = np.column_stack([response.logs for response in responses])
    opened = [3 * index + 2 for index, response in enumerate(responses) if _may_be_steep(response, experiments)]
    # ln ln a is what moves, so that a stays above 1.
    flat[:, opened] = np.log(STEEPNESS_MEDIAN) + STEEPNESS_SPREAD * rng.standard_normal((len(flat), len(opened)))
    columns = np.flatnonzero(np.ptp(flat, axis=0) > 0)

    def whole(some: Floats) -> Floats:
        full = flat.copy()
        full[:, columns] = some
        full[:, opened] = np.minimum(np.exp(full[:, opened]), STEEPEST)
        return full

    def log_likelihood(some: Floats) -> Floats:
        full, total = whole(some), np.zeros(len(some))
        for experiment in experiments:
            index = names.index(experiment.channel)
            tried = responses[index].with_logs(full[:, 3 * index : 3 * index + 3], Evidence.EXPERIMENT)
            control, test = tried.at(np.array([experiment.spend_control, experiment.spend_test])).T
            total += -0.5 * ((experiment.lift - (test - control)) / experiment.standard_error) ** 2
        return total

    found = whole(updated(flat[:, columns], log_likelihood, rng))
    tested = {experiment.channel for experiment in experiments}
    return tuple(
        response.with_logs(
            found[:, 3 * index : 3 * index + 3],
            Evidence.EXPERIMENT if response.channel in tested else response.evidence,
            _note(response.channel, experiments),
        )
        for index, response in enumerate(responses)
    )


def _may_be_steep(response: ChannelResponse, experiments: Sequence[ChannelExperiment]) -> bool:
    """Say whether a concave response has experiments at three spends, so that its shape can be told."""
    mine = [experiment for experiment in experiments if experiment.channel == response.channel]
    spends = {0.0, *(e.spend_control for e in mine), *(e.spend_test for e in mine)}
    return len(mine) >= 2 and len(spends) >= 3 and bool((response.shape == 1).all())


def _note(channel: str, experiments: Sequence[ChannelExperiment]) -> str:
    count = sum(experiment.channel == channel for experiment in experiments)
    if not count:
        return ""
    return "An experiment with a control group went in." if count == 1 else f"{count} experiments went in."


def _bad(name: str, value: object, advice: str) -> InputError:
    message = f"The experiment's {name} cannot be {value!r}."
    return InputError(f"experiment.{name}", message, value=value, advice=advice)
