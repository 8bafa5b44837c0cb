"""Errors keep what they say on their way between processes."""

from __future__ import annotations

import pickle

from keepwell.vocabulary.errors import InputError


def test_an_error_comes_back_from_another_process_as_it_was() -> None:
    error = InputError("file.empty", "The file has no rows.", where="orders.csv", value=0, advice="Export again.")
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - what was written a line ago
    assert isinstance(again, InputError)
    assert again.as_dict() == error.as_dict()
