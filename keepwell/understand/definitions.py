"""Every KPI's definition in one place: pages, reports and the glossary print from here."""

from __future__ import annotations

from keepwell.understand.channel_kpis import DEFINITIONS_ACQUISITION
from keepwell.understand.definitions_customers import CUSTOMER_DEFINITIONS
from keepwell.understand.definitions_money import MONEY_DEFINITIONS
from keepwell.understand.funnel import DEFINITIONS_FUNNEL
from keepwell.understand.recurring_kpis import DEFINITIONS_RECURRING
from keepwell.vocabulary.kpi import KpiDefinition

ALL_DEFINITIONS: tuple[KpiDefinition, ...] = (
    *CUSTOMER_DEFINITIONS,
    *MONEY_DEFINITIONS,
    *DEFINITIONS_ACQUISITION.values(),
    *DEFINITIONS_FUNNEL.values(),
    *DEFINITIONS_RECURRING.values(),
)
DEFINITIONS: dict[str, KpiDefinition] = {definition.key: definition for definition in ALL_DEFINITIONS}
