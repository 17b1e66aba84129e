"""Which PINs are allowed: six digits that are not among the few everybody tries first."""

from __future__ import annotations

from datetime import date
from itertools import pairwise, permutations

from config.limits import PIN_DIGITS
from core.errors import Refusal
from core.refusal_codes import RefusalCode

# Shapes on the keypad and favourites that no rule below catches.
COMMON = frozenset([
    "147258", "258369", "147369", "147852", "258147", "369258", "159357", "357159", "159753", "123654",
    "321654", "456123", "789456", "102030", "010203", "246810", "135790", "142536", "112358", "314159",
    "271828", "520131", "123098", "007700", "908070", "987789", "741852", "852963", "963852",
])  # fmt: skip
_FEW = 2  # as many different digits are too easy


def check_format(pin: str) -> None:
    """Refuse `pin_format` for anything but the right number of plain digits."""
    if len(pin) != PIN_DIGITS or not pin.isascii() or not pin.isdecimal():
        raise Refusal(RefusalCode.PIN_FORMAT)


def check_pin_allowed(pin: str, *, phone: str, birth_date: date | None) -> None:
    """Refuse `pin_format`, or `pin_weak` for a PIN that somebody who knows a little would guess."""
    check_format(pin)
    weak = _is_pattern(pin) or _looks_like_month(pin) or _is_of_phone(pin, phone)
    if weak or (birth_date is not None and pin in birth_pins(birth_date)):
        raise Refusal(RefusalCode.PIN_WEAK)


def birth_pins(day: date) -> set[str]:
    """Every way to type a birth date into six digits."""
    year, month, dom = f"{day.year}", f"{day.month:02}", f"{day.day:02}"
    parts = [
        set(permutations(group)) for group in ((year[2:], month, dom), (year, month), (year, dom))
    ]
    return {"".join(order) for orders in parts for order in orders}


def _is_pattern(pin: str) -> bool:
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(pin)}
    even = steps <= {1} or steps <= {9}  # 345678, 890123, 987654
    periodic = any(pin == pin[:n] * (len(pin) // n) for n in (1, 2, 3))  # 121212, 123123
    paired = pin[::2] == pin[1::2]  # 112233
    mirrored = pin == pin[::-1]  # 123321
    return even or periodic or paired or mirrored or len(set(pin)) <= _FEW or pin in COMMON


def _looks_like_month(pin: str) -> bool:
    """Whether it reads as a month of the last hundred years, e.g. 198704 or 041987: the usual birth date."""
    for year, month in ((pin[:4], pin[4:]), (pin[2:], pin[:2])):
        if "1930" <= year <= "2029" and "01" <= month <= "12":
            return True
    return False


def _is_of_phone(pin: str, phone: str) -> bool:
    digits = "".join(filter(str.isdecimal, phone))
    return pin in digits or (pin.startswith("0") and pin[1:] in digits)  # 0712… is +254712…
