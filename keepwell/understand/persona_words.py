"""A cluster in words: a short neutral name, and what its customers do that the base does not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from keepwell.understand.clusters import Labels, Matrix
from keepwell.understand.persona_features import HABITS

# In spreads of the base: half a spread is the least that a reader would notice.
LEAST_DIFFERENCE = 0.5
MOST_TRAITS = 4
WORDS_IN_NAME = 2
TYPICAL = "Typical customers"


@dataclass(frozen=True, slots=True)
class Persona:
    """One kind of customer.

    ``share`` of the customers and ``revenue_share`` of the net revenue are fractions; ``traits`` are phrases that
    follow "they", the most telling first; ``centre`` holds the mean of each habit in its own unit (days, hours, money,
    fractions). The name says what is high or low against the base and judges nobody.
    """

    name: str
    customers: int
    share: float
    revenue_share: float
    traits: list[str]
    centre: dict[str, float]


def described(
    habits: Mapping[str, Matrix], points: Matrix, labels: Labels, revenue: Matrix, currency: str, home: str | None
) -> dict[int, Persona]:
    """Return a persona for each label that has customers.

    Args:
        habits: values of each habit in its own unit, n each.
        points: the same n × d, on the scale they were clustered on.
        labels: cluster of each customer.
        revenue: net revenue of each customer, n.
        currency: code of the money.
        home: name of the country that ``home_share`` is about.

    """
    base = {name: float(values.mean()) for name, values in habits.items()}
    total, found = float(revenue.sum()), {}
    taken: set[str] = set()
    names = list(habits)
    kinds, sizes = np.unique(labels, return_counts=True)
    for label in kinds[np.argsort(-sizes, kind="stable")].tolist():
        member = labels == label
        centre = {name: float(values[member].mean()) for name, values in habits.items()}
        differences = points[member].mean(axis=0) - points.mean(axis=0)
        telling = [
            (names[column], float(differences[column]))
            for column in np.argsort(-np.abs(differences), kind="stable").tolist()
            if abs(differences[column]) >= LEAST_DIFFERENCE
        ]
        name = _name(telling, taken)
        taken.add(name)
        found[label] = Persona(
            name,
            int(member.sum()),
            float(member.mean()),
            float(revenue[member].sum()) / total if total else 0.0,
            _traits(telling, centre, base, currency, home),
            centre,
        )
    return found


def _traits(
    telling: list[tuple[str, float]],
    centre: Mapping[str, float],
    base: Mapping[str, float],
    currency: str,
    home: str | None,
) -> list[str]:
    if not telling:
        return ["are close to the base in everything that is known"]
    return [
        HABITS[name].say(centre[name], base[name], (home or "") if name == "home_share" else currency)
        for name, _ in telling[:MOST_TRAITS]
    ]


def _name(telling: list[tuple[str, float]], taken: set[str]) -> str:
    """Return the first telling words that no other persona bears; a number as the last resort."""
    words = [HABITS[name].high if difference > 0 else HABITS[name].low for name, difference in telling]
    if not words:
        words = [TYPICAL]
    for length in range(min(WORDS_IN_NAME, len(words)), len(words) + 1):
        name = ", ".join([words[0], *(word[0].lower() + word[1:] for word in words[1:length])])
        if name not in taken:
            return name
    number = 2
    while f"{name} {number}" in taken:
        number += 1
    return f"{name} {number}"
