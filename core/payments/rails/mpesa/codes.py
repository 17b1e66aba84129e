"""M-PESA's codes in our words. What is not listed here proves nothing.

Safaricom reuses numbers: the same code may mean one thing of a prompt (STK) and another of a payout (B2C).
"""

from __future__ import annotations

from typing import Any

from core.payments.models import Method
from core.payments.rail import Answer, Verdict

_FAILED = {  # final, whoever started it
    "2": "outside_limits",
    "3": "outside_limits",
    "4": "limit_reached",
    "8": "limit_reached",
    "11": "configuration",
    "2006": "configuration",
    "21": "configuration",
    "2028": "configuration",
    "1019": "timeout",
    "1032": "cancelled",
    "1037": "timeout",
    "2040": "not_registered",
    "SFC_IC0003": "not_registered",
}
_FAILED_PUSH = {
    "1": "insufficient_funds", "2001": "wrong_pin", "8006": "payer_locked",
    "SFC_IC0003": "configuration",  # "the operator does not exist" is our own number, wrongly written
}  # fmt: skip
_FAILED_PAYOUT = {"2001": "configuration", "8006": "credential_locked"}
_LATER = {
    "17": "rule_limited",
    "26": "busy",
    "1001": "subscriber_locked",
    "1025": "prompt_not_sent",
    "9999": "prompt_not_sent",
}

_REFUSED = {  # the gateway read the request and did not take it
    "400.002.02", "400.002.05", "400.003.02", "404.001.01", "404.002.01", "404.003.01",
    "404.001.04", "405.001", "400.008.01", "400.008.02",
}  # fmt: skip
TOKEN_REFUSED = {"400.003.01", "401.001", "401.002.01", "401.003.01", "404.001.03"}
_BUSY = {"500.003.02", "500.003.03", "429"}
_TEXTS = (  # codes with several meanings: only the text tells them apart
    ("500.001.1001", "unable to lock subscriber", Verdict.LATER, "subscriber_locked"),
    ("500.001.1001", "merchant does not exist", Verdict.FAILED, "configuration"),
    ("500.001.1001", "wrong credentials", Verdict.FAILED, "configuration"),
    ("500.002.1001", "duplicate", Verdict.PENDING, "duplicate"),
)
_NO_WORD_OF_THE_PAYMENT = {
    "0",
    "18",
    "20",
    "21",
    "26",
    "2001",
    "2028",
    "8006",
}  # our question was refused


def plain(code: Any) -> str:
    """A code as text: 0, "0" and "00000000" are all "0"."""
    text = "" if isinstance(code, bool) or not isinstance(code, str | int) else str(code).strip()
    return "0" if text and not text.strip("0") else text


def outcome(code: str, method: Method) -> Answer:
    """What a final ResultCode says of a prompt or a payout."""
    if code == "0":
        return Answer(Verdict.PAID)
    if method is Method.PAYOUT and code == "1":
        return Answer(Verdict.LATER, code="float_empty")
    own = _FAILED_PUSH if method is Method.PUSH else _FAILED_PAYOUT
    if word := own.get(code) or _FAILED.get(code):
        return Answer(Verdict.FAILED, code=word)
    if word := _LATER.get(code):
        return Answer(Verdict.LATER, code=word)
    return Answer(Verdict.PENDING, code=f"code_{code}"[:40])


def refusal(code: str, text: str) -> Answer:
    """What an error of the gateway says of a request just made; whatever is not listed is not known."""
    if code in _REFUSED:
        return Answer(Verdict.FAILED, code="configuration")
    if code in TOKEN_REFUSED:
        return Answer(Verdict.NOT_SENT, code="configuration")
    if code in _BUSY:
        return Answer(Verdict.LATER, code="busy")
    for known, words, verdict, word in _TEXTS:
        if code == known and words in text.lower():
            return Answer(verdict, code=word)
    return Answer(Verdict.PENDING, code="unclear")


def nothing_found(code: str) -> Answer:
    """What a status query says that shows no transaction: it is missing, or our question was refused."""
    if code in _NO_WORD_OF_THE_PAYMENT or code.startswith("1000000"):
        return Answer(Verdict.PENDING, code="question_refused")
    return Answer(Verdict.MISSING)


def status(text: str) -> Verdict:
    """The state of a transaction in M-PESA's words."""
    return _STATUS.get(text.strip().lower(), Verdict.PENDING)


_STATUS = {
    "completed": Verdict.PAID,
    "cancelled": Verdict.FAILED,
    "canceled": Verdict.FAILED,
    "declined": Verdict.FAILED,
    "expired": Verdict.FAILED,
    "reversed": Verdict.REVERSED,
}
