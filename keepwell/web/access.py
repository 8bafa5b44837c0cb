"""Who may do what: roles, the capabilities they hold, and the mark that every view must bear."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any, TypeVar

from django.utils.translation import gettext_lazy as _

View = TypeVar("View", bound=Callable[..., Any])


class Role(StrEnum):
    """What a member of staff is there for."""

    OWNER = "owner"
    MARKETER = "marketer"
    ANALYST = "analyst"
    AGENT = "agent"


ROLE_NAMES = {
    Role.OWNER: _("Owner"),
    Role.MARKETER: _("Marketer"),
    Role.ANALYST: _("Analyst"),
    Role.AGENT: _("Support agent"),
}


class Capability(StrEnum):
    """One thing that may be done; a role holds some of them, and so does an API key, as its scopes."""

    SEE_ANALYSIS = "analysis:read"  # KPIs, cohorts, segments, the decision: no names, no addresses
    PLAN = "plans:write"  # scenarios, goals, saved views of everybody
    SEE_PEOPLE = "people:read"  # customers by name, with contact details
    EDIT_PEOPLE = "people:write"  # traits, tags, notes, merges, consent
    ERASE_PEOPLE = "people:erase"  # erasure and access export
    EXPORT_PEOPLE = "people:export"  # lists of people as files
    SEE_FACTS = "facts:read"  # sources, imports, event debugger
    BRING_FACTS = "facts:write"  # uploads, undo, replay, sources
    CONFIGURE = "settings:write"  # business, brand, webhooks, backup
    MANAGE_STAFF = "staff:write"  # accounts, roles, API keys
    SEE_AUDIT = "audit:read"


_ANALYST = frozenset({Capability.SEE_ANALYSIS, Capability.PLAN, Capability.SEE_FACTS})
GRANTS: dict[Role, frozenset[Capability]] = {
    Role.OWNER: frozenset(Capability),
    Role.MARKETER: _ANALYST
    | {Capability.SEE_PEOPLE, Capability.EDIT_PEOPLE, Capability.EXPORT_PEOPLE, Capability.BRING_FACTS},
    Role.ANALYST: _ANALYST,
    Role.AGENT: frozenset({Capability.SEE_PEOPLE, Capability.EDIT_PEOPLE}),
}

PUBLIC = "public"  # everybody, signed in or not
SIGNED_IN = "signed in"  # every member of staff


def needs(capability: Capability) -> Callable[[View], View]:
    """Let only staff in whose role holds the capability."""

    def mark(view: View) -> View:
        view.access = capability  # type: ignore[attr-defined]
        return view

    return mark


def public(view: View) -> View:
    """Let everybody in: for pages that check something else, such as a token or a signature."""
    view.access = PUBLIC  # type: ignore[attr-defined]
    return view


def signed_in(view: View) -> View:
    """Let every member of staff in."""
    view.access = SIGNED_IN  # type: ignore[attr-defined]
    return view


def may(user: Any, capability: Capability) -> bool:
    """Say whether a member of staff may do something.

    Args:
        user: ``request.user``.
        capability: what it is about.

    """
    if not getattr(user, "is_authenticated", False) or not user.is_active:
        return False
    return capability in GRANTS.get(Role(user.role), frozenset())


def access_of(view: Callable[..., Any]) -> Any:
    """Return a view's mark, also of a class's view."""
    found = getattr(view, "access", None)
    return found if found is not None else getattr(getattr(view, "view_class", None), "access", None)
