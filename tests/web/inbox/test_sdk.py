"""SDKs as their makers publish them, pointed at the real server and otherwise unchanged."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any, Protocol

import pytest
import rudderstack.analytics.client as rudder
import segment.analytics.client as segment

CLIENTS = Path(__file__).parents[2] / "clients"
KINDS = ["identify", "track", "page", "screen", "group", "alias"]


class Door(Protocol):
    """See conftest."""

    address: str
    write_key: str

    def messages(self, count: int) -> list[dict[str, Any]]:
        """Return what arrived."""
        ...


def send_every_kind(client: Any) -> None:
    client.identify("u1", {"plan": "pro"})
    client.track("u1", "Order Completed", {"order_id": "o1", "revenue": 12.5, "currency": "EUR"})
    client.page("u1", None, "Home")
    client.screen("u1", None, "Basket")
    client.group("u1", "g1")
    client.alias("a1", "u1")
    client.flush()
    client.join()


def check(found: list[dict[str, Any]]) -> None:
    assert sorted(message["type"] for message in found) == sorted(KINDS)
    (order,) = (message for message in found if message["type"] == "track")
    assert order["properties"] == {"order_id": "o1", "revenue": 12.5, "currency": "EUR"}
    assert order["userId"] == "u1"
    assert {"messageId", "originalTimestamp", "sentAt", "receivedAt"} <= order.keys()
    assert all("writeKey" not in message for message in found)


@pytest.mark.parametrize("gzip", [False, True])
def test_segments_python_sdk(door: Door, gzip: bool) -> None:
    problems: list[object] = []
    client = segment.Client(
        door.write_key, host=door.address, gzip=gzip, on_error=lambda error, _batch: problems.append(error)
    )
    send_every_kind(client)
    assert problems == []
    check(door.messages(6))


@pytest.mark.parametrize("gzip", [False, True])
def test_rudderstacks_python_sdk(door: Door, gzip: bool) -> None:
    problems: list[object] = []
    client = rudder.Client(
        door.write_key, host=door.address, gzip=gzip, on_error=lambda error, _batch: problems.append(error)
    )
    send_every_kind(client)
    assert problems == []
    check(door.messages(6))


@pytest.mark.parametrize("script", ["send_segment.mjs", "send_rudderstack.mjs"])
def test_node_sdks(door: Door, node_clients: Path, script: str) -> None:
    command = ["node", str(CLIENTS / script), door.address, door.write_key]
    sent = subprocess.run(command, cwd=node_clients, capture_output=True, text=True, timeout=120)
    assert (sent.returncode, sent.stderr) == (0, "")
    check(door.messages(6))
