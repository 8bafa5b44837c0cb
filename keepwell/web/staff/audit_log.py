"""The page of who did what."""

from __future__ import annotations

from datetime import date

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from keepwell.web.access import Capability, needs
from keepwell.web.staff.models import AuditEntry
from keepwell.web.table import Column, table_of

COLUMNS = (
    Column("at", gettext_lazy("When"), "moment"),
    Column("actor_name", gettext_lazy("Who")),
    Column("action", gettext_lazy("What")),
    Column("about", gettext_lazy("About")),
    Column("detail_text", gettext_lazy("Detail"), is_sorted=False),
    Column("address", gettext_lazy("From"), is_sorted=False),
)


@require_GET
@needs(Capability.SEE_AUDIT)
def log(request: HttpRequest) -> HttpResponseBase:
    """Show the log, newest first, by person, action and day."""
    given = {name: request.GET.get(name, "").strip()[:100] for name in ("who", "action", "since", "until")}
    found = AuditEntry.objects.all()
    if given["who"]:
        found = found.filter(actor_name=given["who"])
    if given["action"]:
        found = found.filter(action__startswith=given["action"])
    if since := _day(given["since"]):
        found = found.filter(at__date__gte=since)
    if until := _day(given["until"]):
        found = found.filter(at__date__lte=until)
    table = table_of(
        request,
        COLUMNS,
        found,
        name="audit",
        default="-at",
        searched=("actor_name", "action", "about"),
        caption=_("Who did what"),
    )
    if isinstance(table, HttpResponseBase):
        return table
    names = AuditEntry.objects.order_by("actor_name").values_list("actor_name", flat=True).distinct()[:200]
    return render(request, "staff/audit.html", {"table": table, "given": given, "names": names})


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written)
    except ValueError:
        return None
