"""Sources of live facts: made, given another key or secret, switched off."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keepwell.web.access import Capability, needs
from keepwell.web.inbox.forms import SecretForm, SourceForm
from keepwell.web.inbox.models import Kind, Source, new_write_key
from keepwell.web.inbox.upload_models import Platform, WebhookSecret
from keepwell.web.staff.audit import record

SHORTEST_SECRET = 8
TOPICS = {
    Platform.SHOPIFY: "orders/create, orders/updated, customers/data_request, customers/redact, shop/redact",
    Platform.WOOCOMMERCE: "order.created, order.updated",
    Platform.STRIPE: "charge.succeeded, charge.refunded, customer.subscription.*",
}


@require_http_methods(["GET", "POST"])
@needs(Capability.BRING_FACTS)
def sources(request: HttpRequest) -> HttpResponse:
    """List the sources; on POST make one."""
    form = SourceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = _make(request, form)
        if made is not None:
            return redirect("inbox:source", made.pk)
    everyone = Source.objects.exclude(kind=Kind.ROOM).select_related("webhook").order_by("name")
    return render(request, "inbox/sources.html", {"form": form, "sources": everyone})


def _make(request: HttpRequest, form: SourceForm) -> Source | None:
    chosen = form.cleaned_data
    is_webhook = chosen["sort"] != SourceForm.TRACKING
    secret = chosen["secret"].strip()
    if is_webhook and len(secret) < SHORTEST_SECRET:
        form.add_error("secret", _("Paste the secret that the platform signs with; it has at least 8 characters."))
        return None
    try:
        with transaction.atomic():
            kind = Kind.WEBHOOK if is_webhook else Kind.TRACKING
            source = Source.objects.create(name=chosen["name"], kind=kind)
            if is_webhook:
                WebhookSecret.objects.create(source=source, platform=chosen["sort"], secret=secret)
            record(request, "source.created", source.name, {"kind": chosen["sort"]})
    except IntegrityError:
        form.add_error("name", _("There is a source of this name already."))
        return None
    return source


@require_GET
@needs(Capability.BRING_FACTS)
def source(request: HttpRequest, source_id: int) -> HttpResponse:
    """Show how to connect a source."""
    found = _source(source_id)
    webhook: Any = getattr(found, "webhook", None)
    address = ""
    if webhook is not None:
        address = request.build_absolute_uri(reverse(f"inbox:hook-{webhook.platform}", args=[found.write_key]))
    context = {
        "source": found,
        "webhook": webhook,
        "address": address,
        "topics": TOPICS.get(webhook.platform, "") if webhook else "",
        "host": request.build_absolute_uri("/").rstrip("/"),
        "host_name": request.get_host(),
        "scheme": request.scheme,
        "form": SecretForm(),
    }
    return render(request, "inbox/source.html", context)


@require_POST
@needs(Capability.BRING_FACTS)
def rotate(request: HttpRequest, source_id: int) -> HttpResponse:
    """Give a source another write key; the old one opens nothing from now on."""
    found = _source(source_id)
    with transaction.atomic():
        found.write_key = new_write_key()
        found.save(update_fields=["write_key"])
        record(request, "source.rotated", found.name)
    messages.success(request, _("The source has a new key; the old one is void."))
    return redirect("inbox:source", found.pk)


@require_POST
@needs(Capability.BRING_FACTS)
def switch(request: HttpRequest, source_id: int) -> HttpResponse:
    """Switch a source off, or on again."""
    found = _source(source_id)
    with transaction.atomic():
        found.is_active = not found.is_active
        found.save(update_fields=["is_active"])
        record(request, "source.switched", found.name, {"is_active": found.is_active})
    return redirect("inbox:source", found.pk)


@require_POST
@needs(Capability.BRING_FACTS)
def change_secret(request: HttpRequest, source_id: int) -> HttpResponse:
    """Replace the secret that a source's deliveries are signed with."""
    found = _source(source_id)
    webhook = get_object_or_404(WebhookSecret, source=found)
    form = SecretForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("A signing secret has at least eight characters."))
        return redirect("inbox:source", found.pk)
    with transaction.atomic():
        webhook.secret, webhook.changed_at = form.cleaned_data["secret"].strip(), timezone.now()
        webhook.save()
        record(request, "source.secret-changed", found.name)
    messages.success(request, _("The signing secret was replaced."))
    return redirect("inbox:source", found.pk)


def _source(source_id: int) -> Source:
    return get_object_or_404(Source.objects.exclude(kind=Kind.ROOM).select_related("webhook"), pk=source_id)
