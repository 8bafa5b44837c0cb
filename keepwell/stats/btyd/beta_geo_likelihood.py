"""The likelihood of the beta-geometric models over a whole base, at a cost that hardly grows with it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from keepwell.stats.btyd.beta_geo_kernels import count, stopping
from keepwell.stats.btyd.customer_base import CustomerBase
from keepwell.vocabulary.errors import InputError

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Places = npt.NDArray[np.int32]

MOST = 100_000  # repeat purchases; nobody shops on more days than that
LARGEST_KEY = 2**62


@dataclass(frozen=True, slots=True)
class Clock:
    """The times that occur in a base, and where each customer's stand among them; whole days stand at themselves.

    Args:
        times: days, ascending, shape (times,).
        recency_at: index of each t_x, shape (rows,).
        age_at: index of each T, shape (rows,).

    """

    times: Floats
    recency_at: Places
    age_at: Places

    @classmethod
    def of(cls, base: CustomerBase) -> Clock:
        """Return the clock of a base."""
        if base.is_whole_days:
            times = np.arange(int(base.age_days.max()) + 1, dtype=np.float64)
            return cls(times, base.recency_days.astype(np.int32), base.age_days.astype(np.int32))
        times, places = np.unique(np.concatenate([[0.0], base.recency_days, base.age_days]), return_inverse=True)
        # a recency beyond the age by less than rounding is the age
        recency_at, age_at = places[1 : base.rows + 1], places[base.rows + 1 :]
        return cls(times, np.minimum(recency_at, age_at).astype(np.int32), age_at.astype(np.int32))


@dataclass(frozen=True, slots=True)
class Stoppers:
    """Customers who may have stopped: x, the indices of t_x and T, and how many share them, each of shape (rows,)."""

    frequency: Places
    recency_at: Places
    age_at: Places
    weight: Floats

    @classmethod
    def folded(cls, keys: Ints, times: int, most: int) -> Stoppers:
        """Return each (x, t_x, T) once, out of keys (T times + t_x) most + x, one a customer."""
        keys.sort()
        first = np.flatnonzero(np.concatenate([np.ones(min(1, len(keys)), dtype=np.bool_), keys[1:] != keys[:-1]]))
        counts = np.diff(np.append(first, len(keys))).astype(np.float64)
        age_and_recency, x = np.divmod(keys[first], most)
        age, recency = np.divmod(age_and_recency, times)
        return cls(x.astype(np.int32), recency.astype(np.int32), age.astype(np.int32), counts)

    @classmethod
    def unfolded(cls, base: CustomerBase, clock: Clock) -> Stoppers:
        """Return the rows of a base that is grouped already, or whose times hardly ever meet."""
        rows = base.frequency > 0
        weight = base.customers[rows].astype(np.float64)
        return cls(base.frequency[rows].astype(np.int32), clock.recency_at[rows], clock.age_at[rows], weight)

    def with_once(self, customers_by_age: Floats) -> Stoppers:
        """Return these and the customers of no repeat, by index of T."""
        there = np.flatnonzero(customers_by_age).astype(np.int32)
        return Stoppers(
            np.concatenate([self.frequency, np.zeros_like(there)]),
            np.concatenate([self.recency_at, np.zeros_like(there)]),
            np.concatenate([self.age_at, there]),
            np.concatenate([self.weight, customers_by_age[there]]),
        )

    def sample(self, customers: int) -> Stoppers:
        """Return evenly picked customers, each standing for as many; the rows' order makes the pick a fair one."""
        reach = np.cumsum(self.weight)
        stands_for = reach[-1] / customers
        picked = np.searchsorted(reach, (np.arange(customers) + 0.5) * stands_for)
        return Stoppers(
            self.frequency[picked], self.recency_at[picked], self.age_at[picked], np.full(customers, stands_for)
        )


