"""Phone numbers, references and times in the forms the two providers write them."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import UTC, datetime, timedelta, timezone

NAIROBI = timezone(timedelta(hours=3))  # Kenya knows no daylight saving
_MSISDN = re.compile(r"254[17]\d{8}")
_RECEIPT = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"


def msisdn(text: str) -> str | None:
    """`254711000111` from any usual way to write a Kenyan mobile number, else None."""
    digits = re.sub(r"[\s-]", "", text)
    digits = digits.removeprefix("+")
    if re.fullmatch(r"0[17]\d{8}", digits):
        digits = "254" + digits[1:]
    return digits if _MSISDN.fullmatch(digits) else None


def masked(number: str) -> str:
    """As C2B version 2 shows the payer: `2547 ***** 126`."""
    return f"{number[:4]} ***** {number[-3:]}"


def hashed(number: str) -> str:
    """As C2B version 1 tells the payer: a SHA-256 digest."""
    return hashlib.sha256(number.encode()).hexdigest()


def receipt() -> str:
    """An M-PESA receipt number: ten capital letters and digits."""
    return "".join(secrets.choice(_RECEIPT) for _ in range(10))


def hex_id(prefix: str) -> str:
    return prefix + secrets.token_hex(16)


def digits(count: int) -> str:
    return "".join(secrets.choice("0123456789") for _ in range(count))


def now() -> datetime:
    return datetime.now(UTC)


def iso() -> str:
    """Now, as the sandbox's own JSON writes it."""
    return now().isoformat(timespec="milliseconds").replace("+00:00", "Z")


def compact(at: float | None = None) -> str:
    """`20261121102408`, Nairobi time: STK, C2B and status."""
    return _nairobi(at).strftime("%Y%m%d%H%M%S")


def dotted(at: float | None = None) -> str:
    """`21.11.2026 10:24:08`, Nairobi time: B2C."""
    return _nairobi(at).strftime("%d.%m.%Y %H:%M:%S")


def spaced() -> str:
    """`2026-11-21 07:24:08`, UTC: Africa's Talking."""
    return now().strftime("%Y-%m-%d %H:%M:%S")


def _nairobi(at: float | None) -> datetime:
    return now().astimezone(NAIROBI) if at is None else datetime.fromtimestamp(at, NAIROBI)
