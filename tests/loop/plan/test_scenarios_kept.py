"""Saved scenarios: one that cannot be read is named and can be removed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from keepwell.cli.scenarios_shown import print_scenarios
from keepwell.loop.plan import scenarios as saved
from keepwell.vocabulary.errors import InputError

PLAN = {
    "budget": 100, "spent": 50.0, "keeping_share": 0.5, "gain": {"value": 9.0, "low": 1.0, "high": 20.0},
    "worst_fifth": 0.0, "lean": "keep", "items": [],
}  # fmt: skip
SHOWN = {"currency": "GBP", "period": {"start": "2011-12-01", "end": "2012-01-01"}, "plan": PLAN}


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "bad"', "[]", "[" * 100_000, "\x00",
        '{"name": "bad", "saved_at": "2011-12-01T00:00:00+00:00", "shown": {}}',
        '{"name": "bad", "saved_at": "2011-12-01", "shown": {"currency": "GBP", "period": {}, "plan": {}}}',
    ],
)  # fmt: skip
def test_a_broken_scenario_is_named_and_can_be_removed(text: str, tmp_path: Path) -> None:
    saved.save_shown(tmp_path, "good", SHOWN, datetime(2011, 12, 1, tzinfo=UTC))
    (tmp_path / "scenarios" / "bad.json").write_text(text)
    with pytest.raises(InputError, match=r"bad\.json: The scenario cannot be read.*--remove 'bad'"):
        saved.scenarios(tmp_path)
    saved.remove(tmp_path, "bad")
    assert [one.name for one in saved.scenarios(tmp_path)] == ["good"]


def test_a_period_is_listed_with_its_last_day(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    saved.save_shown(tmp_path, "good", SHOWN, datetime(2011, 12, 1, tzinfo=UTC))
    print_scenarios(saved.scenarios(tmp_path), as_json=False)
    assert "2011-12-01 to 2011-12-31" in " ".join(capsys.readouterr().out.split())
