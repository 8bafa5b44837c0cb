"""The hypergeometric tail that all of Pareto/NBD is made of, with its gradient, for every α, β, x and t.

Everything the model answers is made of H(p, q) = ∫₀^∞ (a + y)⁻ᵖ (b + y)⁻ᑫ dy with a = α + t and b = β + t. Let A be the
larger of a and b with its exponent p, B the smaller with q, m = p + q − 1, v = B / A and z = 1 − v. Then (Euler's
transformation of Schmittlein, Morrison & Colombo 1987, A1–A4, where the published form is 2F1(m, q; m + 1; z))

    H = A⁻ᵖ B¹⁻ᑫ F / m,        F = 2F1(1, p; p + q; z) = m ∫₀^∞ exp(−m w) (v + z e⁻ʷ)⁻ᵖ dw ≥ 1,

whose series has positive terms that shrink at least as fast as zⁿ, where the published one overflows. Near z = 1, where
it would take thousands of terms, the integral on the right, whose integrand is log-concave, is done by Gauss–Legendre
panels instead.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from numba import njit

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Tail = tuple[float, float, float, float, float]

SERIES_UP_TO = 0.8  # z beyond which the panels are quicker than the series
SMALL = 1e-17
DROP = 42.0  # in logarithms: what lies lower than this below the top is left out
PANEL_DROP = 20.0  # what one panel of the quadrature may fall by
NODES, WEIGHTS = np.polynomial.legendre.leggauss(24)


@njit(cache=True)  # type: ignore[untyped-decorator,unused-ignore]
def tail(p: float, q: float, v: float, z: float) -> Tail:
    """Return log F and, for y of density proportional to (A + y)⁻ᵖ (B + y)⁻ᑫ, what its gradient is made of.

    That is E log(1 + y/A), E log(1 + y/B), E[y / (A + y)] and E[y / (B + y)].

    Args:
        p: exponent of the larger, A; above 0.
        q: exponent of the smaller, B; above 0, with p + q above 1.
        v: B / A, in (0, 1].
        z: 1 − v, to full precision where v is near 1.

    >>> [round(value, 6) for value in tail(1.0, 2.0, 0.5, 0.5)]  # log(4 − 4 log 2), …
    [0.204907, 0.361433, 0.578561, 0.258891, 0.370554]

    """
    if z <= SERIES_UP_TO:
        return _series(p, q, z)
    return _panels(p, q, v, z)


@njit(cache=True)  # type: ignore[untyped-decorator,unused-ignore]
def _series(p: float, q: float, z: float) -> Tail:
    m, c = p + q - 1.0, p + q
    coefficient, power, n = 1.0, 1.0, 0.0  # (p)ₙ / (p + q)ₙ and zⁿ
    f, by_p, by_q = 1.0, 0.0, 0.0  # F and its derivatives by p and q
    sum_p, sum_c = 0.0, 0.0
    large, small = 0.0, 0.0  # the two shares times F
    while True:
        one_p, one_c = 1.0 / (p + n), 1.0 / (c + n)
        here = coefficient * power * one_c
        large += here * (1.0 - n * (q - 1.0) / p)
        small += here * (1.0 + n)
        coefficient *= (p + n) * one_c
        sum_p += one_p
        sum_c += one_c
        power *= z
        term = coefficient * power
        f += term
        by_p += term * (sum_p - sum_c)
        by_q -= term * sum_c
        n += 1.0
        if term * (1.0 + sum_p) * n <= SMALL * (1.0 - z) or n > 1000.0:
            break
    return math.log(f), 1.0 / m - by_p / f, 1.0 / m - by_q / f, large / f, small / f


@njit(cache=True)  # type: ignore[untyped-decorator,unused-ignore]
def _height(w: float, m: float, p: float, v: float, z: float) -> float:
    """Return the logarithm of the integrand at w; concave, 0 at 0."""
    return -m * w - p * _log_mixture(w, v, z)


@njit(cache=True)  # type: ignore[untyped-decorator,unused-ignore]
def _log_mixture(w: float, v: float, z: float) -> float:
    """Return log(v + z e⁻ʷ), exact for small w and for small v."""
    return math.log1p(z * math.expm1(-w)) if w < 1.0 else math.log(v + z * math.exp(-w))


@njit(cache=True)  # type: ignore[untyped-decorator,unused-ignore]
def _reach(mode: float, step: float, m: float, p: float, v: float, z: float) -> float:
    """Return about where, from the mode on in the direction of step, the integrand has fallen out of sight."""
    top = _height(mode, m, p, v, z)
    far = step
    while mode + far > 0.0 and _height(mode + far, m, p, v, z) > top - DROP:
        far *= 2.0
    near = 0.0
    for _ in range(4):
        middle = (near + far) / 2.0
        if mode + middle > 0.0 and _height(mode + middle, m, p, v, z) > top - DROP:
            near = middle
        else:
            far = middle
    return max(mode + far, 0.0)


@njit(cache=True)  # type: ignore[untyped-decorator,unused-ignore]
def _panels(p: float, q: float, v: float, z: float) -> Tail:
    m = p + q - 1.0
    mode = math.log((z / v) * (p - m) / m) if p * z > m else 0.0  # where the slope −m + p z e⁻ʷ / (v + z e⁻ʷ) is 0
    mode = max(mode, 0.0)
    top = _height(mode, m, p, v, z)
    left = _reach(mode, -1.0, m, p, v, z) if mode > 0.0 else 0.0
    right = _reach(mode, 1.0 / m, m, p, v, z)
    bend = math.log(z / v)  # the integrand has poles at bend ± iπ: panels grow with the distance from there
    total = log_large = log_small = large = small = 0.0
    while left < right:
        end = left + max(3.0, (left - bend if left > bend else (bend - left) / 2.0))
        if left < mode:
            end = min(end, mode)
        end = min(end, right)
        start = _height(left, m, p, v, z)
        while abs(_height(end, m, p, v, z) - start) > PANEL_DROP:
            end = (left + end) / 2.0
        half = (end - left) / 2.0
        for node in range(NODES.size):
            w = left + half * (1.0 + NODES[node])
            mixture = _log_mixture(w, v, z)
            weight = half * WEIGHTS[node] * math.exp(-m * w - p * mixture - top)
            total += weight
            log_small += weight * w
            log_large += weight * (w + mixture)
            large -= weight * math.expm1(-w - mixture)
            small -= weight * math.expm1(-w)
        if end <= left:  # narrower than floating point can tell apart
            break
        left = end
    log_f = math.log(m) + top + math.log(total)
    return log_f, log_large / total, log_small / total, large / total, small / total


@njit(cache=True)  # type: ignore[untyped-decorator,unused-ignore]
def still_buying(r: float, alpha: float, s: float, beta: float, x: float, t: float) -> float:
    """Return log(αʳ βˢ (α + t)^−(r + x) (β + t)⁻ˢ): x purchases at given moments and alive at t, over Γ(r + x)/Γ(r).

    >>> round(still_buying(1.0, 2.0, 1.0, 2.0, 0.0, 2.0), 6)  # log ¼
    -1.386294

    """
    return -r * math.log1p(t / alpha) - x * math.log(alpha + t) - s * math.log1p(t / beta)


@njit(cache=True)  # type: ignore[untyped-decorator,unused-ignore]
def pair_terms(
    parameters: Floats, frequency: Floats, time: Floats, is_death: bool, values: Floats, gradients: Floats
) -> None:
    """Fill in, per pair (x, t), the logarithm of one of the two parts of the likelihood and its gradient.

    The likelihood of (x, t_x, T) is Γ(r + x)/Γ(r) times the sum of the first part at (x, T) and the second at (x, t_x):
    buys at x given moments and then, seen from t on, (1) the next event is a purchase; (2) it is the end.
    Both are positive, so that nothing cancels where the published form subtracts.

    Args:
        parameters: r, α, s, β.
        frequency: x, shape (pairs,).
        time: t, shape (pairs,).
        is_death: the second part.
        values: shape (pairs,), written.
        gradients: by the logarithms of the parameters, shape (pairs, 4), written.

    """
    r, alpha, s, beta = parameters
    for pair in range(frequency.size):
        x, t = frequency[pair], time[pair]
        a, b = alpha + t, beta + t
        m = r + s + x
        p = r + x if is_death else r + x + 1.0
        q = s + 1.0 if is_death else s
        ratio = b / a
        if alpha >= beta:
            log_f, log_a, log_b, share_a, share_b = tail(p, q, ratio, (alpha - beta) / a)
            scale = 1.0 if is_death else ratio
        else:
            log_f, log_b, log_a, share_b, share_a = tail(q, p, a / b, (beta - alpha) / b)
            scale = 1.0 / ratio if is_death else 1.0
        lead = s if is_death else r + x
        values[pair] = still_buying(r, alpha, s, beta, x, t) + math.log(lead / m * scale) + log_f
        gradients[pair, 0] = -r * (math.log1p(t / alpha) + log_a)
        gradients[pair, 2] = -s * (math.log1p(t / beta) + log_b)
        # E[α / (α + t + y)] is near 1 on a ridge, where r is huge: so it is 1 minus what is kept to full precision
        passed_a, passed_b = (t + alpha * share_a) / a, (t + beta * share_b) / b
        gradients[pair, 1] = r * passed_a - x * (1.0 - passed_a)
        gradients[pair, 3] = s * passed_b
        if is_death:
            gradients[pair, 2] += 1.0
            gradients[pair, 3] -= 1.0 - passed_b
        else:
            gradients[pair, 0] += r / (r + x)
            gradients[pair, 1] -= 1.0 - passed_a


@njit(cache=True)  # type: ignore[untyped-decorator,unused-ignore]
def row_sums(
    first: Floats,
    second: Floats,
    at_first: Ints,
    at_second: Ints,
    customers: Floats,
    weight_first: Floats,
    weight_second: Floats,
) -> float:
    """Return Σ n log(exp(first) + exp(second)), and add up with what weight each pair counts in its gradient."""
    total = 0.0
    for row in range(customers.size):
        one, two, n = at_first[row], at_second[row], customers[row]
        apart = second[two] - first[one]
        if apart > 0.0:
            odds = math.exp(-apart)
            total += n * (second[two] + math.log1p(odds))
            share = odds / (1.0 + odds)
        else:
            odds = math.exp(apart)
            total += n * (first[one] + math.log1p(odds))
            share = 1.0 / (1.0 + odds)
        weight_first[one] += n * share
        weight_second[two] += n * (1.0 - share)
    return total


@njit(cache=True)  # type: ignore[untyped-decorator,unused-ignore]
def fill_log_sums(first: Floats, second: Floats, at_first: Ints, at_second: Ints, sums: Floats) -> None:
    """Write log(exp(first) + exp(second)) of each row's pairs into ``sums``, shape (rows,)."""
    for row in range(sums.size):
        one, two = first[at_first[row]], second[at_second[row]]
        sums[row] = max(one, two) + math.log1p(math.exp(-abs(one - two)))


@njit(cache=True)  # type: ignore[untyped-decorator,unused-ignore]
def fill_still_buying(parameters: Floats, frequency: Floats, time: Floats, values: Floats) -> None:
    """Write `still_buying` of each pair into ``values``, shape (pairs,)."""
    r, alpha, s, beta = parameters
    for pair in range(values.size):
        values[pair] = still_buying(r, alpha, s, beta, frequency[pair], time[pair])
