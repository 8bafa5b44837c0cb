"""A file into the lake: open, stage, check, commit; or, as a dry run, everything but the commit."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from keepwell.lake.lake import Lake
from keepwell.lake.ledger import Entry, State
from keepwell.lake.staging import Settled, Staging
from keepwell.loop.refusals import RefusalFile
from keepwell.observe.importer import Batch, ImportContext, Importer, Reading
from keepwell.observe.personal import without_email
from keepwell.observe.tabular import Tabular
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.errors import InputError

Progress = Callable[[str, float], None]  # what is being done, and how much of it is, in [0, 1]

FACT_TIME = {"orders": "ordered_at", "order_lines": "ordered_at", "refunds": "refunded_at", "events": "occurred_at"}


@dataclass(frozen=True)
class ImportOutcome:
    """What an import did, or would do.

    ``rows_in`` always equals ``rows_kept`` plus the sum of ``refused``.
    """

    file: str
    importer: str
    source: str
    rows_in: int
    rows_kept: int
    refused: Mapping[str, int]
    changed: Mapping[str, int]
    tables: Mapping[str, int]
    findings: tuple[str, ...]
    currencies: tuple[str, ...]
    first: datetime | None
    last: datetime | None
    import_id: str | None = None
    error_file: str | None = None
    dry_run: bool = False
    already: bool = False


@dataclass
class _Tally:
    """What is counted while the batches pass."""

    rows_in: int = 0
    changed: Counter[str] = field(default_factory=Counter)
    currencies: set[str] = field(default_factory=set)
    sources: set[str] = field(default_factory=set)
    first: datetime | None = None
    last: datetime | None = None

    def add(self, batch: Batch) -> None:
        self.rows_in += batch.rows_in
        self.changed.update(batch.changed)
        for name, rows in batch.tables.items():
            self.sources.update(pc.unique(rows["source"]).to_pylist())
            if rows.num_rows and "currency" in rows.column_names:
                self.currencies.update(pc.unique(rows["currency"]).to_pylist())
            if rows.num_rows and name in FACT_TIME:
                span = pc.min_max(rows[FACT_TIME[name]]).as_py()
                self.first = min(filter(None, (self.first, span["min"])))
                self.last = max(filter(None, (self.last, span["max"])))


def ingest(
    lake: Lake,
    path: Path,
    importer: Importer,
    context: ImportContext,
    *,
    business: Business | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> ImportOutcome:
    """Bring one file into the lake.

    Args:
        lake: where the facts go.
        path: the file.
        importer: how it is read.
        context: identity key, clock, source.
        business: its settings if the caller knows them; otherwise those of the lake, and for the very first import
            the file's own currency becomes the currency of the business.
        dry_run: stop before the commit; nothing is changed.
        progress: called with the stage and the fraction done.

    Returns:
        the outcome; running the same file again returns the first outcome's counts with ``already`` set.

    Raises:
        InputError: the file cannot be used; nothing was changed.
        LakeError: the lake could not be written; nothing was changed.

    """
    tell = progress or (lambda _stage, _fraction: None)
    if context.source is not None:
        context = replace(context, source=without_email(context.source))
    reading = importer.open(path, context)
    content_id = _content_id(path, importer, reading, context, tell)
    known = None if dry_run else lake.already_imported(content_id)
    if known is not None:
        return _already(known, path)
    with lake.staging() as staging:
        errors = RefusalFile(lake.paths.refused / f"{staging.import_id}.csv")
        try:
            tally = _stage(staging, reading, errors, tell)
            home = _home(tally.currencies, business or lake.business, context.business, path)
            outcome = _outcome(path, importer, reading, tally, dry_run=dry_run)
            tell("Checking against what is known", 0.0)
            staging.fold(folds_orders=reading.folds_orders)
            if dry_run:
                return _with_counts(outcome, lake.preview(staging), errors.counts)
            customer_field = _customer_field(importer, path, context) if errors.counts else None
            entry = partial(_entry, staging.import_id, content_id, customer_field)
            return _commit(lake, staging, outcome, entry, errors, tell, home)
        finally:
            errors.drop()


def _stage(staging: Staging, reading: Reading, errors: RefusalFile, tell: Progress) -> _Tally:
    tally = _Tally()
    for batch in reading.batches:
        staging.write(batch.tables)
        errors.add(batch.refused)
        tally.add(batch)
        tell("Reading", batch.progress)
    return tally


def _name(path: Path) -> str:
    """Return a file's name as it may be kept: without e-mail addresses, and as text whatever its bytes."""
    return without_email(os.fsencode(path.name).decode("utf-8", "replace"))


def _outcome(path: Path, importer: Importer, reading: Reading, tally: _Tally, *, dry_run: bool) -> ImportOutcome:
    return ImportOutcome(
        file=_name(path),
        importer=importer.name,
        source=without_email(", ".join(sorted(tally.sources)) or importer.name),
        rows_in=tally.rows_in,
        rows_kept=0,
        refused={},
        changed=dict(tally.changed),
        tables={},
        findings=reading.findings,
        currencies=tuple(sorted(tally.currencies)),
        first=tally.first,
        last=tally.last,
        dry_run=dry_run,
    )


