"""A table on a page: sorted, filtered and paged on the server, and given as CSV in the same state."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse

Row = Any
PAGE = 50
MOST_PAGE = 500
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")  # a spreadsheet runs a cell that begins so


@dataclass(frozen=True)
class Column:
    """One column.

    Args:
        key: name of the field, and of the sort in the address.
        label: its heading, translated.
        kind: ``text``, ``number``, ``decimal``, ``money``, ``percent``, ``day`` or ``moment``: how a cell is written.
        is_sorted: whether its heading sorts.
        link: makes a row's address from the row, where the cell links to a page.
        hint: what the column means, shown at its heading.

    """

    key: str
    label: Any
    kind: str = "text"
    is_sorted: bool = True
    link: Callable[[Row], str] | None = None
    hint: Any = ""

    def of(self, row: Row) -> Any:
        """Return the cell's value, from a mapping or an object."""
        return row.get(self.key) if isinstance(row, Mapping) else getattr(row, self.key, None)


@dataclass(frozen=True)
class Table:
    """What the template ``shell/table.html`` shows."""

    name: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    total: int
    page: int
    pages: int
    sort: str
    is_descending: bool
    query: str
    path: str
    kept: Mapping[str, str]  # what else stands in the address and must stay there
    caption: Any = ""
    currency: str = ""
    zone: str = "UTC"

    @property
    def cells(self) -> Iterator[list[dict[str, Any]]]:
        """Return the rows as the template writes them."""
        for row in self.rows:
            yield [{"value": c.of(row), "kind": c.kind, "href": c.link(row) if c.link else ""} for c in self.columns]

    @property
    def headings(self) -> Iterator[dict[str, Any]]:
        """Return the headings with the address that sorts by each."""
        for column in self.columns:
            is_here = column.key == self.sort
            downward = not self.is_descending if is_here else column.kind in {"number", "decimal", "money", "percent"}
            sort = f"-{column.key}" if downward else column.key
            direction = ("descending" if self.is_descending else "ascending") if is_here else "none"
            href = self.address(sort=sort, page="") if column.is_sorted else ""
            yield {"label": column.label, "kind": column.kind, "hint": column.hint, "href": href, "sort": direction}

    @property
    def csv_address(self) -> str:
        """The address that gives the whole table, in this order and with this filter, as CSV."""
        return self.address(format="csv", page="")

    @property
    def previous_address(self) -> str:
        """The page before; empty on the first."""
        return self.address(page=str(self.page - 1)) if self.page > 1 else ""

    @property
    def next_address(self) -> str:
        """The page after; empty on the last."""
        return self.address(page=str(self.page + 1)) if self.page < self.pages else ""

    def address(self, **changes: str) -> str:
        """Return this page's address with some parameters changed; empty ones are left out."""
        sort = f"-{self.sort}" if self.is_descending else self.sort
        state = {**self.kept, "q": self.query, "sort": sort, "page": str(self.page), **changes}
        named = {f"{self.name}-{k}" if k in OWN else k: v for k, v in state.items() if v}
        return f"{self.path}?{urlencode(named)}"


OWN = frozenset({"q", "sort", "page", "format"})


def table_of(
    request: HttpRequest,
    columns: Sequence[Column],
    rows: QuerySet[Any] | Sequence[Row],
    *,
    name: str = "t",
    default: str = "",
    searched: Sequence[str] = (),
    caption: Any = "",
    currency: str = "",
    zone: str = "UTC",
    page_size: int = PAGE,
) -> Table | HttpResponseBase:
    """Return the part of the table that the address asks for, or the whole of it as a CSV file.

    Args:
        request: its parameters ``NAME-q``, ``NAME-sort``, ``NAME-page`` and ``NAME-format`` say what to show.
        columns: what is shown; only these can be sorted by.
        rows: a query set, or a list of mappings or objects.
        name: tells tables on one page apart.
        default: the order where none is asked for, such as ``"-revenue"``.
        searched: fields that ``NAME-q`` is looked for in; none: every text column of a list.
        caption: what the table is, for those who cannot see it.
        currency: of the money columns.
        zone: time zone of the moments.
        page_size: rows on a page.

    """
    asked = {key: request.GET.get(f"{name}-{key}", "") for key in OWN}
    keys = {column.key for column in columns if column.is_sorted}
    sort = asked["sort"] if asked["sort"].lstrip("-") in keys else default
    is_descending, key = sort.startswith("-"), sort.lstrip("-")
    query = asked["q"].strip()[:100]
    found = _found(rows, query, searched, columns)
    ordered = _ordered(found, key, is_descending) if key else found
    if asked["format"] == "csv":
        return csv_file(f"{name}.csv", [c.label for c in columns], ([c.of(row) for c in columns] for row in ordered))
    total = ordered.count() if isinstance(ordered, QuerySet) else len(ordered)
    pages = max(1, -(-total // min(page_size, MOST_PAGE)))
    page = min(int(asked["page"]) if asked["page"].isdecimal() and len(asked["page"]) < 9 else 1, pages) or 1
    shown = ordered[(page - 1) * page_size : page * page_size]
    kept = {k: v for k, v in request.GET.items() if k not in {f"{name}-{own}" for own in OWN}}
    return Table(
        name, columns, list(shown), total, page, pages, key, is_descending, query, request.path, kept, caption,
        currency, zone,
    )  # fmt: skip


def csv_file(name: str, header: Iterable[Any], rows: Iterable[Iterable[Any]]) -> StreamingHttpResponse:
    """Return a CSV file that is written as it is sent, and that no spreadsheet takes for formulas."""
    response = StreamingHttpResponse(_lines([header], rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _lines(header: Iterable[Iterable[Any]], rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    yield "\ufeff"  # so that spreadsheets read it as UTF-8
    for part in (header, rows):
        for row in part:
            line = io.StringIO()
            csv.writer(line).writerow([safe_cell(value) for value in row])
            yield line.getvalue()


def safe_cell(value: Any) -> Any:
    """Return a cell that a spreadsheet shows as text if it is text; numbers stay numbers.

    >>> safe_cell("=1+1"), safe_cell(-5), safe_cell("-5"), safe_cell(None)
    ("'=1+1", -5, '-5', '')
    """
    if value is None:
        return ""
    if isinstance(value, (int, float)):
        return value
    text = str(value)
    if text.startswith(FORMULA) and not _is_number(text):
        return f"'{text}"
    return text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _found(rows: Any, query: str, searched: Sequence[str], columns: Sequence[Column]) -> Any:
    if not query:
        return rows
    if isinstance(rows, QuerySet):
        wanted = Q()
        for field in searched:
            wanted |= Q(**{f"{field}__icontains": query})
        return rows.filter(wanted) if searched else rows
    texts = [c for c in columns if c.kind == "text"]
    low = query.casefold()
    return [row for row in rows if any(low in str(c.of(row) or "").casefold() for c in texts)]


def _ordered(rows: Any, key: str, is_descending: bool) -> Any:
    if isinstance(rows, QuerySet):
        return rows.order_by(f"-{key}" if is_descending else key, "pk")

    def value(row: Row) -> Any:
        return row.get(key) if isinstance(row, Mapping) else getattr(row, key, None)

    known = [row for row in rows if value(row) is not None]
    unknown = [row for row in rows if value(row) is None]
    return [*sorted(known, key=value, reverse=is_descending), *unknown]
