"""A feature and its value in plain English."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from keepwell.understand.churn.feature_table import MISSING, OTHER, Feature

YES_WORDS, NO_WORDS = frozenset({"yes", "true", "y", "1"}), frozenset({"no", "false", "n", "0", "none"})
Values = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Phrase:
    """How a known number is said: exactly for one customer, and in general when high or low in the base."""

    exactly: Callable[[float, Values], str]
    high: str
    low: str


def _silence(days: float, customer: Values) -> str:
    usual = customer.get("usual_gap_days", math.nan)
    said = f"no order for {_days(days)}"
    return said if math.isnan(usual) or usual < 1 else f"{said}, usually every {usual:.0f}"


def _days(days: float) -> str:
    return "1 day" if round(days) == 1 else f"{days:.0f} days"


def _times(count: float, one: str, many: str) -> str:
    return f"1 {one}" if round(count) == 1 else f"{count:.0f} {many}"


PHRASES: dict[str, Phrase] = {
    "recency_days": Phrase(_silence, "no order for long", "a recent order"),
    "overdue": Phrase(lambda v, _: f"silent for {v:.1f} times the usual gap", "overdue by their own rhythm",
                      "within their usual rhythm"),
    "orders": Phrase(lambda v, _: f"{_times(v, 'order', 'orders')} in all", "many orders", "few orders"),
    "orders_90_days": Phrase(lambda v, _: f"{_times(v, 'order', 'orders')} in the last 90 days",
                             "many orders lately", "few or no orders lately"),
    "orders_365_days": Phrase(lambda v, _: f"{_times(v, 'order', 'orders')} in the last year",
                              "many orders in the last year", "few orders in the last year"),
    "tenure_days": Phrase(lambda v, _: f"a customer for {_days(v)}", "a customer for long", "a new customer"),
    "tenure": Phrase(lambda v, _: f"tenure of {v:g}", "a long tenure", "a short tenure"),
    "usual_gap_days": Phrase(lambda v, _: f"usually orders every {_days(v)}", "orders seldom", "orders often"),
    "longest_gap_days": Phrase(lambda v, _: f"was once silent for {_days(v)}", "long silences before",
                               "no long silences before"),
    "spend_trend": Phrase(lambda v, _: f"spent {'more' if v > 0 else 'less'} in the last 90 days than in the 90 before",
                          "rising spend", "falling spend"),
    "refund_share": Phrase(lambda v, _: f"{v:.0%} of the spend refunded", "many refunds", "few refunds"),
    "days_since_refund": Phrase(lambda v, _: f"a refund {_days(v)} ago", "a refund long ago", "a recent refund"),
    "revenue": Phrase(lambda v, _: f"{v:,.0f} spent in all", "much spent in all", "little spent in all"),
    "spend_90_days": Phrase(lambda v, _: f"{v:,.0f} spent in the last 90 days", "much spent lately",
                            "little or nothing spent lately"),
    "orders_per_year": Phrase(lambda v, _: f"{v:.1f} orders a year", "many orders a year", "few orders a year"),
    "average_order": Phrase(lambda v, _: f"{v:,.2f} spent an order", "large orders", "small orders"),
    "subscription_age_days": Phrase(lambda v, _: f"subscribed for {_days(v)}", "subscribed for long",
                                    "subscribed lately"),
    "subscriptions": Phrase(lambda v, _: f"{_times(v, 'subscription', 'subscriptions')}", "many subscriptions",
                            "few subscriptions"),
}  # fmt: skip
# What an empty cell of a known number means; of any other it means that it is not known.
EMPTY = {
    "usual_gap_days": "no second order day yet",
    "overdue": "no second order day yet",
    "longest_gap_days": "no second order yet",
    "spend_trend": "nothing spent in half a year",
    "days_since_refund": "no refund so far",
    "days_since_ended": "no subscription ended so far",
    "recency_days": "no order so far",
    "orders": "no order so far",
}


def exactly(feature: Feature, value: float, customer: Values) -> str:
    """Return the words for one customer's value.

    Args:
        feature: the column.
        value: a number, a category's code, or NaN.
        customer: all values of the customer by feature.

    >>> exactly(Feature("Contract", ("Month-to-month", "Two year")), 0.0, {})
    'month-to-month contract'
    >>> exactly(Feature("recency_days"), 94.0, {"usual_gap_days": 30.2})
    'no order for 94 days, usually every 30'

    """
    name = spoken(feature.name)
    event = re.fullmatch(r"days_since_(.+)", feature.name)
    if math.isnan(value):
        return EMPTY.get(feature.name, f"no {spoken(event[1])} so far" if event else f"{name} not known")
    if feature.is_category:
        return _category(name, feature.levels[int(value)])
    if feature.is_flag:
        return name if value else f"no {name}"
    if feature.name in PHRASES:
        return PHRASES[feature.name].exactly(value, customer)
    if event:
        return f"{spoken(event[1])} {_days(value)} ago"
    side = "high" if value > feature.median else "low" if value < feature.median else "middling"
    return f"{name} of {_number(value)} ({side}; the middle customer has {_number(feature.median)})"


def in_general(feature: Feature, value: float) -> str:
    """Return the words for everybody on the same side of the middle, or of the same category.

    >>> in_general(Feature("MonthlyCharges", median=70.0), 90.0)
    'high monthly charges'

    """
    if math.isnan(value) or feature.is_category or feature.is_flag:
        return exactly(feature, value, {})
    is_high = value > feature.median
    if feature.name in PHRASES:
        return PHRASES[feature.name].high if is_high else PHRASES[feature.name].low
    event = re.fullmatch(r"days_since_(.+)", feature.name)
    if event:
        return f"{spoken(event[1])} {'long ago' if is_high else 'lately'}"
    return f"{'high' if is_high else 'low'} {spoken(feature.name)}"


def spoken(name: str) -> str:
    """Return a column's name as words.

    >>> spoken("OnlineSecurity"), spoken("StreamingTV"), spoken("plan_tier")
    ('online security', 'streaming TV', 'plan tier')

    """
    parts = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[_\W]+", " ", name).split()
    return " ".join(part if len(part) > 1 and part.isupper() else part.lower() for part in parts)


def _category(name: str, level: str) -> str:
    if level == MISSING:
        return f"{name} not known"
    if level == OTHER:
        return f"a rare {name}"
    plain = level.lower()
    if plain in YES_WORDS:
        return name
    if plain in NO_WORDS:
        return f"no {name}"
    # A level such as "No internet service" is a phrase of its own.
    return plain if plain.startswith("no ") else f"{plain if not level.isupper() else level} {name}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
