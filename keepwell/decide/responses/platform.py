"""A response curve from the newcomers that an advertising platform claims."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from keepwell.decide.next_year import INCREMENTAL_MEDIAN, INCREMENTAL_SPREAD
from keepwell.decide.responses.channel_response import ChannelResponse, prior_of_half
from keepwell.stats.resampling import updated
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import Evidence


@dataclass(frozen=True, slots=True)
class Reported:
    """What a platform, or last click, reports of a channel.

    Args:
        spend: money over the whole time, above 0.
        newcomers: customers claimed over the whole time, above 0.
        weeks: length of the time, above 0.

    Raises:
        InputError: a number is not above 0.

    """

    spend: float
    newcomers: float
    weeks: float

    def __post_init__(self) -> None:
        for name in ("spend", "newcomers", "weeks"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                message = f"The reported {name} cannot be {value!r}."
                raise InputError(f"reported.{name}", message, value=value, advice="Give a number above 0.")


def platform_response(
    channel: str, reported: Reported, draws: int, rng: np.random.Generator, prior: ChannelResponse | None = None
) -> ChannelResponse:
    """Return the curve through reported newcomers × incrementality.

    ``n = claimed × ι``, ``ι ~ LogNormal(ln 0.5, 0.6)``: observational figures overstate lift 2.9 to 4.8 times in
    Facebook's experiments (Gordon et al. 2019), less in others; the spread of a count is added,
    ``Var ln = 0.36 + 1 / claimed``. A platform says nothing of saturation: κ keeps its prior, or what was stated.

    Args:
        channel: its name.
        reported: spend and claims.
        draws: number of draws, D.
        rng: the generator.
        prior: the weaker grade, e.g. from `stated_response`, with D draws.

    >>> rng = np.random.default_rng(1)
    >>> response = platform_response("ads", Reported(spend=5000, newcomers=400, weeks=10), 4000, rng)
    >>> round(float(np.median(response.gained))), response.reference
    (20, 500.0)

    """
    centre = math.log(reported.newcomers / reported.weeks * INCREMENTAL_MEDIAN)
    spread = math.sqrt(INCREMENTAL_SPREAD**2 + 1 / reported.newcomers)
    note = f"Reported newcomers × a prior share of {INCREMENTAL_MEDIAN:.0%} that spend really brought."
    reference = reported.spend / reported.weeks
    if prior is None:
        gained = np.exp(centre + spread * rng.standard_normal(draws))
        half = prior_of_half(draws, rng)
        return ChannelResponse(channel, reference, gained, half, np.ones(draws), Evidence.PLATFORM, (note,))

    def log_likelihood(logs: np.typing.NDArray[np.float64]) -> np.typing.NDArray[np.float64]:
        now = prior.with_logs(logs, prior.evidence).at(np.array([reference]))[:, 0]
        return np.asarray(-0.5 * ((np.log(now) - centre) / spread) ** 2, dtype=np.float64)

    logs = prior.logs
    logs[:, :2] = updated(logs[:, :2], lambda two: log_likelihood(np.column_stack((two, logs[:, 2]))), rng)
    return prior.with_logs(logs, Evidence.PLATFORM, note)
