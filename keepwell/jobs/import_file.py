"""Bring an uploaded file into the lake, or say what that would do; take an import back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from keepwell.lake.lake import Lake
from keepwell.loop.ingest import ImportOutcome, ingest
from keepwell.observe.importer import Batch, ImportContext, Importer, Reading
from keepwell.observe.tabular import Tabular
from keepwell.web.inbox.upload_models import Upload
from keepwell.web.inbox.uploads import lake as open_lake
from keepwell.web.inbox.uploads import plan, rates_of, remove_file
from keepwell.web.work.actions import StoppedError, enqueue
from keepwell.web.work.worker import Handler, Task

SHOWN_REFUSALS = 20


class Watched:
    """An importer whose first refusals are kept, so that a dry run can show them."""

    def __init__(self, importer: Importer) -> None:
        self.importer, self.name, self.label = importer, importer.name, importer.label
        self.seen: list[dict[str, Any]] = []

    def recognises(self, path: Path, head: bytes) -> bool:
        """Say what the importer says."""
        return self.importer.recognises(path, head)

    def open(self, path: Path, context: ImportContext) -> Reading:
        """Open the file as the importer does."""
        reading = self.importer.open(path, context)
        return replace(reading, batches=self._watch(reading.batches))

    def _watch(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        for batch in batches:
            if len(self.seen) < SHOWN_REFUSALS:
                self.seen += batch.refused.slice(0, SHOWN_REFUSALS - len(self.seen)).to_pylist()
            yield batch


def import_upload(task: Task) -> Mapping[str, Any]:
    """Import the file of ``token``, or with ``dry_run`` say what would be kept and refused."""
    upload = Upload.objects.get(token=task.arguments["token"])
    if upload.outcome is not None:
        return {"import_id": upload.outcome["import_id"]}
    lake = open_lake()
    planned = plan(upload, lake)
    if task.arguments.get("dry_run"):
        watched = Watched(planned.importer)
        known = planned.business
        outcome = ingest(lake, upload.path, watched, planned.context, business=known, dry_run=True, progress=task.tell)
        dry_run = {**as_json(outcome), "sample": watched.seen}
        Upload.objects.filter(pk=upload.pk).update(dry_run=dry_run)
        return {"rows_kept": outcome.rows_kept}
    outcome = ingest(
        lake, upload.path, planned.importer, planned.context, business=planned.business, progress=telling(task)
    )
    _remember(lake, upload, planned.importer, planned.context)
    Upload.objects.filter(pk=upload.pk).update(outcome=as_json(outcome), dry_run=None)
    remove_file(upload)
    _afterwards(lake)
    return {"import_id": outcome.import_id}


def undo_import(task: Task) -> Mapping[str, Any]:
    """Take back the import ``import_id``; doing it again changes nothing."""
    lake = open_lake()
    task.tell("Taking back", 0.0)
    states = {entry.import_id: state for entry, state in lake.imports()}
    if states.get(task.arguments["import_id"]) == "committed":
        lake.undo(task.arguments["import_id"])
    _afterwards(lake)
    return {"import_id": task.arguments["import_id"]}


def telling(task: Task) -> Callable[[str, float], None]:
    """Return progress that lets an import be stopped until it commits, but not between that and its record."""

    def tell(stage: str, fraction: float) -> None:
        try:
            task.tell(stage, fraction)
        except StoppedError:
            if stage != "Committing":
                raise

    return tell


def as_json(outcome: ImportOutcome) -> dict[str, Any]:
    """Return an outcome as JSON keeps it."""
    plain = asdict(outcome)
    plain.pop("error_file")
    return plain | {
        "first": outcome.first.isoformat() if outcome.first else None,
        "last": outcome.last.isoformat() if outcome.last else None,
    }


def _remember(lake: Lake, upload: Upload, importer: Importer, context: ImportContext) -> None:
    """Keep what the form said for the next time: the mapping, and the settings that a first import decides."""
    if isinstance(importer, Tabular):
        shown = importer.preview(upload.path, context)
        shown.mapping.save(lake.paths.mappings, shown.header)
    business = lake.business
    if business is None:
        return
    rates = rates_of(upload.choices.get("rates", ""))
    if any(business.rates.get(code) != rate for code, rate in rates.items()):
        lake.save_business(replace(business, rates={**business.rates, **rates}))


def _afterwards(lake: Lake) -> None:
    if lake.needs_compacting:
        lake.compact()
    enqueue("refresh", key="refresh")
    enqueue("watch_arrivals", key="watch_arrivals")


HANDLERS: Mapping[str, Handler] = {"import_upload": import_upload, "undo_import": undo_import}
SCHEDULES: Mapping[str, int] = {}
