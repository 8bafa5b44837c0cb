"""The application as a server runs it: the collector and our files in front, Django behind."""

from __future__ import annotations

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "keepwell.web.settings")

from django.conf import settings
from django.core.asgi import get_asgi_application

pages = get_asgi_application()

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from keepwell.web.inbox.collector import collector


class KeptFiles(StaticFiles):
    """Our own files; an address with a version may be kept for ever, since it changes with the content."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one file."""

        async def send_with_age(message: dict[str, object]) -> None:
            if message["type"] == "http.response.start":
                age = "public, max-age=31536000, immutable" if b"v=" in scope.get("query_string", b"") else "no-cache"
                headers = [
                    *message["headers"],
                    (b"cache-control", age.encode()),
                    (b"x-content-type-options", b"nosniff"),
                ]  # type: ignore[misc]
                message["headers"] = headers
            await send(message)

        await super().__call__(scope, receive, send_with_age)  # type: ignore[arg-type]


application = Starlette(
    lifespan=collector.lifespan,
    routes=[
        Mount("/v1", app=collector.app),
        Mount("/static", app=KeptFiles(directory=settings.STATIC_FOLDER)),
        Mount("/", app=pages),
    ],
)
