"""Load: connections that send one request after the other and count what is acknowledged."""

from __future__ import annotations

import asyncio
import time
import uuid
from dataclasses import dataclass
from urllib.parse import urlsplit

import orjson


@dataclass(frozen=True)
class Measured:
    """What a load saw."""

    events: int
    seconds: float
    refused: int
    latencies: list[float]

    @property
    def per_second(self) -> float:
        """Events acknowledged a second."""
        return self.events / self.seconds

    def quantile(self, share: float) -> float:
        """Return seconds to the answer that the share of requests did not exceed."""
        ordered = sorted(self.latencies)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def message() -> dict[str, object]:
    """Return a message as shops send it, some 600 bytes, with an id of its own."""
    products = [{"product_id": f"p{i}", "price": 12.5, "quantity": i + 1, "name": "A thing of use"} for i in range(3)]
    return {
        "type": "track",
        "messageId": str(uuid.uuid4()),
        "userId": f"u{uuid.uuid4().hex[:6]}",
        "event": "Cart Viewed",
        "timestamp": "2026-01-04T10:00:00Z",
        "properties": {"cart_id": "c1", "currency": "EUR", "products": products},
        "context": {"library": {"name": "bench", "version": "1"}, "locale": "en-GB"},
    }


def request(host: str, key: str, batch: int) -> bytes:
    """Return a whole request."""
    if batch == 1:
        path, body = "/v1/track", orjson.dumps({**message(), "writeKey": key})
    else:
        said = {"writeKey": key, "sentAt": "2026-01-04T10:00:00Z", "batch": [message() for _ in range(batch)]}
        path, body = "/v1/batch", orjson.dumps(said)
    head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def load(address: str, key: str, *, batch: int, connections: int, seconds: float) -> Measured:
    """Send until the time is over."""
    parts = urlsplit(address)
    host, port = str(parts.hostname), int(parts.port or 80)
    latencies: list[float] = []
    events = refused = 0
    end = time.perf_counter() + seconds

    async def send() -> None:
        nonlocal events, refused
        reader, writer = await asyncio.open_connection(host, port)
        while time.perf_counter() < end:
            said = request(parts.netloc, key, batch)
            began = time.perf_counter()
            writer.write(said)
            head = await reader.readuntil(b"\r\n\r\n")
            fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if line)
            await reader.readexactly(int(fields[b"content-length"]))
            latencies.append(time.perf_counter() - began)
            if head.split(b" ", 2)[1] == b"200":
                events += batch
            else:
                refused += 1
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(send() for _ in range(connections)))
    return Measured(events, time.perf_counter() - began, refused, latencies)
