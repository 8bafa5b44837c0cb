"""What each country asks for before somebody is contacted, as dated data; safeguards, not legal advice.

A country that is not known, or has no rules here, gets the strictest of all rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time

CHECKED = date(2025, 6, 1)
EVERY = ""  # every channel
AT_ONCE = ("sms", "push", "phone")  # channels that wake people up


@dataclass(frozen=True)
class Rule:
    """One rule of one country.

    Args:
        country: ISO 3166 code.
        channels: it holds for; empty for all.
        name: which setting of `Regime` it gives.
        value: of the setting.
        source: the law or practice.
        checked: when somebody last looked.

    """

    country: str
    channels: Sequence[str]
    name: str
    value: object
    source: str
    checked: date = CHECKED


NIGHT_KOREA = (time(21), time(8))
NIGHT_UNITED_STATES = (time(21), time(8))
TWO_YEARS = 730
ART_398 = "Electronic Communications Law Art. 398"

RULES: tuple[Rule, ...] = (
    Rule("KR", (), "opt_in", True, "Network Act Art. 50(1)"),
    Rule("KR", AT_ONCE, "night", NIGHT_KOREA, "Network Act Art. 50(3)"),
    Rule("KR", (), "consent_days", TWO_YEARS, "Network Act Art. 50(8)"),
    Rule("PL", (), "opt_in", True, f"{ART_398}, since 2024-11-10"),
    Rule("DE", (), "opt_in", True, "UWG § 7"),
    Rule("DE", ("email", "sms"), "double_opt_in", True, "UWG § 7, practice"),
    Rule("GB", (), "opt_in", True, "PECR reg. 22"),
    Rule("GB", ("email", "sms"), "soft_opt_in", True, "PECR reg. 22(3)"),
    Rule("CA", (), "opt_in", True, "CASL s. 6"),
    Rule("CA", (), "implied_days", TWO_YEARS, "CASL s. 10(9)–(10)"),
    Rule("AU", (), "opt_in", True, "Spam Act 2003 s. 16"),
    Rule("JP", (), "opt_in", True, "Specified Electronic Mail Act Art. 3"),
    Rule("US", ("email", "post"), "opt_in", False, "CAN-SPAM"),
    Rule("US", AT_ONCE, "opt_in", True, "TCPA"),
    Rule("US", AT_ONCE, "night", NIGHT_UNITED_STATES, "TCPA, 47 CFR 64.1200(c)(1)"),
)

# where a country's clocks differ, all of them must agree that it is day
ZONES: dict[str, tuple[str, ...]] = {
    "KR": ("Asia/Seoul",),
    "PL": ("Europe/Warsaw",),
    "DE": ("Europe/Berlin",),
    "GB": ("Europe/London",),
    "JP": ("Asia/Tokyo",),
    "CA": ("America/St_Johns", "America/Vancouver"),
    "AU": ("Australia/Sydney", "Australia/Brisbane", "Australia/Perth"),
    "US": ("America/New_York", "America/Los_Angeles", "America/Anchorage", "Pacific/Honolulu"),
}


@dataclass(frozen=True)
class Regime:
    """What holds in one country for one channel.

    Args:
        opt_in: advertising needs a word of consent before.
        double_opt_in: the consent must have been confirmed from the address itself.
        soft_opt_in: an own customer may be told of similar goods, if the person could refuse when giving the address.
        consent_days: after so many days it must be confirmed again.
        implied_days: a purchase implies consent for so many days.
        night: local hours in which the channel is closed without consent for the night.
        source: what the rules stand on.

    """

    opt_in: bool = True
    double_opt_in: bool = False
    soft_opt_in: bool = False
    consent_days: int | None = None
    implied_days: int | None = None
    night: tuple[time, time] | None = None
    source: str = ""


def regime(country: str, channel: str) -> Regime:
    """Return what holds; the strictest of everything where the country is not known here.

    >>> regime("US", "email").opt_in, regime("", "email").opt_in, regime("", "email").double_opt_in
    (False, True, True)
    """
    found = {r.name: r for r in RULES if r.country == country and (not r.channels or channel in r.channels)}
    if not found:
        night = NIGHT_KOREA if channel in AT_ONCE else None
        return Regime(double_opt_in=True, consent_days=TWO_YEARS, night=night, source="the strictest of all countries")
    values = {name: rule.value for name, rule in found.items()}
    return Regime(**values, source="; ".join(dict.fromkeys(rule.source for rule in found.values())))


def zones(country: str, time_zone: str) -> tuple[str, ...]:
    """Return the zones whose clocks must all agree; empty where nobody knows."""
    return (time_zone,) if time_zone else ZONES.get(country, ())
