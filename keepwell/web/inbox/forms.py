"""Forms of the room: a file, how it is to be read, a source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from keepwell.observe.fields import FIELDS, FileKind, missing
from keepwell.observe.registry import IMPORTERS
from keepwell.observe.times import DateOrder
from keepwell.web.inbox.upload_models import Platform

KINDS = {
    FileKind.ORDERS: gettext_lazy("Orders, one row each"),
    FileKind.LINES: gettext_lazy("Lines of orders"),
    FileKind.SPEND: gettext_lazy("Marketing spend"),
    FileKind.SUBSCRIPTIONS: gettext_lazy("Subscriptions"),
    FileKind.EVENTS: gettext_lazy("Events"),
}
SELECT = forms.Select(attrs={"class": "form-select"})
TEXT = forms.TextInput(attrs={"class": "form-control"})


class ReadingForm(forms.Form):
    """How a file is to be read; with a table's header, a select for each of its columns."""

    importer = forms.ChoiceField(label=gettext_lazy("Format"), widget=SELECT)
    currency = forms.RegexField(
        r"^[A-Za-z]{3}$", label=gettext_lazy("Currency of the amounts"), required=False, widget=TEXT,
        help_text=gettext_lazy("Three letters, such as EUR; only where the file does not say it."),
    )  # fmt: skip
    rates = forms.CharField(
        label=gettext_lazy("Exchange rates"), required=False, max_length=300, widget=TEXT,
        help_text=gettext_lazy("One unit in the currency of the business, such as USD=0.92; for files in several."),
    )  # fmt: skip
    source = forms.CharField(
        label=gettext_lazy("Name of the source"), required=False, max_length=80, widget=TEXT,
        help_text=gettext_lazy("Where the facts come from; else the format's name."),
    )  # fmt: skip
    channel = forms.CharField(
        label=gettext_lazy("Marketing channel"), required=False, max_length=80, widget=TEXT,
        help_text=gettext_lazy("Only for cost reports that do not name their own."),
    )  # fmt: skip

    def __init__(
        self,
        *args: Any,
        is_first: bool,
        header: Sequence[str] = (),
        kind: FileKind | None = None,
        columns: Mapping[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.header = tuple(header)
        formats: Any = self.fields["importer"]
        formats.choices = [(importer.name, importer.label) for importer in IMPORTERS]
        if is_first:
            self.fields["currency"].help_text = _(
                "Three letters, such as EUR. It becomes the currency of the business."
            )
            zones = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/"))
            self.fields["time_zone"] = forms.ChoiceField(
                label=_("Time zone of the business"), choices=[("UTC", "UTC"), *((zone, zone) for zone in zones)],
                widget=forms.Select(attrs={"class": "form-select"}), required=False,
            )  # fmt: skip
        if header:
            self._add_columns(kind or FileKind.ORDERS, columns or {})

    def _add_columns(self, kind: FileKind, columns: Mapping[str, str]) -> None:
        self.fields["kind"] = forms.ChoiceField(
            label=_("What a row is"), choices=list(KINDS.items()), initial=kind, required=False,
            widget=forms.Select(attrs={"class": "form-select"}),
        )  # fmt: skip
        self.fields["decimal"] = forms.ChoiceField(
            label=_("Decimal sign"), choices=[("", _("Find out")), (".", "1234.56"), (",", "1234,56")], required=False,
            widget=forms.Select(attrs={"class": "form-select"}),
        )  # fmt: skip
        self.fields["dates"] = forms.ChoiceField(
            label=_("Dates"), choices=[("", _("Find out")), *((order.value, order.value) for order in DateOrder)],
            widget=forms.Select(attrs={"class": "form-select"}), required=False,
        )  # fmt: skip
        self.kind_was = kind
        field_of = {column: name for name, column in columns.items()}
        choices = [("", _("not used")), *((item.name, item.name) for item in FIELDS[kind].values())]
        for number, column in enumerate(self.header):
            self.fields[f"column_{number}"] = forms.ChoiceField(
                label=column, choices=choices, initial=field_of.get(column, ""), required=False,
                widget=forms.Select(attrs={"class": "form-select w-auto"}),
            )  # fmt: skip

    @property
    def column_fields(self) -> list[forms.BoundField]:
        """The selects of the columns."""
        return [self[f"column_{number}"] for number in range(len(self.header))]

    @property
    def other_fields(self) -> list[forms.BoundField]:
        """Everything besides the columns."""
        return [self[name] for name in self.fields if not name.startswith("column_")]

    def clean(self) -> dict[str, Any]:
        """Check that no field is filled by two columns and none that is needed is left out."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        cleaned["currency"] = cleaned.get("currency", "").upper()
        if not self.header or cleaned.get("kind") != self.kind_was:
            return cleaned
        columns: dict[str, str] = {}
        for number, column in enumerate(self.header):
            name = cleaned.get(f"column_{number}")
            if name and name in columns:
                self.add_error(f"column_{number}", _("Another column is this field already."))
            elif name:
                columns[name] = column
        for names in missing(self.kind_was, set(columns)):
            self.add_error(None, _("Say which column this is: %(field)s.") % {"field": _(" or ").join(names)})
        cleaned["columns"] = columns
        return cleaned

    def choices_made(self, *, again: bool) -> dict[str, Any]:
        """Return what was chosen, as an upload keeps it; ``again`` leaves the columns to a new guess."""
        cleaned = self.cleaned_data
        plain = ("currency", "rates", "source", "channel", "time_zone", "kind")
        chosen: dict[str, Any] = {name: cleaned[name] for name in plain if cleaned.get(name)}
        chosen["read"] = {name: cleaned[name] for name in ("decimal", "dates") if cleaned.get(name)}
        if not again and "columns" in cleaned:
            chosen["columns"] = cleaned["columns"]
        return chosen


class SourceForm(forms.Form):
    """A new source of live facts."""

    TRACKING = "tracking"
    name = forms.RegexField(
        r"^[\w .-]+$", label=gettext_lazy("Name"), max_length=80, widget=TEXT,
        help_text=gettext_lazy("For example the shop's name. It stands beside every fact and never changes."),
    )  # fmt: skip
    sort = forms.ChoiceField(
        label=gettext_lazy("What it is"), choices=[(TRACKING, gettext_lazy("A site or app (SDK)")), *Platform.choices],
        widget=SELECT,
    )  # fmt: skip
    secret = forms.CharField(
        label=gettext_lazy("Signing secret"), required=False, max_length=300,
        widget=forms.PasswordInput(attrs={"class": "form-control", "autocomplete": "off"}),
        help_text=gettext_lazy("What the shop signs its webhooks with; it is never shown again."),
    )  # fmt: skip


class SecretForm(forms.Form):
    """Another signing secret."""

    secret = forms.CharField(
        label=gettext_lazy("New signing secret"), max_length=300, min_length=8,
        widget=forms.PasswordInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )  # fmt: skip