@dataclass(frozen=True, slots=True)
class Tally:
    """What the likelihood needs to know of a base.

    The terms in gamma and beta functions depend on x alone, those in (α + T) on T alone: both are sums over histograms.
    Only whether a customer stopped at the last purchase depends on (x, t_x, T), and equal customers are counted once.

    Args:
        times: see `Clock`.
        rates: customers with more than j repeats, j = 0, 1, …
        survivals: customers who had more than j chances to stop and did not, j = 0, 1, …
        customers_by_age: by index of T.
        repeats_by_age: Σ x by index of T.
        stoppers: whom only (x, t_x, T) together tells apart.
        chances: 1 where the first purchase, too, is a chance to stop (MBG/NBD), else 0.

    """

    times: Floats
    rates: Floats
    survivals: Floats
    customers_by_age: Floats
    repeats_by_age: Floats
    stoppers: Stoppers
    chances: int

    @classmethod
    def of(cls, base: CustomerBase, chances: int) -> Tally:
        """Count a base.

        Raises:
            InputError: somebody has more than 100,000 repeat purchases.

        """
        most = int(base.frequency.max())
        if most > MOST:
            raise InputError(
                "rfm.frequency",
                f"A customer with {most:,} repeat purchases is none.",
                where=f"rfm, row {int(base.frequency.argmax()) + 1}",
                value=most,
                advice="Leave resellers and till accounts out, and merge purchases of one day into one occasion.",
            )
        clock = Clock.of(base)
        size = len(clock.times)
        by_frequency, by_age, once, repeats_by_age = np.zeros(most + 1), np.zeros(size), np.zeros(size), np.zeros(size)
        keys = np.empty(base.rows if base.is_whole_days and size * size * (most + 1) < LARGEST_KEY else 0, np.int64)
        found = count(
            base.frequency, clock.recency_at, clock.age_at, base.customers,
            by_frequency, by_age, once, repeats_by_age, keys,
        )  # fmt: skip
        stoppers = Stoppers.folded(keys[:found], size, most + 1) if found >= 0 else Stoppers.unfolded(base, clock)
        at_least: Floats = np.cumsum(by_frequency[::-1])[::-1]  # customers with x ≥ j
        return cls(
            clock.times,
            at_least[1:],
            at_least[1 - chances :],
            by_age,
            repeats_by_age,
            stoppers.with_once(once) if chances else stoppers,
            chances,
        )

    @property
    def customers(self) -> float:
        """How many customers are counted."""
        return float(self.customers_by_age.sum())

    @property
    def repeats(self) -> float:
        """How many repeat purchases they made."""
        return float(self.repeats_by_age.sum())

    def log_likelihood(self, logs: Floats) -> tuple[float, Floats]:
        """Return the log-likelihood in days, and its gradient, at the logarithms of r, α, a and b.

        Fader, Hardie & Lee (2005), equation 6 and section 4; Batislam, Denizel & Filiztekin (2007) for the MBG/NBD.
        Ratios of gamma functions are sums of logarithms, and log(1 + T / α) stands for differences of logarithms, so
        that nothing cancels where parameters grow without bound.
        """
        r, alpha, a, b = np.exp(logs)
        log_ratio, inverse = np.log1p(self.times / alpha), 1.0 / (alpha + self.times)
        j = np.arange(len(self.rates), dtype=np.float64)
        k = np.arange(len(self.survivals), dtype=np.float64)
        past = b - 1.0 + self.chances + np.arange(len(self.rates) + 1, dtype=np.float64)  # b + x − 1, or b + x
        if not self.chances:
            past[0] = b  # x = 0: nobody could stop, and nobody looks
        stopped = np.zeros(len(past))
        who = self.stoppers
        mixed, mixed_r, mixed_alpha = stopping(
            who.frequency, who.recency_at, who.age_at, who.weight, log_ratio, inverse, np.log(a / past), r, stopped
        )
        value = (
            self.rates @ np.log(r + j)
            - r * (self.customers_by_age @ log_ratio)
            - self.repeats_by_age @ (np.log(alpha) + log_ratio)
            - self.survivals @ np.log1p(a / (b + k))
            + mixed
        )
        gradient = np.array([
            self.rates @ (1.0 / (r + j)) - self.customers_by_age @ log_ratio + mixed_r,
            r / alpha * (self.customers_by_age @ (self.times * inverse)) - self.repeats_by_age @ inverse + mixed_alpha,
            stopped.sum() / a - self.survivals @ (1.0 / (a + b + k)),
            self.survivals @ (a / ((b + k) * (a + b + k))) - stopped @ (1.0 / past),
        ])  # fmt: skip
        return float(value), np.asarray(gradient * np.array([r, alpha, a, b]), dtype=np.float64)

    def sample(self, customers: int) -> Tally:
        """Return the tally with some customers standing for all where each must be looked at."""
        if len(self.stoppers.frequency) <= customers:
            return self
        return replace(self, stoppers=self.stoppers.sample(customers))
