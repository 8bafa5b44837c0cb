"""The least concave curve above a piecewise-linear one: what a divisible budget can reach."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from keepwell.decide.margin_curve import Floats, MarginCurve


@dataclass(frozen=True, slots=True)
class Segments:
    """Straight pieces of concave curves, each item's in falling slope, shape (S,) each.

    ``item`` is the index of the curve, ``start`` the item's spend where the piece begins, ``width`` money, ``slope``
    margin per unit of money.
    """

    item: np.typing.NDArray[np.int64]
    start: Floats
    width: Floats
    slope: Floats


def concave_envelope(x: Floats, y: Floats) -> np.typing.NDArray[np.int64]:
    """Return the indices of the corners of the least concave function above points (Andrew 1979, upper hull).

    Args:
        x: strictly rising, shape (K,).
        y: shape (K,).

    >>> concave_envelope(np.array([0.0, 1, 2, 3]), np.array([0.0, 0.1, 2, 2.5]))
    array([0, 2, 3])

    """
    slopes = np.diff(y) / np.diff(x)
    if (slopes[1:] <= slopes[:-1]).all():  # concave already, as most curves are
        return np.arange(x.size)
    corners: list[int] = []
    points = list(zip(x.tolist(), y.tolist(), strict=True))
    for index, (px, py) in enumerate(points):
        while len(corners) > 1:
            (ax, ay), (bx, by) = points[corners[-2]], points[corners[-1]]
            if (by - ay) * (px - ax) > (py - ay) * (bx - ax):
                break
            corners.pop()
        corners.append(index)
    return np.array(corners)


def segments(curves: list[MarginCurve], means: list[Floats]) -> Segments:
    """Return the pieces of every curve's envelope between its floor and its cap.

    Args:
        curves: whose spends, floors and caps count.
        means: for each curve the margin to envelope, shape (K,), e.g. the mean over draws or over the worst draws.

    """
    items, starts, widths, slopes = [], [], [], []
    for index, (curve, mean) in enumerate(zip(curves, means, strict=True)):
        x, y = between(curve, mean)
        if x.size < 2:
            continue
        corners = concave_envelope(x, y)
        width = np.diff(x[corners])
        items.append(np.full(width.size, index))
        starts.append(x[corners[:-1]])
        widths.append(width)
        slopes.append(np.diff(y[corners]) / width)
    if not items:
        return Segments(np.empty(0, np.int64), np.empty(0), np.empty(0), np.empty(0))
    return Segments(np.concatenate(items), np.concatenate(starts), np.concatenate(widths), np.concatenate(slopes))


def between(curve: MarginCurve, mean: Floats) -> tuple[Floats, Floats]:
    """Return a curve's points from its floor to its cap, both included."""
    low, high = curve.floor, curve.most
    inside = (curve.spend > low) & (curve.spend < high)
    x = np.concatenate(([low], curve.spend[inside], [high])) if high > low else np.array([low])
    return x, np.interp(x, curve.spend, mean)
