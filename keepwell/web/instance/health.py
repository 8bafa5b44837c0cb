"""Whether the instance answers: for a load balancer, without any detail."""

from __future__ import annotations

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from keepwell.web.access import public


@never_cache
@require_safe
@public
def health(request: HttpRequest) -> HttpResponse:
    """Say ``ok`` when the database answers, else 503."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return HttpResponse("down\n", status=503, content_type="text/plain")
    return HttpResponse("ok\n", content_type="text/plain")
