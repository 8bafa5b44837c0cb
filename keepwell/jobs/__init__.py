"""The loop in order, as background work; each module says what it does and when in ``HANDLERS`` and ``SCHEDULES``."""
