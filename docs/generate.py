"""Write the reference pages that are made from the code: ``python docs/generate.py`` (or ``make docs``).

A test compares the pages with what this script would write, so that they can never say anything else than the code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from inspect import cleandoc, getdoc, isfunction, ismodule, signature
from pathlib import Path
from types import UnionType

import click

import keepwell
from keepwell.cli.main import main
from keepwell.observe.fields import FIELDS
from keepwell.understand.definitions import ALL_DEFINITIONS
from keepwell.vocabulary.kpi import KpiDefinition
from keepwell.vocabulary.refusal import Refusal
from keepwell.vocabulary.tables import FACTS, IMPORT_ID, SOURCE_ROW, Table

REFERENCE = Path(__file__).parent / "reference"
MADE = "<!-- Made by docs/generate.py; change the code, not this page. -->"


def cli_page() -> str:
    """Return the page of every command with every option."""
    parts = [
        MADE,
        "# Commands",
        "Exit codes: **0** done, **1** refused or failed with a reason, **2** wrong usage, **130** interrupted "
        "(Ctrl-C). "
        "Every command that prints a result prints it as JSON with `--json`; what is not available is then null or an "
        "object with the reason.",
    ]
    for path, command in commands():
        parts += [f"## {path}", cleandoc(command.help or ""), f"    {_usage(path, command)}"]
        rows = [(f"`{names}`", text) for names, text in options(path, command)]
        if rows:
            parts.append(markdown_table(("option", "what it does"), rows))
    return _page(parts)


def commands() -> Iterator[tuple[str, click.Command]]:
    """Yield every command that does something with its full name, such as ``keepwell imports list``."""
    yield from _below("keepwell", main)


def _below(path: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    if not isinstance(command, click.Group):
        yield path, command
        return
    context = click.Context(command, info_name=path)
    for name in command.list_commands(context):
        found = command.get_command(context, name)
        if found is not None:
            yield from _below(f"{path} {name}", found)


def options(path: str, command: click.Command) -> Iterator[tuple[str, str]]:
    """Yield each option of a command as its names and its help with default and choices."""
    context = click.Context(command, info_name=path)
    for parameter in command.params:
        record = parameter.get_help_record(context)
        if record is not None and isinstance(parameter, click.Option):
            names, text = record
            yield names, " ".join(text.split())


def _usage(path: str, command: click.Command) -> str:
    context = click.Context(command, info_name=path)
    return " ".join([path, *command.collect_usage_pieces(context)])


def kpis_page() -> str:
    """Return the glossary: every KPI with meaning, formula, numerator and denominator."""
    parts = [
        MADE,
        "# Glossary of KPIs",
        "Each definition stands in one place in the code, and reports, commands and this page print it from there. The "
        "word in code type is the key for `keepwell kpis --only` and for `kw.kpis`.",
    ]
    for definition in sorted(ALL_DEFINITIONS, key=lambda item: item.label.lower()):
        parts.append(_kpi(definition))
    return _page(parts)


def _kpi(definition: KpiDefinition) -> str:
    better = {True: "higher is better", False: "lower is better", None: "neither high nor low is good in itself"}
    lines = [f"- formula: {definition.formula}"]
    if definition.numerator:
        lines.append(f"- numerator: {definition.numerator}")
    if definition.denominator:
        lines.append(f"- denominator: {definition.denominator}")
    lines.append(f"- unit: {definition.unit}; {better[definition.higher_is_better]}")
    return f"## {definition.label}\n\n`{definition.key}` — {definition.meaning}\n\n" + "\n".join(lines)


def tables_page() -> str:
    """Return every table of the lake with every column."""
    parts = [
        MADE,
        "# Tables of the lake",
        "Below `lake/` in the data folder every table is a Delta table: Parquet files with a transaction log, readable "
        "by any tool that reads Delta. Amounts are exact decimals with four places, timestamps are UTC, ids are "
        "opaque (no e-mail address, no name). Columns are only ever added. Read the files that the log names, never "
        "the whole folder: it may still hold files that were replaced.",
        f"Two columns end every table: `{SOURCE_ROW.name}` ({SOURCE_ROW.meaning}) and `{IMPORT_ID.name}` "
        f"({IMPORT_ID.meaning}).",
    ]
    parts += [_table(table) for table in FACTS.values()]
    return _page(parts)


def _table(table: Table) -> str:
    rows = [
        (f"`{column.name}`", str(column.type), "no" if column.required else "yes", column.meaning)
        for column in table.columns
    ]
    key = ", ".join(f"`{name}`" for name in table.key)
    listing = markdown_table(("column", "type", "may be empty", "meaning"), rows)
    return f"## {table.name}\n\nOne fact is one {key}.\n\n{listing}"


def refusals_page() -> str:
    """Return every reason for which a row is refused."""
    parts = [
        MADE,
        "# Why rows are refused",
        "Nothing is dropped silently: rows in = rows kept + rows refused, reason by reason. Refused rows go to a file "
        "below `refused/` in the data folder, with row number, reason, the value at fault, and the row as it stood.",
        markdown_table(("reason", "meaning"), [(f"`{reason}`", reason.meaning) for reason in Refusal]),
    ]
    return _page(parts)


def fields_page() -> str:
    """Return the fields that a column of any table can be mapped to."""
    parts = [
        MADE,
        "# Fields for your own tables",
        "What `--map FIELD=COLUMN` and the `[columns]` of a profile can name, for each kind of file (`--kind`).",
    ]
    for kind, fields in FIELDS.items():
        rows = []
        for field in fields.values():
            needed = "one of these" if field.is_required and field.group else "yes" if field.is_required else ""
            rows.append((f"`{field.name}`", str(field.content), needed, field.meaning))
        parts += [f"## {kind}", markdown_table(("field", "holds", "needed", "meaning"), rows)]
    return _page(parts)


def library_page() -> str:
    """Return every name of the library that a notebook uses, with its arguments and its first sentence."""
    parts = [
        MADE,
        "# The library",
        "`import keepwell as kw`. Arguments after `*` are given by name. `help(kw.kpis)` shows the whole text of a "
        "name: what each argument holds, what comes back, errors, an example.",
    ]
    whole = {name: getattr(keepwell, name) for name in keepwell.__all__}
    for path, names in {
        "kw": keepwell.__all__,
        **{f"kw.{n}": m.__all__ for n, m in whole.items() if ismodule(m)},
    }.items():
        module = keepwell if path == "kw" else whole[path.removeprefix("kw.")]
        found = {name: getattr(module, name) for name in sorted(names, key=str.lower)}
        rows = [(f"`{_call(path, name, made)}`", _first_sentence(made)) for name, made in found.items()]
        parts += [f"## {path}", markdown_table(("name", "what it is"), rows)]
    return _page(parts)


def _call(path: str, name: str, made: object) -> str:
    """Return how a name is called: a function's arguments without their types, a class as it is."""
    if not isfunction(made):
        return f"{path}.{name}"
    words: list[str] = []
    for argument in signature(made).parameters.values():
        if argument.kind is argument.KEYWORD_ONLY and "*" not in words:
            words.append("*")
        stars = {argument.VAR_KEYWORD: "**", argument.VAR_POSITIONAL: "*"}.get(argument.kind, "")
        words.append(stars + argument.name)
    return f"{path}.{name}({', '.join(words)})"


def _first_sentence(made: object) -> str:
    if isinstance(made, str):
        return made
    if isinstance(made, UnionType):
        return " or ".join(f"{kind.__module__.partition('.')[0]}.{kind.__name__}" for kind in made.__args__)
    return " ".join((getdoc(made) or "").split("\n\n")[0].split())


def markdown_table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    r"""Return a Markdown table; bars in cells are escaped.

    >>> print(markdown_table(("a", "b"), [("x|y", "z")]))
    | a | b |
    |---|---|
    | x\|y | z |
    """
    lines = [f"| {' | '.join(heading)} |", "|" + "---|" * len(heading)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def _page(parts: Sequence[str]) -> str:
    return "\n\n".join(part for part in parts if part) + "\n"


PAGES: dict[str, Callable[[], str]] = {
    "cli.md": cli_page,
    "fields.md": fields_page,
    "kpis.md": kpis_page,
    "library.md": library_page,
    "refusals.md": refusals_page,
    "tables.md": tables_page,
}


def write_pages(folder: Path = REFERENCE) -> None:
    """Write every page into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in PAGES.items():
        (folder / name).write_text(make(), encoding="utf-8")


if __name__ == "__main__":
    write_pages()
