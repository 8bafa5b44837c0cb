"""What programs use: API keys, and the endpoints that are told what happens here."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from keepwell.channels.webhook import check_address
from keepwell.vocabulary.errors import InputError
from keepwell.web.access import Capability, needs
from keepwell.web.staff import audit, keys, webhooks
from keepwell.web.staff.forms import CAPABILITY_NAMES, EndpointForm, KeyForm
from keepwell.web.staff.models import ApiKey, Delivery, Endpoint, Staff
from keepwell.web.table import Column, table_of


def _keys(request: HttpRequest, form: KeyForm | None = None, shown: str = "") -> HttpResponse:
    known = ApiKey.objects.select_related("made_by").order_by("-id")
    rows = [{"key": key, "scopes": [CAPABILITY_NAMES[Capability(scope)] for scope in key.scopes]} for key in known]
    return render(request, "staff/keys.html", {"rows": rows, "form": form or KeyForm(), "shown": shown})


@require_GET
@needs(Capability.MANAGE_STAFF)
def api_keys(request: HttpRequest) -> HttpResponse:
    """List the keys."""
    return _keys(request)


@never_cache
@require_POST
@needs(Capability.MANAGE_STAFF)
def make_key(request: HttpRequest) -> HttpResponse:
    """Make a key and show it once."""
    form = KeyForm(request.POST)
    if not form.is_valid():
        return _keys(request, form)
    given = form.cleaned_data
    with transaction.atomic():
        by = get_object_or_404(Staff, pk=request.user.pk)
        key, text = keys.make_key(given["name"], [Capability(one) for one in given["scopes"]], by, given["days"])
        audit.record(request, "key.made", key.prefix, {"scopes": key.scopes})
    return _keys(request, shown=text)


@require_POST
@needs(Capability.MANAGE_STAFF)
def revoke_key(request: HttpRequest, key_id: int) -> HttpResponse:
    """End a key."""
    key = get_object_or_404(ApiKey, pk=key_id)
    with transaction.atomic():
        keys.revoke(key)
        audit.record(request, "key.revoked", key.prefix)
    return redirect("staff:keys")


def _endpoints(request: HttpRequest, form: EndpointForm | None = None, secret: str = "") -> HttpResponse:
    known = Endpoint.objects.order_by("id")
    return render(
        request, "staff/endpoints.html", {"endpoints": known, "form": form or EndpointForm(), "secret": secret}
    )


@require_GET
@needs(Capability.CONFIGURE)
def endpoints(request: HttpRequest) -> HttpResponse:
    """List the endpoints."""
    return _endpoints(request)


@never_cache
@require_POST
@needs(Capability.CONFIGURE)
def add_endpoint(request: HttpRequest) -> HttpResponse:
    """Add an endpoint and show its secret once."""
    form = EndpointForm(request.POST)
    if form.is_valid():
        try:
            check_address(form.cleaned_data["url"])
        except InputError as error:
            form.add_error("url", f"{error.message} {error.advice}")
    if not form.is_valid():
        return _endpoints(request, form)
    with transaction.atomic():
        made = webhooks.add_endpoint(form.cleaned_data["url"])
        audit.record(request, "endpoint.added", str(made.pk))
    return _endpoints(request, secret=made.secret)


@require_POST
@needs(Capability.CONFIGURE)
def switch_endpoint(request: HttpRequest, endpoint_id: int) -> HttpResponse:
    """Send to an endpoint, or not for now."""
    found = get_object_or_404(Endpoint, pk=endpoint_id)
    with transaction.atomic():
        found.is_active = request.POST.get("active") == "yes"
        found.save(update_fields=["is_active"])
        audit.record(request, "endpoint.on" if found.is_active else "endpoint.off", str(endpoint_id))
    return redirect("staff:endpoints")


@require_POST
@needs(Capability.CONFIGURE)
def remove_endpoint(request: HttpRequest, endpoint_id: int) -> HttpResponse:
    """Remove an endpoint with the log of what it was sent."""
    with transaction.atomic():
        get_object_or_404(Endpoint, pk=endpoint_id).delete()
        audit.record(request, "endpoint.removed", str(endpoint_id))
    return redirect("staff:endpoints")


@require_POST
@needs(Capability.CONFIGURE)
def try_endpoint(request: HttpRequest, endpoint_id: int) -> HttpResponse:
    """Send a message that says nothing, to see whether it arrives."""
    found = get_object_or_404(Endpoint, pk=endpoint_id)
    with transaction.atomic():
        webhooks.announce_to(found, "endpoint.tried", {})
        audit.record(request, "endpoint.tried", str(endpoint_id))
    messages.success(request, _("A message is on its way; load this page again in a moment."))
    return redirect("staff:deliveries")


DELIVERIES = (
    Column("created_at", gettext_lazy("When"), "moment"),
    Column("event", gettext_lazy("Event")),
    Column("address", gettext_lazy("Address"), is_sorted=False),
    Column("attempts", gettext_lazy("Tries"), "number"),
    Column("delivered_at", gettext_lazy("Delivered"), "moment"),
    Column("status", gettext_lazy("Answer"), is_sorted=False),
    Column("error", gettext_lazy("Problem"), is_sorted=False),
)


@require_GET
@needs(Capability.CONFIGURE)
def deliveries(request: HttpRequest) -> HttpResponseBase:
    """Show what was sent, and how it went."""
    table = table_of(
        request,
        DELIVERIES,
        Delivery.objects.select_related("endpoint"),
        name="deliveries",
        default="-created_at",
        searched=("event", "endpoint__url", "error"),
        caption=_("Messages to other programs"),
    )
    if isinstance(table, HttpResponseBase):
        return table
    failed = Delivery.objects.filter(delivered_at=None, attempts__gt=0).select_related("endpoint")[:20]
    return render(request, "staff/deliveries.html", {"table": table, "failed": failed})


@require_POST
@needs(Capability.CONFIGURE)
def deliver_again(request: HttpRequest, delivery_id: int) -> HttpResponse:
    """Send a message once more."""
    found = get_object_or_404(Delivery, pk=delivery_id)
    with transaction.atomic():
        webhooks.send_again(found)
        audit.record(request, "delivery.asked", str(delivery_id))
    return redirect("staff:deliveries")
