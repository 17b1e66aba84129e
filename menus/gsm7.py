"""What fits a page: septets, or UCS-2 units in the same octets once a single character is outside GSM-7."""

from __future__ import annotations

import re
import unicodedata

from core.gsm7 import fold, is_gsm7, normalise, septets, units

_ONE_SEPTET_EACH = re.compile(r"[\n !\"#%&'()*+,\-./0-9:;<=>?@A-Z_a-z$]*")


def legible(text: str) -> str:
    """The text in letters that fit GSM-7 where they look alike, without control characters; other scripts stay."""
    if _ONE_SEPTET_EACH.fullmatch(text):  # nearly every page; the rest is ten times slower
        return text
    return fold(
        "".join(letter for letter in normalise(text) if letter == "\n" or not _control(letter))
    )


def fits(text: str, limit: int) -> bool:
    """Whether `text` fits a page of `limit` septets.

    In UCS-2 the same octets hold limit * 7 / 16 units: 70 for the usual 160 septets. That is the floor every source
    agrees on (80 is promised only for a full page of 182), so no network clips it.
    """
    if _ONE_SEPTET_EACH.fullmatch(text):
        return len(text) <= limit
    return septets(text) <= limit if is_gsm7(text) else units(text) <= limit * 7 // 16


def _control(letter: str) -> bool:
    return unicodedata.category(letter) in ("Cc", "Cs", "Co", "Cn", "Zl", "Zp")
