"""The pages on the server say what its code says."""

from __future__ import annotations

import re

from docs.pages import DOCS

from keepwell.web.access import GRANTS, Capability, Role

ROLES = ("owner", "marketer", "analyst", "agent")


def test_the_table_of_roles_is_what_the_roles_may_do() -> None:
    page = (DOCS / "how-to" / "roles.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z:]+)` \| [^|]+ \|(.+)\|$", page, re.MULTILINE)
    shown = {
        (role, name) for name, cells in rows for role, cell in zip(ROLES, cells.split("|"), strict=True) if cell.strip()
    }
    assert {name for name, _ in rows} == {str(one) for one in Capability}
    assert set(ROLES) == {str(role) for role in Role}
    assert shown == {(str(role), str(one)) for role, grants in GRANTS.items() for one in grants}
