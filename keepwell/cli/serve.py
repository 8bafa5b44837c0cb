"""``keepwell serve`` and ``keepwell work``: the web application and its background work."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import click

from keepwell.cli.options import data_option
from keepwell.cli.output import console
from keepwell.vocabulary.errors import InputError


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
    """Bring the database to this version."""
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)


@click.command("serve")
@data_option
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True, help="Port to listen on.")
@click.option("--workers", type=click.IntRange(0, 16), default=1, show_default=True, help="Background workers.")
def serve_command(data: Path, host: str, port: int, workers: int) -> None:
    """Serve the web application, with its background work, until interrupted."""
    serve(data, host, port, workers)


def serve(data: Path, host: str, port: int, workers: int) -> None:
    """Run the server here and the workers beside it; whichever ends takes the other along."""
    prepare(data)
    migrate()
    from granian import Granian
    from granian.constants import Interfaces

    from keepwell.web.instance.first_run import invitation

    address = f"http://{host}:{port}"
    console.print(f"Keepwell: {address}")
    if (link := invitation(address)) is not None:
        console.print(f"Make the owner's account (works once): {link}")
    environment = {**os.environ, "KEEPWELL_DATA": str(data)}
    command = [sys.executable, "-m", "keepwell", "work", "--data", str(data), "--beside", str(os.getpid())]
    helpers = [subprocess.Popen(command, env=environment) for _ in range(workers)]  # noqa: S603 — our own command
    try:
        Granian("keepwell.web.asgi:application", address=host, port=port, interface=Interfaces.ASGI).serve()
    finally:
        for helper in helpers:
            helper.terminate()
        for helper in helpers:
            helper.wait(timeout=30)


@click.command("work")
@data_option
@click.option("--beside", type=int, default=0, hidden=True, help="End when this process is gone.")
@click.option("--once", is_flag=True, help="End when there is nothing left to do.")
def work_command(data: Path, beside: int, once: bool) -> None:
    """Do background work: imports, refreshed figures, webhooks; any number may run."""
    prepare(data)
    migrate()
    from keepwell.jobs import registry
    from keepwell.web.work.worker import work

    registry.schedule_all()
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    if beside:
        threading.Thread(target=_end_with, args=(beside, stop), daemon=True).start()
    work(registry.handlers(), stop, once=once)


def _end_with(process: int, stop: threading.Event) -> None:
    """Stop when the server is gone, however it went."""
    while not stop.wait(1.0):
        if os.getppid() != process:
            stop.set()
