"""MBG/NBD: as the BG/NBD, but customers may stop after their very first purchase."""

from __future__ import annotations

from typing import ClassVar

from keepwell.stats.btyd.beta_geo import BetaGeo


class ModifiedBetaGeo(BetaGeo):
    """The MBG/NBD model of Batislam, Denizel & Filiztekin (2007), Int. J. of Research in Marketing 24(3), 201–209.

    As `BetaGeo`, with one more chance to stop: right after the first purchase. Hence one-time buyers have
    P(alive) = 1 / (1 + (a / b) ((α + T) / α)^r) < 1, all formulas hold with b + x in place of b + x − 1, and a newcomer
    stays at all with probability b / (a + b).

    Args:
        unit: see `BuyTillYouDie`; α is in it.

    >>> rfm = {"frequency": [0, 2, 0, 1, 9], "recency": [0, 30.4, 0, 1.7, 35.7], "T": [38.9, 38.9, 27, 38.9, 38.9]}
    >>> model = ModifiedBetaGeo(unit="week").fit(rfm)
    >>> bool((model.probability_alive(rfm) < 1).all())
    True

    """

    _chances_at_first: ClassVar[int] = 1
