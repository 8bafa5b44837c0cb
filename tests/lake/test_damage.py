"""What was damaged from outside is refused with the place and what to do, and nothing is removed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from builders import append, orders

from keepwell.lake.lake import Lake
from keepwell.lake.ledger import State
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.errors import InputError, LakeError


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    made = Lake.create(tmp_path / "shop")
    assert len(made.identity_key) == 32
    append(made, {"orders": orders(3)})
    append(made, {"orders": orders(3, first=10)})
    return made


def truncate_newest(log: Path) -> None:
    max(log.glob("*.json")).write_bytes(b"")


def halve_newest(log: Path) -> None:
    newest = max(log.glob("*.json"))
    newest.write_bytes(newest.read_bytes()[: newest.stat().st_size // 2])


USES: dict[str, Callable[[Lake], object]] = {
    "count": Lake.count,
    "imports": Lake.imports,
    "compact": Lake.compact,
    "append": lambda lake: append(lake, {"orders": orders(2, first=50)}),
    "forget": lambda lake: lake.forget("c1"),
}


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("damage", [truncate_newest, halve_newest, shutil.rmtree])
def test_a_broken_ledger_is_refused_and_nothing_is_purged(
    lake: Lake, damage: Callable[[Path], object], use: str
) -> None:
    log, saved = lake.paths.ledger / "_delta_log", lake.paths.root / "saved"
    shutil.copytree(log, saved)
    damage(log)
    with pytest.raises(LakeError) as failure:
        USES[use](lake)
    assert failure.value.code == "lake.unreadable"
    assert "\n" not in str(failure.value)
    shutil.rmtree(log, ignore_errors=True)
    shutil.copytree(saved, log)
    assert lake.count() == {"orders": 6}
    assert [state for _, state in lake.imports()] == [State.COMMITTED] * 2


@pytest.mark.parametrize("gone", ["imports", "orders", "orders/_delta_log"])
def test_a_table_that_is_gone_is_refused(lake: Lake, gone: str) -> None:
    shutil.rmtree(lake.paths.lake / gone)
    with pytest.raises(LakeError) as failure:
        lake.count()
    assert failure.value.code == "lake.unreadable"


def test_a_fact_table_whose_newest_commit_is_cut_off_is_refused(lake: Lake) -> None:
    truncate_newest(lake.paths.table("orders") / "_delta_log")
    with pytest.raises(LakeError, match="cut off"):
        lake.count()


def remove(path: Path) -> None:
    path.unlink()


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:100])


@pytest.mark.parametrize("damage", [remove, cut])
@pytest.mark.parametrize("table", ["orders", "imports"])
def test_a_file_that_is_gone_or_cut_off_is_named(lake: Lake, damage: Callable[[Path], object], table: str) -> None:
    for path in (lake.paths.lake / table).glob("*.parquet"):
        damage(path)
    with pytest.raises(LakeError, match=r"\.parquet") as failure:
        lake.count()
    assert failure.value.code == "lake.unreadable"
    assert failure.value.advice


@pytest.mark.parametrize("damage", [remove, cut])
def test_an_import_into_damaged_files_is_refused(lake: Lake, damage: Callable[[Path], object]) -> None:
    for path in lake.paths.table("orders").glob("*.parquet"):
        damage(path)
    with pytest.raises(LakeError, match=r"\.parquet"):
        append(lake, {"orders": orders(5)})


@pytest.mark.parametrize("written", ["", "abcd", "zz" * 32, "ab" * 31, "é" * 64])
def test_a_damaged_identity_key_is_refused(lake: Lake, written: str) -> None:
    lake.paths.identity_key.write_text(written)
    with pytest.raises(LakeError, match="backup") as failure:
        _ = lake.identity_key
    assert failure.value.code == "identity.key"


def test_a_lost_identity_key_is_not_made_anew_over_facts(lake: Lake) -> None:
    lake.paths.identity_key.unlink()
    with pytest.raises(LakeError, match="backup"):
        _ = lake.identity_key
    assert not lake.paths.identity_key.exists()


@pytest.mark.parametrize(
    "text",
    [
        "currency = 5",
        'margin_rate = "x"',
        "margin_rate = true",
        "margin_rate = nan",
        "discount_rate = []",
        "time_zone = 5",
        "name = 5",
        "rates = 5",
        '[rates]\nEUR = "abc"',
        '[rates]\nEUR = "NaN"',
        "[rates]\nEUR = inf",
        "[rates]\nEUR = -1",
    ],
)
def test_settings_edited_wrongly_are_refused_by_name(lake: Lake, text: str) -> None:
    lake.paths.business.write_text(text)
    with pytest.raises(InputError) as refusal:
        _ = lake.business
    assert refusal.value.code.startswith("setting.")
    assert refusal.value.where.endswith("business.toml")


@pytest.mark.parametrize("text", ["", "# nothing yet\n"])
def test_empty_settings_are_none(lake: Lake, text: str) -> None:
    lake.paths.business.write_text(text)
    assert lake.business is None


def test_a_full_disk_while_saving_settings_is_said(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("keepwell.lake.settings.write_text", full)
    with pytest.raises(LakeError) as failure:
        lake.save_business(Business())
    assert failure.value.code == "disk.full"
