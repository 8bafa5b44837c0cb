"""The worlds' files: complete, typed, and the judged ones apart from those for tuning."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.market.parameters import TYPES, WorldFileError, load_world
from bench.market.tournament import world_files

JUDGED, TUNING = world_files("judged"), world_files("tuning")


def test_the_six_judged_worlds_are_there() -> None:
    assert set(JUDGED) == {"launch", "mixed", "saturated", "all_acquisition", "all_retention", "stop"}


@pytest.mark.parametrize("path", [*JUDGED.values(), *TUNING.values()], ids=lambda path: path.stem)
def test_a_world_loads_and_names_itself_as_its_file(path: Path) -> None:
    world = load_world(path)
    assert world.name == path.stem
    assert len(world.time.season) == 13
    assert world.time.months == 24
    assert sum(country.share for country in world.people.countries) == pytest.approx(1)
    assert all(0 <= channel.carryover < 1 for channel in world.channels)
    assert set(world.types) == set(TYPES)


def test_tuning_worlds_differ_from_judged_ones_in_every_channel() -> None:
    judged = {channel for path in JUDGED.values() for channel in load_world(path).channels}
    tuning = {channel for path in TUNING.values() for channel in load_world(path).channels}
    assert not judged & tuning


def test_a_file_without_a_field_is_refused_by_its_name(tmp_path: Path) -> None:
    text = JUDGED["mixed"].read_text().replace("margin_rate = 0.42\n", "")
    (tmp_path / "bad.toml").write_text(text)
    with pytest.raises(WorldFileError, match="margin_rate"):
        load_world(tmp_path / "bad.toml")


def test_a_file_with_an_unknown_field_is_refused_by_its_name(tmp_path: Path) -> None:
    text = JUDGED["mixed"].read_text().replace("[organic]", "[organic]\nluck = 1.0")
    (tmp_path / "bad.toml").write_text(text)
    with pytest.raises(WorldFileError, match="luck"):
        load_world(tmp_path / "bad.toml")
