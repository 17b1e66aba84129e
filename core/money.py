"""Money is a currency and a whole number of its minor units; nothing is ever a float."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation

from core.errors import Refusal
from core.refusal_codes import RefusalCode


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


_SIGNS = {"KES": "KSHS?", "TZS": "TSHS?", "UGX": "USHS?", "USD": r"\$", "EUR": "€"}
_NAMES = "|".join([*_SIGNS, *_SIGNS.values(), "SHILLINGS?", "SHILINGI", "SHS?", "BOB"])
_WHOLE = r"\d{1,3}(?:,\d{3})+|\d{1,2}(?: \d{3})+|\d{3}(?: 000)+|\d+"  # "500 600" may be two amounts
_WRITTEN = re.compile(  # nothing is skipped: "-5", ".50" and "1,50" are no amounts
    rf"(?:(?P<before>{_NAMES})[.:]? ?)?"  # KES 500, Ksh.500
    rf"(?P<whole>{_WHOLE})(?P<cents>\.\d{{1,2}})?"  # 1,500 or 2 000.00
    rf" ?(?:/[-=]|(?P<after>{_NAMES}))? ?[.!?#]*",  # 500/=, 500 bob, 500#
    re.ASCII | re.IGNORECASE,
)


def typed(text: str, currency: str | None = None) -> str | None:
    """The decimal text of an amount as people write it, e.g. "1500.50" of "Ksh 1,500.50/="; None if it is none.

    A currency written with it must be `currency`, where that is given.
    """
    found = _WRITTEN.fullmatch(" ".join(text.split()))
    if found is None:
        return None
    names = [name.upper() for name in (found["before"], found["after"]) if name]
    if currency is not None and any(_is_another(name, currency) for name in names):
        return None
    return re.sub("[, ]", "", found["whole"]) + (found["cents"] or "")


def _is_another(name: str, currency: str) -> bool:
    return any(
        re.fullmatch(f"{code}|{sign}", name) for code, sign in _SIGNS.items() if code != currency
    )


def parse(currency: str, text: str) -> Money:
    """Read what a person wrote, "1500" or "1,500.50"; refuses what the currency cannot hold."""
    if currency not in CURRENCIES:
        raise Refusal(RefusalCode.CURRENCY_UNKNOWN, currency=currency)
    exponent = CURRENCIES[currency].exponent
    try:
        minor = Decimal(text.strip().replace(",", "")).scaleb(exponent)
    except InvalidOperation:
        raise Refusal(RefusalCode.AMOUNT_UNREADABLE) from None
    if not minor.is_finite() or minor != minor.to_integral_value() or abs(minor) > 10**15:
        raise Refusal(RefusalCode.AMOUNT_UNREADABLE)
    return Money(currency, int(minor))
