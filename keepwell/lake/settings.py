"""The business settings and the identity key, kept in the data folder."""

from __future__ import annotations

import json
import os
import re
import secrets
import tomllib
from decimal import Decimal, InvalidOperation
from pathlib import Path

from keepwell.lake.durable import write_text
from keepwell.lake.paths import Paths
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.errors import InputError, LakeError

FIELDS = ("name", "currency", "time_zone", "margin_rate", "discount_rate")
KEY = re.compile(r"[0-9a-fA-F]{64}")


def read_business(paths: Paths) -> Business | None:
    """Return the saved settings; ``None`` when nothing was saved yet.

    Raises:
        InputError: the file cannot be read, or a setting in it is unknown or out of range.

    """
    if not paths.business.exists():
        return None
    try:
        saved = tomllib.loads(paths.business.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(
            "setting.file", f"The settings cannot be read: {error}.", where=str(paths.business), advice="Mend the file."
        ) from error
    if not saved:
        return None
    unknown = sorted(set(saved) - {*FIELDS, "rates"})
    if unknown:
        raise InputError(
            "setting.unknown",
            f"There is no setting {', '.join(unknown)}.",
            where=str(paths.business),
            advice=f"Use {', '.join((*FIELDS, 'rates'))}.",
        )
    rates = _rates(saved.pop("rates", {}), paths)
    try:
        return Business(**saved, rates=rates, margin_is_assumed="margin_rate" not in saved)
    except InputError as error:
        raise InputError(
            error.code, error.message, where=str(paths.business), value=error.value, advice=error.advice
        ) from error


def _rates(saved: object, paths: Paths) -> dict[str, Decimal]:
    advice = 'Write them below [rates], one a line: EUR = "0.86".'
    if not isinstance(saved, dict):
        message = "The setting rates is not a table of rates."
        raise InputError("setting.rates", message, where=str(paths.business), value=saved, advice=advice)
    rates = {}
    for code, rate in saved.items():
        try:
            rates[code] = Decimal(str(rate))
        except InvalidOperation as error:
            message = f"The rate of {code} cannot be {rate!r}."
            raise InputError("setting.rates", message, where=str(paths.business), value=rate, advice=advice) from error
    return rates


def save_business(paths: Paths, business: Business) -> None:
    """Save the settings so that a reader sees the old ones or the new ones."""
    lines = ["# What gives the facts their meaning; see docs/reference/settings.md"]
    for name in FIELDS:
        if name == "margin_rate" and business.margin_is_assumed:
            continue
        lines.append(f"{name} = {json.dumps(getattr(business, name), ensure_ascii=False)}")
    if business.rates:
        lines += ["", f"[rates]  # {business.currency} for one unit of each currency"]
        lines += [f'{code} = "{rate}"' for code, rate in sorted(business.rates.items())]
    write_text(paths.business, "\n".join(lines) + "\n")


def identity_key(paths: Paths) -> bytes:
    """Return the key that makes ids opaque, making it at the first call."""
    path: Path = paths.identity_key
    if not path.exists():
        mine = path.with_name(f".identity.{secrets.token_hex(8)}")
        write_text(mine, secrets.token_hex(32) + "\n", mode=0o600)
        try:
            os.link(mine, path)  # unlike a rename, never replaces a key that another process has just made
        except FileExistsError:
            pass
        finally:
            mine.unlink()
    written = path.read_text(encoding="ascii", errors="replace").strip()
    if not KEY.fullmatch(written):
        raise lost_key(paths, "The identity key is not 64 hexadecimal digits.")
    return bytes.fromhex(written)


def lost_key(paths: Paths, what: str) -> LakeError:
    """Return the error for a key that is damaged or gone: with another one nobody would be recognised again."""
    return LakeError(
        "identity.key",
        what,
        where=str(paths.identity_key),
        advice="Restore it from a backup. If it is lost, import every file again into a new folder with --data: "
        "without it, customers known by e-mail, telephone or name cannot be recognised.",
    )
