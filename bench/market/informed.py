"""How far observables can lead: the oracle's media, and contacts by the best guess anybody could make from the books.

Trained on everybody's true uplift in two other markets of the same world. What it lacks to the oracle nobody can
know: who has left already, and what a person's latent type is beyond what shows.
"""

from __future__ import annotations

from dataclasses import replace

import lightgbm
import numpy as np
from numpy.typing import NDArray

from bench.market.luck import Floats
from bench.market.market import Market
from bench.market.observe import MONTHS_PER_YEAR, Observed
from bench.market.oracle import Oracle
from bench.market.parameters import World
from bench.market.past import with_past
from bench.market.plan import Ids, Plan
from bench.market.relationship import DAYS
from bench.market.truth import Truth

TREES = {"objective": "regression", "num_leaves": 15, "learning_rate": 0.07, "min_data_in_leaf": 100, "num_threads": 1,
         "verbose": -1}  # fmt: skip
TWIN_SEEDS = (900_001, 900_002)
MARGIN = 0.1  # of the contact's cost, to be cleared on top of it
LONGEST_SILENCE = MONTHS_PER_YEAR * DAYS  # days; who has been silent longer has all but surely left
SPOILT = 0.3  # of the best gain: a contact now takes so much from the next two months' contacts


class Informed:
    """A policy; the guesses are trained once per world and kept, since they do not depend on the seed."""

    _guesses: dict[str, list[list[lightgbm.Booster]]] = {}  # noqa: RUF012

    def __init__(self) -> None:
        self._oracle = Oracle()

    def __call__(self, observed: Observed, rng: np.random.Generator, truth: Truth) -> Plan:
        """Return the month's plan."""
        market = truth.market
        key = repr(market.world)
        if key not in self._guesses:
            self._guesses[key] = trained(market.world, truth.worths)
        treatments = self._contacts(market, self._guesses[key], list(observed.levers))
        media = self._oracle(observed, rng, truth)
        cost = sum(len(ids) * observed.levers[lever].cost for lever, ids in treatments.items())
        left = (observed.budget - cost) / max(sum(media.spend.values()), 1e-9)
        spend = {channel: money * min(left, 1.0) for channel, money in media.spend.items()}
        return replace(media, spend=spend, treatments=treatments)

    def _contacts(self, market: Market, guesses: list[list[lightgbm.Booster]], levers: list[str]) -> dict[str, Ids]:
        shown, costs = _shown(market), market.contact_costs()
        rows = np.flatnonzero(shown[:, 0] <= LONGEST_SILENCE)
        shown, contacts = shown[rows], market.base.contacts[rows]
        guessed = np.stack([row[0].predict(shown) for row in guesses], axis=1)
        fresh = np.maximum((guessed - costs).max(axis=1), 0)
        for number in (1, 2):
            tired = np.flatnonzero(contacts == number)
            if len(tired):
                guessed[tired] = np.stack([row[number].predict(shown[tired]) for row in guesses], axis=1)
        gain = guessed - (1 + MARGIN) * costs - SPOILT * fresh[:, None]
        best, lever = gain.max(axis=1), gain.argmax(axis=1)
        return {name: rows[(best > 0) & (lever == number)] + 1 for number, name in enumerate(levers)}


def trained(world: World, worths: Floats) -> list[list[lightgbm.Booster]]:
    """Return guesses of true uplift by lever and by how many contacts came in the two months before."""
    twins = [with_past(world, seed) for seed in TWIN_SEEDS]
    shown = np.concatenate([_shown(twin) for twin in twins])
    guesses = []
    for lever in world.levers:
        by_contacts = []
        for contacts in range(3):
            true = np.concatenate([_uplift(twin, worths, lever.name, contacts) for twin in twins])
            by_contacts.append(lightgbm.train(TREES, lightgbm.Dataset(shown, label=true), num_boost_round=100))
        guesses.append(by_contacts)
    return guesses


def _uplift(twin: Market, worths: Floats, lever: str, contacts: int) -> Floats:
    people, branch = len(twin.base.people), twin.branch()
    branch.base = replace(
        twin.base, contacted=np.full(people, contacts >= 1), contacted_before=np.full(people, contacts >= 2)
    )
    return Truth(branch, worths).uplift(lever, np.arange(people) + 1)


def _shown(market: Market) -> Floats:
    """Return what the books show of each person: silence, orders, mean spend, tenure, credited channel, country."""
    size, now = len(market.base.people), market.month * DAYS
    last: NDArray[np.int64] = np.zeros(size, dtype=np.int64)
    count, spent = np.zeros(size), np.zeros(size)
    for book in market.book:
        np.maximum.at(last, book.buyer, book.day)
        count += np.bincount(book.buyer, minlength=size)
        spent += np.bincount(book.buyer, book.revenue, minlength=size)
    base = market.base
    shown = (now - last, count, spent / np.maximum(count, 1), now - base.entry_day, base.credited, base.people.country)
    return np.column_stack(shown).astype(float)
