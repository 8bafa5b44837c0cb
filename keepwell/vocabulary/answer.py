"""The answer to "keep or win?" and everything it is made of; pages, reports and commands only read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import cast

from keepwell.vocabulary.estimate import Estimate, Evidence, NotAvailable
from keepwell.vocabulary.kpi import Unit
from keepwell.vocabulary.period import Period
from keepwell.vocabulary.plain import plain

Figure = Estimate | NotAvailable
NO_MODEL = NotAvailable("no model of lifetime value was fitted")


class Lean(StrEnum):
    """Which way the next unit of money should lean; all four are legal answers."""

    KEEP = "keep"
    WIN = "win"
    SPEND_LESS = "spend less"
    CANNOT_TELL = "cannot tell yet"


class Status(StrEnum):
    """Whether a criterion holds in the facts at hand."""

    MET = "met"
    NOT_MET = "not met"
    NOT_KNOWN = "not known"


@dataclass(frozen=True, slots=True)
class Reason:
    """One sentence in plain words with the figure it rests on and what was assumed."""

    sentence: str
    figure: Figure
    unit: Unit
    assumptions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AllowableCac:
    """The most one may pay for a new customer of a group.

    ``within_horizon`` is the discounted contribution margin of a newcomer within the horizon, shrunk towards the
    whole base by ``shrinkage`` (0: the group's own figure, 1: the base's), foretold by a model where there is one;
    ``as_measured`` is what the group's customers brought who were watched for the whole horizon, ``on_first_order``
    what the first order alone earns. Money per customer.
    """

    dimension: str
    group: str
    customers: int
    within_horizon: Figure
    as_measured: Figure
    on_first_order: Figure
    shrinkage: float
    is_thin: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class BaseValue:
    """What today's customers are expected to bring within ``days``, by a model that was tried on a holdout.

    ``alive`` is how many of the ``customers`` are expected to be still there, ``margin`` the contribution margin
    they bring, ``discounted_margin`` the same in money of today; ``why`` says why this model.
    """

    model: str
    why: str
    days: int
    customers: int
    alive: Figure
    orders: Figure
    margin: Figure
    discounted_margin: Figure
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RetentionPoint:
    """What one percentage point of yearly retention is worth in a segment, as margin of one year.

    ``margin_per_customer`` is what a customer who stays brings in a year: foretold where there is a model, else last
    year's.

    ``customers`` are those who ordered in the last year; ``not_active`` the others of the segment.
    """

    segment: str
    customers: int
    not_active: int
    margin_per_customer: Figure
    worth: Figure
    note: str = ""


@dataclass(frozen=True, slots=True)
class WhatIfResult:
    """What would happen to next year's contribution margin.

    ``before`` and ``after`` are money per year; ``change`` is their difference with its own interval (the same
    simulated years on both sides). ``reaches_goal`` is the share of simulated years at or above ``goal``.
    """

    name: str
    description: str
    before: Figure
    after: Figure
    change: Figure
    goal: float | None
    reaches_goal: float | None
    evidence: Evidence
    assumptions: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class LeanCriterion:
    """One row of the when-to-lean table: what was measured, against which threshold, and what follows."""

    leans: Lean | None
    name: str
    status: Status
    measured: Figure
    unit: Unit
    threshold: str
    why: str


@dataclass(frozen=True, slots=True)
class ClaimCheck:
    """A rule of thumb next to the shop's own figure for the same thing."""

    claim: str
    claimed_low: float | None
    claimed_high: float | None
    measured: Figure
    unit: Unit
    verdict: str


@dataclass(frozen=True, slots=True)
class ChannelVerdict:
    """One acquisition channel: what was paid for a customer against what one may pay."""

    channel: str
    spend: float
    new_customers: int
    cac: Figure
    allowable_cac: Figure
    ltv_to_cac: Figure
    payback_months: Figure
    if_half_incremental: Figure
    verdict: str
    lean: Lean
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Threshold:
    """A figure at which the answer would change."""

    name: str
    sentence: str
    figure: Figure
    unit: Unit


@dataclass(frozen=True, slots=True)
class NotIdentified:
    """A question these facts cannot answer, and what would make it answerable."""

    question: str
    needs: str


@dataclass(frozen=True, slots=True)
class Holdout:
    """A proposal for the first experiment with a control group.

    ``per_arm`` people are needed to see ``lift`` (a fraction of margin per person) with 80 % power at 5 %, where the
    margin of one person over ``window_days`` varies by ``variation`` (standard deviation / mean);
    ``visible_lift`` is the smallest lift that all ``eligible`` customers, split in two, would show.
    """

    lift: float
    variation: float
    per_arm: int
    eligible: int
    window_days: int
    enrol_days: int
    visible_lift: float
    is_feasible: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class StatedSplit:
    """Blattberg & Deighton's optimum over stated ranges: each figure's range is over the stated unknowns.

    ``retention_share`` is the share of the first year's best spend that goes into keeping. ``ranges`` names every
    unknown with its low and high; ``more_on_keeping`` and ``more_on_winning`` are the shares of the drawn
    settings in which the best spend lies above today's, not available where today's spend is only assumed.
    """

    retention_share: Figure
    acquisition_spend: Figure
    retention_spend: Figure
    customer_value: Figure
    more_on_keeping: float | NotAvailable
    more_on_winning: float | NotAvailable
    ranges: tuple[tuple[str, float, float, Evidence], ...]
    note: str


@dataclass(frozen=True, slots=True)
class Answer:
    """Keep or win, in two sentences and with everything behind them.

    ``headline`` and ``caveat`` are the two sentences; ``next_step`` says what to do first.
    """

    lean: Lean
    headline: str
    caveat: str
    next_step: str
    currency: str
    as_of: date
    period: Period
    horizon_days: int
    reasons: tuple[Reason, ...]
    thresholds: tuple[Threshold, ...]
    allowable_cac: tuple[AllowableCac, ...]
    retention_points: tuple[RetentionPoint, ...]
    what_ifs: tuple[WhatIfResult, ...]
    criteria: tuple[LeanCriterion, ...]
    claims: tuple[ClaimCheck, ...]
    channels: tuple[ChannelVerdict, ...]
    split: StatedSplit | NotAvailable
    holdout: Holdout | NotAvailable
    not_identified: tuple[NotIdentified, ...]
    assumptions: tuple[str, ...]
    base_value: BaseValue | NotAvailable = NO_MODEL

    def as_dict(self) -> dict[str, object]:
        """Return the whole answer as plain values for JSON."""
        return cast(dict[str, object], plain(self))
