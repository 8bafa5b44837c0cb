"""What several marts are built from, computed once between them."""

from __future__ import annotations

from datetime import date
from functools import cached_property

import pandas as pd

from keepwell.decide.keep_or_win import answer
from keepwell.loop.answer import SEED, last_year_channels
from keepwell.loop.facts import OpenFacts
from keepwell.loop.foretold import lifetime_or_reason
from keepwell.loop.lifetime import Lifetime
from keepwell.loop.order_log import order_log
from keepwell.understand.activity import observed
from keepwell.understand.facts import Facts
from keepwell.vocabulary.answer import Answer
from keepwell.vocabulary.estimate import NotAvailable
from keepwell.vocabulary.period import Period


class Ground:
    """Open facts with what is costly to work out from them, each at its first use.

    Args:
        opened: facts that stay open as long as this is used.

    """

    def __init__(self, opened: OpenFacts) -> None:
        self.opened = opened

    @property
    def facts(self) -> Facts:
        """The facts."""
        return self.opened.facts

    @property
    def currency(self) -> str:
        """The business's currency."""
        return self.opened.business.currency

    @cached_property
    def log(self) -> Period:
        """Days from the first order to the last."""
        return observed(self.facts)

    @cached_property
    def as_of(self) -> date:
        """First day not counted."""
        return self.opened.as_of(None)

    @cached_property
    def year(self) -> Period:
        """The last 365 days, or all days where there are fewer."""
        return self.opened.period(None, self.as_of)

    @cached_property
    def lifetime(self) -> Lifetime | NotAvailable:
        """Every customer's value within a year, or why it is not known."""
        return lifetime_or_reason(self.facts, self.as_of)

    @cached_property
    def channels(self) -> pd.DataFrame | None:
        """Channels of the last year; ``None`` without spend."""
        return last_year_channels(self.facts, self.as_of)

    @cached_property
    def answer(self) -> Answer:
        """Keep or win."""
        log = order_log(self.facts, self.as_of, channels=self.channels, lifetime=self.lifetime)
        return answer(log, self.opened.business, SEED)
