"""What a spend history can tell of each channel, what it cannot, and what would make it so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from keepwell.decide.margin_curve import Floats
from keepwell.decide.responses.spend_history import SpendHistory
from keepwell.vocabulary.answer import NotIdentified

FEWEST_WEEKS = 26
FEWEST_ACTIVE = 8
LEAST_VARIATION = 0.10
MOST_INFLATION = 10.0
MOST_SHOWN = 1000.0


class Obstacle(StrEnum):
    """Why a regression on a channel's history says nothing about it."""

    MISSING = "no spend history"
    CURRENCY = "another currency"
    NEGATIVE = "negative spend"
    SHORT = "too short"
    SELDOM = "too seldom used"
    CONSTANT = "constant"
    COLLINEAR = "moves with others"


@dataclass(frozen=True, slots=True)
class Identification:
    """What the history says of one channel.

    ``obstacle`` is ``None`` where a regression can tell its effect; ``statement`` says what cannot be identified and
    ``needs`` what would make it so (both empty then). ``inflation`` is the variance inflation factor.
    """

    channel: str
    obstacle: Obstacle | None
    statement: str = ""
    needs: str = ""
    inflation: float | None = None

    @property
    def is_identified(self) -> bool:
        """Whether a regression can tell the channel's effect."""
        return self.obstacle is None

    def not_identified(self) -> NotIdentified:
        """Return the statement as the answer shows it."""
        return NotIdentified(f"What spend on {self.channel} brings: {self.statement}", self.needs)


def identify(
    history: SpendHistory | None,
    channels: Sequence[str],
    currency: str,
    rates: Mapping[str, float] | None = None,
) -> dict[str, Identification]:
    """Return for each channel whether a regression on its history can tell its effect.

    In this order: there is a history; it is in the business's currency or one with a rate; no week is negative; there
    are at least 26 weeks, 8 of them with spend; spend varies (standard deviation / mean of at least 10 %); and it is
    not explained by the other channels, trend and season (variance inflation 1 / (1 − R²) of at most 10).

    Args:
        history: weekly spend, or ``None`` when there is no file.
        channels: those asked about.
        currency: of the business.
        rates: units of the business's currency per unit of other currencies.

    """
    found = {channel: _alone(history, channel, currency, rates or {}) for channel in channels}
    if history is None:
        return found
    usable = [channel for channel in history.spend if found.get(channel, _OTHER).is_identified]
    needed = history.linear_terms().shape[1] + 3 * len(usable) + 1
    for channel in channels:
        if found[channel].is_identified and history.length < needed:
            statement = f"{history.length} weeks do not carry {len(usable)} channels at once."
            needs = f"Wait for at least {needed} weeks, or join channels that are bought together."
            found[channel] = _cannot(channel, Obstacle.SHORT, statement, needs)
        elif found[channel].is_identified:
            found[channel] = _together(history, channel, [other for other in usable if other != channel])
    return found


_OTHER = Identification("", None)


def _alone(history: SpendHistory | None, channel: str, currency: str, rates: Mapping[str, float]) -> Identification:
    if history is None or channel not in history.spend:
        return _cannot(
            channel,
            Obstacle.MISSING,
            "there is no spend by week for it.",
            f"Import weekly spend for it, at least {FEWEST_WEEKS} weeks with ups and downs.",
        )
    spend, code = history.spend[channel], history.currencies.get(channel, currency)
    if code != currency and code not in rates:
        needs = f"Give the rate of {code} in {currency}, or import the spend in {currency}."
        return _cannot(channel, Obstacle.CURRENCY, f"its spend is in {code}, the business counts in {currency}.", needs)
    below = np.flatnonzero(spend < 0)
    if below.size:
        week = history.weeks[int(below[0])].isoformat()
        statement = f"its spend is below 0 in {below.size} weeks, first in the week of {week} ({spend[below[0]]:,.2f})."
        needs = "Book a credit in the weeks whose spend it takes back, so that no week is below 0."
        return _cannot(channel, Obstacle.NEGATIVE, statement, needs)
    if history.length < FEWEST_WEEKS:
        statement = f"the history has {history.length} weeks; season and carry-over cannot be told apart from it."
        needs = f"Wait for at least {FEWEST_WEEKS} weeks (better 104), or run an experiment that pauses it."
        return _cannot(channel, Obstacle.SHORT, statement, needs)
    active = int((spend > 0).sum())
    if active < FEWEST_ACTIVE:
        needs = f"Spend in at least {FEWEST_ACTIVE} weeks, at different levels."
        return _cannot(channel, Obstacle.SELDOM, f"only {active} of {history.length} weeks have spend.", needs)
    if spend.std() < LEAST_VARIATION * spend.mean():
        statement = (
            f"its spend hardly varies ({spend.std() / spend.mean():.0%} around its mean), so what follows its ups and "
            "downs cannot be seen."
        )
        needs = "Change it by a third or more for some weeks, or pause it in some regions."
        return _cannot(channel, Obstacle.CONSTANT, statement, needs)
    return Identification(channel, None)


def _together(history: SpendHistory, channel: str, others: list[str]) -> Identification:
    """Return whether the channel moves by itself, once trend, season and the other channels are taken out."""
    spend = history.spend[channel]
    terms = history.linear_terms()
    beside = np.column_stack(
        [terms, *(history.spend[other] / max(history.spend[other].max(), 1e-12) for other in others)]
    )
    inflation = _inflation(spend, beside)
    if inflation <= MOST_INFLATION:
        return Identification(channel, None, inflation=inflation)
    partner = max(others, key=lambda other: abs(_correlation(spend, history.spend[other], terms)), default="")
    if partner and _inflation(spend, terms) <= MOST_INFLATION:
        statement = (
            f"its spend moves with {partner} ({_own_part(inflation)} of its variation is its own): what "
            "the two bring together can be told, not what each does."
        )
        needs = f"Change {channel} while {partner} stays, for at least 6 weeks, or pause one of them in some regions."
    else:
        statement = f"its spend follows the season or the trend ({_own_part(inflation)} of it is its own)."
        needs = "Change it against the season for some weeks, or pause it in some regions."
    return Identification(channel, Obstacle.COLLINEAR, statement, needs, inflation)


def _own_part(inflation: float) -> str:
    """Say how much of a channel's variation nothing else explains."""
    return "none" if inflation > MOST_SHOWN else f"only 1 part in {inflation:.0f}"


def _inflation(spend: Floats, beside: Floats) -> float:
    """Return ``1 / (1 − R²)`` of spend on the other columns (Belsley, Kuh & Welsch 1980, ch. 3)."""
    fitted = beside @ np.linalg.lstsq(beside, spend, rcond=None)[0]
    own, total = float(((spend - fitted) ** 2).sum()), float(((spend - spend.mean()) ** 2).sum())
    return total / max(own, 1e-9 * total)


def _correlation(one: Floats, other: Floats, terms: Floats) -> float:
    first, second = (x - terms @ np.linalg.lstsq(terms, x, rcond=None)[0] for x in (one, other))
    scale = float(np.sqrt((first @ first) * (second @ second)))
    return float(first @ second) / scale if scale > 0 else 0.0


def _cannot(channel: str, obstacle: Obstacle, statement: str, needs: str) -> Identification:
    return Identification(channel, obstacle, statement, needs)
