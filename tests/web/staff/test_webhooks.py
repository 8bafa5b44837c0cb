"""Messages to other programs: signed, tried again, and never sent into our own network."""

from __future__ import annotations

import hashlib
import hmac
import http.server
import json
import socket
import threading
from collections.abc import Iterator

import pytest

from keepwell.channels import webhook
from keepwell.jobs import deliver
from keepwell.vocabulary.errors import InputError
from keepwell.web.staff import webhooks
from keepwell.web.staff.models import Delivery, Endpoint
from keepwell.web.work.models import Job, State
from keepwell.web.work.worker import work


class Receiver(http.server.BaseHTTPRequestHandler):
    """Keeps what it is sent, and answers with a status and a way elsewhere."""

    def do_POST(self) -> None:
        """Take one message."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append((self.path, dict(self.headers), body))
        self.send_response(self.server.status)
        self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


@pytest.fixture
def receiver(monkeypatch) -> Iterator[http.server.HTTPServer]:
    """Answer on this machine, which only a test may take for the open internet."""
    server = http.server.HTTPServer(("127.0.0.1", 0), Receiver)
    server.seen, server.status = [], 200
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(webhook, "is_public", lambda number: number == "127.0.0.1")
    yield server
    server.shutdown()
    server.server_close()


def address(receiver: http.server.HTTPServer) -> str:
    return f"http://127.0.0.1:{receiver.server_port}/hook?a=b"


def test_a_message_is_signed_with_its_time(receiver):
    assert webhook.send(address(receiver), "s3cret", "key.made", '{"a": 1}', now=1_700_000_000) == 200
    path, headers, body = receiver.seen[0]
    expected = hmac.new(b"s3cret", b"1700000000." + body, hashlib.sha256).hexdigest()
    assert headers["Keepwell-Signature"] == f"v1={expected}"
    assert (path, headers["Keepwell-Timestamp"], body) == ("/hook?a=b", "1700000000", b'{"a": 1}')


@pytest.mark.parametrize("status", [302, 307, 404, 500])
def test_only_2xx_counts_and_no_redirect_is_followed(receiver, status):
    receiver.status = status
    with pytest.raises(webhook.DeliveryError):
        webhook.send(address(receiver), "s", "e", "{}")
    assert len(receiver.seen) == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://localhost/",
        "http://[::1]/",
        "http://0.0.0.0/",
        "http://10.0.0.7/",
        "http://172.16.0.1/",
        "http://192.168.1.1/",
        "http://100.64.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[fe80::1]/",
        "http://[fd00::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[2002:7f00:1::]/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://224.0.0.1/",
        "http://user:secret@93.184.216.34/",
        "ftp://93.184.216.34/",
        "file:///etc/passwd",
        "http://93.184.216.34:99999/",
        "http://",
    ],
)
def test_nothing_is_sent_into_a_private_network(url):
    with pytest.raises(InputError):
        webhook.check_address(url)


def test_a_name_with_one_private_number_among_public_ones_is_refused(monkeypatch):
    both = [(0, 0, 0, "", (number, 443)) for number in ("93.184.216.34", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: both)
    with pytest.raises(InputError):
        webhook.check_address("https://example.com/")


def test_the_number_that_was_checked_is_the_one_that_is_connected_to(receiver, monkeypatch):
    """A name server that answers otherwise the second time cannot lead elsewhere."""
    real, asked = socket.getaddrinfo, []

    def rebinding(host, *rest, **more):
        if host != "rebinding.example":
            return real(host, *rest, **more)
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1" if len(asked) == 1 else "10.0.0.1", 80))]

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    url = f"http://rebinding.example:{receiver.server_port}/"
    assert webhook.send(url, "s", "e", "{}") == 200
    assert asked == ["rebinding.example"]
    assert receiver.seen[0][1]["Host"] == f"rebinding.example:{receiver.server_port}"


@pytest.mark.django_db(transaction=True)
def test_what_did_not_arrive_is_tried_again_and_arrives_once(receiver):
    endpoint = webhooks.add_endpoint(address(receiver))
    receiver.status = 503
    assert webhooks.announce("customer.erased", {"id": "c_1"}) == 1
    work(deliver.HANDLERS, threading.Event(), once=True)
    failed = Delivery.objects.get()
    assert (failed.attempts, failed.status, failed.delivered_at) == (1, 503, None)
    assert Job.objects.get().state == State.WAITING
    receiver.status = 200
    Job.objects.update(run_after=failed.created_at)
    work(deliver.HANDLERS, threading.Event(), once=True)
    arrived = Delivery.objects.get()
    assert (arrived.attempts, arrived.status) == (2, 200)
    assert arrived.delivered_at is not None
    assert receiver.seen[0][2] == receiver.seen[1][2]
    assert json.loads(receiver.seen[1][2])["data"] == {"id": "c_1"}
    assert endpoint.secret not in str(receiver.seen)


@pytest.mark.django_db
def test_an_endpoint_that_is_off_or_wants_other_events_is_not_told():
    Endpoint.objects.create(url="https://example.com/a", secret="s", is_active=False)  # noqa: S106
    Endpoint.objects.create(url="https://example.com/b", secret="s", events=["key.made"])  # noqa: S106
    assert webhooks.announce("customer.erased", {}) == 0


@pytest.mark.django_db
def test_an_owner_cannot_add_a_private_address_on_the_page(signed_in):
    page = signed_in().post("/settings/endpoints/add", {"url": "http://169.254.169.254/"})
    assert "private network" in page.content.decode()
    assert not Endpoint.objects.exists()
