"""Commands that are interrupted or cannot write end in one sentence, at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from keepwell.cli import lifetime
from keepwell.cli.main import main
from keepwell.cli.written import check_ending
from keepwell.vocabulary.errors import InputError


def test_a_folder_that_is_not_there_is_refused_before_any_work(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        check_ending(tmp_path / "missing" / "customers.csv")


def test_an_interruption_within_a_query_ends_as_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise RuntimeError("Query interrupted") from KeyboardInterrupt()

    monkeypatch.setattr(lifetime, "open_facts", interrupted)
    ended = CliRunner().invoke(main, ["clv"])
    assert ended.exit_code == 130
