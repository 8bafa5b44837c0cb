"""What an order's money is made of, and how a refund is taken from it."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from decimal import Decimal

from keepwell.observe.json_fields import ZERO

REMEMBERED_ORDERS = 50_000  # about 25 MB; a refund of an order further back in the file counts as goods


@dataclass(slots=True)
class OrderParts:
    """Money of one order that is not refunded yet."""

    items: Decimal
    shipping: Decimal = ZERO
    other: Decimal = ZERO
    tax: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        """What is left to refund."""
        return self.items + self.shipping + self.other + self.tax

    def take(self, amount: Decimal) -> OrderParts:
        """Take a refund that does not say what it is for: goods first, then shipping, tax and fees.

        What exceeds the order counts as ``other``, so that no money is lost.

        >>> OrderParts(Decimal(10), Decimal(4), tax=Decimal(2)).take(Decimal(12))
        OrderParts(items=Decimal('10'), shipping=Decimal('2'), other=Decimal('0'), tax=Decimal('0'))
        """
        items = min(amount, max(self.items, ZERO))
        shipping = min(amount - items, max(self.shipping, ZERO))
        tax = min(amount - items - shipping, max(self.tax, ZERO))
        taken = OrderParts(items, shipping, amount - items - shipping - tax, tax)
        self.items -= taken.items
        self.shipping -= taken.shipping
        self.tax -= taken.tax
        self.other -= taken.other
        return taken

    def as_row(self) -> dict[str, Decimal]:
        """Return the four columns of the refunds table."""
        return {"items": self.items, "shipping": self.shipping, "other": self.other, "tax": self.tax}


class RecentOrders:
    """The money of the last orders of a file, for refunds that come as records of their own.

    >>> recent = RecentOrders()
    >>> recent.remember("1001", OrderParts(Decimal(5)))
    >>> recent.of("1001").total, recent.of("1002")
    (Decimal('5'), None)
    """

    def __init__(self, most: int = REMEMBERED_ORDERS) -> None:
        self._most = most
        self._parts: OrderedDict[str, OrderParts] = OrderedDict()

    def remember(self, order_id: str, parts: OrderParts) -> None:
        """Keep an order's money; the oldest order is forgotten when there are too many."""
        self._parts[order_id] = parts
        if len(self._parts) > self._most:
            self._parts.popitem(last=False)

    def of(self, order_id: str) -> OrderParts | None:
        """Return what is left of an order, or ``None`` when it is not among the last."""
        return self._parts.get(order_id)
