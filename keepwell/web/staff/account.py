"""What everybody may change about their own account."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keepwell.web.access import signed_in
from keepwell.web.staff import actions, audit, second_step
from keepwell.web.staff.forms import ChangePasswordForm, CodeForm, ProfileForm
from keepwell.web.staff.models import Staff
from keepwell.web.staff.sessions import in_language

PROPOSED = "keepwell_proposed_secret"


def _page(
    request: HttpRequest,
    profile: ProfileForm | None = None,
    password: ChangePasswordForm | None = None,
) -> HttpResponse:
    me = _me(request)
    return render(
        request,
        "staff/account.html",
        {
            "profile": profile or ProfileForm(initial={"name": me.name, "language": me.language}),
            "password": password or ChangePasswordForm(me),
            "codes_left": me.recovery_codes.count(),
        },
    )


def _me(request: HttpRequest) -> Staff:
    return Staff.objects.get(pk=request.user.pk)


@require_GET
@signed_in
def account(request: HttpRequest) -> HttpResponse:
    """Show the account."""
    return _page(request)


@require_POST
@signed_in
def change_profile(request: HttpRequest) -> HttpResponse:
    """Change name and language."""
    form = ProfileForm(request.POST)
    if not form.is_valid():
        return _page(request, profile=form)
    me = _me(request)
    with transaction.atomic():
        me.name, me.language = form.cleaned_data["name"], form.cleaned_data["language"]
        me.save(update_fields=["name", "language"])
        audit.record(request, "account.changed")
    return in_language(redirect("staff:account"), me.language)


@require_POST
@signed_in
def change_password(request: HttpRequest) -> HttpResponse:
    """Change the password; every other session of the account ends."""
    me = _me(request)
    form = ChangePasswordForm(me, request.POST)
    if form.is_valid():
        try:
            with transaction.atomic():
                actions.set_password(me, form.cleaned_data["password"])
                audit.record(request, "password.changed")
        except ValidationError as error:
            form.add_error("password", error)
        else:
            update_session_auth_hash(request, me)
            messages.success(request, _("The password is changed. Every other session has ended."))
            return redirect("staff:account")
    return _page(request, password=form)


@never_cache
@require_http_methods(["GET", "POST"])
@signed_in
def second_factor(request: HttpRequest) -> HttpResponse:
    """Set up the second step: show the secret, and take it on with a first code."""
    me = _me(request)
    if me.has_second_step:
        return redirect("staff:account")
    secret = request.session.setdefault(PROPOSED, second_step.new_secret())
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            codes = second_step.switch_on(me, secret, form.cleaned_data["code"])
            if codes is not None:
                audit.record(request, "second_step.on")
        if codes is not None:
            del request.session[PROPOSED]
            return render(request, "staff/recovery_codes.html", {"codes": codes})
        form.add_error("code", _("This code is wrong. Is the clock of your phone right?"))
    drawn = mark_safe(second_step.picture(me, secret))  # noqa: S308 — drawn by us
    return render(request, "staff/second_factor.html", {"form": form, "secret": secret, "picture": drawn})


@require_POST
@signed_in
def second_factor_off(request: HttpRequest) -> HttpResponse:
    """Ask for no code any more; the code must be at hand for it."""
    me = _me(request)
    form = CodeForm(request.POST)
    if not form.is_valid() or not second_step.accept(me, form.cleaned_data["code"]):
        messages.error(request, _("This code is wrong, or was used already."))
        return redirect("staff:account")
    with transaction.atomic():
        second_step.switch_off(me)
        audit.record(request, "second_step.off")
    messages.success(request, _("Signing in asks for the password alone now."))
    return redirect("staff:account")


@never_cache
@require_POST
@signed_in
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """Make new recovery codes; the former ones end."""
    me = _me(request)
    form = CodeForm(request.POST)
    if not me.has_second_step or not form.is_valid() or not second_step.accept(me, form.cleaned_data["code"]):
        messages.error(request, _("This code is wrong, or was used already."))
        return redirect("staff:account")
    with transaction.atomic():
        codes = second_step.new_recovery_codes(me)
        audit.record(request, "second_step.new_codes")
    return render(request, "staff/recovery_codes.html", {"codes": codes})
