"""The list of customers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from keepwell.lake.lake import Lake
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.errors import InputError
from keepwell.web.access import Capability, may, signed_in
from keepwell.web.people import figures
from keepwell.web.people.models import Customer, SavedView, Tag
from keepwell.web.people.search import Wanted, everybody, found
from keepwell.web.staff import audit
from keepwell.web.staff.models import Staff
from keepwell.web.table import Column, Table, csv_file

PAGE = 50
KEPT = (*figures.FILTERS, "tag", "owner")
NAME = "customers"


def may_open(user: Any) -> None:
    """Let in whoever may see people, and whoever may see analyses, which then show nobody's name.

    Raises:
        PermissionDenied: neither.

    """
    if not (may(user, Capability.SEE_PEOPLE) or may(user, Capability.SEE_ANALYSIS)):
        raise PermissionDenied


def business() -> Business:
    """Return the settings of the business."""
    return Lake.create(settings.DATA.root).business or Business()


@require_GET
@signed_in
def customers(request: HttpRequest) -> HttpResponseBase:
    """Show the list, as the address filters and sorts it, or give it as a file."""
    may_open(request.user)
    wanted = _wanted(request)
    columns = _columns(by_name=wanted.by_name)
    if request.GET.get(f"{NAME}-format") == "csv":
        if not may(request.user, Capability.EXPORT_PEOPLE):
            raise PermissionDenied
        audit.record(request, "customers.exported", detail={"filters": dict(wanted.filters), "tag": wanted.tag})
        cells = ([column.of(row) for column in columns] for row in everybody(wanted))
        return csv_file("customers.csv", [column.label for column in columns], cells)
    page = _number(request.GET.get(f"{NAME}-page", ""))
    listed = found(wanted, (page - 1) * PAGE, PAGE)
    pages = max(1, -(-listed.total // PAGE))
    kept = {name: value for name in KEPT if (value := request.GET.get(name, ""))}
    table = Table(
        NAME, columns, listed.rows, listed.total, min(page, pages), pages, wanted.sort.lstrip("-"),
        wanted.sort.startswith("-"), wanted.text, request.path, kept, _("Customers"), business().currency,
    )  # fmt: skip
    views = SavedView.objects.filter(Q(owner=request.user) | Q(is_shared=True))
    context = {
        "table": table,
        "filters": _filters(wanted),
        "views": views,
        "query": urlencode({**kept, **({f"{NAME}-sort": wanted.sort})}),
        "made_at": figures.made_at(),
        "is_empty": not figures.table().num_rows and not Customer.objects.exists(),
        "may_export": may(request.user, Capability.EXPORT_PEOPLE),
        "may_share": may(request.user, Capability.PLAN),
    }
    response = render(request, "people/list.html", context)
    if context["is_empty"]:
        response["Refresh"] = "5"  # seconds: the first customers appear by themselves
    return response


@require_POST
@signed_in
def save_view(request: HttpRequest) -> HttpResponse:
    """Keep the present filter and order under a name."""
    may_open(request.user)
    name = request.POST.get("name", "").strip()[:80]
    if not name:
        raise InputError("view.name", _("Give the view a name."))
    shared = request.POST.get("is_shared") == "on" and may(request.user, Capability.PLAN)
    query = request.POST.get("query", "")[:1000]
    SavedView.objects.update_or_create(owner=request.user, name=name, defaults={"query": query, "is_shared": shared})
    audit.record(request, "view.saved", name)
    return redirect(f"{reverse('people:list')}?{query}")


@require_POST
@signed_in
def remove_view(request: HttpRequest, view_id: int) -> HttpResponse:
    """Forget a view of one's own."""
    view = get_object_or_404(SavedView, pk=view_id, owner=request.user)
    audit.record(request, "view.removed", view.name)
    view.delete()
    return redirect("people:list")


def _wanted(request: HttpRequest) -> Wanted:
    sort = request.GET.get(f"{NAME}-sort", "")
    return Wanted(
        text=request.GET.get(f"{NAME}-q", "").strip()[:100],
        by_name=may(request.user, Capability.SEE_PEOPLE),
        filters={name: request.GET.get(name, "")[:200] for name in figures.FILTERS},
        tag=request.GET.get("tag", "")[:60],
        owner=request.GET.get("owner", "")[:9],
        sort=sort if sort.lstrip("-") in figures.SORTS else "-value",
    )


def _filters(wanted: Wanted) -> list[dict[str, Any]]:
    labels = {"segment": _("Segment"), "risk": _("Risk"), "country": _("Country"), "channel": _("Channel")}
    made: list[dict[str, Any]] = [
        {"name": name, "label": labels[name], "value": wanted.filters[name],
         "choices": [(value, value) for value in figures.choices(name)]}
        for name in figures.FILTERS
    ]  # fmt: skip
    tags = [(name, name) for name in Tag.objects.values_list("name", flat=True)]
    owners = [(str(pk), name) for pk, name in Staff.objects.filter(is_active=True).values_list("pk", "name")]
    made.append({"name": "tag", "label": _("Tag"), "value": wanted.tag, "choices": tags})
    made.append({"name": "owner", "label": _("Account owner"), "value": wanted.owner, "choices": owners})
    return [each for each in made if len(each["choices"]) > 1 or each["value"] or each["name"] == "tag"]


def _columns(*, by_name: bool) -> Sequence[Column]:
    def page(row: dict[str, Any]) -> str:
        return reverse("people:customer", args=[row["public_id"]]) if row["public_id"] else ""

    first = [Column("label", _("Customer"), link=page, is_sorted=False)]
    if by_name:
        first.append(Column("email", _("E-mail"), is_sorted=False))
    return [
        *first,
        Column("segment", _("Segment")),
        Column("orders", _("Orders"), "number"),
        Column("revenue", _("Revenue"), "money", hint=_("Net of refunds")),
        Column("value", _("Value"), "money", hint=_("Expected margin within a year")),
        Column("risk", _("Risk"), is_sorted=False, hint=_("Of no order within 90 days")),
        Column("last_order_on", _("Last order"), "day"),
        Column("next_order_on", _("Next order"), "day", hint=_("By then with a chance of one half")),
        Column("country", _("Country")),
    ]


def _number(text: str) -> int:
    return max(1, int(text)) if text.isdecimal() and len(text) < 7 else 1
