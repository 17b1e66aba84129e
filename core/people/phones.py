"""A phone number has one form here: E.164 with its plus, e.g. +254711000111."""

from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberType

from core.errors import Refusal
from core.refusal_codes import RefusalCode

TEXTED = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)


@lru_cache(maxsize=10_000)
def normalise(text: str, country: str = "KE") -> str:
    """Read a number as people and carriers write it (`country` decides what a leading 0 means).

    A carrier may be ahead of the numbering plan we know, so one that is only possible is a number here.
    """
    number = _read(text, country)
    if not phonenumbers.is_possible_number(number):
        raise Refusal(RefusalCode.PHONE_UNREADABLE)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def mobile(text: str, country: str = "KE") -> str:
    """The same for a number that somebody gives us and we will text: it must exist and receive texts.

    Refuses phone_unreadable and phone_not_mobile.
    """
    number = _read(text, country)
    if not phonenumbers.is_valid_number(number):
        raise Refusal(RefusalCode.PHONE_UNREADABLE)
    if phonenumbers.number_type(number) not in TEXTED:
        raise Refusal(RefusalCode.PHONE_NOT_MOBILE)
    return normalise(text, country)


def _read(text: str, country: str) -> PhoneNumber:
    try:
        return phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        raise Refusal(RefusalCode.PHONE_UNREADABLE) from None
