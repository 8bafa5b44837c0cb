"""The oracle: best response of one who knows the truth and only the dice of the future not."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bench.market.conditions import Conditions
from bench.market.contact_plan import STATES, ContactValues, newcomer_worth_contacted
from bench.market.luck import Floats
from bench.market.media_plan import MediaPlan, MediaProblem
from bench.market.observe import Observed
from bench.market.parameters import World
from bench.market.plan import Plan
from bench.market.truth import Truth, sample_of

REPLAN_EVERY = 6
SAMPLE_FOR_PLAN = 600


class Oracle:
    """Media by search on true dynamics, contacts by dynamic programming on true persons, one price for money.

    Money for contacts is set aside first; what a month's last media money earns becomes the price of contacts.
    """

    def __init__(self) -> None:
        self._worths: Floats = np.zeros((0, 0))
        self._price: Floats = np.zeros(0)
        self._plan: MediaPlan | None = None
        self._planned_in = 0
        self._groups: list[tuple[slice, ContactValues]] = []
        self._known = 0

    def __call__(self, observed: Observed, rng: np.random.Generator, truth: Truth) -> Plan:
        """Return the month's plan."""
        if self._plan is None:
            self._plan = self._begin(truth)
        self._meet_newcomers(truth)
        gains, levers, rows = self._contacts(truth)
        costs = truth.market.contact_costs()
        if observed.month - self._planned_in >= REPLAN_EVERY:
            known = self._plan.spend[observed.month - self._planned_in :]
            self._plan = self._planned(truth, float(costs[levers].sum()), known)
        spend = self._plan.spend[observed.month - self._planned_in]
        budget = truth.market.world.books.budget
        order = np.argsort(-gains / costs[levers], kind="stable")
        kept = order[np.cumsum(costs[levers][order]) <= budget - float(spend.sum()) + 1e-6]
        names = list(observed.levers)
        chosen = {name: rows[kept[levers[kept] == number]] + 1 for number, name in enumerate(names)}
        return Plan(spend=dict(zip(observed.channels, spend.tolist(), strict=True)), treatments=chosen)

    def _begin(self, truth: Truth) -> MediaPlan:
        """Price the budget: plan with free money for contacts, then let contacts pay what media would earn."""
        market = truth.market
        self._price = np.ones(market.conditions.horizon + 1)
        plan = self._first_plan(truth)
        if np.any(plan.budget_price > 0):
            self._price[market.month : market.conditions.end] = 1 + plan.budget_price
            plan = self._first_plan(truth)
        return plan

    def _first_plan(self, truth: Truth) -> MediaPlan:
        market = truth.market
        self._worths = contacted_worths(market.world, market.conditions, self._price)
        self._groups, self._known = [], 0
        self._meet_newcomers(truth)
        _gains, levers, _rows = self._contacts(truth)
        return self._planned(truth, float(market.contact_costs()[levers].sum()), None)

    def _planned(self, truth: Truth, contacts: float, known: Floats | None) -> MediaPlan:
        """Return the best media for the months left beside this much for contacts, from the plan known or afresh."""
        market = truth.market
        left = market.conditions.end - market.month
        price = market.conditions.price[market.month : market.conditions.end] / market.conditions.price[market.month]
        budget = market.world.books.budget
        budgets = np.maximum(budget - contacts * price, 0.02 * budget)
        problem = MediaProblem(market, self._worths[-left:], budgets)
        even = budgets[:, None] * np.full((left, problem.count), 1 / problem.count)
        self._planned_in = market.month - market.conditions.start
        return problem.solve([even * share for share in (0.02, 0.4, 0.95)] if known is None else [known])

    def _meet_newcomers(self, truth: Truth) -> None:
        market, size = truth.market, len(truth.market.base.people)
        if size > self._known:
            rows = slice(self._known, size)
            people, entry = market.base.people.at(rows), market.base.entry[rows]
            values = ContactValues(market.world, market.conditions, people, entry, market.month, self._price)
            self._groups.append((rows, values))
            self._known = size

    def _contacts(self, truth: Truth) -> tuple[Floats, NDArray[np.int64], NDArray[np.int64]]:
        """Return gain, lever and row of everyone whom a contact is worth its price."""
        base, month = truth.market.base, truth.market.month
        state = 2 * base.contacted.astype(np.int64) + base.contacted_before
        found = []
        for rows, values in self._groups:
            choices = values.choices(month)
            mine = np.select([(state[rows] == s)[:, None] for s in range(STATES)], choices)
            lever = mine.argmax(axis=1)
            gain = mine.max(axis=1) - mine[:, -1]
            wanted = np.flatnonzero((gain > 0) & base.is_customer[rows])
            found.append((gain[wanted], lever[wanted], wanted + rows.start))
        gains, levers, who = (np.concatenate(parts) for parts in zip(*found, strict=True))
        return gains, levers, who


def contacted_worths(world: World, conditions: Conditions, price: Floats) -> Floats:
    """Return the mean worth of a newcomer by month of the run and channel under the best contacts."""
    samples = [sample_of(world, source).at(slice(0, SAMPLE_FOR_PLAN)) for source in range(len(world.channels))]
    months = range(conditions.start, conditions.end)
    return np.array(
        [[newcomer_worth_contacted(world, conditions, p, month, price).mean() for p in samples] for month in months]
    )
