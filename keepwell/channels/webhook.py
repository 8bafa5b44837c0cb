"""Sending a signed message to an address that somebody typed, without letting it reach our own network."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import socket
import time
from urllib.parse import SplitResult, urlsplit

import urllib3

from keepwell.vocabulary.errors import InputError, KeepwellError

TIMEOUT = 10.0  # seconds, to connect and to answer
MOST_ANSWER_BYTES = 10_000
ADVICE = "Give an https address that is open to the internet, such as https://example.com/hooks."


class DeliveryError(KeepwellError):
    """A message did not arrive; it may the next time."""


def sign(secret: str, timestamp: int, body: bytes) -> str:
    """Return the signature of a message: HMAC-SHA256 of ``timestamp.body``, in hexadecimal.

    >>> sign("secret", 1700000000, b"{}")[:16]
    'b8569b78799ff9e3'

    """
    return hmac.new(secret.encode(), str(timestamp).encode() + b"." + body, hashlib.sha256).hexdigest()


def check_address(url: str) -> tuple[SplitResult, str]:
    """Return the parts of an address and one number of its host, after every number was found to be public.

    Raises:
        InputError: it is not http(s), carries a password, does not resolve, or leads into a private network.

    """
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise InputError("webhook.address", "This is not a web address.", value=url, advice=ADVICE) from error
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.password:
        raise InputError("webhook.address", "This is not a web address.", value=url, advice=ADVICE)
    try:
        found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise InputError("webhook.host", "There is no such host.", value=parts.hostname, advice=ADVICE) from error
    numbers = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not numbers or not all(is_public(number) for number in numbers):
        raise InputError(
            "webhook.private", "This address leads into a private network.", value=parts.hostname, advice=ADVICE
        )
    return parts, numbers[0]


def is_public(number: str) -> bool:
    """Say whether an IP address belongs to the open internet, also one that is wrapped into IPv6.

    >>> [is_public(n) for n in ("93.184.216.34", "127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "::ffff:10.0.0.1")]
    [True, False, False, False, False, False]

    """
    try:
        address = ipaddress.ip_address(number.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is not None:
            return is_public(str(inner))
        if address in ipaddress.ip_network("64:ff9b::/96"):  # NAT64 carries an IPv4 address in its last four bytes
            return is_public(str(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)))
    return address.is_global and not address.is_multicast and not address.is_reserved


def send(url: str, secret: str, event: str, body: str, *, now: float | None = None) -> int:
    """Send one message and return the status of the answer, which was from 200 to 299.

    The connection goes to the very number that was checked, so that a second answer of the name server cannot lead
    elsewhere; redirects are not followed, since they could. TLS is checked against the host's name.

    Args:
        url: where to.
        secret: signs the message.
        event: its name.
        body: JSON.
        now: the time in seconds since 1970, for the signature.

    Raises:
        InputError: the address cannot be used.
        DeliveryError: nobody answered, or not with 2xx.

    """
    try:
        parts, number = check_address(url)
    except InputError as error:
        if error.code != "webhook.host":
            raise
        raise DeliveryError("webhook.host", error.message, where=url) from error  # name servers fail for a while
    timestamp = int(time.time() if now is None else now)
    content = body.encode()
    headers = {
        "Host": parts.netloc,
        "Content-Type": "application/json",
        "User-Agent": "Keepwell-Webhooks/1",
        "Keepwell-Event": event,
        "Keepwell-Timestamp": str(timestamp),
        "Keepwell-Signature": f"v1={sign(secret, timestamp, content)}",
    }
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return _post(parts, number, target, content, headers)


def _post(parts: SplitResult, number: str, target: str, content: bytes, headers: dict[str, str]) -> int:
    host = str(parts.hostname)
    pool: urllib3.HTTPConnectionPool
    if parts.scheme == "https":
        pool = urllib3.HTTPSConnectionPool(number, parts.port or 443, server_hostname=host, assert_hostname=host)
    else:
        pool = urllib3.HTTPConnectionPool(number, parts.port or 80)
    try:
        with pool:
            answer = pool.urlopen(
                "POST",
                target,
                body=content,
                headers=headers,
                retries=False,
                redirect=False,
                timeout=urllib3.Timeout(total=TIMEOUT),
                preload_content=False,
            )
            answer.read(MOST_ANSWER_BYTES)
            status = int(answer.status)
            answer.close()
    except urllib3.exceptions.HTTPError as error:
        raise DeliveryError("webhook.unreachable", f"Nobody answered: {type(error).__name__}.", where=host) from error
    if not 200 <= status < 300:
        raise DeliveryError("webhook.refused", f"The answer was {status}.", where=host, value=status)
    return status
