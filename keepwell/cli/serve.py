"""``keepwell serve`` and ``keepwell work``: the web application and its background work."""

from __future__ import annotations

import fcntl
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from keepwell.channels.listening import check_port
from keepwell.cli.options import data_option
from keepwell.cli.output import console
from keepwell.cli.workers import Workers
from keepwell.vocabulary.errors import InputError

MIGRATING = 7_238_461_905  # any number that nobody else locks in the same PostgreSQL database
EVERYWHERE = {"0.0.0.0", "::", ""}  # noqa: S104 — only compared with


def prepare(data: Path) -> None:
    """Point Django at the data folder, and load it.

    Raises:
        InputError: the server's libraries are not installed, or a setting is wrong.

    """
    os.environ["KEEPWELL_DATA"] = str(data)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "keepwell.web.settings")
    try:
        import django
    except ImportError as error:
        raise InputError(
            "server.missing",
            "The server's libraries are not installed.",
            advice='Install them: pip install "keepwell[server]"',
        ) from error
    django.setup()


def migrate() -> None:
    """Bring the database to this version; of several processes that start at once, one does and the others wait."""
    from django.core.management import call_command

    with _alone():
        call_command("migrate", interactive=False, verbosity=0)


@contextmanager
def _alone() -> Iterator[None]:
    from django.conf import settings
    from django.db import connection

    if connection.vendor == "postgresql":  # servers may stand on several machines
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATING])
            try:
                yield
            finally:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATING])
        return
    with (settings.DATA.root / "migrating.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@click.command("serve")
@data_option
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True, help="Port to listen on.")
@click.option("--workers", type=click.IntRange(0, 16), default=1, show_default=True, help="Background workers.")
def serve_command(data: Path, host: str, port: int, workers: int) -> None:
    """Serve the web application, with its background work, until interrupted."""
    serve(data, host, port, workers)


def serve(data: Path, host: str, port: int, workers: int) -> None:
    """Run the server here and the workers beside it, until interrupted; the workers end with the server.

    Raises:
        InputError: the port is taken, or a setting is wrong.

    """
    check_port(host, port)
    prepare(data)
    migrate()
    from django.conf import settings
    from django.db import connections
    from granian import Granian
    from granian.constants import Interfaces

    from keepwell.web.instance.first_run import invitation

    public = settings.PUBLIC
    address = f"{public.scheme}://{public.netloc}" if public else address_of(host, port)
    console.print(f"Keepwell: {address}", soft_wrap=True)
    if (link := invitation(address)) is not None:
        console.print(f"Make the owner's account (works once): {link}", soft_wrap=True)
    console.print("Ctrl-C stops it.")
    connections.close_all()
    signal.signal(signal.SIGTERM, _end)  # until the server takes the signal over
    with Workers(data, workers):
        Granian(
            "keepwell.web.asgi:application",
            address=host,
            port=port,
            interface=Interfaces.ASGI,
            respawn_failed_workers=True,
            workers_kill_timeout=15,  # seconds; a server that does not end by itself when asked to is ended
        ).serve()


def address_of(host: str, port: int) -> str:
    """Return the address to open in a browser on this machine.

    >>> address_of("0.0.0.0", 8000), address_of("::1", 80)
    ('http://127.0.0.1:8000', 'http://[::1]:80')
    """
    name = "127.0.0.1" if host in EVERYWHERE else host
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


def _end(*_: object) -> None:
    raise SystemExit(0)


@click.command("work")
@data_option
@click.option("--beside", type=int, default=0, hidden=True, help="End when this process is gone.")
@click.option("--once", is_flag=True, help="End when there is nothing left to do.")
def work_command(data: Path, beside: int, once: bool) -> None:
    """Do background work: imports, refreshed figures, webhooks; any number may run."""
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    prepare(data)
    migrate()
    from keepwell.jobs import registry
    from keepwell.web.work.worker import work

    registry.schedule_all()
    if beside:
        threading.Thread(target=_end_with, args=(beside, stop), daemon=True).start()
    work(registry.handlers(), stop, once=once)


def _end_with(process: int, stop: threading.Event) -> None:
    """Stop when the server is gone, however it went."""
    while not stop.wait(1.0):
        if os.getppid() != process:
            stop.set()
