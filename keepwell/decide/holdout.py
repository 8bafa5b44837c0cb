"""The first experiment to run: whom to leave alone, how many, for how long."""

from __future__ import annotations

import math

from keepwell.decide.last_year import LastYear, sample
from keepwell.decide.order_log import OrderLog
from keepwell.decide.wording import within
from keepwell.stats.power import people_per_arm, visible_lift
from keepwell.vocabulary.answer import Holdout
from keepwell.vocabulary.estimate import NotAvailable, SampleMean

SHORT_WINDOW, LONG_WINDOW = 90, 365
LIFT = 0.10
LONGEST_ENROLMENT = 365
BLUNT = 0.6  # a test that shows nothing smaller is not worth the wait by itself


def first_holdout(order_log: OrderLog, last: LastYear, lift: float = LIFT) -> Holdout | NotAvailable:
    """Propose the first control group for a retention campaign, from how much customers differ.

    The outcome is margin per customer, ``n per arm = 16 (CV / lift)²``. The window is 90 days where half of the
    repeat orders come within that time, a year otherwise; CV is of the same window, over customers known before it.
    A customer base that ordered in the last year is eligible, those who joined in the window aside.

    Args:
        order_log: customers and the gaps between orders.
        last: the rate at which newcomers join.
        lift: relative change of margin per customer to be seen, above 0.

    """
    window = SHORT_WINDOW if order_log.gaps is not None and order_log.gaps.median <= SHORT_WINDOW else LONG_WINDOW
    if order_log.period.days <= window:
        return NotAvailable(f"the log is shorter than the {window} days that customers would be watched")
    outcome, eligible = _outcome(order_log, window)
    if outcome.n < 2 or outcome.mean <= 0 or outcome.variance <= 0:
        return NotAvailable("too few orders to tell how much customers differ")
    variation = math.sqrt(outcome.variance) / outcome.mean
    per_arm = people_per_arm(variation, lift)
    enrol = _enrol_days(2 * per_arm - eligible, last.newcomers / 365)
    is_feasible = enrol is not None and enrol <= LONGEST_ENROLMENT
    seen = visible_lift(variation, max(1, eligible // 2))
    return Holdout(
        lift=lift,
        variation=variation,
        per_arm=per_arm,
        eligible=eligible,
        window_days=window,
        enrol_days=enrol if is_feasible and enrol is not None else 0,
        visible_lift=seen,
        is_feasible=is_feasible,
        sentence=_sentence(lift, per_arm, eligible, window, enrol if is_feasible else None, seen),
    )


def _outcome(order_log: OrderLog, window: int) -> tuple[SampleMean, int]:
    orders, tenure = order_log.column("orders_year"), order_log.column("tenure_days")
    if window == SHORT_WINDOW:
        known = (orders > 0) & (tenure >= SHORT_WINDOW)
        return sample(order_log.column("revenue_90_days")[known]), int((orders > 0).sum())
    known = order_log.column("orders_year_before") > 0
    return sample(order_log.column("revenue_year")[known]), int((orders > 0).sum())


def _enrol_days(missing: int, per_day: float) -> int | None:
    if missing <= 0:
        return 0
    return math.ceil(missing / per_day) if per_day > 0 else None


def _sentence(lift: float, per_arm: int, eligible: int, window: int, enrol: int | None, seen: float) -> str:
    if enrol is None and seen > BLUNT:
        return (
            f"The {eligible:,} customers of the last year are too few to show what one campaign earns (only an effect "
            f"of {seen:.0%} or more would stand out): leave the same half of them, chosen at random, alone over "
            f"several campaigns, and judge these together {within(window)} or longer."
        )
    if enrol is None:
        half = eligible // 2
        return (
            f"Split the {eligible:,} customers of the last year in two at random, write to one half ({half:,}) and "
            f"leave the other alone, and compare margin per customer {within(window)}: only an effect of about "
            f"{seen:.0%} or more will show, for {lift:.0%} would need {per_arm:,} in each half."
        )
    start = (
        f"Leave {per_arm:,} customers chosen at random alone and treat {per_arm:,}"
        if enrol == 0
        else f"Enrol customers for {enrol} more days, until {per_arm:,} are treated and {per_arm:,} left alone"
    )
    return f"{start}; compare margin per customer {within(window)}: that shows an effect of {lift:.0%} or more."
