"""What may be asked of a plan, and stated for it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from keepwell.understand.rfm_segments import SEGMENTS

TEXT = {"class": "form-control"}
NAME = r"^\w[\w .&+-]{0,59}$"


def _number(label: Any, *, least: float = 0.0, most: float | None = None, help_text: Any = "", **more: Any) -> Any:
    widget = forms.NumberInput({**TEXT, "step": "any", "inputmode": "decimal"})
    return forms.FloatField(label=label, min_value=least, max_value=most, help_text=help_text, widget=widget, **more)


class SplitForm(forms.Form):
    """How much to split, and how carefully."""

    budget = _number(_("Budget of the month"), most=1e12)
    hurdle = _number(_("Return asked for, %"), most=1000, required=False)
    caution = _number(_("Caution, %"), most=100, required=False)


class ScenarioForm(SplitForm):
    """A split to be kept under a name."""

    name = forms.RegexField(
        r"^\w[\w .-]{0,79}$",
        label=_("Name"),
        error_messages={"invalid": _("Use letters, digits, spaces, dots and hyphens, at most 80.")},
        widget=forms.TextInput(TEXT),
    )


class WhatIfForm(forms.Form):
    """Changes to next year; each is asked about by itself."""

    buyers = _number(_("Buy a new product, % of customers"), most=99, initial=50)
    leave = _number(_("Leave, % of customers"), most=100, initial=25)
    cac = _number(_("A new customer costs, % more"), least=-90, most=1000, initial=20)
    points = _number(_("Retention, points more or less"), least=-100, most=100, initial=5)
    discount = _number(_("Discount to everyone, %"), most=99, initial=10)
    cut = _number(_("Acquisition budget cut, %"), most=100, initial=50)


class ChannelForm(forms.Form):
    """A channel, by what whoever knows it says (decision calculus)."""

    name = forms.RegexField(NAME, label=_("Channel"), widget=forms.TextInput(TEXT))
    spend_per_week = _number(_("Spent a week now"), least=0.01)
    newcomers_per_week = _number(
        _("New customers a week it brings"), least=0.001, help_text=_("Only those who would not have come without it.")
    )
    ceiling_per_week = _number(
        _("New customers a week at most"), least=0.001, help_text=_("Whatever was spent; above what it brings now.")
    )
    cap = _number(_("Spend at most, in the month"), required=False)

    def stated(self) -> dict[str, Any]:
        """Return the values as a plan file has them."""
        return {name: value for name, value in self.cleaned_data.items() if name != "name" and value is not None}


class LeverForm(forms.Form):
    """A lever: one thing done to keep customers."""

    name = forms.RegexField(NAME, label=_("Action"), widget=forms.TextInput(TEXT))
    contact_cost = _number(_("Cost of reaching one customer"), least=0.0001, help_text=_("Your time included."))
    incentive = _number(_("Money off for whoever takes it up"), required=False)
    redemption = _number(_("Take it up, % of those who order anyway"), most=100, required=False)
    effect_low = _number(
        _("Change of margin within the window, % at least"), least=-99, most=1000, required=False,
        help_text=_("Four times in five it lies between the two. Leave both out if you cannot say."),
    )  # fmt: skip
    effect_high = _number(_("and at most, %"), least=-99, most=1000, required=False)
    window_days = forms.IntegerField(
        label=_("Days it lasts"), min_value=1, max_value=730, initial=90, widget=forms.NumberInput(TEXT)
    )
    segments = forms.MultipleChoiceField(
        label=_("For these segments"),
        help_text=_("None: for everybody."),
        choices=[(name, _(name)) for name in SEGMENTS],
        required=False,
        widget=forms.CheckboxSelectMultiple({"class": "form-check-input"}),
    )
    cap = _number(_("Spend at most, in the month"), required=False)

    def stated(self) -> dict[str, Any]:
        """Return the values as a plan file has them."""
        given = {name: value for name, value in self.cleaned_data.items() if name != "name" and value not in (None, [])}
        for name in ("redemption", "effect_low", "effect_high"):
            if name in given:
                given[name] = given[name] / 100
        return given
