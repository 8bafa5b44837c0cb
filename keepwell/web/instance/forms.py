"""What may be typed in about the instance."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

TEXT = {"class": "form-control"}
CHOICE = {"class": "form-select"}


class WelcomeForm(forms.Form):
    """The owner's account."""

    name = forms.CharField(
        label=_("Your name"), max_length=120, widget=forms.TextInput({**TEXT, "autocomplete": "name"})
    )
    email = forms.EmailField(
        label=_("E-mail"), max_length=254, widget=forms.EmailInput({**TEXT, "autocomplete": "username"})
    )
    password = forms.CharField(
        label=_("Password"),
        help_text=_("At least 10 characters; a few words are better than one."),
        max_length=256,
        strip=False,
        widget=forms.PasswordInput({**TEXT, "autocomplete": "new-password"}),
    )
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES, widget=forms.Select(CHOICE))


class BusinessForm(forms.Form):
    """What gives the facts their meaning; ranges are checked by `Business` itself."""

    name = forms.CharField(
        label=_("Name of the business"), max_length=120, required=False, widget=forms.TextInput(TEXT)
    )
    currency = forms.RegexField(
        r"^[A-Za-z]{3}$",
        label=_("Currency"),
        help_text=_("Three letters, such as EUR. Every amount is shown in it."),
        error_messages={"invalid": _("Use three letters, such as EUR.")},
        widget=forms.TextInput({**TEXT, "maxlength": 3, "autocomplete": "off"}),
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone"), help_text=_("Days and months begin at its midnight."), widget=forms.Select(CHOICE)
    )
    margin = forms.FloatField(
        label=_("Contribution margin, % of revenue"),
        help_text=_("What is left of a sale after goods, shipping and payment fees. Half is assumed until you say."),
        min_value=0.1,
        max_value=100,
        widget=forms.NumberInput({**TEXT, "step": "any", "inputmode": "decimal"}),
    )
    discount = forms.FloatField(
        label=_("Discount rate, % a year"),
        help_text=_("By how much money of next year counts less than money of today."),
        min_value=0,
        max_value=999,
        widget=forms.NumberInput({**TEXT, "step": "any", "inputmode": "decimal"}),
    )
    rates = forms.CharField(
        label=_("Exchange rates"),
        help_text=_("One a line: what one unit of another currency is worth in yours, such as EUR = 0.86."),
        required=False,
        max_length=4000,
        widget=forms.Textarea({**TEXT, "rows": 3}),
    )

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.fields["time_zone"].choices = [(zone, zone.replace("_", " ")) for zone in sorted(available_timezones())]


class BrandForm(forms.Form):
    """How the business appears to its customers."""

    name = forms.CharField(
        label=_("Name that customers see"), max_length=120, required=False, widget=forms.TextInput(TEXT)
    )
    logo = forms.FileField(
        label=_("Logo"),
        help_text=_("PNG, JPEG or WebP, at most 1 MB."),
        required=False,
        widget=forms.FileInput({**TEXT, "accept": "image/png,image/jpeg,image/webp"}),
    )
    colour = forms.CharField(
        label=_("Colour"), widget=forms.TextInput({"class": "form-control form-control-color", "type": "color"})
    )
    text_colour = forms.CharField(
        label=_("Colour of text on it"),
        widget=forms.TextInput({"class": "form-control form-control-color", "type": "color"}),
    )
    voice = forms.CharField(
        label=_("Voice"),
        help_text=_("How messages should sound, for whoever writes them: warm, brief, formal."),
        required=False,
        max_length=1000,
        widget=forms.Textarea({**TEXT, "rows": 3}),
    )
    languages = forms.MultipleChoiceField(
        label=_("Languages of your customers"),
        choices=settings.LANGUAGES,
        widget=forms.SelectMultiple({**CHOICE, "size": len(settings.LANGUAGES)}),
    )
