"""Personas: clusters of customers, described in words by what sets them apart from the whole base."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from keepwell.understand.clusters import (
    Labels,
    Matrix,
    Scaling,
    excess,
    improved,
    kmeans,
    nearest,
    silhouette,
    stability,
)
from keepwell.understand.facts import Facts
from keepwell.understand.persona_features import HABITS, customer_features, home_country
from keepwell.understand.persona_words import Persona, described
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import NotAvailable

FEWEST_CUSTOMERS = 100
CANDIDATES = range(3, 8)
MOST_FITTED = 200_000
ROWS_TO_CHOOSE_WITH = 10_000
# Below these the clusters are cuts through one cloud, and describing them would invent kinds of people.
LEAST_STABILITY = 0.6
LEAST_EXCESS = 0.02
# A silhouette above which structure is reasonable whatever its cause (Kaufman & Rousseeuw 1990, table 4).
PLAIN = 0.5
# Silhouettes this close differ by the luck of the sample, and fewer personas are easier to keep in mind.
AS_GOOD = 0.03
# A habit that this share of customers lacks cannot be filled in without inventing it.
MOST_MISSING = 0.5
# Customers won in one quarter and seen for years are all as long-standing: nobody would treat them differently.
LEAST_RANGE = 0.25
ORDERS_OF_DOUBT = 3.0


@dataclass(frozen=True)
class PersonaModel:
    """Personas with how far to trust them and who belongs to which.

    ``silhouette`` (−1 … 1) says how well they stand apart, ``stability`` (up to 1) whether other customers would give
    the same; ``assignments`` is an Arrow table of ``customer_id`` and ``persona``; ``fitted_on`` customers were used to
    find the centres.
    """

    personas: list[Persona]
    assignments: pa.Table
    silhouette: float
    stability: float
    fitted_on: int


def personas(facts: Facts, as_of: date, clusters: int | None = None, seed: int = 0) -> list[Persona] | NotAvailable:
    """Return the personas, largest revenue first; see ``persona_model``.

    >>> import ibis
    >>> from datetime import datetime
    >>> from decimal import Decimal
    >>> from keepwell.vocabulary.business import Business
    >>> orders = ibis.memtable({"customer_id": ["a"], "order_id": ["1"], "ordered_at": [datetime(2024, 1, 1)],
    ...                         "revenue": [Decimal(5)]})
    >>> personas(Facts(orders=orders, business=Business()), date(2024, 6, 1)).reason
    'personas need at least 100 customers; there are 1'

    """
    found = persona_model(facts, as_of, clusters, seed)
    return found if isinstance(found, NotAvailable) else found.personas


def persona_model(facts: Facts, as_of: date, clusters: int | None = None, seed: int = 0) -> PersonaModel | NotAvailable:
    """Cluster customers by their habits and say in words what sets each cluster apart.

    Habits (how often, how much, when, what; those that the facts allow) are put on one scale (logarithm where skewed,
    median and the range of 95 %, cut at 3), and clustered by k-means. The number of clusters is the fewest of 3 … 7
    whose silhouette is as good as the best (within 0.03), among those that are stable (found alike on different halves
    of the customers) and stand further apart than in a base of one kind with the same habits.

    Args:
        facts: orders and, where known, refunds and order lines.
        as_of: the first day that is not looked at.
        clusters: how many, 2 … 12; ``None`` chooses. A number that is asked for is given even if it is not stable:
            see ``stability``.
        seed: the same seed and facts give the same personas, whatever the order of the rows.

    Returns:
        The model, or why there is none: too few customers, no habit that differs, or no clusters that are real.

    Raises:
        InputError: ``clusters`` out of its range.

    """
    if clusters is not None and not 2 <= clusters <= 12:
        raise InputError(
            "personas.clusters", f"{clusters} clusters cannot be told apart.", value=clusters, advice="Ask for 2 to 12."
        )
    home = home_country(facts, as_of)
    table = customer_features(facts, as_of, home).to_pyarrow()
    # Engines return rows in any order, and draws are by row number.
    table = table.sort_by("customer_id")
    if len(table) < FEWEST_CUSTOMERS:
        return NotAvailable(f"personas need at least {FEWEST_CUSTOMERS} customers; there are {len(table)}")
    habits = {name: values for name in HABITS if name in table.column_names if (values := _usable(table, name))}
    if not habits:
        return NotAvailable("the customers do not differ in any habit that the facts tell")
    return _fit(table, {name: values[0] for name, values in habits.items()}, clusters, seed, facts, home)


def _usable(table: pa.Table, name: str) -> tuple[Matrix] | None:
    """Return a habit with its gaps filled by the median, or ``None`` where it tells nobody apart."""
    values = table[name].to_numpy().astype(np.float64)
    known = np.isfinite(values)
    if known.mean() < 1 - MOST_MISSING:
        return None
    # Engines add floats up in different orders: rounding keeps the last bits from moving a customer.
    values = np.round(np.where(known, values, np.median(values[known])), 9)
    if np.ptp(values) == 0:
        return None
    low, middle, high = np.percentile(values, [2.5, 50, 97.5])
    is_alike = not name.endswith("_share") and high - low < LEAST_RANGE * middle
    return None if is_alike else (values,)


def _fit(
    table: pa.Table,
    habits: Mapping[str, Matrix],
    clusters: int | None,
    seed: int,
    facts: Facts,
    home: str | None,
) -> PersonaModel | NotAvailable:
    points = scaled(habits, table["orders"].to_numpy().astype(np.float64))
    random = np.random.default_rng(seed)
    fitted = points if len(points) <= MOST_FITTED else points[random.choice(len(points), MOST_FITTED, replace=False)]
    few = fitted
    if len(fitted) > ROWS_TO_CHOOSE_WITH:
        few = fitted[random.choice(len(fitted), ROWS_TO_CHOOSE_WITH, replace=False)]
    chosen = _choose(few, CANDIDATES if clusters is None else [clusters], seed, is_asked_for=clusters is not None)
    if isinstance(chosen, NotAvailable):
        return chosen
    k, width, stable = chosen
    centres = improved(fitted, kmeans(few, k, seed))
    labels = nearest(points, centres)
    revenue = np.asarray(table["revenue"].cast(pa.float64()))
    found = described(habits, points, labels, revenue, facts.business.currency, home)
    names = np.array([persona.name for _, persona in sorted(found.items())])
    place = {label: number for number, label in enumerate(sorted(found))}
    assignments = pa.table(
        {"customer_id": table["customer_id"], "persona": names[[place[label] for label in labels.tolist()]].tolist()}
    )
    ordered = sorted(found.values(), key=lambda persona: (-persona.revenue_share, persona.name))
    return PersonaModel(ordered, assignments, width, stable, len(fitted))


def scaled(habits: Mapping[str, Matrix], orders: Matrix) -> Matrix:
    """Return the customers × habits matrix that is clustered.

    Means over a customer's few orders are drawn towards the middle by n / (n + 3): after a single order everyone is
    wholly a weekend buyer or not at all, which would split the base by chance.
    """
    columns = [np.log1p(np.maximum(v, 0)) if HABITS[name].is_skewed else v for name, v in habits.items()]
    points = np.stack(columns, axis=1)
    trust = np.stack(
        [orders / (orders + ORDERS_OF_DOUBT) if HABITS[name].is_per_order else np.ones(len(orders)) for name in habits],
        axis=1,
    )
    found: Matrix = Scaling.of(points).apply(points) * trust
    return found


def _choose(
    points: Matrix, candidates: Sequence[int], seed: int, *, is_asked_for: bool
) -> tuple[int, float, float] | NotAvailable:
    """Return the number of clusters with its silhouette and stability."""
    tried = []
    for k in candidates:
        labels: Labels = nearest(points, kmeans(points, k, seed))
        tried.append((k, silhouette(points, labels, seed), stability(points, k, seed)))
    if is_asked_for:
        return tried[0]
    stable = [row for row in tried if row[2] >= LEAST_STABILITY]
    if not stable:
        most = max(row[2] for row in tried)
        return NotAvailable(
            f"no stable clusters: halves of the customers agree by {most:.2f} at best (needed {LEAST_STABILITY})"
        )
    # Kinds that differ in one habit alone stand apart in the reference too, hence the first condition.
    apart = [row for row in stable if row[1] >= PLAIN or excess(points, row[0], row[1], seed) >= LEAST_EXCESS]
    if not apart:
        return NotAvailable("the customers form one cloud: clusters stand no further apart than in a base of one kind")
    best = max(row[1] for row in apart)
    return next(row for row in apart if row[1] >= best - AS_GOOD)
