"""The room as Django knows it."""

from __future__ import annotations

from django.apps import AppConfig


class StaffConfig(AppConfig):
    """Names the room."""

    name = "keepwell.web.staff"
    label = "staff"
