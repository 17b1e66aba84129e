"""What a person texts to us, understood: six commands in two languages, forgiving of everything else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from core import gsm7


class Command(StrEnum):
    """What can be asked for by text."""

    BALANCE = "balance"
    PAY = "pay"
    STOP = "stop"
    START = "start"
    HELP = "help"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Request:
    """A command, the amount written after it, and the language it was written in (if it tells)."""

    command: Command
    amount: str | None = None
    language: str | None = None
    understood: bool = True


WORDS = {
    "en": {
        Command.BALANCE: ("BAL", "BALANCE"),
        Command.PAY: ("PAY", "REPAY"),
        Command.STOP: ("STOP", "UNSUBSCRIBE", "CANCEL"),
        Command.START: ("START",),
        Command.HELP: ("HELP", "INFO"),
        Command.NO: ("NO",),
    },
    "sw": {
        Command.BALANCE: ("SALIO", "DENI"),
        Command.PAY: ("LIPA",),
        Command.STOP: ("ACHA", "SIMAMISHA", "SITISHA", "KOMESHA"),
        Command.START: ("ANZA",),
        Command.HELP: ("MSAADA", "SAIDIA"),
        Command.NO: ("HAPANA",),
    },
}
_MEANING = {
    word: (command, language)
    for language, commands in WORDS.items()
    for command, spellings in commands.items()
    for word in spellings
}
_FIRST_WORD = re.compile(r"[^A-Z0-9]*([A-Z]+)(.*)", re.DOTALL)
_AMOUNT = (
    re.compile(  # all that follows PAY, and nothing skipped: "PAY -5" or "PAY .50" is no amount
        r"\s*:?\s*"
        r"(?:(?:KES|KSHS?|SHS?)[.:]?\s*)?"  # KES 500, Ksh.500
        r"(\d{1,3}(?:,\d{3})+|\d+)(\.\d{1,2})?"  # 1,500 or 1500.50
        r"(?: ?(?:/[-=]|KES|KSHS?|SHS?|BOB))?"  # 500/=, 500 bob
        r"[\s.!?]*",
        re.ASCII,
    )
)


def parse(text: str) -> Request:
    """Understand a text. What is no command asks for help; an amount nobody can read is no amount."""
    found = _FIRST_WORD.fullmatch(gsm7.fold(gsm7.normalise(text)).upper())
    if found is None or found[1] not in _MEANING:
        return Request(Command.HELP, understood=False)
    command, language = _MEANING[found[1]]
    amount = _amount(found[2]) if command is Command.PAY else None
    return Request(command, amount, language)


def _amount(text: str) -> str | None:
    found = _AMOUNT.fullmatch(text)
    return found[1].replace(",", "") + (found[2] or "") if found else None
