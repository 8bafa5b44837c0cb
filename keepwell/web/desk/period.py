"""The period and the comparison: chosen once, kept in the session, used by every page that has one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from keepwell.loop.marts.periods import compared_with, period_of, text_of
from keepwell.vocabulary.period import Period
from keepwell.web.desk import marts

KEY = "desk_period"
CUSTOM = "custom"
CHOICES = (
    ("last-12-months", _("Last 12 months")),
    ("last-month", _("Last month")),
    ("last-quarter", _("Last quarter")),
    ("last-year", _("Last calendar year")),
    (CUSTOM, _("Chosen days")),
)
COMPARISONS = (
    ("before", _("the period before")),
    ("year-before", _("the year before")),
    ("none", _("nothing")),
)


DAY = forms.DateInput({"type": "date", "class": "form-control"}, "%Y-%m-%d")


class PeriodForm(forms.Form):
    """What the reader chooses."""

    choice = forms.ChoiceField(label=_("Period"), choices=CHOICES, widget=forms.Select({"class": "form-select"}))
    start = forms.DateField(
        label=_("First day"),
        required=False,
        widget=DAY,
    )
    end = forms.DateField(
        label=_("Last day"),
        required=False,
        widget=DAY,
    )
    compare = forms.ChoiceField(
        label=_("Compared with"), choices=COMPARISONS, widget=forms.Select({"class": "form-select"})
    )

    def clean(self) -> dict[str, Any]:
        """Refuse chosen days that are not there or lie the wrong way round."""
        found = super().clean() or {}
        if found.get("choice") == CUSTOM:
            start, end = found.get("start"), found.get("end")
            if start is None or end is None:
                raise forms.ValidationError(_("Choose the first and the last day."))
            if end < start:
                raise forms.ValidationError(_("The last day lies before the first."))
        return found


@dataclass(frozen=True)
class Chosen:
    """The period and what it is compared with, as the session holds it, within the facts there are."""

    period: Period
    compared: Period | None
    form: PeriodForm

    @property
    def text(self) -> str:
        """The period as marts take it."""
        return text_of(self.period)


def keep(request: HttpRequest, form: PeriodForm) -> None:
    """Keep a valid choice."""
    found = form.cleaned_data
    days = {name: found[name].isoformat() if found.get(name) else None for name in ("start", "end")}
    request.session[KEY] = {"choice": found["choice"], "compare": found["compare"], **days}


def chosen(request: HttpRequest, log: dict[str, Any]) -> Chosen:
    """Return the reader's choice; the last 12 months against those before where nothing fitting was chosen.

    Args:
        request: its session.
        log: the mart ``log``.

    """
    kept = {"choice": "last-12-months", "compare": "before", **request.session.get(KEY, {})}
    days = Period(date.fromisoformat(log["start"]), date.fromisoformat(log["end"]))
    period = _period(kept, days)
    if period is None:
        kept["choice"], period = "last-12-months", period_of("last-12-months", days)
    shown = {"start": period.start.isoformat(), "end": period.last_day.isoformat()}
    return Chosen(period, compared_with(period, kept["compare"], days), PeriodForm(initial=kept | shown))


def values_of(period: Period | None) -> marts.Reading | None:
    """Return the KPIs of a period, computed or under way."""
    return None if period is None else marts.read("kpis", period=text_of(period))


def _period(kept: dict[str, Any], log: Period) -> Period | None:
    if kept["choice"] != CUSTOM:
        return period_of(kept["choice"], log)
    start, end = date.fromisoformat(kept["start"]), date.fromisoformat(kept["end"]) + timedelta(days=1)
    start, end = max(start, log.start), min(end, log.end)
    return Period(start, end) if start < end else None
