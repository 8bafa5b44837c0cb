"""The loops of the beta-geometric models: over customers for the likelihood, over groups for what they will buy."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from numba import njit

from keepwell.stats.btyd.hyp2f1 import log_hyp2f1

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32] | npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

BLOCK = 4096  # rows summed on their own first, so that millions lose no digits
PANELS = 200
TOLERANCE = 1e-10
# Kronrod's 15 points over (−1, 1), the non-negative half; every second one, from the second, is Gauss's
POINTS = np.array([
    0.991455371120812639206854697526329, 0.949107912342758524526189684047851, 0.864864423359769072789712788640926,
    0.741531185599394439863864773280788, 0.586087235467691130294144691693300, 0.405845151377397166906606412076961,
    0.207784955007898467600689403773245, 0.0,
])  # fmt: skip
KRONROD = np.array([
    0.022935322010529224963732008058970, 0.063092092629978553290700663189204, 0.104790010322250183839876322541518,
    0.140653259715525918745189590510238, 0.169004726639267902826583426598550, 0.190350578064785409913256402421014,
    0.204432940075298892414161999234649, 0.209482141084727828012999174891714,
])  # fmt: skip
GAUSS = np.array([
    0.0, 0.129484966168869693270611432679082, 0.0, 0.279705391489276667901467771423780,
    0.0, 0.381830050505118944950369775488975, 0.0, 0.417959183673469387755102040816327,
])  # fmt: skip


@njit(cache=True)  # type: ignore[untyped-decorator,unused-ignore]
def count(
    frequency: Ints,
    recency_at: Ints,
    age_at: Ints,
    customers: Ints,
    by_frequency: Floats,
    by_age: Floats,
    once: Floats,
    repeats_by_age: Floats,
    keys: Ints,
) -> int:
    """Count customers by x and by T, those of no repeat and repeats by T, and write a key for each repeat customer.

    Returns how many keys were written: (T times + t_x) most + x; −1 where they have no room, or rows are groups.
    """
    times, most, found = len(by_age), len(by_frequency), 0
    has_keys = len(keys) > 0
    for row in range(len(frequency)):
        x, age, share = frequency[row], age_at[row], customers[row]
        by_frequency[x] += share
        by_age[age] += share
        if x == 0:
            once[age] += share
            continue
        repeats_by_age[age] += share * x
        has_keys = has_keys and share == 1
        if has_keys:
            keys[found] = (np.int64(age) * times + recency_at[row]) * most + x
            found += 1
    return found if has_keys else -1


@njit(cache=True)  # type: ignore[untyped-decorator,unused-ignore]
def stopping(
    frequency: Ints,
    recency_at: Ints,
    age_at: Ints,
    weight: Floats,
    log_ratio: Floats,
    inverse: Floats,
    log_odds: Floats,
    r: float,
    stopped: Floats,
) -> tuple[float, float, float]:
    """Return Σ log(1 + e^D) over customers and its derivatives by r and α.

    D = log(a / (b + x − 1)) + (r + x) log((α + T) / (α + t_x)) is the log-odds that the customer stopped at the last
    purchase, of which equation 6 of Fader, Hardie & Lee (2005) is made: A3 + A4 = A3 (1 + e^D). To ``stopped`` each
    customer's e^D / (1 + e^D) is added.

    Args:
        frequency: x.
        recency_at: index of t_x in the tables by time.
        age_at: index of T in the tables by time.
        weight: customers who share the row.
        log_ratio: log(1 + t / α) by time.
        inverse: 1 / (α + t) by time.
        log_odds: log(a / (b + x − 1)) by x.
        r: shape of the buying rates.
        stopped: sums by x, written to.

    """
    likelihood, by_r, by_alpha = 0.0, 0.0, 0.0
    for begin in range(0, len(frequency), BLOCK):
        block, block_r, block_alpha = 0.0, 0.0, 0.0
        for row in range(begin, min(begin + BLOCK, len(frequency))):
            x, age, recency, share = frequency[row], age_at[row], recency_at[row], weight[row]
            gap = log_ratio[age] - log_ratio[recency]
            log_odd = log_odds[x] + (r + x) * gap
            small = math.exp(-abs(log_odd))
            part = 1.0 / (1.0 + small)
            if log_odd < 0.0:
                part *= small
                block += share * math.log1p(small)
            else:
                block += share * (log_odd + math.log1p(small))
            part *= share
            block_r += part * gap
            block_alpha += part * (r + x) * (inverse[age] - inverse[recency])
            stopped[x] += part
        likelihood += block
        by_r += block_r
        by_alpha += block_alpha
    return likelihood, by_r, by_alpha


@njit(cache=True)  # type: ignore[untyped-decorator,unused-ignore]
def alive(
    frequency: Ints,
    recency_at: Ints,
    age_at: Ints,
    log_ratio: Floats,
    log_odds: Floats,
    r: float,
    is_safe_at_first: bool,
    result: Floats,
) -> None:
    """Write P(alive) = 1 / (1 + e^D) of each customer; 1 for those of no repeat where the model says so."""
    for row in range(len(frequency)):
        x = frequency[row]
        if x == 0 and is_safe_at_first:
            result[row] = 1.0
            continue
        log_odd = log_odds[x] + (r + x) * (log_ratio[age_at[row]] - log_ratio[recency_at[row]])
        small = math.exp(-abs(log_odd))
        result[row] = (small if log_odd > 0.0 else 1.0) / (1.0 + small)


@njit(cache=True)  # type: ignore[untyped-decorator,unused-ignore]
def _panel(
    low: float, high: float, r: float, alpha: float, a: float, b: float, force: float
) -> tuple[float, float, float]:
    """Return Kronrod's purchases, Kronrod's discounted purchases, and Gauss's purchases over (low, high)."""
    middle, half = (low + high) / 2.0, (high - low) / 2.0
    kronrod, discounted, gauss = 0.0, 0.0, 0.0
    for index in range(8):
        for side in range(2 if index < 7 else 1):
            u = middle + (half if side else -half) * POINTS[index]
            rate = r * math.exp(u + log_hyp2f1(r + 1.0, a, b, u))
            kronrod += KRONROD[index] * rate
            gauss += GAUSS[index] * rate
            discounted += KRONROD[index] * rate * math.exp(-force * alpha * math.expm1(u))
    return kronrod * half, discounted * half, gauss * half


