"""Pages of data: what came in, files on their way in, and taking an import back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keepwell.lake.ledger import Entry, State
from keepwell.observe.fields import FileKind
from keepwell.observe.importer import Importer
from keepwell.observe.tabular import Preview, Tabular
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.refusal import Refusal
from keepwell.web.access import Capability, may, needs
from keepwell.web.inbox import arrivals, uploads
from keepwell.web.inbox.forms import ReadingForm
from keepwell.web.inbox.upload_models import Delivery, Upload
from keepwell.web.inbox.webhooks import PRIVACY
from keepwell.web.staff.audit import record
from keepwell.web.table import Column, Table, table_of
from keepwell.web.work.actions import enqueue
from keepwell.web.work.models import UNFINISHED, Job

ROOM_FOR_FORM = 1 << 16  # bytes of a multipart body besides the file


def import_columns() -> tuple[Column, ...]:
    """Return the columns of the table of imports."""

    def page(row: Any) -> str:
        return reverse("inbox:import", args=[row["import_id"]])

    return (
        Column("file", _("File"), link=page),
        Column("at", _("Imported"), "moment"),
        Column("source", _("Source")),
        Column("rows_in", _("Rows in"), "number"),
        Column("kept", _("Kept"), "number"),
        Column("refused", _("Refused"), "number"),
        Column("reasons", _("Reasons")),
        Column("state", _("State")),
    )


def _row(entry: Entry, state: State) -> dict[str, Any]:
    return {
        "import_id": entry.import_id,
        "file": entry.file_name,
        "at": entry.at,
        "source": entry.source,
        "rows_in": entry.rows_in,
        "kept": entry.rows_kept,
        "refused": sum(entry.refused.values()),
        "reasons": ", ".join(f"{reason.replace('_', ' ')}: {count}" for reason, count in entry.refused.items()),
        "state": _("counts") if state is State.COMMITTED else _("undone"),
    }


@require_GET
@needs(Capability.SEE_FACTS)
def data(request: HttpRequest) -> HttpResponseBase:
    """Show where facts come from, how fresh they are, what is wrong with them, and every import."""
    kept = uploads.lake()
    business = kept.business
    history = kept.imports()
    zone = business.time_zone if business else "UTC"
    table = table_of(
        request, import_columns(), [_row(entry, state) for entry, state in history], name="imports", default="-at",
        caption=_("Imports"), zone=zone, page_size=20,
    )  # fmt: skip
    if not isinstance(table, Table):
        return table
    known = arrivals.load()
    context = {
        "table": table,
        "has_imports": bool(history),
        "arrivals": known,
        "waiting": Upload.objects.filter(outcome__isnull=True).order_by("-created_at")[:20],
        "privacy": Delivery.objects.filter(topic__in=PRIVACY).count(),
        "zone": zone,
        "may_bring": may(request.user, Capability.BRING_FACTS),
        "most_mb": settings.MOST_UPLOAD_BYTES >> 20,
    }
    return render(request, "inbox/data.html", context)


@require_POST
@needs(Capability.BRING_FACTS)
def receive(request: HttpRequest) -> HttpResponse:
    """Take a file in."""
    sent = request.META.get("CONTENT_LENGTH") or "0"
    uploads.check_size(max(0, int(sent) - ROOM_FOR_FORM) if sent.isdecimal() else 0)
    file = request.FILES.get("file")
    if file is None:
        messages.error(request, _("Choose a file first."))
        return redirect("inbox:data")
    upload = uploads.receive(file, request.user)
    record(request, "upload.received", upload.token, {"file": upload.stored_name, "bytes": upload.size})
    return redirect("inbox:upload", upload.token)


@require_http_methods(["GET", "POST"])
@needs(Capability.BRING_FACTS)
def upload(request: HttpRequest, token: str) -> HttpResponse:
    """Show how a file will be read, and on POST choose it, check it or import it."""
    found = get_object_or_404(Upload.objects.select_related("job"), token=token)
    if found.outcome is not None:
        return render(request, "inbox/imported.html", {"upload": found, **_outcome(found.outcome)})
    if found.job is not None and found.job.is_unfinished:
        if request.method == "POST":
            return redirect("inbox:upload", token)
        return render(request, "inbox/working.html", {"upload": found, "job": found.job})
    if not found.path.exists():
        raise Http404
    form, shown, problem = _reading_form(request, found)
    if request.method == "POST" and form.is_valid():
        return _choose(request, found, form)
    context = {
        "upload": found,
        "form": form,
        "shown": shown,
        "rows": _columns(form, shown),
        "problem": problem,
        "dry": _outcome(found.dry_run) if found.dry_run else None,
        "is_first": uploads.lake().business is None,
    }
    return render(request, "inbox/upload.html", context)


def _columns(form: ReadingForm, shown: Preview | None) -> list[dict[str, Any]]:
    """Return for each column its select, an example and why it was taken so."""
    known = {guess.column: guess for guess in shown.guesses} if shown else {}
    return [
        {"field": field, "column": column, "guess": known.get(column)}
        for field, column in zip(form.column_fields, form.header, strict=True)
    ]


def _reading_form(request: HttpRequest, found: Upload) -> tuple[ReadingForm, Preview | None, InputError | None]:
    """Return the form with what was guessed or chosen, the preview of a table, and what is wrong with the file."""
    kept = uploads.lake()
    shown, problem, header = None, None, ()
    importer: Importer | None = None
    try:
        planned, shown = uploads.preview(found, kept)
        importer = planned.importer
    except InputError as error:
        problem = error
        header = _header(found)
    if shown is not None:
        header = shown.header
    kind = (shown.mapping.kind if shown else None) or FileKind(found.choices.get("kind") or FileKind.ORDERS)
    columns = dict(shown.mapping.columns) if shown else dict(found.choices.get("columns") or {})
    name = found.importer or (importer.name if importer else Tabular.name)
    initial = {"importer": name, **found.choices, **(found.choices.get("read") or {}), "kind": kind}
    data = request.POST if request.method == "POST" else None
    form = ReadingForm(data, is_first=kept.business is None, header=header, kind=kind, columns=columns, initial=initial)
    return form, shown, problem


def _header(found: Upload) -> tuple[str, ...]:
    if found.importer not in ("", Tabular.name):
        return ()
    try:
        return uploads.header_of(found)
    except InputError:
        return ()  # the file cannot be opened at all: the problem that is shown says why


def _choose(request: HttpRequest, found: Upload, form: ReadingForm) -> HttpResponse:
    """Keep what was chosen, and check or import the file when that was asked for."""
    action = request.POST.get("action", "check")
    importer = form.cleaned_data["importer"]
    kind_changed = bool(form.header) and form.cleaned_data.get("kind") != form.kind_was
    is_again = action == "again" or importer != form.initial["importer"] or kind_changed
    with transaction.atomic():
        found.importer = importer
        found.choices = form.choices_made(again=is_again)
        found.dry_run = None
        found.job = None
        if not is_again:
            is_dry = action != "import"
            found.job = enqueue(
                "import_upload", {"token": found.token, "dry_run": is_dry}, key=f"upload:{found.token}",
                most_attempts=5, priority=10, asked_by=request.user,
            )  # fmt: skip
            record(request, "upload.checked" if is_dry else "upload.imported", found.token, {"file": found.stored_name})
        found.save()
    return redirect("inbox:upload", found.token)


@require_POST
@needs(Capability.BRING_FACTS)
def discard(request: HttpRequest, token: str) -> HttpResponse:
    """Remove a file that was not imported, or the page of one that was."""
    found = get_object_or_404(Upload.objects.select_related("job"), token=token)
    if found.job is not None and found.job.is_unfinished:
        raise InputError("upload.busy", _("The file is being read."), advice=_("Stop that first."))
    with transaction.atomic():
        record(request, "upload.discarded", found.token, {"file": found.stored_name})
        found.delete()
    uploads.remove_file(found)
    return redirect("inbox:data")


@require_GET
@needs(Capability.SEE_FACTS)
def one_import(request: HttpRequest, import_id: str) -> HttpResponse:
    """Show one import: what was kept, what was refused and why, and what may be done about it."""
    entry, state = _find(import_id)
    job = Job.objects.filter(name="undo_import", key=f"undo:{entry.import_id}", state__in=UNFINISHED).first()
    context = {
        "entry": entry,
        "counts": state is State.COMMITTED,
        "reasons": reasons(entry.refused),
        "refused_rows": sum(entry.refused.values()),
        "may_undo": may(request.user, Capability.BRING_FACTS),
        "has_error_file": may(request.user, Capability.EXPORT_PEOPLE) and _error_file(entry).exists(),
        "job": job,
        "zone": zone_name(),
    }
    return render(request, "inbox/import.html", context)


@require_POST
@needs(Capability.BRING_FACTS)
def undo(request: HttpRequest, import_id: str) -> HttpResponse:
    """Take an import back, in the background."""
    entry, state = _find(import_id)
    if state is not State.COMMITTED:
        raise InputError("import.undone", _("This import was undone already."), value=import_id)
    with transaction.atomic():
        enqueue(
            "undo_import", {"import_id": entry.import_id}, key=f"undo:{entry.import_id}", priority=10,
            asked_by=request.user,
        )  # fmt: skip
        record(request, "import.undone", entry.import_id, {"file": entry.file_name})
    return redirect("inbox:import", entry.import_id)


@require_GET
@needs(Capability.EXPORT_PEOPLE)
def error_file(request: HttpRequest, import_id: str) -> FileResponse:
    """Give the refused rows of an import as CSV; they stand there as they came, so they may name people."""
    entry, _state = _find(import_id)
    path = _error_file(entry)
    if not path.exists():
        raise Http404
    record(request, "import.error-file", entry.import_id)
    name = f"refused-{entry.import_id[:8]}.csv"
    return FileResponse(path.open("rb"), as_attachment=True, filename=name, content_type="text/csv; charset=utf-8")


def zone_name() -> str:
    """Return the time zone in which moments are shown."""
    business = uploads.lake().business
    return business.time_zone if business else "UTC"


def reasons(refused: Any) -> list[dict[str, Any]]:
    """Return refusals by reason, the most frequent first, each with what it means."""
    known = {reason.value: reason.meaning for reason in Refusal}
    rows = [
        {"reason": reason.replace("_", " "), "count": count, "meaning": known.get(reason, "")}
        for reason, count in refused.items()
    ]
    return sorted(rows, key=lambda row: -row["count"])


def _outcome(outcome: Any) -> dict[str, Any]:
    return {**outcome, "outcome": outcome, "refused_rows": sum(outcome["refused"].values()),
            "reasons": reasons(outcome["refused"])}  # fmt: skip


def _find(import_id: str) -> tuple[Entry, State]:
    for entry, state in uploads.lake().imports():
        if entry.import_id == import_id:
            return entry, state
    raise Http404


def _error_file(entry: Entry) -> Path:
    return uploads.lake().paths.refused / f"{entry.import_id}.csv"
