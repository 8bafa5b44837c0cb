"""What cannot be planned, and what would make it so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from keepwell.decide.plan import Plan
from keepwell.lake.ledger import Entry
from keepwell.loop.lifetime import Lifetime
from keepwell.loop.plan.keeping import LeverItem, Reach
from keepwell.loop.plan.pilot import Pilot
from keepwell.loop.plan.settings import PlanSettings
from keepwell.observe.fields import FileKind
from keepwell.understand.facts import Facts
from keepwell.vocabulary.answer import NotIdentified
from keepwell.vocabulary.errors import NotIdentifiedError
from keepwell.vocabulary.estimate import NotAvailable
from keepwell.vocabulary.refusal import Refusal

HELD_BY = {
    "hurdle": "what it brings is less than what must come back",
    "budget": "the budget brings more elsewhere",
    "budget or capacity": "budget and capacity bring more elsewhere",
}
KEEPING_BRINGS = "What keeping customers brings:"
COST_REPORTS = ("google_ads", "meta_ads")
NOTHING_KNOWN = NotAvailable("what spend on any channel or lever brings is not known from these facts")


def unknown_sides(
    facts: Facts,
    channels: Sequence[str],
    settings: PlanSettings,
    refused_spend: int,
    found: Lifetime | NotAvailable,
) -> Iterable[NotIdentified]:
    """Yield what is missing on each side as a whole.

    Args:
        facts: orders; spend where known.
        channels: those that the plan knows of.
        settings: with the levers that are stated.
        refused_spend: rows of spend refused at import for being negative.
        found: customers' values, or why there are none.

    """
    if not channels:
        missing = "there is no spend" if facts.spend is None else "no spend lies before the day of the plan"
        yield NotIdentified(
            f"What spend on winning customers brings: {missing}.",
            "Import spend by day or week and channel (keepwell import spend.csv), at least 26 weeks with ups and "
            "downs; or state a channel in the plan: [channels.name] with spend_per_week, newcomers_per_week and "
            "ceiling_per_week.",
        )
    if refused_spend:
        rows = f"{refused_spend:,} row{'s' if refused_spend > 1 else ''}"
        yield NotIdentified(
            f"What the spend in {rows} below 0 brought: negative spend was refused at import, so its weeks count "
            "without it.",
            "Book a credit in the weeks whose spend it takes back, so that no row is below 0 (or take the minus off, "
            "where every amount has one), and import again.",
        )
    if not settings.levers:
        yield NotIdentified(
            "What an action to keep customers brings: none is stated and none was measured.",
            "State a lever in the plan: [levers.name] with contact_cost and the effect you expect; better, leave "
            "customers out of the next action by lot and name it under past_actions.",
        )
    elif isinstance(found, NotAvailable):
        yield NotIdentified(
            f"{KEEPING_BRINGS} {found.reason}.", "Import a longer history: more customers who came back."
        )


def refused_spend(imports: Iterable[Entry]) -> int:
    """Return how many rows of spend were refused because they are below 0, over all imports that count."""
    return sum(entry.refused.get(Refusal.NEGATIVE_PRICE.value, 0) for entry in imports if _is_of_spend(entry))


def _is_of_spend(entry: Entry) -> bool:
    """Say whether a file held spend; one of which no row was kept says so only in its importer or its findings."""
    if entry.tables:
        return entry.tables.get("spend", 0) > 0
    told = any(line.startswith(f"Kind of file: {FileKind.SPEND}") for line in entry.findings)
    return told or entry.importer in COST_REPORTS


def nobody(
    settings: PlanSettings,
    plan: Plan | NotAvailable,
    items: Sequence[LeverItem],
    idle: Sequence[Reach],
    unknown: Sequence[NotIdentified],
    proposed: Pilot | NotAvailable,
) -> NotIdentifiedError:
    """Return why nobody is to be treated, and what to do about it.

    Args:
        settings: with the levers that are stated.
        plan: the split.
        items, idle: the side of keeping.
        unknown: what cannot be planned.
        proposed: the pilot, or why there is none.

    """
    advice = (
        f"No pilot can be proposed: {proposed.reason}."
        if isinstance(proposed, NotAvailable)
        else f"Run this pilot. {proposed.sentence} Its list is written with --pilot (in a notebook: pilot())."
    )
    if not settings.levers:
        advice = "State one in the plan: [levers.name] with contact_cost; what it does need not be known."
    return NotIdentifiedError("plan.nobody", f"Nobody: {_why(settings, plan, items, idle, unknown)}.", advice=advice)


def _why(
    settings: PlanSettings,
    plan: Plan | NotAvailable,
    items: Sequence[LeverItem],
    idle: Sequence[Reach],
    unknown: Sequence[NotIdentified],
) -> str:
    if not settings.levers:
        return "no action to keep customers is stated"
    if not items and not idle:
        return next(one.question for one in unknown if one.question.startswith(KEEPING_BRINGS)).rstrip(".")
    if not items or isinstance(plan, NotAvailable):
        return "no customer is expected to bring more if treated by any lever"
    lines = [line for line in plan.items if line.item in {one.curve.item for one in items}]
    if any(line.spend > 0 for line in lines):
        return "no customer's expected uplift clears the cost of treating them by a margin that its error asks for"
    held = ", ".join(dict.fromkeys(HELD_BY.get(line.bound_by, f"its {line.bound_by} holds it") for line in lines))
    return f"the plan gives nothing to {' or '.join(line.item for line in lines)} ({held})"
