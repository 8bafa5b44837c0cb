"""What may happen to a file that was handed in: received, read for its mapping, checked, imported, discarded."""

from __future__ import annotations

import re
import shutil
import unicodedata
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from keepwell.lake.lake import Lake
from keepwell.observe.fields import FileKind
from keepwell.observe.importer import ImportContext, Importer
from keepwell.observe.mapping import Mapping, ReadOptions
from keepwell.observe.profile import Profile
from keepwell.observe.reading import open_rows
from keepwell.observe.registry import by_name, recognise
from keepwell.observe.tabular import Preview, Tabular
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.errors import InputError
from keepwell.web.inbox.upload_models import Upload, new_token

LONGEST_NAME = 80
TABLE = Tabular.name


def safe_name(original: str) -> str:
    """Return a file name that is a name and nothing else: no folder, no control character, no leading dot.

    >>> safe_name("../../etc/passwd"), safe_name("Zamówienia 2024.CSV"), safe_name("..")
    ('passwd', 'Zamówienia 2024.CSV', 'file')
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", original))[-1]
    plain = re.sub(r"[^\w .()+-]", "_", last).strip(" .")
    stem, dot, suffix = plain.rpartition(".")
    if not dot or len(suffix) > 10:
        return plain[:LONGEST_NAME] or "file"
    return f"{stem[:LONGEST_NAME]}.{suffix}"


def receive(file: UploadedFile[Any], asked_by: Any) -> Upload:
    """Write the file to a folder of its own, a piece at a time.

    Raises:
        InputError: it is empty or larger than is allowed; nothing is left behind.

    """
    original = str(file.name or "file")[:255]
    upload = Upload(token=new_token(), original_name=original, stored_name=safe_name(original), asked_by=asked_by)
    upload.folder.mkdir(mode=0o700, parents=True)
    size = 0
    try:
        with upload.path.open("xb") as kept:
            for piece in file.chunks():
                size += len(piece)
                check_size(size)
                kept.write(piece)
        if size == 0:
            raise InputError("file.empty", _("The file is empty."), where=original, advice=_("Export it again."))
        upload.size = size
        upload.save()
    except BaseException:
        shutil.rmtree(upload.folder, ignore_errors=True)
        raise
    return upload


def check_size(size: int) -> None:
    """Raise InputError when a file is larger than the instance takes."""
    most = settings.MOST_UPLOAD_BYTES
    if size > most:
        message = _("The file is larger than %(most)d MB.") % {"most": most >> 20}
        advice = _("Split it, raise KEEPWELL_MOST_UPLOAD_MB, or import it on the server with: keepwell import")
        raise InputError("upload.large", message, advice=advice)


def remove_file(upload: Upload) -> None:
    """Remove the file, which may hold names and addresses, as soon as nobody needs it."""
    shutil.rmtree(upload.folder, ignore_errors=True)


def lake() -> Lake:
    """Return the instance's lake."""
    return Lake.create(settings.DATA.root)


@dataclass(frozen=True)
class Plan:
    """How an upload will be read: its importer, what the importer may know, and the business if it is known."""

    importer: Importer
    context: ImportContext
    business: Business | None


def plan(upload: Upload, kept: Lake) -> Plan:
    """Return how the choices made so far say that the file is read.

    Raises:
        InputError: the format is not known, or a choice cannot be used.

    """
    chosen: AnyMapping[str, Any] = upload.choices
    importer: Importer = by_name(upload.importer) if upload.importer else recognise(upload.path)
    if isinstance(importer, Tabular):
        importer = _table_importer(upload, kept)
    saved = kept.business
    currency = chosen.get("currency") or None
    business = saved or Business()
    if saved is None:
        changes = {"currency": currency, "time_zone": chosen.get("time_zone")}
        business = replace(business, **{name: value for name, value in changes.items() if value})
    rates = rates_of(chosen.get("rates", ""))
    if rates:
        business = replace(business, rates={**business.rates, **rates})
    context = ImportContext(
        business,
        kept.identity_key,
        datetime.now(UTC),
        source=chosen.get("source") or None,
        channel=chosen.get("channel") or None,
        currency=currency,
    )
    is_known = saved is not None or bool(currency or rates)
    return Plan(importer, context, business if is_known else None)


def _table_importer(upload: Upload, kept: Lake) -> Tabular:
    """Return the reader of a table: with the columns chosen, else those remembered for this header, else a guess.

    What was chosen is complete: a column that was set to "not used" must not be guessed back in.
    """
    chosen: AnyMapping[str, Any] = upload.choices
    mapping = mapping_of(chosen)
    if mapping is None:
        options = ReadOptions(**(chosen.get("read") or {}))
        kind = chosen.get("kind") or None
        if kind:
            return Tabular(Mapping(kind=FileKind(kind), read=options))
        mapping = Mapping.find(kept.paths.mappings, open_rows(upload.path, options).header)
    if mapping is None or mapping.kind is None:
        return Tabular(mapping)
    return Tabular(profile=Profile(TABLE, mapping, ()))


def mapping_of(chosen: AnyMapping[str, Any]) -> Mapping | None:
    """Return the mapping that was chosen in the form; ``None`` when its columns were not shown yet."""
    columns = chosen.get("columns")
    if columns is None:
        return None
    options = ReadOptions(**{name: value for name, value in (chosen.get("read") or {}).items() if value})
    return Mapping(columns=columns, kind=FileKind(chosen["kind"]), read=options)


def preview(upload: Upload, kept: Lake) -> tuple[Plan, Preview | None]:
    """Return how the file would be read; the preview is there for tables, whose columns are chosen."""
    planned = plan(upload, kept)
    if isinstance(planned.importer, Tabular):
        return planned, planned.importer.preview(upload.path, planned.context)
    return planned, None


def rates_of(text: str) -> dict[str, Decimal]:
    """Return rates written as ``EUR=0.86, USD=0.79``.

    >>> rates_of("EUR=0.86, usd = 0.79")
    {'EUR': Decimal('0.86'), 'USD': Decimal('0.79')}
    """
    rates: dict[str, Decimal] = {}
    for part in filter(None, (piece.strip() for piece in re.split(r"[,;\n]", text))):
        code, _sign, number = (piece.strip() for piece in part.partition("="))
        try:
            rates[code.upper()] = Decimal(number)
        except InvalidOperation as error:
            raise InputError(
                "rate.form", _("%(rate)r is not a rate.") % {"rate": part}, value=part,
                advice=_("Write, for example: EUR=0.86, USD=0.79"),
            ) from error  # fmt: skip
    return rates


def header_of(upload: Upload) -> tuple[str, ...]:
    """Return the columns of a table file, for the form in which they are chosen when the guess failed."""
    return open_rows(upload.path, ReadOptions()).header
