"""Past retention actions as a table: which campaigns can teach what, and what would make the others teach."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from keepwell.decide.uplift.arms import FEWEST_PER_ARM
from keepwell.stats.arrow_table import arrow_of
from keepwell.vocabulary.answer import NotIdentified
from keepwell.vocabulary.errors import InputError

COLUMNS = {
    "customer_id": "opaque id of the customer",
    "campaign": "name of the action",
    "lever": "what was done: mail, coupon, call …",
    "treated_at": "when the action began",
    "is_treated": "whether this customer was addressed",
    "has_control": "whether lots decided who was addressed",
}


class Design(StrEnum):
    """How a campaign's people came to be addressed."""

    BY_LOT = "some left out by lot"
    CHOSEN = "some left out, not by lot"
    ONE_ARM = "all alike"


@dataclass(frozen=True, eq=False)
class PastCampaign:
    """One campaign.

    Args:
        name, lever: as in the table.
        design: how its people came to be addressed.
        treated, control: people in each.
        rows: its rows.

    """

    name: str
    lever: str
    design: Design
    treated: int
    control: int
    rows: pa.Table

    @property
    def not_identified(self) -> NotIdentified | None:
        """What this campaign cannot tell, and what would make it tell; ``None`` where it can."""
        question = f"What {self.name} ({self.lever}) changed"
        if self.design is Design.ONE_ARM:
            who = "Everybody in it was addressed" if self.treated else "Nobody in it was addressed"
            return NotIdentified(
                question,
                f"{who}. Add people who were not: at best left out by lot next time, else those known at the time and "
                "not chosen, with the same columns.",
            )
        few = min(self.treated, self.control)
        if few < FEWEST_PER_ARM:
            return NotIdentified(
                question, f"One side holds {few} people; at least {FEWEST_PER_ARM} are needed on each."
            )
        return None


def read_actions(table: Any) -> tuple[PastCampaign, ...]:
    """Return the campaigns of a table of past actions, in order of their first treatment.

    Args:
        table: one row a customer and campaign: ``customer_id``, ``campaign``, ``lever``, ``treated_at`` (date or
            timestamp; of the campaign, for those left out too), ``is_treated``, ``has_control`` (yes or no, alike
            within a campaign), outcomes over a window alike for all, and what was known of the customer before.

    Raises:
        InputError: a column is missing, empty or of the wrong kind, a customer stands twice in a campaign, or a
            campaign has two levers or is with and without lots.

    >>> rows = {"customer_id": ["a", "b"], "campaign": ["May"] * 2, "lever": ["mail"] * 2,
    ...     "treated_at": ["2024-05-01"] * 2, "is_treated": [True, True], "has_control": [False] * 2}
    >>> read_actions(rows)[0].design.value
    'all alike'

    """
    arrow = arrow_of(table)
    _check_columns(arrow)
    names = arrow["campaign"].cast(pa.string())
    found = [_campaign(str(name), arrow.filter(pc.equal(names, name))) for name in pc.unique(names).to_pylist()]
    began = {one.name: str(pc.min(one.rows["treated_at"]).as_py()) for one in found}
    return tuple(sorted(found, key=lambda one: (began[one.name], one.name)))


def _check_columns(arrow: pa.Table) -> None:
    lacking = [name for name in COLUMNS if name not in arrow.column_names]
    if lacking:
        raise InputError(
            "actions.missing_column",
            f"The table of past actions has no {', '.join(lacking)}.",
            value=arrow.column_names,
            advice=" ".join(f"{name}: {COLUMNS[name]}." for name in lacking),
        )
    if not arrow.num_rows:
        raise InputError("actions.empty", "The table of past actions has no rows.", advice="Add a campaign.")
    for name in COLUMNS:
        empty = pc.index(pc.is_null(arrow[name]), True).as_py()
        if empty >= 0:
            raise InputError(
                "actions.empty_cell",
                f"The column {name} is empty.",
                where=f"{name}, row {empty + 1}",
                advice=f"Fill in: {COLUMNS[name]}.",
            )
    for name in ("is_treated", "has_control"):
        kinds = set(pc.unique(arrow[name]).to_pylist())
        if not kinds <= {0, 1}:
            raise InputError(
                "actions.yes_or_no",
                f"The column {name} holds something else than yes or no.",
                where=name,
                value=sorted(map(str, kinds))[:5],
                advice="Write true or false, 1 or 0.",
            )


def _campaign(name: str, rows: pa.Table) -> PastCampaign:
    where = f"campaign {name}"
    levers, lots = pc.unique(rows["lever"]).to_pylist(), pc.unique(rows["has_control"]).to_pylist()
    if len(levers) > 1 or len(lots) > 1:
        raise InputError(
            "actions.mixed",
            "One campaign has one lever, and lots for all its people or for none.",
            where=where,
            value=[*levers, *lots],
            advice="Give each lever, and each group drawn by lot, a campaign's name of its own.",
        )
    ids = pc.value_counts(rows["customer_id"])
    twice = next((pair["values"].as_py() for pair in ids if pair["counts"].as_py() > 1), None)
    if twice is not None:
        raise InputError(
            "actions.twice", "A customer stands twice in it.", where=where, value=twice, advice="Keep one row for each."
        )
    treated = int(pc.sum(rows["is_treated"].cast(pa.int64())).as_py())
    control = rows.num_rows - treated
    design = Design.BY_LOT if lots[0] else Design.CHOSEN
    if not treated or not control:
        design = Design.ONE_ARM
    return PastCampaign(name, str(levers[0]), design, treated, control, rows)
