"""The names of the marts that pages open with; apart from their builders, which are slow to load."""

from __future__ import annotations

STANDARD = ("log", "kpis", "segments", "growth", "cohorts", "answer", "channels", "kpi_trends")
