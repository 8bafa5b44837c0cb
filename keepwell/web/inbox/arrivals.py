"""What the last look at the lake found: how fresh each source is and what has suddenly become less."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings


def path() -> Path:
    """Return where it is kept; it can be deleted at any time."""
    return Path(settings.DATA.marts) / "arrivals.json"


def load() -> Mapping[str, Any] | None:
    """Return what was found, with its time; ``None`` when nobody has looked yet."""
    try:
        found: Mapping[str, Any] = json.loads(path().read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    return found


def store(found: Mapping[str, Any]) -> None:
    """Keep what was found; a reader sees the old or the new, never half of it."""
    mine = path().with_suffix(f".{os.getpid()}.part")
    mine.write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")
    mine.replace(path())
