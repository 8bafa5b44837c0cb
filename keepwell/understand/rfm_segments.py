"""The names of RFM segments: one table, read by recency and by frequency and money together."""

from __future__ import annotations

from itertools import product

SCORES = (1, 2, 3, 4, 5)

SEGMENTS = {
    "Champions": "bought lately, buy often and spend the most",
    "Loyal": "buy regularly and spend well",
    "Potential loyalist": "bought lately, more than the least often",
    "New customers": "bought very lately, little or once so far",
    "Promising": "bought lately, little or once so far",
    "Needs attention": "in the middle of everything; could go either way",
    "About to sleep": "bought little, and not lately",
    "At risk": "used to buy well, and have not for long",
    "Cannot lose them": "were among the best, and have not bought for longest",
    "Hibernating": "bought little, long ago",
    "Lost": "bought least, longest ago",
}

# Rows: recency score. Columns: mean of the frequency and money scores, halves rounded up, from 1 to 5.
GRID: dict[int, tuple[str, str, str, str, str]] = {
    5: ("New customers", "Potential loyalist", "Potential loyalist", "Champions", "Champions"),
    4: ("Promising", "Potential loyalist", "Loyal", "Loyal", "Champions"),
    3: ("About to sleep", "About to sleep", "Needs attention", "Loyal", "Loyal"),
    2: ("Hibernating", "Hibernating", "At risk", "At risk", "At risk"),
    1: ("Lost", "Lost", "Hibernating", "Cannot lose them", "Cannot lose them"),
}


def segment_of(r: int, f: int, m: int) -> str:
    """Return the segment's name of three scores from 1 (worst) to 5 (best).

    >>> segment_of(5, 5, 4), segment_of(1, 5, 5), segment_of(5, 1, 1)
    ('Champions', 'Cannot lose them', 'New customers')

    """
    return GRID[r][(f + m + 1) // 2 - 1]


SEGMENT_BY_SCORES: dict[tuple[int, int, int], str] = {
    (r, f, m): segment_of(r, f, m) for r, f, m in product(SCORES, SCORES, SCORES)
}
