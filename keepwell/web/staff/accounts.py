"""Accounts: who works here, and as what."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keepwell.vocabulary.errors import InputError
from keepwell.web.access import Capability, Role, needs, public
from keepwell.web.staff import actions, audit
from keepwell.web.staff.forms import InviteForm, JoinForm, RoleForm
from keepwell.web.staff.models import ROLE_CHOICES, Invitation, Safety, Staff
from keepwell.web.staff.sessions import enter


def _page(request: HttpRequest, form: InviteForm | None = None, link: str = "") -> HttpResponse:
    return render(
        request,
        "staff/accounts.html",
        {
            "people": Staff.objects.order_by("-is_active", "name"),
            "invitations": Invitation.objects.filter(expires_at__gt=timezone.now()).order_by("email"),
            "form": form or InviteForm(),
            "roles": ROLE_CHOICES,
            "link": link,
            "owners_need_code": Safety.objects.filter(owners_need_code=True).exists(),
        },
    )


@require_GET
@needs(Capability.MANAGE_STAFF)
def accounts(request: HttpRequest) -> HttpResponse:
    """List the accounts."""
    return _page(request)


@never_cache
@require_POST
@needs(Capability.MANAGE_STAFF)
def invite(request: HttpRequest) -> HttpResponse:
    """Make a link that makes one account; it is shown once."""
    form = InviteForm(request.POST)
    if not form.is_valid():
        return _page(request, form)
    me = get_object_or_404(Staff, pk=request.user.pk)
    try:
        with transaction.atomic():
            made, token = actions.invite(form.cleaned_data["email"], Role(form.cleaned_data["role"]), me)
            audit.record(request, "staff.invited", str(made.pk), {"role": made.role})
    except InputError as error:
        form.add_error("email", error.message)
        return _page(request, form)
    return _page(request, link=request.build_absolute_uri(reverse("staff:join", args=[token])))


@require_POST
@needs(Capability.MANAGE_STAFF)
def withdraw(request: HttpRequest, invitation_id: int) -> HttpResponse:
    """Take an invitation back."""
    with transaction.atomic():
        get_object_or_404(Invitation, pk=invitation_id).delete()
        audit.record(request, "staff.invitation_withdrawn", str(invitation_id))
    return redirect("staff:accounts")


@require_POST
@needs(Capability.MANAGE_STAFF)
def change_role(request: HttpRequest, staff_id: int) -> HttpResponse:
    """Give somebody another role."""
    staff, form = get_object_or_404(Staff, pk=staff_id), RoleForm(request.POST)
    if not form.is_valid():
        raise InputError("staff.role", _("There is no such role."))
    with transaction.atomic():
        actions.change_role(staff, Role(form.cleaned_data["role"]))
        audit.record(
            request, "staff.role_changed", str(staff_id), {"from": staff.role, "to": form.cleaned_data["role"]}
        )
    return redirect("staff:accounts")


@require_POST
@needs(Capability.MANAGE_STAFF)
def set_active(request: HttpRequest, staff_id: int) -> HttpResponse:
    """Let somebody in, or not any more."""
    is_active = request.POST.get("active") == "yes"
    staff = get_object_or_404(Staff, pk=staff_id)
    with transaction.atomic():
        actions.set_active(staff, is_active=is_active)
        audit.record(request, "staff.activated" if is_active else "staff.deactivated", str(staff_id))
    return redirect("staff:accounts")


@require_POST
@needs(Capability.MANAGE_STAFF)
def remove(request: HttpRequest, staff_id: int) -> HttpResponse:
    """Remove an account."""
    staff = get_object_or_404(Staff, pk=staff_id)
    if staff.pk == request.user.pk:
        raise InputError("staff.self", _("You cannot remove your own account."), advice=_("Ask another owner."))
    with transaction.atomic():
        actions.remove(staff)
        audit.record(request, "staff.removed", str(staff_id))
    return redirect("staff:accounts")


@require_POST
@needs(Capability.MANAGE_STAFF)
def change_safety(request: HttpRequest) -> HttpResponse:
    """Say whether owners need a second step."""
    wanted = request.POST.get("owners_need_code") == "yes"
    with transaction.atomic():
        Safety.objects.update_or_create(pk=1, defaults={"owners_need_code": wanted})
        audit.record(request, "safety.changed", detail={"owners_need_code": wanted})
    messages.success(request, _("Saved."))
    return redirect("staff:accounts")


@never_cache
@require_http_methods(["GET", "POST"])
@public
def join(request: HttpRequest, token: str) -> HttpResponse:
    """Make the account that an invitation is for."""
    invitation = actions.invitation_of(token)
    if invitation is None:
        raise InputError(
            "invitation.missing", _("This invitation was used, or is too old."), advice=_("Ask for a new one.")
        )
    form = JoinForm(request.POST or None, initial={"language": get_language()})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            with transaction.atomic():
                staff = actions.join(invitation, given["name"], given["password"], given["language"])
                audit.record(staff, "staff.joined", str(staff.pk), {"role": staff.role})
        except ValidationError as error:
            form.add_error("password", error.messages)
        else:
            return enter(request, staff, reverse("desk:home"))
    return render(request, "staff/join.html", {"form": form, "invitation": invitation})
