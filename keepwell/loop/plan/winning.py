"""The side of winning: every channel's margin curve from the best evidence there is of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from keepwell.decide.margin_curve import MarginCurve
from keepwell.decide.responses.channel_response import ChannelResponse
from keepwell.decide.responses.grades import ChannelResponses, channel_responses
from keepwell.decide.responses.identify import Identification
from keepwell.decide.responses.stated import Stated
from keepwell.loop.plan.newcomer_worth import NewcomerWorth
from keepwell.loop.plan.season import Season
from keepwell.loop.plan.settings import ChannelSettings, PlanSettings
from keepwell.loop.plan.weekly_spend import ChannelSpend, WeeklySpend
from keepwell.vocabulary.errors import InputError

# Beyond three times the dearest four weeks nothing was ever seen, and saturation there is the prior's alone.
FURTHEST = 3.0


@dataclass(frozen=True, eq=False)
class ChannelItem:
    """A channel of the plan with all that its curve was made of.

    ``now`` is money over as long a period at the spend of the last 13 weeks (or as stated); ``cap_note`` says where
    the cap comes from.
    """

    curve: MarginCurve
    now: float
    response: ChannelResponse
    worth: NewcomerWorth
    identification: Identification
    spend: ChannelSpend | None
    stated: Stated | None
    weeks: float
    season: Season
    cap_note: str


def channel_names(spend: WeeklySpend | None, settings: PlanSettings) -> list[str]:
    """Return the channels with spend, then those that are only stated.

    Raises:
        InputError: the plan sets limits for a channel of which nothing else is known.

    """
    names = list(spend.channels) if spend is not None else []
    for name, channel in settings.channels.items():
        if name not in names and channel.stated is None:
            raise InputError(
                "plan.channel",
                f"Nothing is known of the channel {name!r} but its limits.",
                value=name,
                advice="Name it as the spend does, or state spend_per_week, newcomers_per_week and ceiling_per_week.",
            )
        if name not in names:
            names.append(name)
    return names


def responses(
    names: list[str], spend: WeeklySpend | None, settings: PlanSettings, *, currency: str, draws: int, seed: int
) -> ChannelResponses:
    """Return every channel's response: stated, reported, regression, experiments (`decide.responses.grades`)."""
    known = spend.channels if spend is not None else {}
    return channel_responses(
        names,
        draws=draws,
        seed=seed,
        currency=currency,
        stated={name: one.stated for name, one in settings.channels.items() if one.stated is not None},
        reported={name: one.reported for name, one in known.items() if one.reported is not None},
        history=spend.history if spend is not None else None,
        experiments=settings.experiments,
    )


def channel_items(
    found: ChannelResponses,
    worth: Mapping[str, NewcomerWorth],
    spend: WeeklySpend | None,
    settings: PlanSettings,
    *,
    weeks: float,
    season: Season,
) -> list[ChannelItem]:
    """Return one item per channel of which something is known.

    Args:
        found: responses.
        worth: of a newcomer, by channel.
        spend: of the history, or ``None``.
        settings: limits.
        weeks: of the planning period.
        season: of it.

    """
    known = spend.channels if spend is not None else {}
    return [
        _item(response, found, worth[response.channel], known.get(response.channel), settings, weeks, season)
        for response in found.responses
    ]


def _item(
    response: ChannelResponse,
    found: ChannelResponses,
    worth: NewcomerWorth,
    spend: ChannelSpend | None,
    settings: PlanSettings,
    weeks: float,
    season: Season,
) -> ChannelItem:
    limits = settings.channels.get(response.channel, ChannelSettings())
    seen = max([one for one in (spend and spend.highest, limits.stated and limits.stated.spend) if one] or [0.0])
    most, cap_note = limits.cap, "As set in the plan."
    if most is None:
        most = max(FURTHEST * max(seen, response.reference) * weeks, limits.floor)
        cap_note = (
            f"{FURTHEST:g} times the most that was spent in four weeks in a row; beyond it nothing was ever seen. Set "
            "a cap in the plan to go further."
        )
    if most <= 0:
        raise InputError("plan.cap", f"The cap of {response.channel!r} must be above 0.", value=most,
                         advice="Leave the channel out of the plan's spend, or set a cap above 0.")  # fmt: skip
    curve = response.margin_curve(
        worth.draws,
        weeks=weeks,
        most=most,
        floor=limits.floor,
        season=season.factor,
        prospects=limits.prospects,
        uses=limits.uses,
    )
    now = spend.now if spend is not None else limits.stated.spend if limits.stated is not None else 0.0
    return ChannelItem(
        curve, min(now * weeks, most), response, worth, found.identifications[response.channel], spend,
        limits.stated, weeks, season, cap_note,
    )  # fmt: skip
