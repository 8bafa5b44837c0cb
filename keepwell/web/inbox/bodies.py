"""The body of a request: read within a time and a size, unpacked, and taken for JSON whatever its type says."""

from __future__ import annotations

import asyncio
import json
import zlib
from typing import Any

import orjson
from starlette.requests import ClientDisconnect, Request

from keepwell.web.inbox.messages import NOT_JSON

MOST_BODY_BYTES = 500 * 1024
MOST_SHARED_BYTES = 4 * 1024
SECONDS_FOR_A_BODY = 15.0
GZIP_MAGIC = b"\x1f\x8b"


class AnswerError(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: int, code: str, message: str, *, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.retry_after = retry_after


def _too_large() -> AnswerError:
    return AnswerError(
        413, "body.too_large", f"The body has more than {MOST_BODY_BYTES:,} bytes; send smaller batches."
    )


async def read_json(request: Request) -> dict[str, Any]:
    """Return the object in the body.

    Raises:
        AnswerError: it is too large, too slow, or not an object.

    """
    try:
        async with asyncio.timeout(SECONDS_FOR_A_BODY):
            body = await _read(request)
    except TimeoutError:
        raise AnswerError(408, "body.slow", "The body did not arrive in time.") from None
    except ClientDisconnect:
        raise AnswerError(400, "body.cut", "The body broke off.") from None
    if body.startswith(GZIP_MAGIC):
        body = unpacked(body)
    return parsed(body)


async def _read(request: Request) -> bytes:
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > MOST_BODY_BYTES:
        raise _too_large()
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MOST_BODY_BYTES:
            raise _too_large()
        parts.append(part)
    return b"".join(parts)


def unpacked(body: bytes) -> bytes:
    """Return a gzip body as it was; never more than the limit is unpacked.

    Raises:
        AnswerError: it is damaged, or too large.

    """
    stream = zlib.decompressobj(wbits=31)
    try:
        plain = stream.decompress(body, MOST_BODY_BYTES + 1)
    except zlib.error:
        raise AnswerError(400, "body.gzip", "The gzip body is damaged.") from None
    if len(plain) > MOST_BODY_BYTES:
        raise _too_large()
    if not stream.eof:
        raise AnswerError(400, "body.gzip", "The gzip body breaks off.")
    return plain


def parsed(body: bytes) -> dict[str, Any]:
    """Return the JSON object; a NaN in it is marked, so that only its own message is refused.

    Raises:
        AnswerError: it is not a JSON object.

    >>> parsed(b'{"type": "page"}')
    {'type': 'page'}

    """
    value: Any
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        try:
            value = json.loads(body, parse_constant=lambda _name: NOT_JSON)
        except (ValueError, RecursionError):
            raise AnswerError(400, "body.json", "The body is not JSON.") from None
    if not isinstance(value, dict):
        raise AnswerError(400, "body.object", "The body is not a JSON object.")
    return value


def shared(body: dict[str, Any]) -> dict[str, Any]:
    """Return what a batch says once for all of its messages; small, because each of them is kept with it.

    Raises:
        AnswerError: it is too large, or not JSON.

    >>> shared({"batch": [], "sentAt": "2026-01-05T00:00:00Z"})
    {'sentAt': '2026-01-05T00:00:00Z'}

    """
    found = {key: body[key] for key in ("sentAt", "context") if key in body}
    try:
        size = len(orjson.dumps(found))
    except TypeError:
        raise AnswerError(400, "body.json", "The batch's own sentAt or context is not JSON.") from None
    if size > MOST_SHARED_BYTES:
        message = f"The batch's own sentAt and context have more than {MOST_SHARED_BYTES:,} bytes."
        raise AnswerError(413, "body.too_large", message)
    return found
