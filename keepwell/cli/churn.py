"""``keepwell churn``: who may leave, and how far that can be trusted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path

import click
import pandas as pd
from rich.text import Text

from keepwell.cli.analysis import print_blocks
from keepwell.cli.churn_json import churn_json
from keepwell.cli.options import LengthType, as_of_option, data_option, engine_option, json_option
from keepwell.cli.output import console, print_json, progress_bar, shown
from keepwell.cli.written import check_ending, write_frame
from keepwell.loop.churn import (
    SEED,
    FeatureChurn,
    churn_of_contracts,
    churn_of_orders,
    churn_with_features,
    last_known_day,
    risk_by,
)
from keepwell.loop.facts import OpenFacts, open_facts
from keepwell.loop.report import churn_tables, numbers
from keepwell.understand.churn.churn_report import CAVEAT
from keepwell.understand.churn.contractual import ContractualChurn
from keepwell.understand.churn.non_contractual import NonContractualChurn
from keepwell.understand.churn.renewal_lives import MONTHS
from keepwell.vocabulary.errors import InputError, NotIdentifiedError
from keepwell.vocabulary.estimate import NotAvailable
from keepwell.vocabulary.period import Grain

AUTO, ORDERS, SUBSCRIPTIONS = "auto", "orders", "subscriptions"
YEAR, EVERY = 12, 6  # months: beyond the first year, the terminal shows every half year


@dataclass(frozen=True)
class Found:
    """What was asked for and what came out."""

    as_of: date
    by: str | None
    orders: NonContractualChurn | None
    contracts: ContractualChurn | None
    features: FeatureChurn | NotAvailable | None
    groups: pd.DataFrame | None

    def customers(self) -> pd.DataFrame:
        """Return one row a customer: the chances, and with features the probability and the reasons too."""
        known = self.orders or self.contracts
        assert known is not None  # noqa: S101 — one of the two is always there
        rows: pd.DataFrame = (known.customers if isinstance(known, NonContractualChurn) else known.payers).to_pandas()
        if isinstance(self.features, FeatureChurn):
            more = self.features.customers.to_pandas().rename(columns={"band": "leaving_band"})
            rows = rows.merge(more, on="customer_id", how="left")
        return rows


@click.command("churn")
@as_of_option
@click.option(
    "--window", type=LengthType(), default="90d", show_default=True, help="Days in which no order counts as leaving."
)
@click.option("--by", help="Show by this attribute: country, channel, cohort …; of subscriptions: plan …")
@click.option(
    "--kind",
    type=click.Choice([AUTO, ORDERS, SUBSCRIPTIONS]),
    default=AUTO,
    show_default=True,
    help="What leaving means: no order, or the end of a contract; auto takes subscriptions where there are any.",
)
@click.option(
    "--renewal",
    type=click.Choice([str(grain) for grain in MONTHS]),
    default="month",
    show_default=True,
    help="How long a subscription runs before it is renewed.",
)
@click.option("--features", is_flag=True, help="Add a model on all that is known of customers, with reasons in words.")
@click.option("--holdout", is_flag=True, help="Show everything that was tried on the time held back.")
@click.option(
    "--seed", type=click.IntRange(min=0), default=SEED, show_default=True, help="Seed of intervals and folds."
)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Write every customer to a .csv or .parquet file."
)
@engine_option
@data_option
@json_option
def churn_command(
    as_of: datetime | None, window: int, by: str | None, kind: str, renewal: str, features: bool, holdout: bool,
    seed: int, out: Path | None, engine: str, data: Path, as_json: bool,
) -> None:  # fmt: skip
    """Print who may leave, how such chances came true before, and what is associated with leaving."""
    if out is not None:
        check_ending(out)
    with progress_bar("Churn") as tell, open_facts(data, engine=engine) as opened:
        of_subscribers = _is_of_subscribers(kind, opened)
        day = last_known_day(opened, as_of.date() if as_of else None, of_subscribers=of_subscribers)
        tell("chances", 0.2)
        found = _found(opened, day, window, by, Grain(renewal), of_subscribers=of_subscribers, seed=seed)
        if features:
            tell("model with features", 0.6)
            more = churn_with_features(opened.facts, day, window, of_subscribers=of_subscribers, seed=seed)
            found = replace(found, features=more)
        currency = opened.business.currency
    if out is not None:
        write_frame(found.customers(), out)
    if as_json:
        print_json(churn_json(found.as_of, found.orders, found.contracts, found.features, found.groups, currency, out))
        return
    if found.orders is not None:
        _print_orders(found.orders, found, holdout)
    if found.contracts is not None:
        _print_contracts(found.contracts, found, currency, holdout)
    _print_features(found.features, holdout)
    _say(CAVEAT)
    if out is not None:
        _say(f"Wrote every customer to {out}.")


def _is_of_subscribers(kind: str, opened: OpenFacts) -> bool:
    has_any = opened.facts.subscriptions is not None
    if kind == SUBSCRIPTIONS and not has_any:
        raise InputError(
            "churn.no_subscriptions", "There are no subscriptions.", advice="Import them: keepwell import subs.jsonl"
        )
    if kind == ORDERS or not has_any:
        if not opened.has_orders:
            raise InputError(
                "churn.no_orders", "There are no orders.", advice="Import them: keepwell import orders.csv"
            )
        return False
    return True


def _found(
    opened: OpenFacts, day: date, window: int, by: str | None, renewal: Grain, *, of_subscribers: bool, seed: int
) -> Found:
    if of_subscribers:
        contracts = churn_of_contracts(opened.facts, day, by=by, renewal=renewal, seed=seed)
        if isinstance(contracts, ContractualChurn):
            return Found(day, by, None, contracts, None, None)
        raise _not_known(contracts)
    orders = churn_of_orders(opened.facts, day, window, seed=seed)
    if isinstance(orders, NotAvailable):
        raise _not_known(orders)
    groups = None if by is None else risk_by(opened.facts, orders, by)
    return Found(day, by, orders, None, None, groups)


def _not_known(why: NotAvailable | None) -> NotIdentifiedError:
    reason = "there are no subscriptions" if why is None else why.reason
    return NotIdentifiedError(
        "churn.not_known", f"Who may leave cannot be told: {reason}.", advice="Use a longer log or another window."
    )


def _print_orders(found: NonContractualChurn, everything: Found, holdout: bool) -> None:
    until = found.as_of + timedelta(days=found.window_days - 1)
    _say(f"Who may not order from {numbers.day(found.as_of)} to {numbers.day(until)}", bold=True)
    console.print()
    print_blocks(churn_tables.bands_table(found))
    alive = numbers.count(found.customers["probability_alive"].to_numpy().sum())
    people = numbers.count(found.customers.num_rows)
    _say(f"By {found.name}, {alive} of {people} customers are still there; the others have stopped without saying so.")
    console.print()
    if everything.groups is not None:
        print_blocks(churn_tables.groups_table(everything.groups, everything.by or ""))
    average = churn_tables.share_without_order(found)
    scores = churn_tables.scores_of(found) if holdout else [found.calibrated]
    quality = churn_tables.quality_table(scores, found.judged_on, average)
    print_blocks(quality)
    _say(quality.note)
    for note in (found.verdict, *found.notes):
        _say(note)
    if holdout and isinstance(found.with_features, NotAvailable):
        _say(f"A model with features could not be compared: {found.with_features.reason}")
    console.print()


def _print_contracts(found: ContractualChurn, everything: Found, currency: str, holdout: bool) -> None:
    _say(f"How long subscribers stay, as of {numbers.day(found.as_of)}", bold=True)
    console.print()
    _say(churn_tables.contracts_sentence(found, currency))
    console.print()
    table = churn_tables.forecast_table(found)
    months = MONTHS[found.renewal]
    rows = [row for row in table.rows if int(row[0]) * months <= YEAR or int(row[0]) * months % EVERY == 0]
    print_blocks(replace(table, rows=rows))
    if found.groups:
        print_blocks(churn_tables.contract_groups_table(found, everything.by or "", currency))
    if holdout and found.choice.scores:
        print_blocks(churn_tables.contract_holdout_table(found))
    for note in found.notes:
        _say(note)
    console.print()


def _print_features(found: FeatureChurn | NotAvailable | None, holdout: bool) -> None:
    if found is None:
        return
    _say("With everything that is known of customers", bold=True)
    console.print()
    if isinstance(found, NotAvailable):
        _say(f"There is no model with features: {found.reason}.")
        console.print()
        return
    report = found.report
    print_blocks(churn_tables.quality_table((report.model, *report.baselines), report.how))
    _say(f"Judged on {report.how}; {numbers.count(report.churned)} of {numbers.count(report.customers)} left.")
    _say(report.verdict)
    console.print()
    if holdout:
        print_blocks(churn_tables.reliability_table(report.reliability))
    reasons = churn_tables.reasons_table(report)
    print_blocks(reasons)
    for note in (reasons.note, *report.alarms, *report.notes):
        _say(note)
    console.print()


def _say(text: str, *, bold: bool = False) -> None:
    console.print(Text(shown(text), style="bold" if bold else ""))
