"""A plan file is read as it stands, or refused by the name of what is wrong in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from keepwell.loop.plan.settings import plan_settings, read_plan
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.period import Period

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "plan.toml"


def test_the_example_is_read_whole() -> None:
    made = read_plan(EXAMPLE)
    assert (made.budget, made.period, made.hurdle, made.holdout) == (50000, "2011-12", 0.2, 0.1)
    assert made.channels["search_ads"].cap == 15000
    assert made.channels["trade_fairs"].stated is not None
    assert [lever.name for lever in made.levers] == ["win-back mail", "account call"]
    assert made.levers[0].effect == (0.0, 0.12)
    assert made.experiments[0].lift == 1.5
    assert made.capacity == {"calls": 250}
    assert (made.overdraft, len(made.without_plan)) == (20000, 12)


def test_what_is_given_goes_before_the_file() -> None:
    made = read_plan(EXAMPLE).given(budget=100, period=Period.parse("2012-01"), hurdle=0.0)
    assert (made.budget, made.period, made.hurdle) == (100, "2012-01-01..2012-01-31", 0.0)
    assert made.risk_aversion == read_plan(EXAMPLE).risk_aversion


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ({"levers": {"mail": {"contact_cost": 1, "efect_low": 0.1}}}, "efect_low"),
        ({"levers": {"mail": {}}}, "contact_cost"),
        ({"levers": {"mail": {"contact_cost": 0}}}, "contact_cost"),
        ({"levers": {"mail": {"contact_cost": 1, "effect_low": 0.1}}}, "effect_low"),
        ({"levers": {"mail": {"contact_cost": 1, "effect_low": 0.2, "effect_high": 0.1}}}, "effect"),
        ({"levers": {"mail": {"contact_cost": "cheap"}}}, "cheap"),
        ({"levers": {"mail": {"contact_cost": 1, "window_days": 1e14}}}, "window_days"),
        ({"channels": {"radio": {"spend_per_week": 100}}}, "newcomers_per_week"),
        ({"channels": {"radio": {"spend_per_week": 9, "newcomers_per_week": 5, "ceiling_per_week": 4}}}, "ceiling"),
        ({"experiments": [{"channel": "ads", "spend_control": 0}]}, "spend_test"),
        ({"experiments": {"channel": "ads"}}, "[[experiments]]"),
        ({"capacity": {"calls": "many"}}, "calls"),
        ({"cash": {"overdraft": 100}}, "without_plan"),
        ({"plan": {"period": 2011}}, "period"),
        ({"budget": 100}, "budget"),
        ({"plan": {"budget": 10**400}}, "budget"),
        ({"plan": {"budget": 1e308}}, "budget"),
        ({"plan": {"budget": float("nan")}}, "budget"),
    ],
)
def test_what_is_wrong_is_named(content: dict[str, object], named: str) -> None:
    with pytest.raises(InputError) as refused:
        plan_settings(content, "plan.toml")
    assert named in str(refused.value)
    assert "plan.toml" in str(refused.value)


@pytest.mark.parametrize("text", ["x = " + "[" * 5000, "[plan]\nbudget = " + "1" * 5000, "\ufeff[plan"])
def test_what_is_no_toml_is_refused_by_the_files_name(text: str, tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"plan\.toml: Not valid TOML"):
        read_plan(path)


def test_a_file_far_too_large_for_settings_is_refused_before_it_is_read_whole() -> None:
    with pytest.raises(InputError, match="larger than"):
        read_plan(Path("/dev/zero"))
