"""What a text costs on the air: GSM 03.38 septets, or UCS-2 if one character is not in the table.

One curly quotation mark more than doubles the price of a text, so look-alikes are made plain first.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("^{}\\[~]|€\f")  # an escape before each: two septets
_TABLE = BASIC | EXTENDED

SINGLE_SEPTETS, PART_SEPTETS = 160, 153  # the header that joins the parts costs seven septets
SINGLE_UCS2, PART_UCS2 = 70, 67

_PLAIN = str.maketrans(
    dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u00b4\u02bc`", "'")
    | dict.fromkeys("\u201c\u201d\u201e\u2033\u00ab\u00bb", '"')
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-")
    | dict.fromkeys("\u2022\u00b7\u25cf\u25aa\u2023", "-")
    | dict.fromkeys("\u00a0\u2002\u2003\u2007\u2009\u202f\t", " ")
    | dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u00ad", "")
    | {"\u2026": "...", "\u20a6": "NGN", "\u00d7": "x"}
)


def normalise(text: str) -> str:
    """The same text with look-alikes made plain: quotes, dashes, dots, bullets, spaces."""
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n")).translate(_PLAIN)


def fold(text: str) -> str:
    """The text without the accents GSM-7 has no room for: Wanjikũ becomes Wanjiku; è and ñ stay."""
    if is_gsm7(text):
        return text
    return "".join(letter if is_gsm7(letter) else _base(letter) for letter in text)


def is_gsm7(text: str) -> bool:
    """Whether every character is in the GSM 03.38 table, so that the text travels as septets."""
    return _TABLE.issuperset(text)


def septets(text: str) -> int:
    """The length of a GSM-7 text; characters of the extension table count two."""
    assert is_gsm7(text), "this text travels as UCS-2"
    return len(text) + sum(map(text.count, EXTENDED))


def units(text: str) -> int:
    """The length on the air: septets, or UTF-16 units where the text is not GSM-7."""
    return septets(text) if is_gsm7(text) else len(text.encode("utf-16-be")) // 2


def sms_parts(text: str) -> int:
    """How many messages the text is sent (and paid) as."""
    single, part = (SINGLE_SEPTETS, PART_SEPTETS) if is_gsm7(text) else (SINGLE_UCS2, PART_UCS2)
    if units(text) <= single:
        return 1
    return _pack((units(letter) for letter in text), part)


def _pack(sizes: Iterable[int], room: int) -> int:
    """Parts needed when no character may be torn across two of them."""
    parts, used = 1, 0
    for size in sizes:
        if used + size > room:
            parts, used = parts + 1, 0
        used += size
    return parts


def _base(letter: str) -> str:
    plain = unicodedata.normalize("NFD", letter)[0]
    return plain if plain in BASIC else letter
