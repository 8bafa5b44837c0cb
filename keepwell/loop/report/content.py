"""What a report is made of: every part but the business and the period may be left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

from keepwell.loop.allocation import Allocation
from keepwell.loop.lifetime import Lifetime
from keepwell.understand.churn.contractual import ContractualChurn
from keepwell.understand.churn.non_contractual import NonContractualChurn
from keepwell.understand.concentration import ConcentrationSummary
from keepwell.understand.gaps import GapSummary
from keepwell.vocabulary.answer import Answer
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.estimate import NotAvailable
from keepwell.vocabulary.kpi import KpiDefinition, KpiValue
from keepwell.vocabulary.period import Period

HEADLINE_KPIS = (
    "net_revenue",
    "active_customers",
    "new_customers",
    "kept_rate",
    "customer_retention_rate",
    "repeat_purchase_rate",
    "average_order_value",
    "purchase_frequency",
    "new_revenue_share",
)


class ImportedFile(Protocol):
    """One file that was imported: rows in = rows kept + rows refused, reason by reason.

    ``refused`` maps a :class:`~keepwell.vocabulary.refusal.Refusal` (or its text) to a count of rows; ``findings`` are
    sentences such as ``"Encoding: windows-1252."``.
    """

    @property
    def file(self) -> str:
        """Name of the file."""
        ...

    @property
    def importer(self) -> str:
        """Name of the importer."""
        ...

    @property
    def rows_in(self) -> int:
        """Rows in the file."""
        ...

    @property
    def rows_kept(self) -> int:
        """Rows that became facts."""
        ...

    @property
    def refused(self) -> Mapping[str, int]:
        """Rows refused, by reason."""
        ...

    @property
    def findings(self) -> Sequence[str]:
        """What was found out about the file, in sentences."""
        ...


@dataclass(frozen=True)
class ReportContent:
    """Everything that a report shows; tables have the columns that the chart of the same name needs.

    A table may be a pandas frame, an Arrow, Polars or Ibis table, or a list of dataclass instances. ``None`` (or an
    empty table) leaves a section out, and the report says in one line what would fill it.

    ``lifetime`` must be read while the facts it was worked out from are open; it, ``churn`` (the chance of no order)
    and ``contractual`` (subscriptions) may be ``NotAvailable``, and the report then says why.

    ``gaps_summary`` and ``concentration_summary`` may also be ``NotAvailable``; ``rfm_compared`` holds the two dates
    of the migration.
    """

    business: Business
    period: Period
    as_of: date
    answer: Answer | None = None
    plan: Allocation | None = None
    kpis: Sequence[KpiValue] = ()
    definitions: Mapping[str, KpiDefinition] = field(default_factory=dict)
    headline_kpis: Sequence[str] = HEADLINE_KPIS
    trends: Sequence[KpiValue] = ()
    growth: Any = None
    cohorts: Any = None
    rfm: Any = None
    rfm_segments: Any = None
    rfm_migration: Any = None
    rfm_compared: tuple[date, date] | None = None
    revenue: Any = None
    concentration: Any = None
    concentration_summary: ConcentrationSummary | NotAvailable | None = None
    gaps: Any = None
    gaps_summary: GapSummary | NotAvailable | None = None
    channels: Any = None
    recurring: Any = None
    lifetime: Lifetime | NotAvailable | None = None
    churn: NonContractualChurn | NotAvailable | None = None
    contractual: ContractualChurn | NotAvailable | None = None
    funnel: Any = None
    personas: Any = None
    imports: Sequence[ImportedFile] = ()
    assumptions: Sequence[str] = ()
    title: str = ""
