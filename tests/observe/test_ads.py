"""Cost reports as Google Ads and Meta Ads export them."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from keepwell.observe.google_ads import GoogleAds
from keepwell.observe.importer import ImportContext, Importer
from keepwell.observe.meta_ads import MetaAds
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.errors import InputError

CONTEXT = ImportContext(Business(currency="EUR", time_zone="Europe/Warsaw"), b"k", datetime(2025, 1, 1, tzinfo=UTC))
GOOGLE = """Campaign report
"January 1, 2024 - January 2, 2024"
Day,Campaign,Currency code,Cost,Impr.,Clicks,Conversions,Conv. value
2024-01-01,Brand,GBP,"1,234.50","10,000",120,3.50,99.90
2024-01-01,Brand,GBP,0.50,5,1,0.00,0.00
2024-01-02,Shoes,GBP,7.25,300,4,0.00,0.00
Total: Account, --, --,"1,242.25","10,305",125,3.50,99.90
"""
META = """Campaign name,Day,Amount spent (EUR),Impressions,Link clicks,Purchases,Purchases conversion value
,,112.40,2500,31,4,180.00
Spring,2024-03-01,100.15,2000,25,3,150.00
Spring,2024-03-02,12.25,500,6,1,30.00
"""


def outcome(
    importer: Importer, path: Path, context: ImportContext = CONTEXT
) -> tuple[list[dict[str, Any]], Counter[str]]:
    spend: list[dict[str, Any]] = []
    refused: Counter[str] = Counter()
    for batch in importer.open(path, context).batches:
        refused.update(batch.refused["reason"].to_pylist())
        refused["rows"] += batch.rows_in
        if "spend" in batch.tables:
            spend.extend(batch.tables["spend"].to_pylist())
    return spend, refused


def written(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "report.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_google_report_comes_row_by_row(tmp_path: Path) -> None:
    spend, _ = outcome(GoogleAds(), written(tmp_path, GOOGLE))
    found = [(row["spent_on"], row["campaign"], row["amount"], row["clicks"]) for row in spend]
    assert found == [
        (date(2024, 1, 1), "Brand", Decimal("1234.5000"), 120),
        (date(2024, 1, 1), "Brand", Decimal("0.5000"), 1),
        (date(2024, 1, 2), "Shoes", Decimal("7.2500"), 4),
    ]


def test_google_total_row_is_refused_as_not_used(tmp_path: Path) -> None:
    _, refused = outcome(GoogleAds(), written(tmp_path, GOOGLE))
    assert refused == {"rows": 4, "not_used": 1}


def test_google_currency_column_wins(tmp_path: Path) -> None:
    spend, _ = outcome(GoogleAds(), written(tmp_path, GOOGLE))
    assert {row["currency"] for row in spend} == {"GBP"}


def test_title_lines_are_said(tmp_path: Path) -> None:
    findings = GoogleAds().open(written(tmp_path, GOOGLE), CONTEXT).findings
    assert "2 title lines above the header were passed over." in findings


def test_utf16_with_tabs_reads_like_utf8_with_commas(tmp_path: Path) -> None:
    text = GOOGLE.replace('"1,234.50"', "1234.50").replace('"10,000"', "10000").replace('"1,242.25"', "1242.25")
    text = text.replace('"10,305"', "10305").replace(",", "\t")
    spend, _ = outcome(GoogleAds(), written(tmp_path, "\ufeff" + text, "utf-16-le"))
    assert sum(row["amount"] for row in spend) == Decimal("1242.25")


def test_cost_in_micros_is_exact(tmp_path: Path) -> None:
    text = "segments.date,campaign.name,metrics.cost_micros,metrics.clicks\n2024-01-01,Brand,1234567,3\n"
    spend, _ = outcome(GoogleAds(), written(tmp_path, text))
    assert spend[0]["amount"] == Decimal("1.2346")


LOCALISED = {
    "de": "Tag;Kampagne;Währungscode;Kosten;Impr.;Klicks\n31.01.2024;Schuhe;EUR;1.234,56;9.000;12\n"
    "Gesamt; --; --;1.234,56;9.000;12\n",
    "pl": "Dzień;Kampania;Kod waluty;Koszt;Wyśw.;Kliknięcia\n2024-01-31;Buty;EUR;1234,56;9000;12\n",
    "ko": '일,캠페인,통화 코드,비용,노출수,클릭수\n2024-01-31,신발,EUR,"1,234.56","9,000",12\n',
}


@pytest.mark.parametrize("language", LOCALISED)
def test_localised_google_headers_and_numbers_read_the_same(language: str, tmp_path: Path) -> None:
    spend, _ = outcome(GoogleAds(), written(tmp_path, LOCALISED[language]))
    found = [(row["spent_on"], row["amount"], row["impressions"], row["clicks"]) for row in spend]
    assert found == [(date(2024, 1, 31), Decimal("1234.5600"), 9000, 12)]


@pytest.mark.parametrize("language", LOCALISED)
def test_localised_google_header_is_recognised(language: str, tmp_path: Path) -> None:
    path = written(tmp_path, LOCALISED[language])
    assert GoogleAds().recognises(path, path.read_bytes())


META_LOCALISED = {
    "de": "Kampagnenname;Tag;Ausgegebener Betrag (PLN);Impressionen\nHerbst;01.10.2024;12,50;100\n",
    "pl": "Nazwa kampanii,Dzień,Wydana kwota (PLN),Wyświetlenia\nHerbst,2024-10-01,12.50,100\n",
    "ko": "캠페인 이름,일,지출 금액 (PLN),노출\nHerbst,2024-10-01,12.50,100\n",
}


@pytest.mark.parametrize("language", META_LOCALISED)
def test_localised_meta_headers_give_amount_and_currency(language: str, tmp_path: Path) -> None:
    path = written(tmp_path, META_LOCALISED[language])
    assert MetaAds().recognises(path, path.read_bytes())
    spend, _ = outcome(MetaAds(), path)
    assert [(row["spent_on"], row["amount"], row["currency"], row["impressions"]) for row in spend] == [
        (date(2024, 10, 1), Decimal("12.5000"), "PLN", 100)
    ]


def test_meta_summary_row_is_not_counted_twice(tmp_path: Path) -> None:
    spend, refused = outcome(MetaAds(), written(tmp_path, META))
    assert (sum(row["amount"] for row in spend), refused["not_used"]) == (Decimal("112.40"), 1)


def test_meta_row_over_several_days_is_refused(tmp_path: Path) -> None:
    text = "Campaign name,Reporting starts,Reporting ends,Amount spent (EUR)\n"
    text += "A,2024-03-01,2024-03-31,50.00\nA,2024-04-01,2024-04-01,7.00\n"
    spend, refused = outcome(MetaAds(), written(tmp_path, text))
    assert ([row["amount"] for row in spend], refused["missing_date"]) == ([Decimal("7.0000")], 1)


def test_campaign_named_total_is_not_a_total_row(tmp_path: Path) -> None:
    text = "Campaign,Day,Cost,Clicks\nTotal Recall,2024-01-01,5.00,1\n"
    spend, _ = outcome(GoogleAds(), written(tmp_path, text))
    assert [row["campaign"] for row in spend] == ["Total Recall"]


BAD = {
    "a day in the future": ("2027-01-01,A,5.00,1", "in_the_future"),
    "an unreadable day": ("soon,A,5.00,1", "unreadable_date"),
    "no day": (",A,5.00,1", "missing_date"),
    "no cost": ("2024-01-01,A,,1", "missing_amount"),
    "an unreadable cost": ("2024-01-01,A,five,1", "unreadable_number"),
    "a negative cost": ("2024-01-01,A,-5.00,1", "negative_price"),
    "an absurd cost": ("2024-01-01,A,5000000000000000,1", "absurd_quantity"),
    "too few fields": ("2024-01-01,A", "unreadable_row"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_row_is_refused_by_name(case: str, tmp_path: Path) -> None:
    line, reason = BAD[case]
    path = written(tmp_path, f"Day,Campaign,Cost,Clicks\n2024-01-01,A,1.00,1\n2024-01-02,A,2.50,1\n{line}\n")
    _, refused = outcome(GoogleAds(), path)
    assert refused == {"rows": 3, reason: 1}


def test_report_without_a_cost_column_says_what_to_do(tmp_path: Path) -> None:
    path = written(tmp_path, "Day,Campaign,Clicks\n2024-01-01,A,1\n")
    with pytest.raises(InputError, match="Download the report by day"):
        GoogleAds().open(path, CONTEXT)
