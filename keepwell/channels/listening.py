"""Whether a port of this machine can be listened on."""

from __future__ import annotations

import socket

from keepwell.vocabulary.errors import InputError


def check_port(host: str, port: int) -> None:
    """Refuse a port that another program listens on; servers here would share it in silence.

    Raises:
        InputError: the port is taken, or the address is not this machine's.

    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _name, place = found[0]
        with socket.socket(family, kind, protocol) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(place)
            trial.listen(1)
    except OSError as error:
        raise InputError(
            "serve.port",
            f"Nothing can listen on {host}:{port}: {error.strerror or error}.",
            where=f"{host}:{port}",
            advice=f"Stop what runs there, or choose another: keepwell serve --port {port % 65535 + 1}",
        ) from error


def first_free_port(host: str, first: int = 8000, tries: int = 50) -> int:
    """Return the first port from ``first`` on that nobody listens on.

    Raises:
        InputError: all of them are taken.

    """
    for port in range(first, first + tries - 1):
        try:
            check_port(host, port)
        except InputError:
            continue
        return port
    check_port(host, first + tries - 1)
    return first + tries - 1
