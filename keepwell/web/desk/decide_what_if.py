"""What-ifs as a page asks them: six changes to next year, each by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from keepwell.decide.what_if import WhatIf
from keepwell.decide.what_if_changes import (
    Leavers,
    budget_cut,
    cac_rises,
    customers_leave,
    discount_for_all,
    new_product,
    retention_changes,
)
from keepwell.loop.kept_plan import KeptPlan
from keepwell.vocabulary.answer import WhatIfResult
from keepwell.vocabulary.estimate import Estimate
from keepwell.web.shell import number

DRAWS = 150


def asked(kept: KeptPlan, given: Mapping[str, float]) -> list[dict[str, Any]]:
    """Return each change with what it does to next year's margin.

    Args:
        kept: the plan kept ready.
        given: percentages and points, as `decide_forms.WhatIfForm` names them.

    """
    listed: list[tuple[str, WhatIf]] = [
        (_("%(share)s %% of customers buy a new product"), new_product(given["buyers"] / 100)),
        (_("%(share)s %% of customers leave, drawn at random"), customers_leave(given["leave"] / 100)),
        (
            _("%(share)s %% leave, those who brought the most"),
            customers_leave(given["leave"] / 100, Leavers.MOST_VALUABLE),
        ),
        (_("A new customer costs %(share)s %% more"), cac_rises(given["cac"] / 100)),
        (_("Retention changes by %(share)s points"), retention_changes(given["points"])),
        (_("%(share)s %% discount to everyone"), discount_for_all(given["discount"] / 100)),
        (_("The acquisition budget is cut by %(share)s %%"), budget_cut(given["cut"] / 100)),
    ]
    amounts = [given[name] for name in ("buyers", "leave", "leave", "cac", "points", "discount", "cut")]
    results = kept.what_if([[change] for _label, change in listed], draws=DRAWS)
    return [
        _row(label % {"share": number(amount, 1)}, result)
        for (label, _change), amount, result in zip(listed, amounts, results, strict=True)
    ]


def _row(label: str, result: WhatIfResult) -> dict[str, Any]:
    change, after = result.change, result.after
    known = isinstance(change, Estimate) and isinstance(after, Estimate)
    return {
        "label": label,
        "change": change.value if isinstance(change, Estimate) else None,
        "low": change.low if isinstance(change, Estimate) else None,
        "high": change.high if isinstance(change, Estimate) else None,
        "after": after.value if isinstance(after, Estimate) else None,
        "reaches": result.reaches_goal,
        "missing": "" if known else result.note,
        "assumptions": result.assumptions,
    }
