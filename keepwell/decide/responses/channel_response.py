"""What steady weekly spend on one channel brings a week: the curve that every grade of evidence speaks about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from keepwell.decide.margin_curve import Floats, MarginCurve, Side
from keepwell.stats.saturation import relative_response
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import Evidence

POINTS = 41
# Before anything is known: half of the ceiling lies at 1.5 times today's spend (elasticity 0.6), within a factor of
# e^±0.7 two times in three (elasticities 0.43 to 0.75).
HALF_MEDIAN, HALF_SPREAD = 1.5, 0.7


@dataclass(frozen=True, eq=False)
class ChannelResponse:
    """``N(x) = n h(x / reference; κ, a, m)``: newcomers a week at steady spend x a week, h as in `stats.saturation`.

    Args:
        channel: its name.
        reference: money a week, above 0: the spend that the evidence is about.
        gained: n, shape (D,): newcomers a week that the reference spend brings and that would not have come without
            it (or money a week, where revenue was modelled).
        half: κ, shape (D,): spend at half of the ceiling, in units of the reference.
        shape: a, shape (D,): 1 without evidence on it; above 1 the curve is S-shaped.
        evidence: the strongest grade that went in.
        notes: what was assumed or fallen back to.
        sharpness: m: 1 for Hill's curve, 2 for Smith's, which reaches its ceiling sooner.

    """

    channel: str
    reference: float
    gained: Floats
    half: Floats
    shape: Floats
    evidence: Evidence
    notes: tuple[str, ...] = ()
    sharpness: float = 1.0

    @property
    def draws(self) -> int:
        """Number of posterior draws, D."""
        return self.gained.size

    @property
    def logs(self) -> Floats:
        """The draws as ``(ln n, ln κ, ln a)``, shape (D, 3)."""
        return np.log(np.column_stack((self.gained, self.half, self.shape)))

    def with_logs(self, logs: Floats, evidence: Evidence, note: str = "") -> ChannelResponse:
        """Return the response with other draws, given as ``(ln n, ln κ, ln a)``, shape (D, 3)."""
        gained, half, shape = np.exp(logs).T
        notes = (*self.notes, note) if note else self.notes
        return replace(self, gained=gained, half=half, shape=shape, evidence=evidence, notes=notes)

    def rebased(self, reference: float) -> ChannelResponse:
        """Return the same curves, written about another reference spend (money a week, above 0)."""
        gained = self.at(np.array([reference]))[:, 0]
        return replace(self, reference=reference, gained=gained, half=self.half * self.reference / reference)

    def at(self, spend: Floats) -> Floats:
        """Return what a steady weekly spend brings a week.

        Args:
            spend: money a week, shape (K,), at least 0.

        Returns:
            Shape (D, K).

        """
        scaled = np.asarray(spend, dtype=np.float64)[None, :] / self.reference
        shape: Floats | float = 1.0 if (self.shape == 1).all() else self.shape[:, None]
        return self.gained[:, None] * relative_response(scaled, self.half[:, None], shape, self.sharpness)

    def margin_curve(
        self,
        value: Floats | float,
        *,
        weeks: float,
        most: float,
        floor: float = 0.0,
        season: float = 1.0,
        prospects: float | None = None,
        uses: Mapping[str, float] | None = None,
    ) -> MarginCurve:
        """Return the margin that spending over a planning period brings, spread evenly over its weeks.

        ``M(X) = V G(weeks × season × N(X / weeks))``; with a market of P prospects left, G is ``P (1 − e^(−N/P))``:
        each can be won once.

        Args:
            value: V, margin per newcomer within the horizon, shape (D,) or a number.
            weeks: length of the period, above 0.
            most: the largest spend over the period, money above 0; the item's cap.
            floor: the least to spend on the channel.
            season: the response relative to the mean of the year, above 0.
            prospects: people who can still be won; ``None`` for a market that does not run out within the period.
            uses: capacity taken per unit of money.

        Raises:
            InputError: the draws of the value do not match, or an argument is not above 0.

        >>> one = np.ones(2)
        >>> response = ChannelResponse("search", 100.0, 10 * one, one, one, Evidence.STATED)
        >>> response.margin_curve(30.0, weeks=4, most=800.0).at(800.0)
        array([1600., 1600.])

        """
        worth = np.asarray(value, dtype=np.float64)
        if worth.ndim and worth.shape != self.gained.shape:
            raise _bad("value", worth.shape, f"Give one value, or one for each of the {self.draws} draws.")
        if not (weeks > 0 and most > 0 and season > 0 and (prospects is None or prospects > 0)):
            raise _bad("argument", (weeks, most, season, prospects), "Give numbers above 0.")
        # Finer near 0, where curves bend most.
        spend = most * np.linspace(0, 1, POINTS) ** 1.5
        won = weeks * season * self.at(spend / weeks)
        if prospects is not None:
            won = -prospects * np.expm1(-won / prospects)
        worth_of_draw = worth[:, None] if worth.ndim else worth
        return MarginCurve(
            item=self.channel,
            side=Side.WIN,
            spend=spend,
            margin=worth_of_draw * won,
            evidence=self.evidence,
            floor=floor,
            uses=dict(uses or {}),
            note=" ".join(self.notes),
            per_person=float(worth.mean()) if worth.mean() > 0 else None,
        )


def prior_of_half(draws: int, rng: np.random.Generator, median: float = HALF_MEDIAN) -> Floats:
    """Return draws of κ before spend history or experiments speak: LogNormal(ln median, 0.7)."""
    return np.asarray(median * np.exp(HALF_SPREAD * rng.standard_normal(draws)), dtype=np.float64)


def _bad(name: str, value: object, advice: str) -> InputError:
    return InputError(f"response.{name}", f"The {name} cannot be {value!r}.", value=value, advice=advice)
