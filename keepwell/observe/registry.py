"""Every importer there is, and which one reads a file."""

from __future__ import annotations

from pathlib import Path

from keepwell.observe.ga4 import Ga4
from keepwell.observe.google_ads import GoogleAds
from keepwell.observe.importer import Importer
from keepwell.observe.json_records import HEAD_BYTES
from keepwell.observe.meta_ads import MetaAds
from keepwell.observe.regular_file import check_regular, file_name
from keepwell.observe.segment import Segment
from keepwell.observe.shopify import Shopify
from keepwell.observe.shopify_json import ShopifyJson
from keepwell.observe.stripe import StripeCharges
from keepwell.observe.stripe_subscriptions import StripeSubscriptions
from keepwell.observe.tabular import Tabular
from keepwell.observe.woocommerce import WooCommerce
from keepwell.vocabulary.errors import InputError

# In the order in which they are asked: platforms by their own marks, then any table.
IMPORTERS: tuple[Importer, ...] = (
    Shopify(),
    WooCommerce(),
    ShopifyJson(),
    StripeCharges(),
    StripeSubscriptions(),
    Segment(),
    Ga4(),
    GoogleAds(),
    MetaAds(),
    Tabular(),
)


def by_name(name: str) -> Importer:
    """Return the importer of that name.

    Raises:
        InputError: there is none.

    >>> by_name("shopify").label
    'Shopify orders CSV'

    """
    for importer in IMPORTERS:
        if importer.name == name:
            return importer
    raise InputError("importer.unknown", f"There is no importer {name!r}.", value=name, advice=_choose())


def recognise(path: Path) -> Importer:
    """Return the first importer that knows the file by its name and first 64 KiB.

    Raises:
        InputError: the file is missing, a folder, a pipe, empty, or of no format that is known.

    """
    check_regular(path)
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError as error:
        message = f"The file cannot be opened ({error.strerror or error})."
        raise InputError(
            "file.unreadable", message, where=file_name(path), advice="Check its name and rights."
        ) from error
    if not head:
        raise InputError("file.empty", "The file is empty.", where=file_name(path), advice="Export it again.")
    for importer in IMPORTERS:
        if importer.recognises(path, head):
            return importer
    raise InputError("file.unknown", "The format of the file is not known.", where=file_name(path), advice=_choose())


def _choose() -> str:
    return f"Name the importer: {', '.join(importer.name for importer in IMPORTERS)}."
