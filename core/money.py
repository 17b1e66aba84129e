"""Money is a currency and a whole number of its minor units; nothing is ever a float."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation

from core.errors import Refusal


@dataclass(frozen=True, slots=True)
class Currency:
    """What one needs to know of a currency: ISO 4217 exponent, and the smallest amount its rails pay."""

    code: str
    exponent: int
    step: int  # minor units; M-PESA pays whole shillings only


CURRENCIES = {
    currency.code: currency
    for currency in (
        Currency("KES", 2, 100),
        Currency("TZS", 2, 100),
        Currency("UGX", 0, 1),
        Currency("USD", 2, 1),
        Currency("EUR", 2, 1),
    )
}


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units of one currency, e.g. Money("KES", 150_000) = KES 1,500."""

    currency: str
    minor: int

    def __post_init__(self) -> None:
        assert type(self.minor) is int, self.minor

    def __str__(self) -> str:
        exponent = CURRENCIES[self.currency].exponent
        whole, rest = divmod(abs(self.minor), 10**exponent)
        cents = f".{rest:0{exponent}d}" if rest else ""
        return f"{self.currency} {'-' if self.minor < 0 else ''}{whole:,}{cents}"

    def __add__(self, other: Money) -> Money:
        return Money(self.currency, self.minor + self._same(other))

    def __sub__(self, other: Money) -> Money:
        return Money(self.currency, self.minor - self._same(other))

    def __neg__(self) -> Money:
        return Money(self.currency, -self.minor)

    def __bool__(self) -> bool:
        return self.minor != 0

    def __lt__(self, other: Money) -> bool:
        return self.minor < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.minor <= self._same(other)

    def _same(self, other: Money) -> int:
        assert self.currency == other.currency, (self, other)
        return other.minor

    @property
    def plain(self) -> str:
        """The amount as decimal text without currency or separators, e.g. "1500" or "1500.50"."""
        exponent = CURRENCIES[self.currency].exponent
        value = Decimal(self.minor).scaleb(-exponent)
        return f"{value:f}" if self.minor % 10**exponent else f"{int(value)}"

    def share(self, parts: int) -> list[Money]:
        """Split into equal parts; the first ones take what does not divide, so that nothing is lost."""
        each, rest = divmod(self.minor, parts)
        return [Money(self.currency, each + (1 if k < rest else 0)) for k in range(parts)]


def round_to(value: Decimal, step: int = 1) -> int:
    """The multiple of `step` nearest to `value`, half to even."""
    return int((value / step).to_integral_value(ROUND_HALF_EVEN)) * step


def parse(currency: str, text: str) -> Money:
    """Read what a person wrote, "1500" or "1,500.50"; refuses what the currency cannot hold."""
    if currency not in CURRENCIES:
        raise Refusal("currency_unknown", currency=currency)
    exponent = CURRENCIES[currency].exponent
    try:
        minor = Decimal(text.strip().replace(",", "")).scaleb(exponent)
    except InvalidOperation:
        raise Refusal("amount_unreadable") from None
    if not minor.is_finite() or minor != minor.to_integral_value() or abs(minor) > 10**15:
        raise Refusal("amount_unreadable")
    return Money(currency, int(minor))
