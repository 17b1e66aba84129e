"""What a person texts to us, understood: six commands in two languages, forgiving of everything else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from core import gsm7, money


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
        Command.STOP: ("STOP", "STOPALL", "UNSUBSCRIBE", "OPTOUT", "QUIT", "END", "CANCEL", "REVOKE", "REMOVE"),
        Command.START: ("START", "UNSTOP", "SUBSCRIBE"),
        Command.HELP: ("HELP", "INFO"),
        Command.NO: ("NO",),
    },
    "sw": {
        Command.BALANCE: ("SALIO", "DENI"),
        Command.PAY: ("LIPA",),
        Command.STOP: (
            "ACHA", "ACHENI", "WACHA", "WACHENI", "SIMAMISHA", "SITISHA", "KOMESHA", "KOMA", "ONDOA", "NIONDOE",
            "NITOE", "SITAKI", "USINITUMIE", "MSINITUMIE", "INATOSHA",
        ),
        Command.START: ("ANZA",),
        Command.HELP: ("MSAADA", "SAIDIA"),
        Command.NO: ("HAPANA",),
    },
}  # fmt: skip
# What people write around a wish to be left alone; any other word beside it, as in "cancel my loan", is no such wish.
_AROUND = set(
    re.findall(
        "[A-Z]+",
        "PLEASE PLS PLZ KINDLY THANKS THANK YOU ALL NOW IT THIS THESE THE MY ME US TO FROM FOR AND OUT OFF SEND "
        "SENDING TEXT TEXTS TEXTING SMS SMSES MESSAGE MESSAGES MESSAGING MSG MSGS REMIND REMINDING REMINDER "
        "REMINDERS GROWR TAFADHALI ASANTE SASA KWA YA ZA ZENU ZOTE YOTE UJUMBE JUMBE MESEJI VIKUMBUSHO KUMBUSHO "
        "TENA HIZI HII KUNITUMIA KUTUMA KUNIKUMBUSHA",
    )
)
# These words mean it whatever follows, unless it is about the loan.
_PLAIN = {"STOP", "STOPALL", "UNSUBSCRIBE", "OPTOUT"}
_BUSINESS = {"LOAN", "LOANS", "PAYMENT", "PAYMENTS", "PAYING", "MPESA", "ACCOUNT", "APPLICATION", "INTEREST", "FEE",
             "FEES", "MKOPO", "MALIPO", "DENI", "RIBA", "ADA"}  # fmt: skip
_PHRASES = {
    "en": ("OPT", "NO MORE", "DONT", "DO NOT", "DO NOT DISTURB", "TAKE", "LEAVE ALONE"),
    "sw": ("HAPANA TENA",),
}
_STOPS = {phrase: language for language, found in _PHRASES.items() for phrase in found} | {
    word: language for language, commands in WORDS.items() for word in commands[Command.STOP]
}
_MEANING = {
    word: (command, language)
    for language, commands in WORDS.items()
    for command, spellings in commands.items()
    for word in spellings
}
_FIRST_WORD = re.compile(r"[^A-Z0-9]*([A-Z]+)(.*)", re.DOTALL)


def parse(text: str, currency: str | None = None) -> Request:
    """Understand a text. What is no command asks for help; an amount nobody can read is no amount.

    `currency` is hers: an amount in another is none.
    """
    plain = gsm7.fold(gsm7.normalise(text)).upper()
    if (language := _wants_to_be_left_alone(plain)) is not None:
        return Request(Command.STOP, None, language)
    found = _FIRST_WORD.fullmatch(plain)
    command, language = _MEANING.get(found[1], (None, None)) if found else (None, None)
    if found is None or command is None or command is Command.STOP:
        return Request(Command.HELP, language=language, understood=False)
    amount = None
    if command is Command.PAY:
        amount = money.typed(found[2].strip().removeprefix(":"), currency)
    return Request(command, amount, language)


def _wants_to_be_left_alone(plain: str) -> str | None:
    """The language in which a text says so and nothing else; None where it does not."""
    words = re.findall("[A-Z]+", plain.replace("'", ""))
    if words and words[0] in _PLAIN and not _BUSINESS & set(words):
        return "en"
    return _STOPS.get(" ".join(word for word in words if word not in _AROUND))
