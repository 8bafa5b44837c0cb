"""Google Ads cost reports: the CSV that the report editor or a script downloads.

Headers are known in English, German, Polish and Korean, and as the API names them (``segments.date``,
``metrics.cost_micros``, in millionths of a unit). Two title lines stand above the header and "Total:" rows below; the
file may be UTF-16 with tabs. The currency is that of the "Currency code" column, else the one given with the import.
Rows are added up to one a day and campaign; total rows are refused as not used. The report must have a day column.
"""

from __future__ import annotations

from pathlib import Path

from keepwell.observe.cost_report import Dialect, batches, has_header, open_report
from keepwell.observe.importer import ImportContext, Reading

_IMPRESSIONS = {"impr.", "impressions", "impressionen", "wyśw.", "wyświetlenia", "노출수", "metrics.impressions"}
_VALUE = {"conv. value", "conversion value", "total conv. value", "conv.-wert", "wartość konw.", "wartość konwersji"}
DIALECT = Dialect(
    names={
        "day": frozenset({"day", "tag", "dzień", "일", "segments.date"}),
        "campaign": frozenset({"campaign", "kampagne", "kampania", "캠페인", "campaign.name"}),
        "currency": frozenset(
            {"currency code", "currency", "währungscode", "kod waluty", "통화 코드", "customer.currency_code"}
        ),
        "amount": frozenset({"cost", "kosten", "koszt", "비용"}),
        "micros": frozenset({"cost micros", "cost_micros", "metrics.cost_micros"}),
        "impressions": frozenset(_IMPRESSIONS),
        "clicks": frozenset({"clicks", "klicks", "kliknięcia", "클릭수", "metrics.clicks"}),
        "conversions": frozenset({"conversions", "konwersje", "전환", "전환수", "metrics.conversions"}),
        "conversion_value": frozenset(_VALUE | {"전환 가치", "metrics.conversions_value"}),
    },
    totals=("total:", "total", "gesamt", "łącznie", "suma", "합계", "총계"),
    channel="google_ads",
)


class GoogleAds:
    """Importer of Google Ads cost reports."""

    name = "google_ads"
    label = "Google Ads cost report CSV"

    def recognises(self, path: Path, head: bytes) -> bool:
        """Say whether one of the first lines has Google's names for day, campaign, clicks and cost."""
        return has_header(head, DIALECT, ("day", "campaign", "clicks"))

    def open(self, path: Path, context: ImportContext) -> Reading:
        """Open the report; raises InputError when it is empty or has no header with a day and a cost."""
        report = open_report(path, DIALECT)
        signature = f"google_ads:1:{context.channel}:{context.currency}"
        return Reading(report.findings, batches(report, context, context.source or self.name), signature=signature)
