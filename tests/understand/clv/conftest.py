"""The CDNOW sample as facts, under the convention of the papers: free records count as purchases."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import ibis
import pandas as pd
import pyarrow as pa
import pytest

from keepwell.understand.clv.validate import Validation, validate
from keepwell.understand.facts import Facts, facts_from_tables
from keepwell.vocabulary.business import Business


@pytest.fixture(scope="session")
def cdnow_rows(shared_data: Path) -> pd.DataFrame:
    return pd.read_parquet(shared_data / "cdnow_sample.parquet")


@pytest.fixture(scope="session")
def cdnow_facts(cdnow_rows: pd.DataFrame) -> Facts:
    columns = {"customer": "customer_id", "date": "date", "total": "dollar_value"}
    table = pa.table({name: cdnow_rows[column] for name, column in columns.items()})
    return facts_from_tables(ibis.duckdb.connect().create_table("cdnow", table), business=Business(currency="USD"))


@pytest.fixture(scope="session")
def cdnow_validation(cdnow_facts: Facts) -> Validation:
    """Give the holdout of the papers: 39 weeks before, 39 weeks after."""
    return validate(cdnow_facts, date(1997, 10, 1), date(1998, 7, 1), count_free=True)
