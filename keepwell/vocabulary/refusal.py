"""Why a row was not kept: every reason has a name, is counted, and is explained."""

from __future__ import annotations

from enum import StrEnum


class Refusal(StrEnum):
    """A named reason; rows in = rows kept + rows refused, reason by reason."""

    MISSING_ORDER_ID = "missing_order_id"
    MISSING_CUSTOMER = "missing_customer"
    MISSING_DATE = "missing_date"
    MISSING_AMOUNT = "missing_amount"
    MISSING_VALUE = "missing_value"
    UNREADABLE_DATE = "unreadable_date"
    UNREADABLE_NUMBER = "unreadable_number"
    UNREADABLE_ROW = "unreadable_row"
    UNREADABLE_VALUE = "unreadable_value"
    UNKNOWN_CURRENCY = "unknown_currency"
    IN_THE_FUTURE = "in_the_future"
    TOO_OLD = "too_old"
    NEGATIVE_QUANTITY = "negative_quantity"
    ABSURD_QUANTITY = "absurd_quantity"
    NEGATIVE_PRICE = "negative_price"
    ZERO_PRICE = "zero_price"
    ZERO_AMOUNT = "zero_amount"
    NOT_PAID = "not_paid"
    CANCELLED = "cancelled"
    TEST_ORDER = "test_order"
    ADJUSTMENT = "adjustment"
    NOT_A_SALE = "not_a_sale"
    REPEATED_PERIOD = "repeated_period"
    REPEATED_ROW = "repeated_row"
    ALREADY_KNOWN = "already_known"
    CONFLICTS_WITH_KNOWN = "conflicts_with_known"
    NOT_USED = "not_used"

    @property
    def meaning(self) -> str:
        """One sentence that tells the owner of the file what it means and what to do."""
        return _MEANING[self]


_MEANING: dict[Refusal, str] = {
    Refusal.MISSING_ORDER_ID: "The row names no order.",
    Refusal.MISSING_CUSTOMER: "The row names no customer, so it cannot tell keeping from winning.",
    Refusal.MISSING_DATE: "The row has no date.",
    Refusal.MISSING_AMOUNT: "The row has no amount.",
    Refusal.MISSING_VALUE: "A value that every such row needs is empty.",
    Refusal.UNREADABLE_DATE: "The date cannot be read; name its format in the mapping.",
    Refusal.UNREADABLE_NUMBER: "A number cannot be read; name the decimal sign in the mapping.",
    Refusal.UNREADABLE_ROW: "The row has more or fewer fields than the header, or is not valid JSON.",
    Refusal.UNREADABLE_VALUE: "A value is of another kind than the format allows, such as a list in place of a text.",
    Refusal.UNKNOWN_CURRENCY: "The currency is not a three-letter code.",
    Refusal.IN_THE_FUTURE: "The date lies in the future.",
    Refusal.TOO_OLD: "The date lies before 1990, which is most often a date that was read wrongly.",
    Refusal.NEGATIVE_QUANTITY: "The quantity is below zero and the row is not marked as a refund.",
    Refusal.ABSURD_QUANTITY: "The quantity or the amount is beyond anything a shop sells.",
    Refusal.NEGATIVE_PRICE: "The price is below zero.",
    Refusal.ZERO_PRICE: "The price is zero: a gift, a sample or a stock movement, not a sale.",
    Refusal.ZERO_AMOUNT: "The amount is zero.",
    Refusal.NOT_PAID: "The order was never paid.",
    Refusal.CANCELLED: "The order was cancelled before any money moved.",
    Refusal.TEST_ORDER: "The order is marked as a test.",
    Refusal.ADJUSTMENT: "A bookkeeping adjustment, not an order.",
    Refusal.NOT_A_SALE: "The row is something other than a sale.",
    Refusal.REPEATED_PERIOD: "The same days stand elsewhere in the file.",
    Refusal.REPEATED_ROW: "The same fact stands earlier in the file.",
    Refusal.ALREADY_KNOWN: "An earlier import brought the same fact.",
    Refusal.CONFLICTS_WITH_KNOWN: "An earlier import brought this fact with other contents; undo that import first.",
    Refusal.NOT_USED: "The row is of a kind that this importer does not use.",
}
