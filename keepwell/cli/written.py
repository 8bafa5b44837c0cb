"""Writing a table to a file of the reader's choice."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from keepwell.loop.refusals import harmless
from keepwell.vocabulary.errors import InputError


def write_frame(frame: pd.DataFrame, path: Path) -> None:
    """Write a frame as CSV or Parquet, by the ending of ``path``; text cells cannot act as formulas in a spreadsheet.

    Raises:
        InputError: another ending, or a folder that cannot be written to.

    """
    try:
        if path.suffix == ".parquet":
            frame.to_parquet(path, index=False)
        elif path.suffix == ".csv":
            texts = frame.select_dtypes(include=["object", "string"]).columns
            safe = frame.copy()
            for name in texts:
                safe[name] = safe[name].map(lambda cell: harmless(cell) if isinstance(cell, str) else cell)
            safe.to_csv(path, index=False)
        else:
            raise InputError(
                "out.ending", f"Cannot write {path.name}.", value=path, advice="End it in .csv or .parquet."
            )
    except OSError as error:
        raise InputError(
            "out.file", f"Cannot write the file: {error.strerror}.", where=str(path), advice="Choose another place."
        ) from error
