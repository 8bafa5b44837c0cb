"""What one percentage point of yearly retention is worth, per segment."""

from __future__ import annotations

import numpy as np

from keepwell.decide.foretold import Foretold, if_alive
from keepwell.decide.last_year import sample, scaled
from keepwell.decide.order_log import Floats, OrderLog
from keepwell.vocabulary.answer import Figure, RetentionPoint
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.estimate import Estimate, Evidence, NotAvailable, SampleMean

POINT = 0.01
ALL_SEGMENTS = "all"
ASSUMPTIONS = (
    "a customer kept goes on buying for one more year as the segment's customers did in the last",
    "those kept by an effort are worth as much as the segment's average; often they are worth less",
    "the cost of the effort is not taken off, and later years are not counted",
)


def retention_points(order_log: OrderLog, business: Business) -> list[RetentionPoint]:
    """Return what it is worth, in margin of one year, when one in a hundred customers of a segment stays who would not.

    ``0.01 × customers who ordered in the last year × the mean margin that one who stays brings``. That margin is
    foretold where there is a model (a customer's expected margin by the probability that they are still there, with
    the interval of the expectation), else what the customer brought last year (with the normal interval of the mean).

    Args:
        order_log: customers with their segment, last year's revenue, and what is foretold of them.
        business: margin rate.

    Returns:
        The whole base first, then segments from the most to the least worth.

    """
    revenue, is_active = order_log.column("revenue_year"), order_log.column("orders_year") > 0
    codes, names = order_log.customers["segment"].astype("object").fillna("unnamed").factorize()
    if isinstance(order_log.foretold, Foretold):
        return _foretold(order_log, order_log.foretold, is_active, codes, [str(name) for name in names])
    segments = [
        _point(str(name), *_within(revenue, is_active, codes == code), business) for code, name in enumerate(names)
    ]
    segments.sort(key=lambda point: (-_worth(point), point.segment))
    return [_point(ALL_SEGMENTS, sample(revenue[is_active]), int((~is_active).sum()), business), *segments]


def _foretold(
    order_log: OrderLog, foretold: Foretold, is_active: np.ndarray, codes: np.ndarray, names: list[str]
) -> list[RetentionPoint]:
    below, above = foretold.relative_error
    columns = ("expected_margin", "expected_margin_low", "expected_margin_high")
    stays = np.stack([if_alive(order_log.customers, column) for column in columns])
    # What the whole base may be off by, every segment may: it does not even out within one.
    stays[1] = stays[0] - np.hypot(stays[0] - stays[1], below * stays[0])
    stays[2] = stays[0] + np.hypot(stays[2] - stays[0], above * stays[0])
    segments = [_foretold_point(name, stays, codes == code, is_active) for code, name in enumerate(names)]
    segments.sort(key=lambda point: (-_worth(point), point.segment))
    return [_foretold_point(ALL_SEGMENTS, stays, np.ones_like(is_active), is_active), *segments]


def _foretold_point(segment: str, stays: Floats, is_member: np.ndarray, is_active: np.ndarray) -> RetentionPoint:
    kept, not_active = is_member & is_active, int((is_member & ~is_active).sum())
    customers = int(kept.sum())
    if not customers:
        nobody = NotAvailable("nobody in this segment ordered in the last year: winning them back is another question")
        return RetentionPoint(segment, 0, not_active, nobody, nobody)
    value, low, high = stays[:, kept].mean(axis=1)
    margin = Estimate(float(value), float(low), float(high), evidence=Evidence.REGRESSION)
    return RetentionPoint(segment, customers, not_active, margin, _times(margin, customers * POINT))


def _within(revenue: Floats, is_active: np.ndarray, is_member: np.ndarray) -> tuple[SampleMean, int]:
    return sample(revenue[is_member & is_active]), int((is_member & ~is_active).sum())


def _point(segment: str, revenue: SampleMean, not_active: int, business: Business) -> RetentionPoint:
    margin = scaled(revenue, business.margin_rate).estimate()
    nobody = NotAvailable("nobody in this segment ordered in the last year: winning them back is another question")
    if isinstance(margin, NotAvailable):
        return RetentionPoint(segment, 0, not_active, nobody, nobody)
    note = margin.note or ("few customers: the interval is rough" if revenue.n < 30 else "")
    return RetentionPoint(segment, revenue.n, not_active, margin, _times(margin, revenue.n * POINT), note)


def _times(margin: Estimate, factor: float) -> Figure:
    low = None if margin.low is None else margin.low * factor
    high = None if margin.high is None else margin.high * factor
    return Estimate(margin.value * factor, low, high, margin.level, margin.evidence, margin.note)


def _worth(point: RetentionPoint) -> float:
    return point.worth.value if isinstance(point.worth, Estimate) else float("-inf")
