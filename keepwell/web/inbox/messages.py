"""One message of the tracking API: what it must have, and what the door adds to it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

import orjson

from keepwell.web.inbox.models import LONGEST_MESSAGE_ID

TYPES = frozenset({"identify", "track", "page", "screen", "group", "alias"})
MOST_EVENT_BYTES = 32 * 1024
REFUSED_MARK = "!"  # begins the id of a refused message, so that the same message, mended, is not taken for known
NEEDED = {"track": "event", "group": "groupId", "alias": "previousId"}


class NotJson:
    """Stands where a client wrote NaN or Infinity, which JSON has not."""


NOT_JSON = NotJson()


@dataclass(frozen=True, slots=True)
class Received:
    """A message as it is written into the inbox; ``reason`` is empty unless it is refused."""

    message_id: str
    body: str
    received_at: datetime
    reason: str = ""


def received(message: Any, envelope: Mapping[str, Any], kind: str | None, now: datetime) -> Received:
    """Check one message and give it its id and times.

    ``timestamp`` as the client's clock had it becomes ``originalTimestamp``, and ``sentAt`` is the envelope's unless
    the message has its own; with ``receivedAt`` they let the importer correct that clock.

    Args:
        message: what stood in the body.
        envelope: the body around a batch, whose ``sentAt`` and ``context`` count for each message; else empty.
        kind: the type that the address says; ``None`` where the message says it.
        now: when it arrived.

    >>> received({"userId": "7", "event": "Cart Viewed"}, {}, "track", datetime(2026, 1, 5, tzinfo=UTC)).reason
    ''
    >>> received({"userId": "7"}, {}, "track", datetime(2026, 1, 5, tzinfo=UTC)).reason
    'event is missing'

    """
    if not isinstance(message, dict):
        return _refused(message, "not an object", now)
    written = _size(message)
    message = {key: value for key, value in message.items() if key != "writeKey"}
    if kind is not None:
        message["type"] = kind
    if "context" not in message and isinstance(envelope.get("context"), dict):
        message["context"] = envelope["context"]
    _set_times(message, envelope, now)
    if written is None:
        return _refused(message, "not JSON: NaN, Infinity or broken text", now)
    if written > MOST_EVENT_BYTES:
        return _refused(message, f"{written:,} bytes: at most {MOST_EVENT_BYTES:,}", now)
    if (reason := _missing(message)) is not None:
        return _refused(message, reason, now)
    message_id = message.get("messageId")
    if message_id is None or message_id == "":
        message_id = message["messageId"] = str(uuid.uuid4())
    elif isinstance(message_id, int) and not isinstance(message_id, bool):
        message_id = message["messageId"] = str(message_id)
    if not isinstance(message_id, str) or len(message_id) > LONGEST_MESSAGE_ID or "\x00" in message_id:
        return _refused(message, f"messageId is not a text of at most {LONGEST_MESSAGE_ID} characters", now)
    if message_id.startswith(REFUSED_MARK):
        return _refused(message, f"messageId begins with {REFUSED_MARK}", now)
    return Received(message_id, orjson.dumps(message).decode(), now)


def _missing(message: Mapping[str, Any]) -> str | None:
    kind = message.get("type")
    if not isinstance(kind, str) or kind not in TYPES:
        return "type is none of identify, track, page, screen, group, alias"
    if not any(_is_named(message.get(key)) for key in ("userId", "anonymousId")):
        return "userId and anonymousId are missing"
    needed = NEEDED.get(kind)
    if needed is not None and not _is_named(message.get(needed)):
        return f"{needed} is missing"
    return None


def _is_named(value: Any) -> bool:
    return (isinstance(value, str) and bool(value.strip())) or (isinstance(value, int) and not isinstance(value, bool))


def _set_times(message: dict[str, Any], envelope: Mapping[str, Any], now: datetime) -> None:
    original = message.get("originalTimestamp") or message.get("timestamp")
    sent = message.get("sentAt") or envelope.get("sentAt")
    at = now.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    message |= {"receivedAt": at, "originalTimestamp": original or at, "timestamp": original or at}
    if sent and original:
        message["sentAt"] = sent
    else:
        message.pop("sentAt", None)  # without a time of its own, the message happened when it arrived


def _size(message: Any) -> int | None:
    try:
        return len(orjson.dumps(message))
    except (TypeError, RecursionError):
        return None


def _refused(message: Any, reason: str, now: datetime) -> Received:
    try:
        body = json.dumps(message, default=lambda _value: None)  # escapes what is no Unicode text
    except (RecursionError, ValueError):
        body = "null"
    digest = blake2b(_content(message, body), digest_size=16).hexdigest()
    return Received(REFUSED_MARK + digest, body, now, reason[:300])


def _content(message: Any, body: str) -> bytes:
    """Return what makes two refused messages the same, whenever they arrived."""
    if isinstance(message, dict):
        own = {key: value for key, value in message.items() if key not in {"receivedAt", "sentAt"}}
        if own.get("timestamp") == message.get("receivedAt"):
            own = {key: value for key, value in own.items() if key not in {"timestamp", "originalTimestamp"}}
        return json.dumps(own, sort_keys=True, default=lambda _value: None).encode()
    return body.encode()
