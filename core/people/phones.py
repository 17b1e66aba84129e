"""A phone number has one form here: E.164 with its plus, e.g. +254711000111."""

from functools import lru_cache

import phonenumbers

from core.errors import Refusal


@lru_cache(maxsize=10_000)
def normalise(text: str, country: str = "KE") -> str:
    """Read a number as people and carriers write it (`country` decides what a leading 0 means)."""
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        raise Refusal("phone_unreadable") from None
    if not phonenumbers.is_possible_number(number):
        raise Refusal("phone_unreadable")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
