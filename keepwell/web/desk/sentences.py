"""The answer's sentences in the reader's language.

The library speaks English; its sentences are few, with figures in them. Each is written here once more with its gaps
named, so that a sentence of the library is recognised, translated, and filled with the same figures. One that is not
recognised is shown as it is.
"""

# ruff: noqa: E501 — a text for translators is one literal
from __future__ import annotations

import re
from functools import cache

from django.utils.translation import gettext, gettext_noop

GAP = re.compile(r"%\(([a-z_]+)\)s")

SENTENCES = (
    gettext_noop(
        "Lean towards keeping: one more customer kept in every hundred is worth %(worth)s a year; pay at most %(price)s to win a new one."
    ),
    gettext_noop("Lean towards keeping: one more customer kept in every hundred is worth %(worth)s a year."),
    gettext_noop("It is too early to say whether keeping or winning pays better: %(reason)s."),
    gettext_noop(
        "Neither side leads yet: pay up to %(price)s to win a new customer, or %(worth)s a year to keep one more in every hundred."
    ),
    gettext_noop(
        "Lean towards winning through %(channel)s: a new customer costs %(cost)s there and earns %(earned)s within %(horizon)s."
    ),
    gettext_noop("Lean towards winning: more speaks for new customers than for those you have."),
    gettext_noop(
        "Lean towards winning: a new customer earns %(earned)s within %(horizon)s, so winning pays wherever one costs less."
    ),
    gettext_noop("Spend less: new customers have earned nothing within %(horizon)s, so none is worth paying for."),
    gettext_noop(
        "Spend less on the channels you pay for: in each, a new customer costs more than one earns within %(horizon)s."
    ),
    gettext_noop(
        "Spend less on %(channel)s: a new customer costs %(cost)s there and earns %(earned)s within %(horizon)s."
    ),
    gettext_noop("Spend less on %(channel)s: %(spent)s went there, and no new customer is known to have come of it."),
    gettext_noop(
        "It assumes a margin of %(margin)s, and only a control group can show how many customers a channel really brings."
    ),
    gettext_noop(
        "It assumes a margin of %(margin)s, and only a control group can show which channel or message works."
    ),
    gettext_noop(
        "It takes your margin of %(margin)s, and only a control group can show how many customers a channel really brings."
    ),
    gettext_noop(
        "It takes your margin of %(margin)s, and only a control group can show which channel or message works."
    ),
    gettext_noop("Go on collecting orders: a control group cannot be sized yet: %(reason)s."),
    gettext_noop(
        "Split the %(customers)s customers of the last year in two at random, write to one half (%(half)s) and leave the other alone, and compare margin per customer within %(horizon)s: only an effect of about %(effect)s or more will show, for %(wanted)s would need %(needed)s in each half."
    ),
    gettext_noop("The %(customers)s customers who ordered in the last year brought %(margin)s of margin."),
    gettext_noop("The one customer who ordered in the last year brought %(margin)s of margin."),
    gettext_noop("%(share)s of revenue came from customers of earlier years."),
    gettext_noop("%(share)s of the customers of the year before ordered again."),
    gettext_noop("The best tenth of customers brought %(share)s of revenue."),
    gettext_noop("A new customer earns %(earned)s of margin within %(horizon)s, on average."),
    gettext_noop("One point of yearly retention is worth %(worth)s a year."),
    gettext_noop(
        "Today's customers are expected to bring %(margin)s of margin within %(horizon)s; %(alive)s of the %(customers)s customers there have been are expected to be still there."
    ),
    gettext_noop("Through %(channel)s a new customer cost %(cost)s and earns %(earned)s within %(horizon)s."),
    gettext_noop(
        "Win wherever a new customer costs less than %(price)s; above that one does not pay back within %(horizon)s."
    ),
    gettext_noop("Below %(price)s the first order alone pays for the customer."),
    gettext_noop("Keep wherever one more customer in a hundred stays for less than %(worth)s a year."),
    gettext_noop("A %(discount)s discount to everyone pays only if orders rise by more than %(uplift)s."),
    gettext_noop(
        "A %(discount)s discount to everyone never pays: at a margin of %(margin)s no number of orders pays for it."
    ),
    gettext_noop("A retention campaign counts as proven here from an effect of %(effect)s on margin per customer."),
    gettext_noop("Which channel should get the next unit of money?"),
    gettext_noop("Which campaign or offer keeps customers?"),
    gettext_noop("What does it cost to keep a customer?"),
    gettext_noop("What will today's customers bring?"),
    gettext_noop("What is the margin?"),
    gettext_noop("spend by channel and day, as a CSV, and the channel that won each customer"),
    gettext_noop("pausing each channel in some regions or weeks, to see who comes anyway"),
    gettext_noop("a control group that is left alone"),
    gettext_noop("spend on campaigns, discounts and service to customers"),
    gettext_noop("a model of lifetime value, and there is none: %(reason)s"),
    gettext_noop("cost of goods, shipping and fees, or a margin rate of yours"),
    gettext_noop("Contribution margin is %(margin)s of net revenue, assumed, until you give yours."),
    gettext_noop("Contribution margin is %(margin)s of net revenue, as you gave it."),
    gettext_noop("Later money is discounted by %(rate)s a year."),
    gettext_noop("historic, not a forecast"),
    gettext_noop("those kept are worth the average"),
    gettext_noop("customers with a full horizon"),
    gettext_noop("customers as attributed to the channel"),
    gettext_noop("foretold by %(model)s"),
    gettext_noop("counted in your data"),
    gettext_noop("observed, without a control group"),
    gettext_noop("regression on history"),
    gettext_noop("industry prior"),
)
HORIZONS = frozenset({gettext_noop("a year")})


def said(sentence: str) -> str:
    """Return a sentence of the library in the reader's language.

    >>> said("The best tenth of customers brought 60% of revenue.")
    'The best tenth of customers brought 60% of revenue.'
    """
    for text, pattern in _patterns():
        if (match := pattern.fullmatch(sentence)) is not None:
            gaps = {name: gettext(value) if value in HORIZONS else value for name, value in match.groupdict().items()}
            return gettext(text) % gaps if gaps else gettext(text)
    return sentence


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((text, _pattern(text)) for text in SENTENCES)


def _pattern(text: str) -> re.Pattern[str]:
    parts = GAP.split(text)  # plain, name, plain, name, plain
    return re.compile("".join(f"(?P<{part}>.+?)" if place % 2 else re.escape(part) for place, part in enumerate(parts)))
