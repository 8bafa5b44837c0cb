"""What cannot be planned, and what would make it so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from keepwell.lake.ledger import Entry
from keepwell.loop.lifetime import Lifetime
from keepwell.loop.plan.settings import PlanSettings
from keepwell.understand.facts import Facts
from keepwell.vocabulary.answer import NotIdentified
from keepwell.vocabulary.estimate import NotAvailable
from keepwell.vocabulary.refusal import Refusal

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
            "Book a credit in the weeks whose spend it takes back, so that no row is below 0, and import again.",
        )
    if not settings.levers:
        yield NotIdentified(
            "What an action to keep customers brings: none is stated and none was measured.",
            "State a lever in the plan: [levers.name] with contact_cost and the effect you expect; better, leave "
            "customers out of the next action by lot and name it under past_actions.",
        )
    elif isinstance(found, NotAvailable):
        yield NotIdentified(
            f"What keeping customers brings: {found.reason}.", "Import a longer history: more customers who came back."
        )


def refused_spend(imports: Iterable[Entry]) -> int:
    """Return how many rows of spend were refused because they are below 0, over all imports that count."""
    return sum(entry.refused.get(Refusal.NEGATIVE_PRICE.value, 0) for entry in imports if entry.tables.get("spend", 0))