@njit(cache=True)  # type: ignore[untyped-decorator,unused-ignore]
def purchases(r: float, alpha: float, a: float, b: float, days: float, force: float) -> tuple[float, float]:
    """Return expected and expected discounted purchases within ``days`` of somebody who is there now.

    They buy at a rate λ ~ gamma(r, α) and stop at each purchase with probability p ~ beta(a, b), so that the mean rate
    after s days is E[λ e^(−λ p s)] = (r / α) 2F1(r + 1, a; a + b; −s / α). It is integrated over u = log(1 + s / α),
    in which it is smooth, by Gauss–Kronrod panels that are halved until they are exact. Unlike the closed form
    (Fader, Hardie & Lee 2005, equation 9), nothing is subtracted and nothing happens at a = 1 or a + b = 1.
    """
    lows, highs = np.empty(PANELS), np.empty(PANELS)
    end, waiting, tried = math.log1p(days / alpha), 1, 0
    lows[0], highs[0] = 0.0, end
    # where all is over long before the end, the first panel must not miss it
    over = math.log1p(10.0 / r * (a + b) / a)
    if over < end / 8.0:
        lows[0], lows[1], highs[1], waiting = over, 0.0, over, 2
    expected, worth = 0.0, 0.0
    while waiting:
        waiting -= 1
        tried += 1
        low, high = lows[waiting], highs[waiting]
        kronrod, discounted, gauss = _panel(low, high, r, alpha, a, b, force)
        if abs(kronrod - gauss) <= TOLERANCE * (expected + kronrod) or tried + waiting + 2 >= PANELS:
            expected += kronrod
            worth += discounted
            continue
        middle = (low + high) / 2.0
        lows[waiting], highs[waiting] = middle, high
        lows[waiting + 1], highs[waiting + 1] = low, middle
        waiting += 2
    return expected, worth


@njit(cache=True)  # type: ignore[untyped-decorator,unused-ignore]
def purchases_of_groups(
    frequency: Ints,
    age_days: Floats,
    r: float,
    alpha: float,
    a: float,
    b: float,
    days: float,
    force: float,
    expected: Floats,
    worth: Floats,
) -> None:
    """Write `purchases` of customers who are there at T after x repeats: gamma(r + x, α + T) and beta(a, b + x)."""
    for row in range(len(frequency)):
        x = frequency[row]
        expected[row], worth[row] = purchases(r + x, alpha + age_days[row], a, b + x, days, force)


@njit(cache=True)  # type: ignore[untyped-decorator,unused-ignore]
def mark(frequency: Ints, age_at: Ints, ages: int, is_used: Bools) -> None:
    """Mark each pair of x and T that some customer has, in a table with ``ages`` columns."""
    for row in range(len(frequency)):
        is_used[frequency[row] * ages + age_at[row]] = True


@njit(cache=True)  # type: ignore[untyped-decorator,unused-ignore]
def spread(
    frequency: Ints,
    age_at: Ints,
    ages: int,
    expected: Floats,
    worth: Floats,
    chance: Floats,
    results: Floats,
    worths: Floats,
) -> None:
    """Write each customer's share of what the pair of x and T will buy: times P(alive)."""
    for row in range(len(frequency)):
        pair = frequency[row] * ages + age_at[row]
        results[row] = chance[row] * expected[pair]
        worths[row] = chance[row] * worth[pair]
