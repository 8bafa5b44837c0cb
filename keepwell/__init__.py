"""Keep or win? Where the next unit of money and attention should go, from your own data.

>>> import keepwell as kw
>>> sorted(set(dir(kw)) & {"facts", "kpis", "keep_or_win", "plot"})
['facts', 'keep_or_win', 'kpis', 'plot']
"""

from __future__ import annotations

import importlib
import sys
from importlib.metadata import version
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from keepwell import churn, clv, plot, uplift
    from keepwell.loop.allocating import allocate
    from keepwell.loop.content import report
    from keepwell.loop.library import (
        channels,
        cohorts,
        concentration,
        facts,
        funnel,
        gaps,
        growth,
        keep_or_win,
        kpis,
        migration,
        movements,
        new_and_returning,
        open_folder,
        personas,
        rfm,
        segments,
        trend,
        value_by,
    )
    from keepwell.vocabulary.business import Business
    from keepwell.vocabulary.errors import KeepwellError
    from keepwell.vocabulary.period import Period

__version__ = version("keepwell")

_MODULES = {name: f"keepwell.{name}" for name in ("churn", "clv", "plot", "uplift")}
_PLACES = _MODULES | {
    "allocate": "keepwell.loop.allocating",
    "report": "keepwell.loop.content",
    "Business": "keepwell.vocabulary.business",
    "KeepwellError": "keepwell.vocabulary.errors",
    "Period": "keepwell.vocabulary.period",
}

__all__ = [
    "Business",
    "KeepwellError",
    "Period",
    "allocate",
    "channels",
    "churn",
    "clv",
    "cohorts",
    "concentration",
    "facts",
    "funnel",
    "gaps",
    "growth",
    "keep_or_win",
    "kpis",
    "migration",
    "movements",
    "new_and_returning",
    "open_folder",
    "personas",
    "plot",
    "report",
    "rfm",
    "segments",
    "trend",
    "uplift",
    "value_by",
]


def __getattr__(name: str) -> Any:
    # The engine and pandas take most of a second to load: only what is used is loaded.
    if name not in __all__:
        raise AttributeError(f"module 'keepwell' has no attribute {name!r}")
    module = importlib.import_module(_PLACES.get(name, "keepwell.loop.library"))
    found = module if name in _MODULES else getattr(module, name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return [*__all__, "__version__"]


class _Library(ModuleType):
    """Keeps a folder of the package from hiding the function of the same name: ``channels`` is both."""

    def __setattr__(self, name: str, value: object) -> None:
        if not isinstance(value, ModuleType) or name not in __all__ or name in _MODULES:
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Library
