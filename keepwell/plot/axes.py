"""Axes in the units of the business: money with its sign, percentages, dates."""

from __future__ import annotations

from typing import Any

import altair as alt

from keepwell.vocabulary.kpi import Unit
from keepwell.vocabulary.money import SYMBOLS

# Labels of numbers and dates are short. Unless told so, Vega measures each twice, once for whether it must be cut, and
# measuring text is most of the time that a drawing takes.
SHORT: dict[str, Any] = {"labelLimit": 0}


def sign(currency: str | None) -> str:
    """Return what stands before an amount; the code itself where no sign is well known.

    >>> sign("GBP"), sign("SEK"), sign(None)
    ('£', 'SEK ', '')
    """
    if not currency:
        return ""
    symbol = SYMBOLS.get(currency, currency)
    return f"{symbol} " if symbol.isalpha() and len(symbol) > 1 else symbol


def money_axis(currency: str | None, title: str | None = None, width: int = 0, **more: Any) -> alt.Axis:
    """Return an axis such as £0, £500, £10k, £1.5M; a horizontal one needs its width.

    >>> money_axis("GBP").to_dict()["tickCount"]
    5
    """
    # d3's SI format alone would write half a pound as "500m" and a billion as "1G".
    short = "abs(datum.value) >= 1000 ? replace(format(abs(datum.value), '.3~s'), 'G', 'bn') : "
    plain = "format(abs(datum.value), abs(datum.value) >= 10 || datum.value == 0 ? ',.0f' : ',.2~f')"
    label = f"(datum.value < 0 ? '−' : '') + '{sign(currency)}' + ({short}{plain})"
    return alt.Axis(title=title, labelExpr=label, tickCount=4 if 0 < width < 480 else 5, **SHORT | more)


def rate_axis(title: str | None = None, **more: Any) -> alt.Axis:
    """Return an axis of percentages from fractions.

    >>> rate_axis().to_dict()["format"]
    '~%'
    """
    return alt.Axis(title=title, format="~%", tickCount=5, **SHORT | more)


def count_axis(title: str | None = None, **more: Any) -> alt.Axis:
    """Return an axis of whole numbers; a loss drawn below zero is labelled as it is counted, without a sign.

    >>> "labelExpr" in count_axis().to_dict()
    True
    """
    label = "abs(datum.value) >= 10000 ? format(abs(datum.value), '.3~s') : format(abs(datum.value), ',')"
    return alt.Axis(title=title, labelExpr=label, tickCount=5, tickMinStep=1, **SHORT | more)


def unit_axis(unit: Unit, currency: str | None, title: str | None = None) -> alt.Axis:
    """Return the axis that fits the unit of a KPI.

    >>> unit_axis(Unit.RATE, None).to_dict()["format"]
    '~%'
    """
    match unit:
        case Unit.MONEY:
            return money_axis(currency, title)
        case Unit.RATE:
            return rate_axis(title)
        case Unit.COUNT:
            return count_axis(title)
    return alt.Axis(title=title or ("" if unit is Unit.RATIO else str(unit)), tickCount=5)


def unit_format(unit: Unit) -> str:
    """Return the d3 format of a tooltip for this unit.

    >>> unit_format(Unit.RATE)
    '.1%'
    """
    return {Unit.RATE: ".1%", Unit.COUNT: ",.0f", Unit.MONEY: ",.2f"}.get(unit, ",.2f")


def date_axis(days: int, width: int) -> alt.Axis:
    """Return a time axis for so many days on so many pixels: by day under three months, else by month.

    The year stands under January and under the first label.

    >>> date_axis(700, 640).to_dict()["tickCount"]
    {'interval': 'month', 'step': 3}
    """
    if days < 93:
        return alt.Axis(title=None, format="%-d %b", tickCount=max(3, width // 90), **SHORT)
    most = max(3, width // 64)
    step = next((step for step in (1, 2, 3, 6, 12, 24, 60) if days / 30.4 / step <= most), 120)
    ticks = {"interval": "month", "step": step} if step < 12 else {"interval": "year", "step": step // 12}
    label = "[timeFormat(datum.value, '%b'), month(datum.value) == 0 || datum.index == 0 ? year(datum.value) : '']"
    return alt.Axis(title=None, labelExpr=label, tickCount=ticks, labelOverlap=False, **SHORT)
