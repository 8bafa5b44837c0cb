"""A plan kept ready answers another budget and a what-if as the whole computation does."""

from __future__ import annotations

import pandas as pd
import pytest

import keepwell as kw
from keepwell.decide.what_if_changes import customers_leave
from keepwell.loop.facts import OpenFacts
from keepwell.loop.kept_file import read_kept, write_kept
from keepwell.loop.kept_plan import keep_plan
from keepwell.vocabulary.errors import InputError

STATED = {"levers": {"mail": {"contact_cost": 0.2, "effect_low": 0.0, "effect_high": 0.1}}}


@pytest.fixture(scope="module")
def opened():
    days = [(who, day) for who in range(60) for day in range(3 * who % 50, 400, 20 + who) if day < 25 * (who + 1)]
    log = pd.DataFrame(days, columns=["customer", "day"]).assign(total=20.0, order=range(len(days)))
    log["date"] = pd.Timestamp("2023-01-01") + pd.to_timedelta(log.pop("day"), unit="D")
    facts = kw.facts(log)
    return OpenFacts(facts, facts.business, (), has_orders=True)


def test_another_budget_is_split_as_if_it_had_been_asked_for_at_once(opened, tmp_path):
    path = tmp_path / "plan.npz"
    write_kept(path, keep_plan(opened, STATED, budget=100), "now")
    kept, made_from = read_kept(path)
    whole = kw.allocate(opened.facts, 25, plan=STATED)
    assert made_from == "now"
    assert kept.split(25).as_dict() == whole.plan.as_dict()


def test_a_what_if_outlives_the_file(opened, tmp_path):
    path = tmp_path / "plan.npz"
    kept = keep_plan(opened, STATED, budget=100)
    write_kept(path, kept, "")
    assert read_kept(path)[0].what_if([[customers_leave(0.25)]]) == kept.what_if([[customers_leave(0.25)]])


def test_without_spend_and_levers_there_are_thresholds_and_what_is_missing(opened):
    kept = keep_plan(opened, {})
    assert kept.is_budget_assumed
    assert kept.answered["thresholds"]
    assert kept.shown["not_identified"]
    with pytest.raises(InputError, match="no plan"):
        kept.split(10)


def test_a_damaged_file_counts_as_missing(tmp_path):
    path = tmp_path / "plan.npz"
    path.write_bytes(b"PK\x03\x04 and nothing more")
    with pytest.raises(InputError, match="kept ready"):
        read_kept(path)
