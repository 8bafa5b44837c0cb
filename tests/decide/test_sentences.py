"""The two sentences that an owner reads aloud: one verdict, two figures at most, no breath too many."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd
import pytest

from keepwell.decide.last_year import LastYear
from keepwell.decide.order_log import OrderLog
from keepwell.decide.sentences import Findings, caveat, headline
from keepwell.decide.thresholds import reasons
from keepwell.vocabulary.answer import AllowableCac, ChannelVerdict, Lean, RetentionPoint
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.estimate import Estimate, Evidence, NotAvailable, SampleMean
from keepwell.vocabulary.period import Period

PRICE = Estimate(588.6, 481.2, 696.1)
WORTH = Estimate(39_680.0, 34_610.0, 44_790.0)
NOTHING = NotAvailable("nobody")
NUMBERS = ("tenure_days", "recency_days", "orders_year", "revenue_year", "revenue_90_days", "orders_year_before",
           "revenue_year_before")  # fmt: skip


def empty(*columns: str) -> pd.DataFrame:
    """Return a frame without rows."""
    return pd.DataFrame({column: [] for column in columns})


LOG = OrderLog(
    as_of=date(2012, 1, 1),
    period=Period.parse("2011"),
    horizon_days=365,
    values=(),
    customers=empty("segment", *NUMBERS),
    growth=empty("period", "active", "new", "retained", "resurrected", "churned", "is_complete"),
    revenue=empty("period", "new_revenue", "returning_revenue", "new_customers", "orders", "is_truncated"),
)
LAST = LastYear(
    active=4264,
    margin=SampleMean(4264, 3.97e6, 1e10),
    newcomers=1566.0,
    newcomer_margin=SampleMean(1000, 588_600.0, 1e9),
    kept=Estimate(0.63),
    carried=0.9,
    carried_is_measured=True,
    returning_share=Estimate(0.82, 0.79, 0.85),
    is_scaled=False,
    days=365,
)


def channel(name: str = "ads", cac: float | None = 24.0, earns: float = 80.0, lean: Lean = Lean.WIN) -> ChannelVerdict:
    """Build a channel on which 1,200 was spent."""
    cost = NOTHING if cac is None else Estimate(cac, cac * 0.8, cac * 1.25)
    worth = Estimate(earns, earns * 0.9, earns * 1.1)
    won = 0 if cac is None else 50
    return ChannelVerdict(name, 1200.0, won, cost, worth, NOTHING, NOTHING, NOTHING, "", lean, Evidence.OBSERVED)


def findings(lean: Lean, verdicts: tuple[ChannelVerdict, ...] = (), price: Any = PRICE, **changes: Any) -> Findings:
    """Build what the sentences are made from."""
    everyone = AllowableCac("all", "all", 1000, price, price, price, 0.0, is_thin=False)
    found = Findings(lean, LOG, Business("GBP"), LAST, everyone, RetentionPoint("all", 4264, 0, WORTH, WORTH), verdicts,
                     NOTHING)  # fmt: skip
    return replace(found, **changes)


SAID = {
    "keep": (
        findings(Lean.KEEP),
        "Lean towards keeping: one more customer kept in every hundred is worth £39,700 a year; pay at most £589 to "
        "win a new one.",
    ),
    "keep, value of newcomers unknown": (
        findings(Lean.KEEP, allowable=None),
        "Lean towards keeping: one more customer kept in every hundred is worth £39,700 a year.",
    ),
    "win": (
        findings(Lean.WIN),
        "Lean towards winning: a new customer earns £589 within a year, so winning pays wherever one costs less.",
    ),
    "win through a channel": (
        findings(Lean.WIN, (channel("brand", 70, lean=Lean.CANNOT_TELL), channel())),
        "Lean towards winning through ads: a new customer costs £24.00 there and earns £80.00 within a year.",
    ),
    "spend less, newcomers earn nothing": (
        findings(Lean.SPEND_LESS, price=Estimate(0.0)),
        "Spend less: new customers have earned nothing within a year, so none is worth paying for.",
    ),
    "spend less on one channel": (
        findings(Lean.SPEND_LESS, (channel(cac=1000.0, lean=Lean.SPEND_LESS),)),
        "Spend less on ads: a new customer costs £1,000 there and earns £80.00 within a year.",
    ),
    "spend less on one channel that won nobody": (
        findings(Lean.SPEND_LESS, (channel(cac=None, lean=Lean.SPEND_LESS),)),
        "Spend less on ads: £1,200 went there, and no new customer is known to have come of it.",
    ),
    "spend less on several": (
        findings(Lean.SPEND_LESS, (channel(cac=900.0), channel("post", cac=800.0))),
        "Spend less on the channels you pay for: in each, a new customer costs more than one earns within a year.",
    ),
    "cannot tell": (
        findings(Lean.CANNOT_TELL),
        "Neither side leads yet: pay up to £589 to win a new customer, or £39,700 a year to keep one more in every "
        "hundred.",
    ),
    "cannot tell, too early": (
        findings(Lean.CANNOT_TELL, last=replace(LAST, active=1)),
        "It is too early to say whether keeping or winning pays better: only one customer ordered in the last year.",
    ),
}


@pytest.mark.parametrize("name", SAID)
def test_the_headline_gives_the_verdict(name: str) -> None:
    found, said = SAID[name]
    assert headline(found) == said


@pytest.mark.parametrize("name", SAID)
def test_each_sentence_holds_two_figures_at_most_and_can_be_said_in_a_breath(name: str) -> None:
    found, _ = SAID[name]
    for sentence in (headline(found), caveat(found)):
        assert len(re.findall(r"\d[\d,.]*", sentence)) <= 2
        assert len(sentence.split()) <= 25
        assert sentence.count(". ") == 0
        assert "(" not in sentence


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (
            findings(Lean.KEEP),
            "It assumes a margin of 50%, and only a control group can show which channel or message works.",
        ),
        (
            findings(Lean.KEEP, business=Business("GBP", margin_rate=0.4, margin_is_assumed=False)),
            "It takes your margin of 40%, and only a control group can show which channel or message works.",
        ),
        (
            findings(Lean.WIN, (channel(),)),
            "It assumes a margin of 50%, and only a control group can show how many customers a channel really brings.",
        ),
    ],
    ids=["margin assumed", "margin given", "with spend"],
)
def test_the_caveat_names_the_margin_and_what_nobody_knows(found: Findings, said: str) -> None:
    assert caveat(found) == said


def test_what_the_headline_leaves_out_stands_in_the_reasons_with_its_interval() -> None:
    said = [reason.sentence for reason in reasons(findings(Lean.WIN, (channel(),)))]
    assert "82% of revenue came from customers of earlier years." in said
    assert "A new customer earns £589 (£481 to £696) of margin within a year, on average." in said
    assert "One point of yearly retention is worth £39,700 (£34,600 to £44,800) a year." in said
    assert (
        "Through ads a new customer cost £24.00 (£19.20 to £30.00) and earns £80.00 (£72.00 to £88.00) within a year."
        in said
    )
