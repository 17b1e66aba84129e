"""A text as it will leave: in her language, plain, and never longer than its parts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from babel.dates import format_date

from config.limits import SMS_PARTS, SMS_PARTS_TERMS
from core import gsm7
from core.db import Session
from core.messaging import sending
from core.messaging.names import Template
from core.messaging.one_way import WITHOUT_REPLY
from core.messaging.templates import TEXTS
from core.words import words

NO_RECEIPT = "-"  # the provider has not told it, or a person settled it by hand
_RECEIPT = re.compile(  # the words around it in any sentence of ours
    r" (?:Receipt|Risiti) \{receipt\}\.|,? \(?(?:receipt|risiti) \{receipt\}\)?| \{receipt\}"
)


def render(
    template: Template, language: str, facts: Mapping[str, Any], *, can_be_answered: bool = True
) -> str:
    """The text as it will leave: in her language, plain, never more than its parts."""
    shown = {name: _shown(value, language) for name, value in facts.items()}
    text = TEXTS[template] if can_be_answered else WITHOUT_REPLY.get(template, TEXTS[template])
    sentence = words(language).say(text)
    if facts.get("receipt") == NO_RECEIPT:
        sentence = _RECEIPT.sub("", sentence)
    most = SMS_PARTS_TERMS if template is Template.LOAN_OFFER else SMS_PARTS
    return _cut(gsm7.fold(gsm7.normalise(sentence.format(**shown))), most)


def _shown(value: object, language: str) -> str:
    """A fact as a person reads it; an instant has no meaning without her clock, so that is a bug."""
    assert not isinstance(value, datetime), "say the local time in words"
    assert value is not None, "a text has no gaps"
    if isinstance(value, date):
        return _day(value, language)
    return str(value)


@lru_cache(maxsize=1_000)
def _day(day: date, language: str) -> str:
    """Many texts of a morning name the same few days."""
    return format_date(day, "d MMM yyyy", locale=language)


def _cut(text: str, parts: int) -> str:
    text = text[: parts * gsm7.PART_SEPTETS]
    while gsm7.sms_parts(text) > parts:
        text = text[:-1]
    return text


def written(
    db: Session, to: str, template: Template, language: str, facts: Mapping[str, Any]
) -> str:
    """The same for a phone: with the codes of this node, and without a word of replying where no reply arrives."""
    node = sending.of(db)
    known = {**node.facts, **facts}
    return render(template, language, known, can_be_answered=node.can_be_answered(to))
