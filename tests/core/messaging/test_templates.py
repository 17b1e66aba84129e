"""Every text is complete in every language, fits, and travels as plain GSM-7."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from string import Formatter
from typing import Any

import pytest

from config.limits import SMS_PARTS
from core import gsm7
from core.messaging.names import REMINDERS, Template
from core.messaging.one_way import WITHOUT_REPLY
from core.messaging.rendering import NO_RECEIPT, render
from core.messaging.templates import TEXTS
from core.money import Money
from core.words import LANGUAGES, words

LONGEST: dict[str, Any] = {
    "address": "https://node.kirinyaga-women.example/wallet/" + "A" * 43,
    "agent": "Juma Otieno",
    "amount": Money("KES", 10_000_000),
    "answer": "You were charged twice. The second payment is on its way back to you.",
    "apr": Decimal("148.5"),
    "code": "L1042X77",
    "count": 12,
    "day": date(2026, 12, 30),
    "days": 7,
    "due": date(2026, 12, 30),
    "first": Money("KES", 11_250_000),
    "first_amount": Money("KES", 2_500_000),
    "first_due": date(2026, 12, 30),
    "group": "Tumaini Women",
    "hours": 48,
    "left": Money("KES", 2_500_000),
    "lost": Money("KES", 2_500_000),
    "minutes": 1_440,
    "name": "Wanjikũ Nyambura Mũthoni",
    "next_amount": Money("KES", 2_500_000),
    "next_due": date(2026, 12, 30),
    "organisation": "Kirinyaga Women Farmers SACCO",
    "other": "L1042X78",
    "outstanding": Money("KES", 10_000_000),
    "owed": Money("KES", 2_500_000),
    "own": Money("KES", 2_500_000),
    "page": "1" * 156,
    "paid": Money("KES", 25_000_000),
    "pay_code": "*384*12345*2*1#",
    "paybill": "4123456",
    "phone": "+254700000000",
    "purpose": "apply for a loan",
    "rate": "22.75",
    "reason": "M-PESA hupokea kiasi kile kile mara moja tu kwa dakika 2",
    "received": Money("KES", 10_000_000),
    "receipt": "SKL4H7XZ9Q",
    "restored": Money("KES", 2_500_000),
    "service_code": "*384*12345#",
    "source": "Kilimo register",
    "support": "+254700000000",
    "terms": "You get KES 1,960.",
    "ticket": "C042042",
    "time": "30 Dec, 22:45",
    "title": "Community membership",
    "titles": "Savings history, Social endorsement",
    "total": Money("KES", 11_250_000),
    "until": date(2026, 12, 30),
    "wait": "60 minutes",
}
TWO_PARTS = {  # told rarely, and each word is needed
    Template.TURN_LATE, Template.BUREAU_NOTICE, Template.GROUP_INVITED, Template.GROUP_PAID,
    Template.GROUP_DEBT_PAID, Template.DEPOSIT_USED, Template.RECOVERY_HELP, Template.WALLET_OFFER,
    Template.WALLET_ASKED, Template.WALLET_REFUSED, Template.WALLET_NEWS,
    Template.ARRIVAL_PART, Template.INVITATION_FAILED,
}  # fmt: skip
IN_BOTH = {Template.HELP_STRANGER}  # nobody knows which language a stranger speaks
EVERY = pytest.mark.parametrize(
    ("template", "language"), [(each, language) for each in Template for language in LANGUAGES]
)


def names(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_every_template_has_a_text() -> None:
    assert set(TEXTS) == set(Template)


@EVERY
def test_a_text_with_the_longest_values_is_plain_and_short(
    template: Template, language: str
) -> None:
    text = render(template, language, LONGEST)

    assert gsm7.is_gsm7(text)
    assert gsm7.sms_parts(text) <= (2 if template in TWO_PARTS else 1), gsm7.septets(text)


@EVERY
def test_a_translation_keeps_every_fact(template: Template, language: str) -> None:
    translated = words(language).say(TEXTS[template])

    assert names(translated) == names(TEXTS[template])
    assert language == "en" or template in IN_BOTH or translated != TEXTS[template]


@pytest.mark.parametrize("template", sorted(WITHOUT_REPLY))
@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_under_a_sender_that_receives_nothing_no_text_asks_for_a_reply(
    template: Template, language: str
) -> None:
    text = render(template, language, LONGEST, can_be_answered=False)

    assert "*384*12345" in text
    assert not re.search(r"\b([Rr]eply|[Jj]ibu|STOP|ACHA)\b", text)
    assert gsm7.sms_parts(text) == 1, gsm7.septets(text)


def test_every_text_that_asks_for_a_reply_has_a_form_that_does_not() -> None:
    asking = {each for each, text in TEXTS.items() if re.search(r"\b[Rr]eply\b", text)}

    assert asking == set(WITHOUT_REPLY)


@pytest.mark.parametrize("template", sorted(REMINDERS))
@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_a_reminder_says_which_loan_how_much_how_and_how_to_end_reminders(
    template: Template, language: str
) -> None:
    text = render(template, language, LONGEST)

    assert all(part in text for part in ("L1042X77", "KES 100,000", "Pay Bill 4123456"))
    assert ("ACHA" if language == "sw" else "STOP") in text


def test_dates_are_said_in_her_language() -> None:
    facts = LONGEST | {"due": date(2026, 12, 3)}

    assert "due on 3 Dec 2026." in render(Template.REMINDER_BEFORE, "en", facts)
    assert "kufikia 3 Des 2026." in render(Template.REMINDER_BEFORE, "sw", facts)


def test_names_lose_the_accents_that_would_double_the_price() -> None:
    assert "Welcome Wanjiku Nyambura Muthoni!" in render(Template.WELCOME, "en", LONGEST)


def test_braces_in_a_fact_are_only_braces() -> None:
    assert "{code}" in render(Template.WELCOME, "en", LONGEST | {"name": "{code}"})


def test_a_text_that_would_never_end_is_cut() -> None:
    text = render(Template.TURN_LATE, "en", {"page": "€" * 5_000})

    assert gsm7.sms_parts(text) == SMS_PARTS


@pytest.mark.parametrize("wrong", [None, datetime(2026, 12, 30, tzinfo=UTC)])
def test_a_gap_or_an_instant_in_a_text_is_a_bug(wrong: object) -> None:
    with pytest.raises(AssertionError):
        render(Template.REMINDER_BEFORE, "en", LONGEST | {"due": wrong})


@pytest.mark.parametrize("language", ["en", "sw"])
def test_no_text_names_a_receipt_that_nobody_has(language: str) -> None:
    for template in [one for one, text in TEXTS.items() if "{receipt}" in text]:
        said = render(template, language, {**LONGEST, "receipt": NO_RECEIPT})

        assert "eceipt" not in said
        assert "isiti" not in said
        assert not re.search(r" -|-[.,]|  | [.,]", said), said
