"""Segment's browser SDK, as published, on a page of another site."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Protocol

import pytest
from playwright.sync_api import sync_playwright

pytestmark = pytest.mark.browser
CHROMIUM = "/usr/bin/chromium"


class Door(Protocol):
    """See conftest."""

    address: str
    write_key: str

    def messages(self, count: int) -> list[dict[str, Any]]:
        """Return what arrived."""
        ...


@pytest.fixture
def shop(tmp_path: Path, node_clients: Path) -> Iterator[str]:
    """Serve a page with the SDK at an origin of its own; Chromium lets only local pages talk to a local server."""
    folder = tmp_path / "shop"
    shutil.copytree(node_clients / "node_modules" / "@segment" / "analytics-next" / "dist" / "umd", folder)
    (folder / "page.html").write_text("<title>Shop</title><script src='index.js'></script>")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/page.html"
    server.shutdown()
    server.server_close()


def test_segments_browser_sdk_sends_from_another_site(door: Door, shop: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(shop)
        page.evaluate(
            """async ([address, writeKey]) => {
                const [analytics] = await AnalyticsNext.AnalyticsBrowser.load({writeKey, cdnURL: address});
                await analytics.identify("u1", {plan: "pro"});
                await analytics.track("Order Completed", {order_id: "o1", revenue: 12.5, currency: "EUR"});
                await analytics.page("Home");
                await analytics.group("g1");
                await analytics.alias("u2", "u1");
            }""",
            [door.address, door.write_key],
        )
        found = door.messages(5)
        browser.close()
    assert sorted(message["type"] for message in found) == ["alias", "group", "identify", "page", "track"]
    (order,) = (message for message in found if message["type"] == "track")
    assert order["properties"]["order_id"] == "o1"
    assert order["context"]["page"]["url"] == shop
