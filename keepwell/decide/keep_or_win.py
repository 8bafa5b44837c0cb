"""Keep or win? The answer from an order log, in two sentences with everything behind them."""

from __future__ import annotations

from collections.abc import Sequence

from keepwell.decide.allowable_cac import THIN, allowable_cac
from keepwell.decide.channels import channel_verdicts
from keepwell.decide.claims import claims
from keepwell.decide.foretold import Foretold
from keepwell.decide.holdout import first_holdout
from keepwell.decide.last_year import LastYear, last_year
from keepwell.decide.lean import lean_table
from keepwell.decide.next_year import next_year
from keepwell.decide.order_log import OrderLog
from keepwell.decide.retention_point import retention_points
from keepwell.decide.sentences import Findings, assumptions, caveat, headline, next_step, not_identified
from keepwell.decide.stated_split import StatedRanges, assumed_ranges, stated_split
from keepwell.decide.thresholds import reasons, thresholds
from keepwell.decide.what_if import WhatIf, simulate
from keepwell.decide.what_if_changes import (
    Leavers,
    budget_cut,
    cac_rises,
    customers_leave,
    discount_for_all,
    new_product,
    retention_changes,
)
from keepwell.vocabulary.answer import Answer, BaseValue, ChannelVerdict, Lean, LeanCriterion, StatedSplit, Status
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.estimate import Estimate, NotAvailable

GROWTH_WANTED = 0.10
CRITERIA_APART = 2


def answer(
    order_log: OrderLog,
    business: Business,
    seed: int,
    *,
    growth_wanted: float = GROWTH_WANTED,
    stated: StatedRanges | None = None,
    scenarios: Sequence[Sequence[WhatIf]] | None = None,
) -> Answer:
    """Return the answer to "keep or win?" with its reasons, thresholds, what-ifs and the first experiment.

    The rules, in order, and nothing else decides (`lean_of`):

    1. fewer than 30 customers of the last year, or with a whole horizon observed, or no margin: cannot tell yet;
    2. newcomers earn nothing within the horizon, or every channel with spend costs more than its customers earn:
       spend less;
    3. a channel with spend pays even if only half of its customers came because of it: win;
    4. the criteria of `lean.lean_table` met for one side outnumber the other's by two: that side;
    5. otherwise: cannot tell yet. The thresholds are given in every case.

    Args:
        order_log: the facts.
        business: currency, margin rate, discount rate.
        seed: of every simulation; the same seed gives the same answer.
        growth_wanted: relative growth of next year's margin that what-ifs are held against, above −1.
        stated: ranges for the split between winning and keeping; wide assumed ones unless given.
        scenarios: what-ifs, each a sequence applied in order; the standard set unless given.

    """
    last = last_year(order_log, business)
    allowable = allowable_cac(order_log, business)
    points = retention_points(order_log, business)
    verdicts = channel_verdicts(order_log, business, allowable)
    criteria = lean_table(order_log, last, allowable)
    holdout = first_holdout(order_log, last)
    found = Findings(
        lean=lean_of(order_log, last, criteria, verdicts),
        order_log=order_log,
        business=business,
        last=last,
        allowable=allowable[0] if allowable and allowable[0].dimension == "all" else None,
        point=points[0],
        verdicts=tuple(verdicts),
        holdout=holdout,
    )
    year = next_year(order_log, business, last)
    goal = max(0.0, last.margin.total) * (1 + growth_wanted) - (year.spend or 0.0)
    return Answer(
        lean=found.lean,
        headline=headline(found),
        caveat=caveat(found),
        next_step=next_step(found),
        currency=business.currency,
        as_of=order_log.as_of,
        period=order_log.period,
        horizon_days=order_log.horizon_days,
        reasons=tuple(reasons(found)),
        thresholds=tuple(thresholds(found)),
        allowable_cac=tuple(allowable),
        retention_points=tuple(points),
        what_ifs=tuple(simulate(year, standard_scenarios() if scenarios is None else scenarios, seed, goal)),
        criteria=tuple(criteria),
        claims=tuple(claims(order_log, business, last, seed)),
        channels=tuple(verdicts),
        split=_split(found, stated, seed),
        holdout=holdout,
        not_identified=tuple(not_identified(found)),
        assumptions=tuple(assumptions(found, growth_wanted)),
        base_value=_base_value(order_log.foretold),
    )


def standard_scenarios() -> list[list[WhatIf]]:
    """Return the what-ifs that every answer shows, each with its default figures.

    >>> len(standard_scenarios())
    10
    """
    return [
        [new_product()],
        [customers_leave(who=Leavers.RANDOM)],
        [customers_leave(who=Leavers.RISKIEST)],
        [customers_leave(who=Leavers.MOST_VALUABLE)],
        [retention_changes(5)],
        [retention_changes(-5)],
        [discount_for_all()],
        [cac_rises()],
        [budget_cut()],
        [customers_leave(who=Leavers.RISKIEST), new_product()],
    ]


def lean_of(
    order_log: OrderLog, last: LastYear, criteria: Sequence[LeanCriterion], verdicts: Sequence[ChannelVerdict]
) -> Lean:
    """Return which way the facts lean, by the rules that `answer` lists."""
    everyone = order_log.everyone
    if everyone is None or everyone.value.n < THIN or last.active < THIN or last.margin.total <= 0:
        return Lean.CANNOT_TELL
    paid = [verdict.lean for verdict in verdicts if verdict.spend > 0]
    if everyone.value.mean <= 0 or (paid and all(lean is Lean.SPEND_LESS for lean in paid)):
        return Lean.SPEND_LESS
    if Lean.WIN in paid:
        return Lean.WIN
    met = [criterion.leans for criterion in criteria if criterion.status is Status.MET]
    ahead = met.count(Lean.KEEP) - met.count(Lean.WIN)
    if abs(ahead) < CRITERIA_APART:
        return Lean.CANNOT_TELL
    return Lean.KEEP if ahead > 0 else Lean.WIN


def _split(found: Findings, stated: StatedRanges | None, seed: int) -> StatedSplit | NotAvailable:
    worth = found.allowable.within_horizon if found.allowable else NotAvailable("no customer is old enough")
    if found.last.margin.n == 0 or found.last.margin.mean <= 0:
        return NotAvailable("customers earned no margin in the last year, so nothing is worth spending on them")
    if stated is None:
        if isinstance(worth, NotAvailable) or worth.value <= 0:
            return NotAvailable("what a newcomer earns is not known, so no range can be assumed: state your own")
        paid = [v for v in found.verdicts if v.spend > 0]
        cac = paid[0].cac if len(paid) == 1 else _joint_cac(paid)
        stated = assumed_ranges(found.last, worth.value, cac)
    return stated_split(found.last, found.business, stated, seed)


def _base_value(foretold: Foretold | NotAvailable) -> BaseValue | NotAvailable:
    if isinstance(foretold, NotAvailable):
        return foretold
    return BaseValue(
        model=foretold.model,
        why=foretold.why,
        days=foretold.days,
        customers=foretold.customers,
        alive=foretold.alive,
        orders=foretold.orders,
        margin=foretold.margin,
        discounted_margin=foretold.discounted_margin,
        notes=foretold.notes,
    )


def _joint_cac(paid: Sequence[ChannelVerdict]) -> Estimate | None:
    won = sum(verdict.new_customers for verdict in paid)
    return Estimate(sum(verdict.spend for verdict in paid) / won) if won else None
