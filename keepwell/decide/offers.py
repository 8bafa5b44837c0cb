"""What each person could be offered, what it would gain, and what it costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from keepwell.decide.margin_curve import Floats
from keepwell.vocabulary.errors import InputError


@dataclass(frozen=True, eq=False)
class Offers:
    """N people × K levers.

    Args:
        levers: their names.
        uplift: shape (N, K): margin within the horizon if treated less margin if not, after discounts given to those
            who would have bought anyway, *before* the cost of the contact; below 0 for people whom it drives away.
        cost: money per person treated, shape (N, K) or (K,), above 0: contact and incentive on redemption.
        error: standard error of the uplift, shape (N, K), at least 0; ``None`` for 0.
        is_eligible: shape (N, K); ``None`` for everyone. Consent and marketing rules enter here.
        contacts: recent contacts of each person, shape (N,); ``None`` for none.
        uses: per capacity the units that one contact by each lever takes, shape (K,).

    Raises:
        InputError: a shape does not fit, or a number is not finite or out of its range.

    """

    levers: tuple[str, ...]
    uplift: Floats
    cost: Floats
    error: Floats | None = None
    is_eligible: npt.NDArray[np.bool_] | None = None
    contacts: npt.NDArray[np.int64] | None = None
    uses: Mapping[str, Floats] = field(default_factory=dict)

    def __post_init__(self) -> None:
        uplift = np.ascontiguousarray(self.uplift, dtype=np.float64)
        if uplift.ndim != 2 or uplift.shape[1] != len(self.levers) or not self.levers:
            raise _bad("uplift", uplift.shape, f"Give one column for each of the {len(self.levers)} levers.")
        cost = np.asarray(self.cost, dtype=np.float64)
        if cost.shape not in (uplift.shape, uplift.shape[1:]):
            raise _bad("cost", cost.shape, f"Give a cost per lever, or one of shape {uplift.shape}.")
        object.__setattr__(self, "uplift", uplift)
        object.__setattr__(self, "cost", np.ascontiguousarray(np.broadcast_to(cost, uplift.shape)))
        for name in ("error", "is_eligible"):
            given = getattr(self, name)
            if given is not None and np.shape(given) != uplift.shape:
                raise _bad(name, np.shape(given), f"Give one of shape {uplift.shape}.")
        if self.contacts is not None and np.shape(self.contacts) != uplift.shape[:1]:
            raise _bad("contacts", np.shape(self.contacts), f"Give one of shape {uplift.shape[:1]}.")
        if not np.isfinite(uplift).all() or (self.error is not None and not (np.asarray(self.error) >= 0).all()):
            raise _bad("uplift", "a number that is not finite", "Mark people as not eligible where it is not known.")
        if not (np.isfinite(cost).all() and (cost > 0).all()):
            raise _bad("cost", float(np.min(cost)), "Give what one contact costs, above 0.")
        for name, units in self.uses.items():
            if np.shape(units) != (len(self.levers),) or not (np.asarray(units) >= 0).all():
                raise _bad("uses", name, "Give the units per contact for each lever, at least 0.")

    @property
    def people(self) -> int:
        """Number of people, N."""
        return len(self.uplift)

    @classmethod
    def of_draws(cls, levers: tuple[str, ...], draws: Floats, cost: Floats) -> Offers:
        """Return offers from posterior draws of the uplift, shape (D, N, K): their mean and standard deviation."""
        return cls(levers, draws.mean(axis=0), cost, error=draws.std(axis=0, ddof=1) if len(draws) > 1 else None)


@dataclass(frozen=True, eq=False)
class TreatmentLimits:
    """What an assignment of people to levers must keep to.

    Args:
        budget: money for contacts, at least 0.
        hurdle: return asked for above getting the money back.
        caution: standard errors taken off the uplift before it counts; 0.25 asks for the uplift to clear its cost in
            about 60 % of the draws, 1.28 in 90 %.
        capacity: units of each capacity that ``Offers.uses`` names.
        caps: the most people per lever.
        most_contacts: people with as many recent contacts are left alone; ``None`` for no limit.
        wear: fraction of the uplift that each recent contact takes away, in [0, 1).
        holdout: fraction of people, drawn by lot, who are left untreated.

    Raises:
        InputError: a number is out of its range.

    """

    budget: float
    hurdle: float = 0.0
    caution: float = 0.0
    capacity: Mapping[str, float] = field(default_factory=dict)
    caps: Mapping[str, float] = field(default_factory=dict)
    most_contacts: int | None = None
    wear: float = 0.0
    holdout: float = 0.0

    def __post_init__(self) -> None:
        for name in ("budget", "hurdle", "caution"):
            if not (np.isfinite(getattr(self, name)) and getattr(self, name) >= 0):
                raise _bad(name, getattr(self, name), "Give a number of at least 0.")
        for name in ("wear", "holdout"):
            if not 0 <= getattr(self, name) < 1:
                raise _bad(name, getattr(self, name), "Give a fraction in [0, 1).")
        for name, units in {**self.capacity, **self.caps}.items():
            if not (np.isfinite(units) and units >= 0):
                raise _bad("capacity", f"{name}={units}", "Give an amount of at least 0.")


def scores(offers: Offers, limits: TreatmentLimits) -> Floats:
    """Return what treating each person by each lever is worth beyond its cost, shape (N, K); −∞ where not allowed.

    ``u (1 − wear)^contacts − caution × se − (1 + hurdle) c``; wear does not make a harmful contact less harmful.
    """
    worth = offers.uplift.copy()
    if offers.contacts is not None and limits.wear:
        kept = (1 - limits.wear) ** np.asarray(offers.contacts, dtype=np.float64)[:, None]
        worth = np.where(worth > 0, worth * kept, worth)
    if offers.error is not None and limits.caution:
        worth -= limits.caution * offers.error
    worth -= (1 + limits.hurdle) * offers.cost
    if offers.is_eligible is not None:
        worth[~offers.is_eligible] = -np.inf
    if offers.contacts is not None and limits.most_contacts is not None:
        worth[np.asarray(offers.contacts) >= limits.most_contacts] = -np.inf
    return worth


def _bad(name: str, value: object, advice: str) -> InputError:
    return InputError(f"assign.{name}", f"The {name} cannot be {value!r}.", value=value, advice=advice)