def _commit(
    lake: Lake,
    staging: Staging,
    outcome: ImportOutcome,
    entry: Callable[[ImportOutcome], Entry],
    errors: RefusalFile,
    tell: Progress,
    business: Business,
) -> ImportOutcome:
    done: list[ImportOutcome] = []

    def describe(settled: Settled) -> Entry:
        tell("Committing", 0.5)
        counted = _with_counts(outcome, settled, errors.counts)
        errors.add(settled.refused)
        kept = errors.keep()  # before the commit, so that no refusal is ever lost
        done.append(replace(counted, import_id=staging.import_id, error_file=str(kept) if kept else None))
        return entry(counted)

    is_committed = False
    try:
        lake.append(staging, describe)
        is_committed = True
    finally:
        if not is_committed:
            errors.withdraw()
    if lake.business is None:
        lake.save_business(business)
    tell("Committing", 1.0)
    return done[-1]


def _with_counts(outcome: ImportOutcome, settled: Settled, refused: Mapping[str, int]) -> ImportOutcome:
    counts = Counter(refused)
    counts.update(pa_counts(settled.refused))
    kept = outcome.rows_in - sum(counts.values())
    if kept != settled.source_rows:
        raise InputError(
            "import.unaccounted",
            f"{outcome.rows_in} rows came in, {settled.source_rows} were kept and {sum(counts.values())} refused.",
            where=outcome.file,
            advice="This is a fault of the importer; nothing was imported. Please report it.",
        )
    return replace(outcome, rows_kept=kept, refused=dict(sorted(counts.items())), tables=dict(settled.rows))


def pa_counts(refused: pa.Table) -> dict[str, int]:
    """Count refusals by reason."""
    return {i["values"]: i["counts"] for i in pc.value_counts(refused["reason"].combine_chunks()).to_pylist()}


def _customer_field(importer: Importer, path: Path, context: ImportContext) -> int | None:
    """Return which field of a table's row names the customer, so that ``forget`` finds them in refused rows."""
    if not isinstance(importer, Tabular):
        return None
    shown = importer.preview(path, context)
    column = shown.mapping.columns.get("customer_id")
    return shown.header.index(column) if column in shown.header else None


def _entry(import_id: str, content_id: str, customer_field: int | None, outcome: ImportOutcome) -> Entry:
    return Entry(
        import_id,
        State.COMMITTED,
        datetime.now(UTC),
        content_id=content_id,
        importer=outcome.importer,
        source=outcome.source,
        file_name=outcome.file,
        rows_in=outcome.rows_in,
        rows_kept=outcome.rows_kept,
        refused=outcome.refused,
        changed=outcome.changed,
        tables=outcome.tables,
        findings=outcome.findings,
        customer_field=customer_field,
    )


def _already(entry: Entry, path: Path) -> ImportOutcome:
    return ImportOutcome(
        file=_name(path),
        importer=entry.importer,
        source=entry.source,
        rows_in=entry.rows_in,
        rows_kept=entry.rows_kept,
        refused=entry.refused,
        changed=entry.changed,
        tables=entry.tables,
        findings=entry.findings,
        currencies=(),
        first=None,
        last=None,
        import_id=entry.import_id,
        already=True,
    )


def _content_id(path: Path, importer: Importer, reading: Reading, context: ImportContext, tell: Progress) -> str:
    """Hash the bytes and whatever else decides the outcome."""
    digest = hashlib.sha256()
    size, done = max(path.stat().st_size, 1), 0
    with path.open("rb") as file:
        while block := file.read(8 << 20):
            digest.update(block)
            done += len(block)
            tell("Fingerprinting", done / size)
    how = (importer.name, reading.signature, context.source, context.channel, context.business.time_zone)
    digest.update(repr(how).encode())
    return digest.hexdigest()


def _home(found: set[str], known: Business | None, otherwise: Business, path: Path) -> Business:
    """Return the settings of the business, whose currency is the first file's own unless it is known.

    Raises:
        InputError: a currency of the file has no rate.

    """
    if known is None and len(found) > 1:
        raise InputError(
            "currency.mixed",
            f"The file has amounts in {', '.join(sorted(found))}, and the currency of the business is not known yet.",
            where=_name(path),
            value=sorted(found),
            advice="Say it, with a rate for each other: --currency GBP --rate EUR=0.86. Nothing was imported.",
        )
    business = known or replace(otherwise, currency=min(found, default=otherwise.currency))
    missing = sorted(code for code in found if business.rate_of(code) is None)
    if missing:
        example = " ".join(f"--rate {code}=…" for code in missing)
        raise InputError(
            "currency.no_rate",
            f"The file has amounts in {', '.join(missing)}, and there is no rate to {business.currency}.",
            where=_name(path),
            value=missing,
            advice=f"Give {business.currency} for one unit of each: {example}. Nothing was imported.",
        )
    return business
