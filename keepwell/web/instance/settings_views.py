"""The settings of the business and the brand."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from keepwell.vocabulary.errors import InputError
from keepwell.web.access import Capability, needs, signed_in
from keepwell.web.instance.brand import Brand, brand, contrast, read_logo, save_brand, save_logo
from keepwell.web.instance.business import business, rates_of, save_business
from keepwell.web.instance.forms import BrandForm, BusinessForm


@require_http_methods(["GET", "POST"])
@never_cache
@needs(Capability.CONFIGURE)
def business_page(request: HttpRequest) -> HttpResponse:
    """Show and change the settings of the business."""
    now = business()
    form = BusinessForm(
        request.POST or None,
        initial={
            "name": now.name,
            "currency": now.currency,
            "time_zone": now.time_zone,
            "margin": round(100 * now.margin_rate, 4),
            "discount": round(100 * now.discount_rate, 4),
            "rates": "\n".join(f"{code} = {rate}" for code, rate in now.rates.items()),
        },
    )
    if request.method == "POST" and form.is_valid():
        try:
            save_business(request, _business_of(form.cleaned_data, is_assumed=now.margin_is_assumed, form=form))
        except InputError as error:
            _put(form, error)
        else:
            messages.success(request, _("Saved. The figures are being made anew."))
            return redirect("instance:settings")
    return render(request, "instance/business.html", {"form": form, "business": now})


@require_http_methods(["GET", "POST"])
@never_cache
@needs(Capability.CONFIGURE)
def brand_page(request: HttpRequest) -> HttpResponse:
    """Show and change the brand."""
    now = brand()
    initial = {name: getattr(now, name) for name in ("name", "colour", "text_colour", "voice", "languages")}
    form = BrandForm(request.POST or None, request.FILES or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        logo = given.pop("logo", None)
        try:
            kind = now.logo
            save_brand(request, Brand(**given, logo=kind))
            if logo is not None:
                kind = save_logo(logo.read((1 << 20) + 1))
                save_brand(request, Brand(**given, logo=kind))
        except InputError as error:
            _put(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("instance:brand")
    context = {"form": form, "brand": now, "contrast": contrast(now.colour, now.text_colour)}
    return render(request, "instance/brand.html", context)


@require_GET
@signed_in
def logo(request: HttpRequest) -> HttpResponse:
    """Give the logo out, as a picture and as nothing else."""
    found = read_logo()
    if found is None:
        raise Http404
    content, kind = found
    answer = HttpResponse(content, content_type=kind)
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer["Cache-Control"] = "private, no-cache"
    return answer


def _business_of(given: dict[str, Any], *, is_assumed: bool, form: forms.Form) -> dict[str, Any]:
    return {
        "name": given["name"],
        "currency": given["currency"].upper(),
        "time_zone": given["time_zone"],
        "margin_rate": given["margin"] / 100,
        "discount_rate": given["discount"] / 100,
        "rates": rates_of(given["rates"]),
        # whoever leaves the assumed margin as it is has not said that it is right
        "margin_is_assumed": is_assumed and "margin" not in form.changed_data,
    }


FIELDS = {"margin_rate": "margin", "discount_rate": "discount", "contrast": "text_colour"}


def _put(form: forms.Form, error: InputError) -> None:
    name = error.code.rpartition(".")[2]
    field = FIELDS.get(name, name)
    form.add_error(field if field in form.fields else None, f"{error.message} {error.advice}")
