"""What every page's frame needs: menu, icons, versioned files, numbers and money in the reader's locale."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from babel import dates as babel_dates
from babel import numbers as babel_numbers
from django import template
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from keepwell.web.access import Capability, may

register = template.Library()
NONE = "–"

# name of the URL, label, icon (a file of static/keepwell/icons.svg), capability
MENU = (
    ("desk:home", _("Answer"), "compass", Capability.SEE_ANALYSIS),
    ("desk:kpis", _("KPIs"), "gauge", Capability.SEE_ANALYSIS),
    ("desk:growth", _("Growth"), "trending-up", Capability.SEE_ANALYSIS),
    ("desk:segments", _("Segments"), "layout-grid", Capability.SEE_ANALYSIS),
    ("desk:channels", _("Channels"), "speakerphone", Capability.SEE_ANALYSIS),
    ("desk:decide", _("Decide"), "scale", Capability.SEE_ANALYSIS),
    ("desk:goals", _("Goals"), "target", Capability.SEE_ANALYSIS),
    ("people:list", _("Customers"), "users", None),  # every role may open it; who may not see names sees none
    ("inbox:data", _("Data"), "database", Capability.SEE_FACTS),
    ("instance:settings", _("Settings"), "settings", Capability.CONFIGURE),
)


def shell(request: HttpRequest) -> dict[str, Any]:
    """Give every template the menu that this user may open, and where the user is in it."""
    match = request.resolver_match
    here = f"{match.namespace}:{match.url_name}" if match else ""
    user = getattr(request, "user", None)
    items = [
        {"href": reverse(url), "label": label, "icon": name, "is_here": here == url}
        for url, label, name, capability in MENU
        if capability is None or may(user, capability)
    ]
    return {"menu": items, "here": here}


@cache
def _version(name: str) -> str:
    path = settings.STATIC_FOLDER / name
    return hashlib.blake2b(path.read_bytes(), digest_size=6).hexdigest()


@register.simple_tag
def asset(name: str) -> str:
    """Return the address of a file of ours; it changes with its content, so that browsers may keep it for ever."""
    return f"{settings.STATIC_URL}{name}?v={_version(name)}"


@register.simple_tag
def icon(name: str, classes: str = "icon") -> SafeString:
    """Return one icon of the sprite; it says nothing to a screen reader."""
    return format_html(
        '<svg class="{}" aria-hidden="true" focusable="false"><use href="{}#{}"/></svg>',
        classes,
        asset("keepwell/icons.svg"),
        name,
    )


@register.filter
def money(value: Any, currency: str) -> str:
    """Write an amount in the reader's locale, without minor units from 1,000 on."""
    if value is None:
        return NONE
    whole = abs(float(value)) >= 1000
    return babel_numbers.format_currency(
        Decimal(str(round(float(value), 0 if whole else 2))),
        currency,
        locale=locale(),
        currency_digits=not whole,
        format=None,
    ).replace(".00", "" if whole else ".00")


@register.filter
def number(value: Any, digits: int = 0) -> str:
    """Write a number in the reader's locale."""
    if value is None:
        return NONE
    return babel_numbers.format_decimal(round(float(value), digits), locale=locale())


@register.filter
def percent(value: Any, digits: int = 1) -> str:
    """Write a fraction as a percentage in the reader's locale."""
    if value is None:
        return NONE
    pattern = "#,##0" + ("." + "0" * digits if digits else "") + " %"
    return babel_numbers.format_percent(float(value), format=pattern, locale=locale())


@register.filter
def day(value: date | datetime | str | None) -> str:
    """Write a day in the reader's locale."""
    if value in (None, ""):
        return NONE
    when = date.fromisoformat(value[:10]) if isinstance(value, str) else value
    return babel_dates.format_date(when, format="medium", locale=locale())


@register.filter
def moment(value: datetime | str | None, zone: str = "UTC") -> str:
    """Write a moment in the reader's locale and the business's time zone."""
    if value in (None, ""):
        return NONE
    when = datetime.fromisoformat(value) if isinstance(value, str) else value
    return babel_dates.format_datetime(when.astimezone(ZoneInfo(zone)), format="medium", locale=locale())


@register.simple_tag
def json_block(name: str, content: Mapping[str, Any]) -> SafeString:
    """Write data for a script as an inert block; nothing in it can end the block or start another."""
    text = json.dumps(content, ensure_ascii=False, default=str)
    safe = text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return format_html('<script type="application/json" id="{}">{}</script>', name, mark_safe(safe))  # noqa: S308


def locale() -> str:
    """Return the reader's locale as Babel names it."""
    return (get_language() or "en").replace("-", "_")
