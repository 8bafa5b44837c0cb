"""One item of a plan opened down to its evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np

from keepwell.decide.plan import PlanItem, estimate_of
from keepwell.decide.responses.grades import ChannelResponses
from keepwell.decide.wording import about, about_with_range
from keepwell.loop.plan.keeping import LeverItem
from keepwell.loop.plan.winning import ChannelItem
from keepwell.vocabulary.estimate import Estimate, Evidence
from keepwell.vocabulary.plain import plain


@dataclass(frozen=True, slots=True)
class Line:
    """One figure of an explanation: what it is, the figure in words, and where it comes from."""

    what: str
    figure: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """An item's number, its grade, what went in, what came out, and what was assumed."""

    item: str
    side: str
    evidence: str
    headline: str
    rows: tuple[Line, ...]
    posterior: tuple[Line, ...]
    assumptions: tuple[str, ...]
    better: str

    def as_dict(self) -> dict[str, object]:
        """Return it as plain values for JSON."""
        return cast(dict[str, object], plain(self))


def explain_channel(item: ChannelItem, line: PlanItem, found: ChannelResponses, currency: str) -> Explanation:
    """Return what a channel's spend rests on.

    Args:
        item: the channel.
        line: its line of the plan.
        found: responses of all channels, for the regression.
        currency: of the amounts.

    """
    known = item.identification
    better = (
        f"{known.statement[0].upper()}{known.statement[1:]} {known.needs}"
        if known.obstacle is not None and known.statement
        else "An experiment with a control group is the next better grade."
        if line.evidence is not Evidence.EXPERIMENT
        else "This is the best grade there is; repeat it when prices or rivals change."
    )
    return Explanation(
        item=line.item,
        side="winning",
        evidence=line.evidence.value,
        headline=_headline(line, currency),
        rows=tuple(_channel_rows(item, currency)),
        posterior=tuple(_channel_posterior(item, line, found, currency)),
        assumptions=(*item.response.notes, item.season.note, item.worth.note, f"Cap: {item.cap_note}"),
        better=better,
    )


def _headline(line: PlanItem, currency: str) -> str:
    spend = Estimate(line.spend, line.spend_low, line.spend_high)
    return (
        f"{about_with_range(spend, currency)} on {line.item} is expected to bring "
        f"{about_with_range(line.margin, currency)} of margin ({line.evidence.value}); held there by the "
        f"{line.bound_by}."
    )


def _channel_rows(item: ChannelItem, currency: str) -> list[Line]:
    rows = []
    if item.stated is not None:
        said = item.stated
        figure = f"{about(said.spend, currency)} a week brings {said.newcomers:g}, at most {said.ceiling:g}, newcomers"
        rows.append(Line("stated", figure, "the plan file"))
    if item.spend is not None:
        spend = item.spend
        rows.append(Line("spend", about(spend.total, currency), f"{spend.rows:,} rows, {spend.first} to {spend.last}"))
        rows.append(Line("spend a week now", about(spend.now, currency), "mean of the last 13 weeks"))
        if spend.reported is not None:
            told = spend.reported
            cost = about(told.spend / told.newcomers, currency)
            rows.append(Line("newcomers claimed", f"{told.newcomers:,.0f} at {cost} each", spend.reported_as))
    worth = item.worth
    rows.append(Line("newcomers whose value was measured", f"{worth.customers:,}", f"group: {worth.group}"))
    return rows


def _channel_posterior(item: ChannelItem, line: PlanItem, found: ChannelResponses, currency: str) -> list[Line]:
    response, weeks = item.response, item.weeks
    won = weeks * item.season.factor * response.at(np.array([line.spend / weeks]))[:, 0]
    per_week = about(response.reference, currency)
    lines = [
        Line(
            f"newcomers a week gained by {per_week} a week",
            _range(response.gained),
            "that would not have come without it",
        ),
        Line("half of the ceiling is reached at, a week", _money_range(response.half * response.reference, currency)),
        Line(
            "newcomers gained by the planned spend", _range(won), f"{weeks:.1f} weeks × season {item.season.factor:.2f}"
        ),
        Line("margin of a newcomer", about_with_range(estimate_of(item.worth.draws, line.evidence), currency)),
        Line("margin of the planned spend", about_with_range(line.margin, currency), "newcomers × margin of each"),
    ]
    if isinstance(line.next_return, Estimate):
        lines.append(Line("return on each 1 of the next unit", _return(line.next_return)))
    fit = found.regression
    if fit is not None and response.channel in fit.channels and item.identification.is_identified:
        lag = fit.lags[fit.channels.index(response.channel)]
        source = f"lag of {lag} weeks; {fit.effective:,.0f} effective draws; likelihood counted {fit.temper:.2f} times"
        lines.append(Line("of the newcomers' ups and downs explained", f"{fit.explained:.0%}", source))
    return lines


def explain_lever(item: LeverItem, line: PlanItem, currency: str) -> Explanation:
    """Return what the spend on a lever rests on."""
    each = item.curve.per_person or 1.0
    treated = line.spend / each
    rows = [Line("customers in the segment", f"{item.reach.people:,}", item.reach.segment)]
    for effect in item.levers:
        lever = effect.lever
        cost = f"{about(lever.contact_cost, currency)} a contact"
        extra = f", {about(lever.incentive, currency)} incentive" if lever.incentive else ""
        rows.append(Line(lever.name, cost + extra, effect.evidence.value))
    posterior = [
        Line("customers worth treating at all", f"{item.curve.spend[-1] / each:,.0f}", "expected uplift above 0"),
        Line("customers treated by the planned spend", f"{treated:,.0f}", f"{about(each, currency)} each on average"),
        Line("margin gained", about_with_range(line.margin, currency), "before the spend is taken off"),
    ]
    if isinstance(line.next_return, Estimate):
        posterior.append(Line("return on each 1 of the next unit", _return(line.next_return)))
    better = (
        "Leave customers out by lot and name the campaign in the plan: its result takes the place of what is stated."
        if line.evidence is not Evidence.EXPERIMENT
        else "Keep leaving some customers out by lot, so that a change is seen."
    )
    notes = tuple(effect.note for effect in item.levers)
    given = ("Those who would have ordered anyway get the incentive too: it is taken off what the lever brings.",)
    gives = any(effect.lever.incentive for effect in item.levers)
    return Explanation(
        line.item, "keeping", line.evidence.value, _headline(line, currency), tuple(rows), tuple(posterior),
        (*notes, *(given if gives else ())), better,
    )  # fmt: skip


def _return(found: Estimate) -> str:
    return f"{found.value:.2f} ({found.low:.2f} to {found.high:.2f})".replace("-", "−")


def _range(draws: np.typing.NDArray[np.float64]) -> str:
    low, middle, high = np.quantile(draws, (0.1, 0.5, 0.9))
    return f"{middle:,.1f} ({low:,.1f} to {high:,.1f})"


def _money_range(draws: np.typing.NDArray[np.float64], currency: str) -> str:
    low, middle, high = (float(value) for value in np.quantile(draws, (0.1, 0.5, 0.9)))
    return about_with_range(Estimate(middle, low, high), currency)
