"""What one percentage point of yearly retention is worth, per segment."""

from __future__ import annotations

import numpy as np

from keepwell.decide.last_year import sample, scaled
from keepwell.decide.order_log import Floats, OrderLog
from keepwell.vocabulary.answer import Figure, RetentionPoint
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.estimate import Estimate, NotAvailable, SampleMean

POINT = 0.01
ALL_SEGMENTS = "all"
ASSUMPTIONS = (
    "a customer kept goes on buying for one more year as the segment's customers did in the last",
    "those kept by an effort are worth as much as the segment's average; often they are worth less",
    "the cost of the effort is not taken off, and later years are not counted",
)


def retention_points(order_log: OrderLog, business: Business) -> list[RetentionPoint]:
    """Return what it is worth, in margin of one year, when one in a hundred customers of a segment stays who would not.

    ``0.01 × customers who ordered in the last year × their mean margin in it``, with the normal interval of the mean.

    Args:
        order_log: customers with their segment and last year's revenue.
        business: margin rate.

    Returns:
        The whole base first, then segments from the most to the least worth.

    """
    revenue, is_active = order_log.column("revenue_year"), order_log.column("orders_year") > 0
    codes, names = order_log.customers["segment"].astype("object").fillna("unnamed").factorize()
    segments = [
        _point(str(name), *_within(revenue, is_active, codes == code), business) for code, name in enumerate(names)
    ]
    segments.sort(key=lambda point: (-_worth(point), point.segment))
    return [_point(ALL_SEGMENTS, sample(revenue[is_active]), int((~is_active).sum()), business), *segments]


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
