"""Results as pandas frames."""

from __future__ import annotations

from typing import Any

import ibis.expr.types as ir
import pandas as pd

from keepwell.vocabulary.estimate import NotAvailable


def frame(table: ir.Table) -> pd.DataFrame:
    """Run an expression and return a frame with plain numbers: decimals become floats, for drawing and showing."""
    decimals = {name: "float64" for name, kind in table.schema().items() if kind.is_decimal()}
    found: pd.DataFrame = (table.cast(decimals) if decimals else table).execute()
    return found


def without_reasons(row: Any) -> dict[str, Any]:
    """Return a frozen result as a row of a frame: what is not available is blank."""
    values = {name: getattr(row, name) for name in row.__dataclass_fields__}
    return {name: None if isinstance(value, NotAvailable) else value for name, value in values.items()}
