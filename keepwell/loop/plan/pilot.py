"""The pilot to run where no lever has evidence enough: whom to treat and whom to leave alone, drawn by lot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import pandas as pd
import pyarrow as pa

from keepwell.decide.experiments import ExperimentValue
from keepwell.decide.uplift.arms import FEWEST_PER_ARM
from keepwell.decide.wording import about
from keepwell.loop.plan.keeping import LeverItem, Reach
from keepwell.loop.plan.lever_effect import LeverEffect
from keepwell.loop.plan.treatment_list import HOLD_OUT, TREAT
from keepwell.stats.power import people_per_arm, visible_lift
from keepwell.vocabulary.estimate import NotAvailable
from keepwell.vocabulary.plain import plain

AGAIN = "One such pilot cannot show so little: repeat it with other customers, and name them all under past_actions."
SCHEMA = pa.schema([(name, pa.string()) for name in ("customer_id", "arm", "lever", "segment")])


@dataclass(frozen=True, eq=False)
class Pilot:
    """A trial of one lever on customers drawn by lot.

    Args:
        table: one row a customer: customer_id, arm (``"treat"`` or ``"hold out"``), lever, segment.
        lever, segment: what is tried on whom.
        per_arm: customers in each arm.
        days: for which orders are watched afterwards.
        cost: money, of treating one arm.
        pays_from: effect on a customer's margin from which the lever pays, as a fraction.
        visible: the smallest effect that would stand out, as a fraction.
        currency: of the amounts.

    """

    table: pa.Table
    lever: str
    segment: str
    per_arm: int
    days: int
    cost: float
    pays_from: float
    visible: float
    currency: str

    @property
    def sentence(self) -> str:
        """What to do, what it costs, and what it can show."""
        again = "" if self.visible <= self.pays_from else f" {AGAIN}"
        who = "customers" if self.segment == "everybody" else f"customers of the segment {self.segment}"
        return (
            f"Treat {self.per_arm:,} {who} by {self.lever}, leave {self.per_arm:,} others alone, both drawn by lot, "
            f"and watch {self.days} days. It costs {about(self.cost, self.currency)} and shows effects of "
            f"{self.visible:.0%} of their margin or more; {self.lever} pays from {self.pays_from:.0%}.{again}"
        )

    def frame(self) -> pd.DataFrame:
        """Return the table as a pandas frame."""
        found: pd.DataFrame = self.table.to_pandas()
        return found

    def as_dict(self) -> dict[str, object]:
        """Return what is tried as plain values for JSON; the people themselves are in the file."""
        names = ("lever", "segment", "per_arm", "days", "cost", "pays_from", "visible", "sentence")
        return cast(dict[str, object], plain({name: getattr(self, name) for name in names}))


def pilot(
    items: Sequence[LeverItem],
    idle: Sequence[Reach],
    experiments: Sequence[ExperimentValue],
    *,
    budget: float,
    currency: str,
    seed: int = 0,
) -> Pilot | NotAvailable:
    """Return the pilot to run, or why there is none.

    That of the item whose experiment is worth most; where there is none, of the lever that comes nearest to paying. An
    item's experiment says how many customers; else as many as show the effect from which the lever pays (80 % power at
    5 %), half of the segment and the budget at most.

    Args:
        items: the side of keeping.
        idle: whom levers reach without anybody being expected to bring more.
        experiments: valued, the best first.
        budget: money of the plan.
        currency: of the amounts.
        seed: of the lots.

    """
    wanted = {one.candidate.item: one.candidate.per_arm for one in reversed(experiments)}
    worth = {one.candidate.item: one.net for one in experiments}
    reaches = [*(item.reach for item in items), *idle]
    able = [reach for reach in reaches if reach.people >= 2 * FEWEST_PER_ARM and reach.outcome_mean > 0]
    if not reaches:
        return NotAvailable("no lever is stated that could be tried")
    if not able:
        return NotAvailable(f"no lever reaches {2 * FEWEST_PER_ARM} customers who are expected to order")
    best = max(able, key=lambda reach: (worth.get(reach.name, -np.inf), -_pays_from(reach, _best(reach))))
    lever = _best(best)
    pays_from, each = _pays_from(best, lever), float(lever.cost.mean())
    variation = best.outcome_deviation / best.outcome_mean
    per_arm = wanted.get(best.name) or people_per_arm(variation, pays_from)
    per_arm = min(per_arm, best.people // 2, int(budget / each))
    if per_arm < FEWEST_PER_ARM:
        least = about(FEWEST_PER_ARM * each, currency)
        return NotAvailable(f"a pilot of {lever.lever.name} treats {FEWEST_PER_ARM} customers at least, for {least}")
    table = _drawn(best, lever.lever.name, per_arm, seed)
    return Pilot(
        table, lever.lever.name, best.segment, per_arm, lever.lever.window_days, per_arm * each, pays_from,
        visible_lift(variation, per_arm), currency,
    )  # fmt: skip


def _best(reach: Reach) -> LeverEffect:
    """Return the lever of which most is expected, cost taken off."""
    return max(reach.levers, key=lambda one: float((one.uplift - one.cost).mean()))


def _pays_from(reach: Reach, lever: LeverEffect) -> float:
    return (float(lever.cost.mean()) + lever.given_away) / reach.outcome_mean


def _drawn(reach: Reach, lever: str, per_arm: int, seed: int) -> pa.Table:
    lots = np.random.default_rng(seed).permutation(reach.people)[: 2 * per_arm]
    arms = np.repeat(np.array([TREAT, HOLD_OUT], dtype=object), per_arm)
    order = np.argsort(lots, kind="stable")
    count = 2 * per_arm
    columns = [reach.customers[lots[order]], arms[order], *(pa.repeat(text, count) for text in (lever, reach.segment))]
    return pa.table(
        {name: pa.array(column, pa.string()) for name, column in zip(SCHEMA.names, columns, strict=True)}, schema=SCHEMA
    )
