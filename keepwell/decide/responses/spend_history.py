"""Weekly spend per channel next to what it was meant to move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np

from keepwell.decide.margin_curve import Floats
from keepwell.vocabulary.errors import InputError

TREND, SEASON = 0.15, 0.15  # shares of the mean outcome: change in a year, size of a harmonic


@dataclass(frozen=True, eq=False)
class SpendHistory:
    """T weeks in a row.

    Args:
        weeks: the first day of each week, 7 days apart, T ≥ 1.
        spend: per channel money a week, shape (T,), in its own currency.
        outcome: new customers a week, or money a week, shape (T,).
        currencies: per channel the ISO 4217 code of its spend; one not named is in the business's currency.
        controls: further weekly figures that move the outcome (prices, a competitor, a holiday), shape (T,) each.

    Raises:
        InputError: a length differs, a figure is not finite, or a week is missing.

    """

    weeks: Sequence[date]
    spend: Mapping[str, Floats]
    outcome: Floats
    currencies: Mapping[str, str] = field(default_factory=dict)
    controls: Mapping[str, Floats] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "outcome", np.asarray(self.outcome, dtype=np.float64))
        for name in ("spend", "controls"):
            columns = {key: np.asarray(value, dtype=np.float64) for key, value in getattr(self, name).items()}
            object.__setattr__(self, name, columns)
        if not len(self.weeks):
            raise _bad("weeks", "the history", 0, "Give at least one week.")
        for earlier, later in zip(self.weeks, self.weeks[1:], strict=False):
            if later - earlier != timedelta(days=7):
                advice = "Give every week once, those without spend as 0."
                raise _bad("weeks", f"the week after {earlier.isoformat()}", later.isoformat(), advice)
        for name, values in {"outcome": self.outcome, **self.spend, **self.controls}.items():
            if values.shape != (len(self.weeks),):
                raise _bad("length", name, values.shape, f"Give one figure for each of the {len(self.weeks)} weeks.")
            bad = np.flatnonzero(~np.isfinite(values))
            if bad.size:
                week = self.weeks[int(bad[0])].isoformat()
                raise _bad("number", f"{name}, week of {week}", float(values[bad[0]]), "Give 0 where there was none.")

    @property
    def length(self) -> int:
        """Number of weeks, T."""
        return len(self.weeks)

    def linear_terms(self) -> Floats:
        """Return what explains the outcome besides spend, shape (T, q): level, trend, season of the year, controls.

        The season is two harmonics of the year from 78 weeks, one from 52, none below; the trend is bent from 104.
        """
        weeks = np.arange(self.length, dtype=np.float64)
        along = weeks / max(1.0, weeks[-1])
        columns = [np.ones(self.length), along]
        if self.length >= 104:
            columns.append(along**2)
        harmonics = 2 if self.length >= 78 else 1 if self.length >= 52 else 0
        angle = 2 * np.pi * np.array([week.timetuple().tm_yday for week in self.weeks]) / 365.25
        for harmonic in range(1, harmonics + 1):
            columns += [np.sin(harmonic * angle), np.cos(harmonic * angle)]
        columns += [values for values in self.controls.values() if np.ptp(values) > 0]
        return np.column_stack(columns)

    def looseness(self) -> Floats:
        """Return how much the coefficients of `linear_terms` may be, as shares of the mean outcome, shape (q,).

        Without limit for the level and for controls. A trend of more than 15 % a year, or a season of more than 15 %,
        must show itself against this: free to bend, they would take the credit for lasting changes of spend.
        """
        years = self.length / 52
        bends = 2 if self.length >= 104 else 1
        harmonics = 2 if self.length >= 78 else 1 if self.length >= 52 else 0
        free = sum(bool(np.ptp(values) > 0) for values in self.controls.values())
        return np.array([np.inf, *[TREND * years] * bends, *[SEASON] * (2 * harmonics), *[np.inf] * free])


def _bad(name: str, where: str, value: object, advice: str) -> InputError:
    message = f"The spend history cannot be used: {value!r}."
    return InputError(f"spend_history.{name}", message, where=where, value=value, advice=advice)
