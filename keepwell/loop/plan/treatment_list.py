"""From a plan to people: whom to treat with which lever, and who is left out by lot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from keepwell.decide.assign import Assignment, assign
from keepwell.decide.offers import TreatmentLimits
from keepwell.loop.plan.keeping import LeverItem, Reach
from keepwell.vocabulary.estimate import Estimate, Evidence
from keepwell.vocabulary.plain import plain

TREAT, HOLD_OUT = "treat", "hold out"
LEVEL, Z_80 = 0.80, 1.2815515655446004
# Standard errors that an uplift must clear its cost by: it then does so in six draws of ten.
CAUTION = 0.25
SCHEMA = pa.schema(
    [
        ("customer_id", pa.string()),
        ("arm", pa.string()),
        ("lever", pa.string()),
        ("segment", pa.string()),
        ("cost", pa.float64()),
        ("uplift", pa.float64()),
        ("uplift_low", pa.float64()),
        ("uplift_high", pa.float64()),
        ("evidence", pa.string()),
    ]
)


@dataclass(frozen=True, slots=True)
class TreatmentLine:
    """One lever on one segment: customers in each arm, cost, expected uplift (80 %, before the cost), its grade."""

    lever: str
    segment: str
    treated: int
    held_out: int
    cost: float
    uplift: Estimate


@dataclass(frozen=True, eq=False)
class TreatmentList:
    """Whom to treat.

    Args:
        table: one row a customer who is treated, or would be were they not held out by lot: customer_id, arm
            (``"treat"`` or ``"hold out"``), lever, segment, cost (money; 0 for those held out), uplift (margin expected
            from treating them, before the cost) with its 80 % interval, evidence. Those expected to bring most come
            first within lever and arm.
        lines: totals by lever and segment.
        planned: money that the plan gives to the levers.
        holdout: share of customers left out by lot.
        currency: of the amounts.

    """

    table: pa.Table
    lines: tuple[TreatmentLine, ...]
    planned: float
    holdout: float
    currency: str

    @property
    def treated(self) -> int:
        """Customers to treat."""
        return sum(line.treated for line in self.lines)

    @property
    def held_out(self) -> int:
        """Customers who would be treated and are left out by lot: the control group."""
        return sum(line.held_out for line in self.lines)

    @property
    def cost(self) -> float:
        """Money."""
        return sum(line.cost for line in self.lines)

    def frame(self) -> pd.DataFrame:
        """Return the table as a pandas frame."""
        found: pd.DataFrame = self.table.to_pandas()
        return found

    def as_dict(self) -> dict[str, object]:
        """Return the totals as plain values for JSON; the people themselves are in the file."""
        shown = {
            "treated": self.treated,
            "held_out": self.held_out,
            "planned": self.planned,
            "cost": self.cost,
            "holdout": self.holdout,
            "lines": self.lines,
        }
        return cast(dict[str, object], plain(shown))


def treatment_list(
    items: Sequence[LeverItem],
    spend: Mapping[str, float],
    *,
    hurdle: float,
    holdout: float,
    capacity: Mapping[str, float],
    currency: str,
    caution: float = CAUTION,
    seed: int = 0,
) -> TreatmentList:
    """Return whom to treat within what the plan gives each item (`decide.assign.assign`).

    Only those are treated whose uplift less ``caution`` standard errors clears ``1 + hurdle`` times the cost, so less
    than planned may be spent; never more. At the prices that result, those of the holdout who would have been
    treated are its control group.

    Args:
        items: the side of keeping.
        spend: the plan's, by item.
        hurdle: return asked for above getting the money back.
        holdout: share of all customers left out by lot, in [0, 1).
        capacity: units of each capacity that the side of winning leaves.
        currency: of the amounts.
        caution: standard errors, at least 0.
        seed: of the lots.

    """
    left = dict(capacity)
    tables, lines = [], []
    for number, item in enumerate(items):
        budget = spend.get(item.curve.item, 0.0)
        if budget <= 0:
            continue
        names = {name for one in item.levers for name in one.lever.uses}
        uses = {name: np.array([one.lever.uses.get(name, 0.0) for one in item.levers]) for name in sorted(names)}
        limits = TreatmentLimits(
            budget=budget, hurdle=hurdle, caution=caution, capacity={name: left[name] for name in uses if name in left},
            holdout=holdout,
        )  # fmt: skip
        found = assign(item.reach.offers(uses), limits, seed=seed + number)
        for name in limits.capacity:
            counts = np.array([found.counts[one.lever.name] for one in item.levers])
            left[name] = max(0.0, left[name] - float(counts @ uses[name]))
        table, some = _listed(item.reach, found)
        tables.append(table)
        lines += some
    planned = sum(spend.get(item.curve.item, 0.0) for item in items)
    whole = pa.concat_tables(tables) if tables else SCHEMA.empty_table()
    return TreatmentList(whole, tuple(lines), planned, holdout, currency)


def _listed(reach: Reach, found: Assignment) -> tuple[pa.Table, list[TreatmentLine]]:
    tables, lines = [], []
    for place, effect in enumerate(reach.levers):
        treated, held = (np.flatnonzero(lots == place) for lots in (found.lever, found.control))
        for arm, rows in ((TREAT, treated), (HOLD_OUT, held)):
            ranked = rows[np.argsort(-effect.uplift[rows], kind="stable")]
            tables.append(_rows(reach, place, arm, ranked))
        if treated.size or held.size:
            lines.append(
                TreatmentLine(
                    effect.lever.name, reach.segment, treated.size, held.size, float(effect.cost[treated].sum()),
                    _together(effect.uplift[treated], effect.error[treated], effect.evidence),
                )
            )  # fmt: skip
    return pa.concat_tables(tables), lines


def _rows(reach: Reach, place: int, arm: str, rows: npt.NDArray[np.int64]) -> pa.Table:
    effect = reach.levers[place]
    uplift, half = effect.uplift[rows], Z_80 * effect.error[rows]
    cost = effect.cost[rows] if arm == TREAT else np.zeros(rows.size)
    same = (pa.repeat(text, rows.size) for text in (arm, effect.lever.name, reach.segment))
    money = (np.round(amount, 4) for amount in (cost, uplift, uplift - half, uplift + half))
    columns = [
        pa.array(reach.customers[rows], pa.string()), *same, *money,
        pa.repeat(effect.evidence.value, rows.size),
    ]  # fmt: skip
    return pa.table(dict(zip(SCHEMA.names, columns, strict=True)), schema=SCHEMA)


def _together(uplift: npt.NDArray[np.float64], error: npt.NDArray[np.float64], evidence: Evidence) -> Estimate:
    """Return the sum; errors count as common to all, as in the supply curve."""
    value, half = float(uplift.sum()), Z_80 * float(error.sum())
    return Estimate(value, value - half, value + half, LEVEL, evidence)
