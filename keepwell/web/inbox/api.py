"""Facts from programs."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Field, Router, Schema

from keepwell.web.access import Capability
from keepwell.web.inbox import actions
from keepwell.web.inbox.models import Source
from keepwell.web.staff.bearer import guarded

router = Router(tags=["Facts"])
MOST = 500
NAME = "API"


class Messages(Schema):
    """Messages of the tracking API: objects with ``type``, ``userId``, ``event``, ``properties`` and so on."""

    messages: list[dict[str, Any]] = Field(min_length=1, max_length=MOST)


class Taken(Schema):
    """How many were taken, and why which others were not, by their place."""

    kept: int
    refused: dict[str, str]


@router.post("/facts", response={200: Taken}, **guarded(Capability.BRING_FACTS))
def bring(request: HttpRequest, given: Messages) -> Any:
    """Bring facts in; a message with the ``messageId`` of a former one is kept once."""
    source, _made = Source.objects.get_or_create(name=NAME)
    done = actions.accept(source, given.messages)
    return {"kept": done.kept, "refused": {str(place): reason for place, reason in done.refused.items()}}
