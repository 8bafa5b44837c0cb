"""What a policy sees: the books of the shop and nothing that only the simulator knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd

WEEKS_PER_MONTH = 4
MONTHS_PER_YEAR = 13


@dataclass(frozen=True)
class Lever:
    """One way to address a customer: what a contact costs today and which discount it offers (fraction of price)."""

    name: str
    cost: float
    discount: float


@dataclass(frozen=True)
class Observed:
    """The shop's books on the morning of ``today``; frames are fresh copies or read-only.

    A *month* is four weeks (13 a year). Ids are opaque and stable. Columns:

    * ``orders``: customer_id, ordered_on (datetime64), month, revenue (after discount), discount.
    * ``customers``: customer_id, acquired_on, acquired_month, channel (last click; ``organic`` if none), country.
    * ``spend``: week_starting, month, channel, spend, impressions, new_customers (last click); one row per week and
      channel, and one for ``organic`` with spend 0.
    * ``campaigns``: campaign_id, lever, month, started_on, customer_id, is_treated, has_control, is_complete,
      orders_after, revenue_after (after discount), discount_after: what the customer bought within
      ``outcome_months`` from the campaign's month on (that month included). ``has_control``: treated and untreated
      were drawn by lot from one group. Without a control group only treated customers are listed.
    """

    month: int
    months_left: int
    today: date
    orders: pd.DataFrame
    customers: pd.DataFrame
    spend: pd.DataFrame
    campaigns: pd.DataFrame
    levers: Mapping[str, Lever]
    channels: tuple[str, ...]
    margin_rate: float
    discount_rate: float
    budget: float
    terminal_months: int
    outcome_months: int
