"""The ``keepwell`` command and the list of its sub-commands, loaded only when they are called."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from typing import Any

import click
from rich.text import Text

from keepwell.cli.output import errors, fail, give_up_output, write_what_can_be_written
from keepwell.vocabulary.errors import KeepwellError

COMMANDS = {
    "demo": ("keepwell.cli.demo", "Import a real shop's two years and answer keep or win."),
    "import": ("keepwell.cli.importing", "Bring a file of orders, events, subscriptions or spend in."),
    "imports": ("keepwell.cli.imports", "List the imports, or undo one."),
    "settings": ("keepwell.cli.settings", "Show or change currency, time zone, margin and rates."),
    "kpis": ("keepwell.cli.kpis", "Every KPI of a period, with numerator, denominator and interval."),
    "cohorts": ("keepwell.cli.customers", "Retention and revenue of customers by when they were won."),
    "growth": ("keepwell.cli.customers", "New, retained, resurrected and lost customers by period."),
    "segments": ("keepwell.cli.customers", "RFM segments, and how customers moved between them."),
    "personas": ("keepwell.cli.customers", "Groups of customers, described by what sets them apart."),
    "clv": ("keepwell.cli.lifetime", "What today's customers and newcomers are expected to bring."),
    "churn": ("keepwell.cli.churn", "Who may leave, and how far that can be trusted."),
    "channels": ("keepwell.cli.money", "CAC, payback and LTV:CAC by acquisition channel."),
    "funnel": ("keepwell.cli.money", "How many people get from one event to the next."),
    "mrr": ("keepwell.cli.money", "Recurring revenue and its movements."),
    "decide": ("keepwell.cli.decide", "Keep or win? The answer, its reasons, and what would change it."),
    "report": ("keepwell.cli.report", "Write everything into one HTML file that opens offline."),
    "serve": ("keepwell.cli.serve", "Serve the web application, with its background work."),
    "work": ("keepwell.cli.serve", "Do background work beside a server, on this or another machine."),
    "backup": ("keepwell.cli.backup", "Copy everything into one file, also while the server runs."),
    "restore": ("keepwell.cli.backup", "Make a data folder from a backup."),
    "staff": ("keepwell.cli.staff", "Give an account a new password."),
    "forget": ("keepwell.cli.forget", "Erase a customer from every file."),
    "compact": ("keepwell.cli.compact", "Merge small files."),
}

# these remove rows table by table, and what is removed stays so
INTERRUPTED = dict.fromkeys(("forget", "imports"), "Interrupted; run it again to finish, or to see what was done.")


class LazyCommands(click.Group):
    """A group whose commands are imported when they are needed, so that ``--help`` answers at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order of the loop."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Load one command."""
        if name not in COMMANDS:
            return None
        command: click.Command = getattr(importlib.import_module(COMMANDS[name][0]), f"{name}_command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def main(self, args: Sequence[str] | None = None, *others: Any, **kwargs: Any) -> Any:
        """Run, and print what Keepwell itself refuses as one plain sentence."""
        words = sys.argv[1:] if args is None else list(args)
        write_what_can_be_written()
        try:
            try:
                return super().main(words, *others, **kwargs)
            finally:
                sys.stdout.flush()
        except KeepwellError as error:
            fail(error, as_json="--json" in words)
        except BrokenPipeError:
            sys.stderr.close()  # the reader, such as head, has seen enough
            sys.exit(0)
        except OSError as error:
            give_up_output()
            place = f"{error.filename}: " if error.filename else "The output cannot be written: "
            errors.print(Text(f"✗ {place}{error.strerror or error}."), soft_wrap=True)
            sys.exit(1)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; an interruption ends with the exit code that shells expect of one."""
        try:
            return super().invoke(ctx)
        except (KeyboardInterrupt, RuntimeError) as error:
            # DuckDB raises a RuntimeError from the interruption of a running query
            if not isinstance(error, KeyboardInterrupt) and not isinstance(error.__cause__, KeyboardInterrupt):
                raise
            errors.print(Text(INTERRUPTED.get(str(ctx.invoked_subcommand), "Interrupted; nothing was changed.")))
            ctx.exit(130)


@click.group(cls=LazyCommands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="keepwell", message="keepwell %(version)s")
def main() -> None:
    """Keep or win? Where the next unit of money and attention should go, from your own data."""
