"""Any CSV, Parquet or XLSX file through a mapping that is guessed, given, saved, or part of a cleaning profile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from keepwell.observe.cells import NOT_MONEY, Cells
from keepwell.observe.currency_signs import SIGNS, agreed_sign, only_currency
from keepwell.observe.event_facts import EventFacts
from keepwell.observe.fields import FIELDS, Content, FileKind
from keepwell.observe.guess import Guess, Guessed, guess
from keepwell.observe.importer import Batch, ImportContext, Reading
from keepwell.observe.look import Look, look_at
from keepwell.observe.mapping import Mapping
from keepwell.observe.order_facts import OrderFacts
from keepwell.observe.parse import NumberFormat
from keepwell.observe.plan import Plan
from keepwell.observe.profile import Profile
from keepwell.observe.reading import looks_tabular, open_rows
from keepwell.observe.regular_file import file_name
from keepwell.observe.rows import RowBatch, Rows
from keepwell.observe.rules import DAY_TESTS, NUMBER_TESTS, Marked, apply
from keepwell.observe.spend_facts import spend_rows
from keepwell.observe.subscription_facts import subscription_rows
from keepwell.observe.times import DateOrder
from keepwell.observe.verdict import Verdict
from keepwell.vocabulary.errors import InputError

_LABEL = {
    FileKind.ORDERS: "orders, one row each",
    FileKind.LINES: "lines of orders",
    FileKind.SPEND: "spend",
    FileKind.SUBSCRIPTIONS: "subscriptions",
    FileKind.EVENTS: "events",
}


@dataclass(frozen=True)
class Preview:
    """What would be done with a file, to be shown before it is imported.

    ``mapping`` is complete and can be changed, saved (``mapping.save(folder, header)``) and given to ``Tabular``.
    ``guesses`` has a row for each field: column, example, reason, confidence. ``unused`` are columns of no field.
    """

    mapping: Mapping
    header: tuple[str, ...]
    guesses: tuple[Guess, ...]
    findings: tuple[str, ...]
    unused: tuple[str, ...]


class Tabular:
    """Imports any table file.

    Args:
        mapping: columns that are known; they win over the profile, a saved mapping and guesses.
        profile: a cleaning profile.
        kind: what a row of the file is, when it should not be guessed.
        saved: a folder of saved mappings; one for exactly the file's header is used again.

    """

    name = "table"
    label = "Any CSV, Parquet or XLSX file"

    def __init__(
        self,
        mapping: Mapping | None = None,
        profile: Profile | None = None,
        kind: FileKind | str | None = None,
        saved: Path | None = None,
    ) -> None:
        self.mapping, self.profile, self.kind, self.saved = mapping, profile, kind, saved

    def recognises(self, path: Path, head: bytes) -> bool:
        """Say whether this is a table file at all."""
        return looks_tabular(path, head)

    def open(self, path: Path, context: ImportContext) -> Reading:
        """Decide how the file is read and return its batches; raises InputError when that cannot be decided."""
        rows, plan, shown = self._prepare(path, context)
        return Reading(
            findings=shown.findings,
            batches=_batches(rows, plan),
            folds_orders=plan.kind is FileKind.LINES,
            signature=plan.signature(),
        )

    def preview(self, path: Path, context: ImportContext) -> Preview:
        """Return how the file would be read, without importing it."""
        return self._prepare(path, context)[2]

    def _prepare(self, path: Path, context: ImportContext) -> tuple[Rows, Plan, Preview]:
        given, said = self._given(path)
        rows = open_rows(path, given.read)
        if self.profile is not None:
            self.profile.check(rows.header, file_name(path))
        elif self.saved is not None and (found := Mapping.find(self.saved, rows.header)) is not None:
            given = given.over(found)
            rows = open_rows(path, given.read)
            said.append("Mapping: the one saved for files with these columns.")
        given.check(rows.header, file_name(path))
        looks = [look_at(name, rows.sample.column(name).combine_chunks()) for name in rows.header]
        guessed = _guess(looks, given, file_name(path), is_complete=self.profile is not None)
        plan, reading = self._plan(guessed.mapping, looks, context)
        plan = _with_signs(plan, rows.sample)
        kind = f"Kind of file: {_LABEL[plan.kind]} ({guessed.kind_reason})."
        findings = (*rows.findings, *said, kind, *reading, *_assumptions(plan))
        used = set(plan.mapping.columns.values())
        unused = tuple(name for name in rows.header if name not in used)
        return rows, plan, Preview(plan.mapping, rows.header, guessed.guesses, findings, unused)

    def _given(self, path: Path) -> tuple[Mapping, list[str]]:
        given = self.mapping or Mapping()
        if self.kind is not None:
            try:
                given = replace(given, kind=FileKind(self.kind))
            except ValueError as error:
                advice = f"Give one of {', '.join(FileKind)}."
                message = f"There is no kind of file {str(self.kind)!r}."
                raise InputError(
                    "mapping.kind", message, where=file_name(path), value=self.kind, advice=advice
                ) from error
        if self.profile is None:
            return given, []
        return given.over(self.profile.mapping), [f"Profile: {self.profile.name}."]

    def _plan(self, mapping: Mapping, looks: list[Look], context: ImportContext) -> tuple[Plan, list[str]]:
        """Decide decimal signs and date orders of the columns that are read as such."""
        rules = self.profile.rules if self.profile else ()
        fields = FIELDS[mapping.kind or FileKind.ORDERS]
        contents = {column: fields[name].content for name, column in mapping.columns.items() if name in fields}
        for condition in (condition for rule in rules for condition in rule.conditions):
            if condition.test in NUMBER_TESTS:
                contents.setdefault(condition.column, Content.NUMBER)
            elif condition.test in DAY_TESTS:
                contents.setdefault(condition.column, Content.MOMENT)
        numbers: dict[str, NumberFormat] = {}
        dates: dict[str, DateOrder] = {}
        findings = []
        for look in looks:
            content = contents.get(look.name)
            if content in (Content.NUMBER, Content.COUNT):
                wanted = mapping.read.decimal
                numbers[look.name], why = (NumberFormat(wanted), "as you said") if wanted else look.numbers
                if why not in ("stored as numbers", "whole numbers"):
                    findings.append(f"Numbers in {look.name!r}: {why}.")
            elif content in (Content.MOMENT, Content.DAY):
                order, why = _dates(look, mapping.read.dates)
                dates[look.name] = order
                findings.append(f"Dates in {look.name!r}: {why}.")
        source = context.source or (self.profile.name if self.profile else self.name)
        return Plan(mapping, rules, numbers, dates, source, context), findings


def preview(
    path: Path,
    context: ImportContext,
    mapping: Mapping | None = None,
    profile: Profile | None = None,
    kind: FileKind | str | None = None,
    saved: Path | None = None,
) -> Preview:
    """Return how a file would be read, without importing it; arguments and errors as for ``Tabular``."""
    return Tabular(mapping, profile, kind, saved).preview(path, context)


def _guess(looks: list[Look], given: Mapping, where: str, is_complete: bool) -> Guessed:
    """Guess what is missing; a profile that says the kind is taken to be complete, so that nothing surprises."""
    if is_complete and given.kind is not None:
        mapped = [look for look in looks if look.name in given.columns.values()]
        guessed = guess(mapped, given, where)
        return replace(guessed, kind_reason="as the profile says")
    return guess(looks, given, where)


def _dates(look: Look, wanted: str | None) -> tuple[DateOrder, str]:
    if wanted and not (look.dates and look.dates[1] == "stored as dates"):
        return DateOrder(wanted), f"{wanted}, as you said"
    return look.dates or (DateOrder.YEAR_FIRST, "year first, as no value could be read")


def _assumptions(plan: Plan) -> list[str]:
    """Say what was taken for granted because the file does not hold it."""
    mapping, said = plan.mapping, []
    if plan.kind is not FileKind.EVENTS and "currency" not in mapping.columns:
        said.append(_said_currency(plan))
    if plan.kind is not FileKind.SPEND:
        said.append(f"Times without an offset are read as {plan.zone.key}.")
    if plan.kind in (FileKind.ORDERS, FileKind.LINES) and "order_id" not in mapping.columns:
        said.append("No column holds an order id: each row counts as one order of its customer and time.")
    if plan.kind is FileKind.ORDERS and "amount" not in mapping.columns:
        parts = [name for name in ("shipping", "tax") if name in mapping.columns]
        less = f"less {' and '.join(parts)}" if parts else "as it stands (no columns for shipping or tax)"
        said.append(f"Goods are the total {less}.")
    if (
        plan.kind is FileKind.SPEND
        and not plan.context.channel
        and "channel" not in {*mapping.columns, *mapping.constants}
    ):
        raise InputError(
            "mapping.channel", "No column names the channel of the spend.", value="channel",
            advice='Give it for the whole file with --channel, or say which column it is with --map channel="…".',
        )  # fmt: skip
    return said


def _said_currency(plan: Plan) -> str:
    if plan.is_mixed:
        return (
            f"Currency: not known, as amounts bear different signs ({', '.join(plan.signs)}): every row is refused; "
            "say --currency and rows with another sign alone are refused, or map a column that holds it."
        )
    if plan.stated_currency:
        return f"Currency: {plan.currency} for every row, as you said."
    if plan.sign_currency is None:
        return f"Currency: {plan.currency} for every row (the file names none; say --currency if it is another)."
    signs = " and ".join(plan.signs)
    if len(SIGNS.get(plan.signs[0], ())) > 1 and len(plan.signs) == 1:
        others = ", ".join(SIGNS[signs][1:5])
        return f"Currency: {plan.currency} is assumed for {signs}, which may be {others}; say --currency if it is."
    return f"Currency: {plan.currency} for every row, as the sign {signs} beside the amounts says."


def _with_signs(plan: Plan, sample: pa.Table) -> Plan:
    """Take the currency from the signs beside amounts, where nothing else names it."""
    if "currency" in plan.mapping.columns or plan.kind is FileKind.EVENTS:
        return plan
    fields = FIELDS[plan.kind]
    columns = [
        sample.column(column).combine_chunks()
        for name, column in plan.mapping.columns.items()
        if name in fields and fields[name].content is Content.NUMBER and name not in NOT_MONEY
    ]
    code, signs = agreed_sign(columns)
    if plan.stated_currency:
        return plan
    business = plan.context.business.currency
    if code and all(business in SIGNS.get(sign, (sign,)) for sign in signs):
        code = business  # $ in a business that counts in Canadian dollars
    return replace(plan, sign_currency=code, is_mixed=bool(signs) and code is None, signs=signs)


def _batches(rows: Rows, plan: Plan) -> Iterator[Batch]:
    orders, events = OrderFacts(), EventFacts()
    currency = plan.mapping.columns.get("currency")
    named = None if currency is None else only_currency(rows, currency)
    for batch in rows.batches():
        verdict = Verdict(batch.table.num_rows)
        marked = apply(plan.rules, batch.table, verdict, plan.reader)
        cells = Cells(plan, marked.table, verdict, named)
        tables: dict[str, pa.Table] = {}
        if plan.kind is FileKind.SPEND:
            tables["spend"] = spend_rows(cells, batch.rows)
        elif plan.kind is FileKind.SUBSCRIPTIONS:
            tables["subscriptions"] = subscription_rows(cells, batch.rows)
        elif plan.kind is FileKind.EVENTS:
            tables["events"] = events.rows(cells, batch.rows)
        else:
            tables = orders.tables(cells, marked, batch.rows)
        yield _batch(batch, verdict, tables, cells, marked)


def _batch(
    batch: RowBatch, verdict: Verdict, tables: dict[str, pa.Table], cells: Cells, marked: Marked
) -> Batch:  # fmt: skip
    refused = verdict.refused(batch.rows, batch.table)
    if batch.unreadable.num_rows:
        refused = pa.concat_tables([refused, batch.unreadable]).sort_by("row")
    filled = {name: table for name, table in tables.items() if table.num_rows}
    rows_in = batch.table.num_rows + batch.unreadable.num_rows
    return Batch(rows_in, filled, refused, {**cells.changed, **marked.changed}, batch.progress)
