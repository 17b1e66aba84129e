"""The loan code a person types at the pay-bill prompt: L, a number, and a letter that catches typing errors.

The letter is a weighted sum modulo 23, a prime: one wrong digit, or two digits swapped, never gives the same letter.
I, L and O are not used, because they are read as digits.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ"
_LOOKALIKES = str.maketrans({"O": "0", "I": "1", "L": "1"})
_DIGITS = (5, 9)  # how short and how long the number of a code may be


def make(number: int) -> str:
    """The code of a number, e.g. 1042 gives "L1042T"."""
    digits = str(number)
    return f"L{digits}{_letter(digits)}"


def parse(text: str) -> str | None:
    """The code a person meant, whatever case, spaces and dashes she typed; None if the letter does not fit."""
    typed = "".join(
        character for character in text.upper() if character.isalnum() and character.isascii()
    )
    body = typed.removeprefix("L")
    digits, letter = body[:-1].translate(_LOOKALIKES), body[-1:]
    if not digits.isdecimal() or len(digits) > _DIGITS[1] or _letter(digits) != letter:
        return None
    return f"L{digits}{letter}"


def fresh(taken: Callable[[str], bool]) -> str:
    """A code nobody has yet: random, so that a mistyped one is nobody's and the number of loans stays private."""
    for length in range(_DIGITS[0], _DIGITS[1] + 1):
        for _ in range(5):
            code = make(10 ** (length - 1) + secrets.randbelow(9 * 10 ** (length - 1)))
            if not taken(code):
                return code
    raise AssertionError("no loan code is left")


def _letter(digits: str) -> str:
    return LETTERS[sum(k * int(digit) for k, digit in enumerate(reversed(digits), start=2)) % 23]
