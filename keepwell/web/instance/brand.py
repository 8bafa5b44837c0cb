"""The brand: name, logo, colours, voice and languages that customers meet."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from keepwell.vocabulary.errors import InputError
from keepwell.web.instance.models import Kept
from keepwell.web.instance.picture import picture_of
from keepwell.web.staff.audit import record

BRAND = "brand"
KINDS = ("image/png", "image/jpeg", "image/webp")
MOST_BYTES = 1 << 20
MOST_PIXELS = 4_000_000
COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
ENOUGH_CONTRAST = 4.5  # WCAG 2.2, 1.4.3, level AA


@dataclass(frozen=True)
class Brand:
    """How the business appears to its customers."""

    name: str = ""
    colour: str = "#1f6f5c"
    text_colour: str = "#ffffff"
    voice: str = ""
    languages: list[str] = field(default_factory=lambda: ["en"])
    logo: str = ""  # media type; empty for none


def brand() -> Brand:
    """Return the brand as it is kept."""
    kept = Kept.objects.filter(name=BRAND).first()
    value = kept.value if kept else {}
    return Brand(**{name: value[name] for name in Brand.__dataclass_fields__ if name in value})


def save_brand(request: HttpRequest, given: Brand) -> None:
    """Keep the brand, and write down who changed it.

    Raises:
        InputError: a colour is not one, or text in it cannot be read on the brand's colour.

    """
    contrast_or_refuse(given.colour, given.text_colour)
    with transaction.atomic():
        before = brand()
        value: dict[str, Any] = asdict(given)
        Kept.objects.update_or_create(name=BRAND, defaults={"value": value, "changed_at": timezone.now()})
        changed = sorted(name for name in value if value[name] != getattr(before, name))
        record(request, "brand.changed", "", {"changed": changed})


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, from 1 to 21 (WCAG 2.2, "contrast ratio").

    >>> contrast("#000000", "#ffffff")
    21.0
    """
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return round((light + 0.05) / (dark + 0.05), 2)


def contrast_or_refuse(colour: str, text_colour: str) -> None:
    """Raise InputError where text in one colour cannot be read on the other."""
    for value in (colour, text_colour):
        if not COLOUR.fullmatch(value):
            raise InputError("brand.colour", f"{value!r} is not a colour.", value=value, advice="Write it as #1f6f5c.")
    found = contrast(colour, text_colour)
    if found < ENOUGH_CONTRAST:
        raise InputError(
            "brand.contrast",
            f"Text in {text_colour} on {colour} is hard to read: its contrast is {found}, and 4.5 is needed.",
            advice="Take a darker or a lighter one of the two.",
        )


def save_logo(content: bytes) -> str:
    """Keep a logo; return its media type.

    Args:
        content: PNG, JPEG or WebP, told by the content and not by the name.

    Raises:
        InputError: it is too large, damaged, or another kind of file.

    """
    if len(content) > MOST_BYTES:
        raise _bad("The logo is larger than 1 MB.")
    picture = picture_of(content)
    if picture is None:
        raise _bad("The logo cannot be read as a picture.")
    if not 0 < picture.width * picture.height <= MOST_PIXELS:
        raise _bad("The logo has more than 4 million pixels.")
    path = settings.DATA.brand / "logo"
    new = path.with_suffix(".new")
    new.write_bytes(content)
    new.replace(path)
    return picture.kind


def read_logo() -> tuple[bytes, str] | None:
    """Return the logo and its media type; ``None`` when there is none."""
    path, kind = settings.DATA.brand / "logo", brand().logo
    if kind not in KINDS or not path.is_file():
        return None
    return path.read_bytes(), kind


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _bad(message: str) -> InputError:
    return InputError("brand.logo", message, advice="Give a PNG, JPEG or WebP picture of at most 1 MB.")
