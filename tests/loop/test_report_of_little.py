"""A report of next to nothing: charts that cannot be drawn are left out, and the page says why."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import keepwell as kw


@pytest.mark.parametrize("orders", [1, 3])
def test_a_log_of_one_day_has_a_report_that_says_what_is_left_out(tmp_path: Path, orders: int) -> None:
    log = pd.DataFrame(
        {
            "order_id": range(orders),
            "customer_id": [f"c{number}" for number in range(orders)],
            "ordered_at": pd.Timestamp("2024-01-05"),
            "revenue": 5.0,
        }
    )
    page = kw.report(kw.facts(log), tmp_path / "report.html").read_text(encoding="utf-8")
    assert "there is no chart of cohorts" in page
    assert "Keep or win?" in page
