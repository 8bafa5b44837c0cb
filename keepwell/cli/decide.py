"""``keepwell decide``: keep or win? And, with a budget, where the money goes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from keepwell.cli.answer_shown import print_answer, print_details
from keepwell.cli.options import PeriodType, as_of_option, data_option, engine_option, json_option
from keepwell.cli.output import console, print_json, progress_bar
from keepwell.cli.people_shown import print_people, write_people
from keepwell.cli.plan_shown import print_explanation, print_plan, print_unknown
from keepwell.cli.scenarios_shown import print_comparison, print_scenarios
from keepwell.cli.written import check_ending, check_free
from keepwell.loop.allocating import open_for_plan
from keepwell.loop.allocation import Allocation, allocation
from keepwell.loop.answer import SEED, answer_from, decide, need_orders
from keepwell.loop.facts import OpenFacts, open_facts
from keepwell.loop.plan import scenarios as saved
from keepwell.loop.plan.settings import PlanSettings, read_plan
from keepwell.loop.plan.unknown import refused_spend
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import NotAvailable

BELONGS_TO_PLAN = ("period", "hurdle", "risk_aversion", "holdout", "people", "pilot", "explain", "save")


def _plan_options(command: Any) -> Any:
    fraction = click.FloatRange(min=0, max=1)
    for option in reversed(
        [
            click.option("--budget", type=click.FloatRange(min=0), help="Money to split; it need not be used up."),
            click.option("--period", type=PeriodType(), help="Days to plan, such as 2011-12; else the next month."),
            click.option(
                "--plan",
                "plan_file",
                type=click.Path(exists=True, dir_okay=False, path_type=Path),
                help="TOML file of what your data does not say: levers, stated channels, experiments, limits.",
            ),
            click.option("--hurdle", type=click.FloatRange(min=0), help="Return asked for above getting money back."),
            click.option("--risk-aversion", type=fraction, help="Weight of the worst fifth of outcomes, 0 to 1."),
            click.option(
                "--holdout",
                type=click.FloatRange(min=0, max=1, max_open=True),
                help="Share of customers left out by lot, so that the levers are measured.",
            ),
            click.option(
                "--people",
                type=click.Path(dir_okay=False, path_type=Path),
                help="Write whom to treat with which lever, and who is left out by lot, to a .csv or .parquet file.",
            ),
            click.option(
                "--pilot",
                is_flag=True,
                help="With --people: write the list of the proposed pilot, drawn by lot, instead.",
            ),
            click.option("--force", is_flag=True, help="With --people: write over a file that is there."),
            click.option("--explain", metavar="ITEM", help="Open one number of the plan down to its evidence."),
            click.option("--save", metavar="NAME", help="Keep the plan as a scenario in the data folder."),
            click.option(
                "--compare", metavar="NAME", multiple=True, help="Put saved scenarios side by side; give it repeatedly."
            ),
            click.option("--scenarios", "listing", is_flag=True, help="List the saved scenarios."),
            click.option("--remove", metavar="NAME", help="Remove a saved scenario."),
        ]
    ):
        command = option(command)
    return command


@click.command("decide")
@_plan_options
@as_of_option
@click.option("--brief", is_flag=True, help="Only the answer, its reasons and what would change it.")
@click.option("--seed", type=click.IntRange(min=0), default=SEED, show_default=True, help="Seed of the simulations.")
@engine_option
@data_option
@json_option
def decide_command(
    as_of: datetime | None, brief: bool, seed: int, engine: str, data: Path, as_json: bool, **plan: Any
) -> None:
    """Answer: should the next unit of money go to keeping customers or to winning new ones?

    With --budget or --plan: split the budget over channels and levers, say how sure that is, what would change it, and
    which experiment to run next.
    """
    if plan["remove"] is not None:
        saved.remove(data, plan["remove"])
        console.print(f"Removed the scenario {plan['remove']}.")
    elif plan["listing"]:
        print_scenarios(saved.scenarios(data), as_json=as_json)
    elif plan["compare"] and plan["budget"] is None and plan["plan_file"] is None:
        print_comparison([saved.load(data, name) for name in plan["compare"]], as_json=as_json)
    elif plan["budget"] is None and plan["plan_file"] is None:
        _refuse_without_budget(plan)
        _answer(as_of, brief, seed, engine, data, as_json=as_json)
    else:
        _plan(as_of, brief, seed, engine, data, plan, as_json=as_json)


def _answer(as_of: datetime | None, brief: bool, seed: int, engine: str, data: Path, *, as_json: bool) -> None:
    with progress_bar("Deciding") as tell, open_facts(data, engine=engine) as opened:
        tell("value, growth and what-ifs", 0.3)
        found = decide(opened, opened.as_of(as_of.date() if as_of else None), seed)
    if as_json:
        print_json(found)
        return
    print_answer(found)
    if not brief:
        print_details(found)


def _plan(
    as_of: datetime | None, brief: bool, seed: int, engine: str, data: Path, plan: dict[str, Any], *, as_json: bool
) -> None:
    settings = _settings(plan)
    people = _people_file(plan)
    if plan["save"] is not None:
        saved.check_name(plan["save"])  # before minutes of work, and before the list of people is written
    others = [saved.load(data, name) for name in plan["compare"]]
    with progress_bar("Planning") as tell, open_for_plan(data, engine=engine) as opened:
        tell("value, spend and levers", 0.3)
        need_orders(opened)
        made = _allocation(opened, as_of, settings, seed)
        answer = None
        if isinstance(made.plan, NotAvailable):
            answer = answer_from(opened.facts, made.as_of, seed)
    listed = None if people is None else write_people(made, people, is_pilot=plan["pilot"], seed=seed)
    if plan["save"] is not None:
        saved.save(data, plan["save"], made, datetime.now(UTC))
    if plan["explain"] is not None:
        explained = made.explain(plan["explain"])
        print_json(explained) if as_json else print_explanation(explained)
    elif plan["compare"]:
        this = saved.Scenario("this plan", datetime.now(UTC), made.as_dict())
        print_comparison([this, *others], as_json=as_json)
    elif as_json:
        more = {} if answer is None else {"answer": answer.as_dict()}
        if listed is not None:
            more["pilot" if plan["pilot"] else "people"] = {"file": str(people), **listed.as_dict()}
        print_json({**made.as_dict(), **more})
    elif answer is not None:
        print_unknown(made)
        print_answer(answer)
    else:
        print_plan(made, brief=brief)
    if listed is not None and people is not None and not as_json:
        print_people(listed, people)
    if plan["save"] is not None and not as_json:
        console.print(f"Saved as the scenario {plan['save']}; list them with: keepwell decide --scenarios")


def _allocation(opened: OpenFacts, as_of: datetime | None, settings: PlanSettings, seed: int) -> Allocation:
    day = opened.as_of(as_of.date() if as_of else None)
    return allocation(opened.facts, day, settings, refused_spend=refused_spend(opened.imports), seed=seed)


def _settings(plan: dict[str, Any]) -> PlanSettings:
    """Return the plan file's settings with those that were given on the command line."""
    settings = read_plan(plan["plan_file"]) if plan["plan_file"] is not None else PlanSettings()
    return settings.given(**{name: plan[name] for name in ("budget", "period", "hurdle", "risk_aversion", "holdout")})


def _people_file(plan: dict[str, Any]) -> Path | None:
    """Return the file to list people in, having refused one that cannot be written before any work is done for it."""
    path: Path | None = plan["people"]
    if path is not None:
        check_ending(path)
        check_free(path, force=plan["force"])
        return path
    if plan["pilot"] or plan["force"]:
        option = "--pilot" if plan["pilot"] else "--force"
        raise InputError("plan.people", f"{option} belongs to a list of people.", advice="Give --people FILE.csv too.")
    return None


def _refuse_without_budget(plan: dict[str, Any]) -> None:
    given: Sequence[str] = [name for name in BELONGS_TO_PLAN if plan[name] not in (None, False)]
    if given:
        option = "--" + given[0].replace("_", "-")
        raise InputError(
            "plan.budget",
            f"{option} belongs to a plan, and there is no budget to plan.",
            advice="Give --budget, or --plan with a budget in the file.",
        )
