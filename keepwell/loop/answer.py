"""Keep or win, from facts to the answer."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd

from keepwell.decide.keep_or_win import answer
from keepwell.loop.facts import OpenFacts
from keepwell.loop.foretold import lifetime_or_reason
from keepwell.loop.frames import without_reasons
from keepwell.loop.order_log import HORIZON_DAYS, order_log
from keepwell.understand.acquisition import channels
from keepwell.understand.activity import observed
from keepwell.understand.facts import Facts
from keepwell.vocabulary.answer import Answer
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.period import Period

SEED = 20240101


def decide(opened: OpenFacts, as_of: date, seed: int = SEED) -> Answer:
    """Return the answer to keep or win from an open data folder.

    Raises:
        InputError: there is no order before ``as_of``.

    """
    need_orders(opened)
    return answer_from(opened.facts, as_of, seed)


def answer_from(facts: Facts, as_of: date, seed: int = SEED) -> Answer:
    """Return the answer to keep or win from facts that hold orders."""
    lifetime = lifetime_or_reason(facts, as_of)
    log = order_log(facts, as_of, channels=last_year_channels(facts, as_of), lifetime=lifetime)
    return answer(log, facts.business, seed)


def need_orders(opened: OpenFacts) -> None:
    """Raise InputError when no order was imported."""
    if not opened.has_orders:
        raise InputError(
            "decide.no_orders",
            "Without orders there is nothing to decide on.",
            advice="Import an order log: keepwell import orders.csv",
        )


def last_year_channels(facts: Facts, as_of: date) -> pd.DataFrame | None:
    """Channels of the last year, with the value of the customers who are old enough to measure."""
    if facts.spend is None:
        return None
    log = observed(facts)
    year = Period(max(log.start, as_of - timedelta(days=HORIZON_DAYS)), as_of)
    horizon = min(HORIZON_DAYS, max(1, (as_of - log.start).days // 2))
    measured = Period(log.start, as_of - timedelta(days=horizon))
    rows = channels(facts, year, horizon_days=horizon, value_period=measured, until=as_of)
    return pd.DataFrame([without_reasons(row) for row in rows])
