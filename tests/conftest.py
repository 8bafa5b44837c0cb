"""What every test may use: the folder of reference data, and builders' seeds."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# Machines are slow at times, which is no fault of the code; in CI the same cases are drawn every time.
settings.register_profile("keepwell", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("keepwell")

SHARED_DATA = Path(os.environ.get("KEEPWELL_TEST_DATA", Path(__file__).parents[2] / "shared" / "data"))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of public reference data that tests read but the repository does not hold."""
    if not SHARED_DATA.exists():
        pytest.skip(f"reference data not found in {SHARED_DATA}; set KEEPWELL_TEST_DATA to its folder")
    return SHARED_DATA
