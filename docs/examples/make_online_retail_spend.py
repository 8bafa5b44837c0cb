"""Make `online_retail_spend.csv`: an illustrative spend file for the shop of ``keepwell demo``.

Online Retail II says nothing of marketing: not one figure of the file is real. It is drawn with a fixed seed so that it
looks like what a shop of this size would have, with three channels that can be told differently well:

* search_ads: about £900 a week, more in weeks with more new customers than trend and season explain, so that a
  regression has something to find (which here is put in, not found out);
* social_ads: about £500 a week, up and down on its own, so that little follows it;
* affiliates: a flat £240 a week, so that no history can tell what it brings.

Conversions are what the platforms would claim: for search and social more than the spend can have brought.

    python make_online_retail_spend.py keepwell-demo
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np

import keepwell as kw
from keepwell.decide.responses.spend_history import SpendHistory
from keepwell.loop.plan.weekly_spend import newcomers_by_week

SEED = 20111209
FIRST, LAST = "2010-04-19", "2011-12-05"
OUT = Path(__file__).with_name("online_retail_spend.csv")


def rows(data: str) -> list[tuple[str, str, str, int]]:
    """Return the file's rows: day, channel, cost, conversions."""
    weeks, won = newcomers_by_week(kw.open_folder(data), FIRST, LAST)
    terms = SpendHistory(weeks, {}, won).linear_terms()
    logs = np.log(won + 1)
    left = logs - terms @ np.linalg.lstsq(terms, logs, rcond=None)[0]
    rng = np.random.default_rng(SEED)
    follows = 0.12 * left / left.std()
    costs = {
        "search_ads": 900 * np.exp(follows + 0.35 * rng.standard_normal(len(weeks))),
        "social_ads": 500 * np.exp(0.45 * rng.standard_normal(len(weeks))),
        "affiliates": np.full(len(weeks), 240.0),
    }
    claims = {
        "search_ads": rng.poisson(8.5 * (costs["search_ads"] / 900) ** 0.6),
        "social_ads": rng.poisson(4.0 * (costs["social_ads"] / 500) ** 0.6),
        "affiliates": rng.poisson(1.4, len(weeks)),
    }
    return [
        (week.isoformat(), channel, f"{costs[channel][place]:.2f}", int(claims[channel][place]))
        for place, week in enumerate(weeks)
        for channel in costs
    ]


if __name__ == "__main__":
    with OUT.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("Day", "Channel", "Cost", "Conversions"))
        writer.writerows(rows(sys.argv[1]))
