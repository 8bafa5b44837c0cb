"""What there is to show: tables that hold rows, sections that hold blocks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from keepwell.loop.report.blocks import Block, Section
from keepwell.loop.report.words import SECTIONS
from keepwell.plot.frames import frame
from keepwell.vocabulary.errors import InputError


def rows_of(table: Any) -> pd.DataFrame | None:
    """Return the table as a pandas frame, or ``None`` where there is no table or it has no rows.

    >>> rows_of(None) is None, rows_of(pd.DataFrame()) is None, len(rows_of(pd.DataFrame({"a": [1]})))
    (True, True, 1)
    """
    if table is None:
        return None
    try:
        return frame(table, (), "report")
    except InputError as error:
        if error.code == "plot.empty":
            return None
        raise


def section(key: str, findings: Sequence[str], blocks: Sequence[Block]) -> Section | None:
    """Return the section under its heading, or ``None`` when it has nothing to show.

    >>> section("gaps", [], []) is None
    True
    """
    return Section(key, SECTIONS[key], findings, blocks) if findings or blocks else None
