"""CDNOW's 1/10 sample as the papers read it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

END = pd.Timestamp("1997-09-30")


@pytest.fixture(scope="session")
def cdnow_days(shared_data: Path) -> pd.DataFrame:
    """Return a row per customer, in days: purchases of one day merged, T to 30 September 1997, days bought on after."""
    log = pd.read_parquet(shared_data / "cdnow_sample.parquet")
    log = log.assign(date=pd.to_datetime(log["date"])).drop_duplicates(["sample_id", "date"])
    days = log[log["date"] <= END].groupby("sample_id")["date"].agg(["min", "max", "count"])
    after = log[log["date"] > END].groupby("sample_id").size()
    return pd.DataFrame(
        {
            "frequency": days["count"] - 1,
            "recency_days": (days["max"] - days["min"]).dt.days,
            "age_days": (END - days["min"]).dt.days,
            "holdout": after.reindex(days.index).fillna(0),
        }
    )
