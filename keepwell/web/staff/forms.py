"""What people type about accounts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.password_validation import password_validators_help_text_html
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from keepwell.web.access import Capability
from keepwell.web.staff import throttle
from keepwell.web.staff.models import ROLE_CHOICES, Staff

WINDOW = timedelta(minutes=15)
MOST_HERE, MOST_OF_ACCOUNT, MOST_OF_ADDRESS = 5, 30, 60  # tries in a window


def _text(kind: str = "text", **more: str) -> forms.TextInput:
    return forms.TextInput(attrs={"class": "form-control", "type": kind, **more})


def _password(name: str) -> forms.PasswordInput:
    return forms.PasswordInput(attrs={"class": "form-control", "autocomplete": name})


def _select() -> forms.Select:
    return forms.Select(attrs={"class": "form-select"})


class SignInForm(AuthenticationForm):
    """E-mail address and password; tries are counted before the password is looked at."""

    error_messages = {
        **AuthenticationForm.error_messages,
        "invalid_login": _("The e-mail address or the password is wrong."),
        "too_many": _("Too many tries. Wait 15 minutes, or ask an owner for help."),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].widget = _text("email", autocomplete="username", autofocus="")
        self.fields["username"].label = _("E-mail")
        self.fields["password"].widget = _password("current-password")

    def clean(self) -> dict[str, Any]:
        """Check the pair, unless it was tried too often."""
        account = str(self.cleaned_data.get("username") or "").strip().lower()
        address = throttle.address_of(self.request) if self.request else ""
        here = f"{account} {address}"
        counts = [
            throttle.hit("sign-in.here", here, most=MOST_HERE, within=WINDOW),
            throttle.hit("sign-in.account", account, most=MOST_OF_ACCOUNT, within=WINDOW),
            throttle.hit("sign-in.address", address, most=MOST_OF_ADDRESS, within=WINDOW),
        ]
        if not all(counts):
            raise ValidationError(self.error_messages["too_many"], code="too_many")
        cleaned: dict[str, Any] = super().clean()
        throttle.forget("sign-in.here", here)
        throttle.forget("sign-in.account", account)
        return cleaned


class CodeForm(forms.Form):
    """A code of the app, or a recovery code."""

    code = forms.CharField(
        label=_("Code"), max_length=40, widget=_text(autocomplete="one-time-code", autofocus="", inputmode="text")
    )


class InviteForm(forms.Form):
    """Whom to invite."""

    email = forms.EmailField(label=_("E-mail"), widget=_text("email", autocomplete="off"))
    role = forms.ChoiceField(label=_("Role"), choices=ROLE_CHOICES, widget=_select(), initial="analyst")


class RoleForm(forms.Form):
    """A role."""

    role = forms.ChoiceField(label=_("Role"), choices=ROLE_CHOICES, widget=_select())


class NewPasswordForm(forms.Form):
    """A password that nobody has seen yet, typed once: people paste it from a password manager."""

    password = forms.CharField(
        label=_("New password"),
        widget=_password("new-password"),
        strip=False,
        max_length=1000,
        help_text=password_validators_help_text_html,
    )


class JoinForm(NewPasswordForm):
    """What a new member of staff says about themselves."""

    name = forms.CharField(label=_("Your name"), max_length=120, widget=_text(autocomplete="name", autofocus=""))
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES, widget=_select())
    field_order = ("name", "password", "language")


class ChangePasswordForm(NewPasswordForm):
    """The present password and a new one."""

    present = forms.CharField(label=_("Present password"), widget=_password("current-password"), strip=False)
    field_order = ("present", "password")

    def __init__(self, staff: Staff, data: Any = None) -> None:
        super().__init__(data)
        self.staff = staff

    def clean_present(self) -> str:
        """Check the present password; wrong ones are counted."""
        present: str = self.cleaned_data["present"]
        if not throttle.hit("password", str(self.staff.pk), most=10, within=WINDOW):
            raise ValidationError(_("Too many tries. Wait 15 minutes."))
        if not self.staff.check_password(present):
            raise ValidationError(_("This is not your present password."))
        return present


class ProfileForm(forms.Form):
    """Name and language."""

    name = forms.CharField(label=_("Your name"), max_length=120, widget=_text(autocomplete="name"))
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES, widget=_select())


CAPABILITY_NAMES = {
    Capability.SEE_ANALYSIS: _("See KPIs, segments and the decision"),
    Capability.PLAN: _("Write scenarios and goals"),
    Capability.SEE_PEOPLE: _("See customers"),
    Capability.EDIT_PEOPLE: _("Change customers"),
    Capability.ERASE_PEOPLE: _("Erase customers"),
    Capability.EXPORT_PEOPLE: _("Export lists of customers"),
    Capability.SEE_FACTS: _("See imports and events"),
    Capability.BRING_FACTS: _("Send facts in"),
    Capability.CONFIGURE: _("Change settings"),
    Capability.MANAGE_STAFF: _("Manage accounts"),
    Capability.SEE_AUDIT: _("See the log, and metrics"),
}
# what some operation of the API asks for; a scope that opens nothing is not offered
SCOPES = (
    Capability.SEE_ANALYSIS,
    Capability.SEE_PEOPLE,
    Capability.EXPORT_PEOPLE,
    Capability.BRING_FACTS,
    Capability.SEE_AUDIT,
)


class KeyForm(forms.Form):
    """A new API key."""

    name = forms.CharField(label=_("Name"), max_length=80, widget=_text(autocomplete="off"))
    scopes = forms.MultipleChoiceField(
        label=_("May"),
        choices=[(scope.value, CAPABILITY_NAMES[scope]) for scope in SCOPES],
        widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input me-2"}),
    )
    days = forms.TypedChoiceField(
        label=_("Ends"),
        coerce=int,
        choices=[(90, _("in 90 days")), (365, _("in a year")), (0, _("never"))],
        widget=_select(),
    )


class EndpointForm(forms.Form):
    """Where to send what happens."""

    url = forms.URLField(
        label=_("Address"), max_length=500, assume_scheme="https", widget=_text("url", placeholder="https://")
    )
