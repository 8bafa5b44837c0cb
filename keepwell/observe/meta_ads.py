"""Meta Ads (Facebook, Instagram) cost reports: the CSV of Ads Manager or Ads Reporting.

Headers are known in English, German, Polish and Korean. The currency stands in the header of the amount ("Amount
spent (EUR)"), else in a "Currency" column, else it is the one given with the import. A row must be one day: either
there is a "Day" column, or reporting starts and ends on the same day; rows over longer spans are refused with the
advice to break the report down by day. The row without campaign and day that sums the others is refused as not used.
Rows are added up to one a day and campaign. Conversions are purchases where the report has them, else results.
"""

from __future__ import annotations

from pathlib import Path

from keepwell.observe.cost_report import Dialect, batches, has_header, open_report
from keepwell.observe.importer import ImportContext, Reading

DIALECT = Dialect(
    names={
        "day": frozenset({"day", "tag", "dzień", "일"}),
        "first_day": frozenset({"reporting starts", "auswertungsbeginn", "보고 시작", "date_start"}),
        "last_day": frozenset({"reporting ends", "auswertungsende", "보고 종료", "date_stop"}),
        "campaign": frozenset({"campaign name", "kampagnenname", "nazwa kampanii", "캠페인 이름", "campaign_name"}),
        "currency": frozenset({"currency", "währung", "waluta", "통화", "account_currency"}),
        "amount": frozenset({"amount spent", "ausgegebener betrag", "wydana kwota", "지출 금액", "spend"}),
        "impressions": frozenset({"impressions", "impressionen", "wyświetlenia", "노출"}),
        "clicks": frozenset(
            {"clicks (all)", "link clicks", "klicks (alle)", "kliknięcia (wszystkie)", "클릭(전체)", "clicks"}
        ),
        "conversions": frozenset({"purchases", "results", "käufe", "ergebnisse", "zakupy", "wyniki", "구매", "결과"}),
        "conversion_value": frozenset(
            {"purchases conversion value", "purchase conversion value", "conversion-wert von käufen", "구매 전환값"}
        ),
    },
    totals=("total", "gesamt", "łącznie", "합계"),
    channel="meta_ads",
)


class MetaAds:
    """Importer of Meta Ads cost reports."""

    name = "meta_ads"
    label = "Meta Ads cost report CSV"

    def recognises(self, path: Path, head: bytes) -> bool:
        """Say whether one of the first lines has Meta's names for day, campaign and amount."""
        return has_header(head, DIALECT, ("campaign",))

    def open(self, path: Path, context: ImportContext) -> Reading:
        """Open the report; raises InputError when it is empty or has no header with a day and an amount."""
        report = open_report(path, DIALECT)
        signature = f"meta_ads:1:{context.channel}:{context.currency}"
        return Reading(report.findings, batches(report, context, context.source or self.name), signature=signature)
