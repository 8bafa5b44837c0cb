"""Said after a restore, so that rooms can repeat what must not be undone by an old copy, such as erasures."""

from __future__ import annotations

from django.dispatch import Signal

# sent with made_at: datetime, when the copy was made; a receiver that raises fails the restore
restored = Signal()
