"""The collector: the HTTP tracking API that analytics SDKs speak, answered only when every message is durable."""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import orjson
from django.db import DatabaseError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from keepwell.web.inbox.bodies import AnswerError, read_json, shared
from keepwell.web.inbox.messages import received
from keepwell.web.inbox.models import Kind, Source
from keepwell.web.inbox.writer import FullError, Writer
from keepwell.web.inbox.writing import rows_of

SHORT = {"i": "identify", "t": "track", "p": "page", "s": "screen", "g": "group", "a": "alias"}
SOURCES_ARE_FRESH = 5.0  # seconds
UNKNOWN_KEY_PAUSE = 0.5  # seconds between two looks for keys that nobody has
MOST_AT_ONCE = 1_000  # requests, whose bodies stand in memory
ANY_ORIGIN = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Max-Age": "86400",
}
Endpoint = Callable[[Request], Awaitable[Response]]


class Collector:
    """The application and what it keeps in memory: its writer and the write keys."""

    def __init__(self) -> None:
        self._writer: Writer | None = None
        self._sources: Mapping[str, int] = {}
        self._loaded_at = float("-inf")
        self._at_once = 0
        single = [
            Route(f"/{path}", self._answering(self._message(kind)), methods=["POST", "OPTIONS"])
            for short, kind in SHORT.items()
            for path in (short, kind)
        ]
        many = [
            Route(f"/{path}", self._answering(self._batch), methods=["POST", "OPTIONS"])
            for path in ("b", "batch", "import")
        ]
        rest = [
            Route("/m", self._answering(_ignored), methods=["POST", "OPTIONS"]),
            Route("/projects/{key}/settings", self._answering(self._settings), methods=["GET", "OPTIONS"]),
        ]
        self.app = Starlette(routes=[*single, *many, *rest])

    @asynccontextmanager
    async def lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        """Write what waits before the server ends."""
        yield
        if self._writer is not None:
            await self._writer.close()
            self._writer = None

    @property
    def writer(self) -> Writer:
        """The writer, made at the first request."""
        if self._writer is None:
            self._writer = Writer()
        return self._writer

    def _answering(self, endpoint: Endpoint) -> Endpoint:
        async def answer(request: Request) -> Response:
            if request.method == "OPTIONS":
                asked = request.headers.get("access-control-request-headers", "authorization, content-type")
                return Response(status_code=204, headers={**ANY_ORIGIN, "Access-Control-Allow-Headers": asked})
            try:
                if self._at_once >= MOST_AT_ONCE:
                    raise AnswerError(429, "busy", "Too much at once; try again.", retry_after=1)
                self._at_once += 1
                try:
                    return await endpoint(request)
                finally:
                    self._at_once -= 1
            except AnswerError as error:
                return _refusal(error)
            except FullError:
                return _refusal(AnswerError(429, "busy", "Too much waits to be written; try again.", retry_after=1))
            except DatabaseError:
                return _refusal(AnswerError(503, "database", "Nothing was kept; try again.", retry_after=5))

        return answer

    def _message(self, kind: str) -> Endpoint:
        async def take(request: Request) -> Response:
            body = await read_json(request)
            source = await self._source(_write_key(request, body))
            message = received(body, {}, kind, datetime.now(UTC))
            await self.writer.write(rows_of(source, [message]))
            if message.reason:
                raise AnswerError(400, "message.refused", message.reason)
            return _json({"success": True})

        return take

    async def _batch(self, request: Request) -> Response:
        body = await read_json(request)
        source = await self._source(_write_key(request, body))
        batch = body.get("batch")
        if not isinstance(batch, list):
            raise AnswerError(400, "batch.missing", "batch is not a list of messages.")
        envelope, now = shared(body), datetime.now(UTC)
        messages = [received(message, envelope, None, now) for message in batch]
        if messages:
            await self.writer.write(rows_of(source, messages))
        refused = [{"index": i, "message": m.reason} for i, m in enumerate(messages) if m.reason]
        return _json({"success": True, "refused": refused} if refused else {"success": True})

    async def _settings(self, request: Request) -> Response:
        """Tell the browser SDK, which asks first, where to send; there is no other destination."""
        key = request.path_params["key"]
        await self._source(key)
        home = {"apiKey": key, "apiHost": f"{request.url.netloc}/v1", "protocol": request.url.scheme}
        return _json(
            {
                "integrations": {"Segment.io": home},
                "plan": {"track": {"__default": {"enabled": True, "integrations": {}}}},
                "metrics": {"sampleRate": 0},
                "edgeFunction": {},
                "remotePlugins": [],
            }
        )

    async def _source(self, key: str | None) -> int:
        age = time.monotonic() - self._loaded_at
        if age > SOURCES_ARE_FRESH or (key not in self._sources and age > UNKNOWN_KEY_PAUSE):
            self._sources = await self.writer.on_thread(_active_sources)
            self._loaded_at = time.monotonic()
        found = self._sources.get(key) if key else None
        if found is None:
            raise AnswerError(401, "write_key", "No source has this write key.")
        return found


def _active_sources() -> Mapping[str, int]:
    found = Source.objects.filter(is_active=True, kind=Kind.TRACKING)
    return dict(found.values_list("write_key", "pk"))


def _write_key(request: Request, body: Mapping[str, Any]) -> str | None:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(given, validate=True).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            raise AnswerError(401, "authorization", "The Authorization header cannot be read.") from None
    key = body.get("writeKey")
    return key if isinstance(key, str) else None


async def _ignored(_request: Request) -> Response:
    """Take no notice of how an SDK itself is doing."""
    return _json({"success": True})


def _json(content: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(
        orjson.dumps(content), status, headers={**ANY_ORIGIN, **(headers or {})}, media_type="application/json"
    )


def _refusal(error: AnswerError) -> Response:
    again = {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}
    return _json({"code": error.code, "message": error.message}, error.status, again)


collector = Collector()
