"""Settings of the business and the brand: saved where the library reads them, and refused with reasons."""

from __future__ import annotations

import struct
import zlib
from decimal import Decimal

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile

from keepwell.lake.lake import Lake
from keepwell.vocabulary.business import Business
from keepwell.web.access import Role
from keepwell.web.instance.brand import brand, contrast
from keepwell.web.instance.picture import picture_of
from keepwell.web.staff.models import AuditEntry
from keepwell.web.work.models import Job

pytestmark = pytest.mark.django_db
GIVEN = {
    "name": "Shop",
    "currency": "gbp",
    "time_zone": "Europe/London",
    "margin": "40",
    "discount": "12",
    "rates": "EUR = 0.86\nUSD=0.79",
}
BRAND = {"name": "Shop", "colour": "#123456", "text_colour": "#ffffff", "voice": "brief", "languages": ["en", "pl"]}


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


PNG = (
    b"\x89PNG\r\n\x1a\n"
    + chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 1, 8, 0, 0, 0, 0))
    + chunk(b"IDAT", zlib.compress(b"\0\0\0"))
    + chunk(b"IEND", b"")
)


@pytest.fixture(autouse=True)
def _business():
    Lake.create(settings.DATA.root, Business())
    yield
    Lake.create(settings.DATA.root, Business())


def test_the_business_is_saved_in_the_lake_written_down_and_figures_are_asked_for(signed_in):
    assert signed_in().post("/settings", GIVEN).status_code == 302
    saved = Lake.open(settings.DATA.root).business
    assert saved is not None
    assert (saved.currency, saved.margin_rate, saved.margin_is_assumed) == ("GBP", 0.4, False)
    assert saved.rates == {"EUR": Decimal("0.86"), "USD": Decimal("0.79")}
    assert AuditEntry.objects.get(action="business.changed").detail["currency"] == "GBP"
    assert Job.objects.filter(name="refresh").count() == 1


def test_a_margin_left_alone_stays_an_assumption(signed_in):
    signed_in().post("/settings", {**GIVEN, "margin": "50.0"})
    saved = Lake.open(settings.DATA.root).business
    assert saved is not None
    assert saved.margin_is_assumed


def test_a_wrong_rate_is_refused_at_its_field(signed_in):
    answer = signed_in().post("/settings", {**GIVEN, "rates": "EUR is 0.86"})
    assert "EUR is 0.86" in answer.context["form"].errors["rates"][0]


def test_colours_that_cannot_be_read_are_refused(signed_in):
    answer = signed_in().post("/settings/brand", {**BRAND, "colour": "#ffff00"})
    assert "text_colour" in answer.context["form"].errors


def test_contrast_is_that_of_wcag():
    assert contrast("#777777", "#ffffff") == 4.48  # the well-known grey that just fails
    assert contrast("#767676", "#ffffff") == 4.54  # and the one that just passes


def test_a_logo_is_kept_and_given_out_as_a_picture_only(signed_in):
    client = signed_in()
    client.post("/settings/brand", {**BRAND, "logo": SimpleUploadedFile("a.exe", PNG)})
    answer = client.get("/settings/brand/logo")
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == ("image/png", "nosniff")
    assert answer.content == PNG
    assert brand().languages == ["en", "pl"]


@pytest.mark.parametrize("content", [b"<svg onload='x'/>", b"\x89PNG\r\n\x1a\n", b"GIF89a", PNG[:20], b"x" * (1 << 21)])
def test_what_is_not_a_picture_or_too_large_is_refused(signed_in, content):
    answer = signed_in().post("/settings/brand", {**BRAND, "logo": SimpleUploadedFile("logo.png", content)})
    assert "logo" in answer.context["form"].errors


def test_sizes_are_read_from_the_bytes():
    jpeg = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x11\x08\x00\x05\x00\x07" + b"\0" * 20
    assert (picture_of(jpeg).width, picture_of(jpeg).height) == (7, 5)
    webp = b"RIFF" + struct.pack("<I", 40) + b"WEBPVP8X" + b"\0" * 8 + b"\x09\0\0\x04\0\0" + b"\0" * 30
    assert (picture_of(webp).width, picture_of(webp).height) == (10, 5)


@pytest.mark.parametrize("role", [Role.MARKETER, Role.ANALYST, Role.AGENT])
def test_only_owners_see_and_change_settings(signed_in, role):
    assert signed_in(role).get("/settings").status_code == 403
