"""She reads everything before she agrees, in her language, and the text she gets holds all of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.limits import SMS_PARTS_TERMS
from core import gsm7
from core.lending.disclosure import late_charge, lines
from core.lending.offers import Quote, make_quote
from core.lending.schedules.terms import Penalty
from core.lending.state import Event, EventKind, fold
from core.lending.terms import Payoff, RepaymentModel, Terms
from core.messaging import Template, render
from core.money import Money
from core.words import LANGUAGES, words
from tests.core.lending import make

TODAY = date(2026, 11, 21)
SUPPORT = "+254700000001"
WEEKLY_FINE = Penalty(percent=Decimal("2.5"), after_days=3, every_days=7, most=50_000)
EVERYTHING: dict[str, Any] = {
    "principal": 25_000_000, "duration": 36, "penalty": WEEKLY_FINE, "cooling_off_days": 3,
    "risk_deposit_rate": Decimal(10),
}  # fmt: skip


def quoted(**changed: Any) -> Quote:
    return make_quote(make.terms(**changed), TODAY)


def told(language: str = "en", **changed: Any) -> list[str]:
    return lines(words(language), quoted(**changed), support=SUPPORT)


def test_a_plain_loan_is_told_in_full() -> None:
    assert told() == [
        "Loan KES 1,000 less fee KES 20: you get KES 980.",
        "You pay back:",
        "21 Dec - 21 Mar: 4 x KES 270",
        "Total KES 1,080. Cost KES 100: interest KES 80, fees KES 20.",
        "Interest 24% a year, flat. Yearly cost (APR) 60.2%.",
        "Early or late: no charge.",
        "All paid on time: KES 10 back.",
        "Complaints: Help, or +254700000001.",
    ]


def test_a_loan_with_every_option_tells_every_option() -> None:
    said = " ".join(told(**EVERYTHING))

    assert "less fee KES 5,000 and deposit KES 25,000: you get KES 220,000." in said
    assert "The deposit stays yours" in said
    assert "No charge for paying early. Late by 4 days: plus 2.5% of what is late, again" in said
    assert (
        "Give back KES 245,000 within 3 days: it costs nothing. Your deposit then comes back at once."
        in said
    )


def test_what_she_gives_back_at_once_is_what_ends_the_loan() -> None:
    terms = make.terms(cooling_off_days=3, risk_deposit_rate=Decimal(10))
    received = (terms.received + terms.deposit).minor
    events = [Event(0, EventKind.DISBURSED, TODAY, received)]

    said = " ".join(lines(words("en"), make_quote(terms, TODAY), support=SUPPORT))

    assert f"Give back {Money('KES', fold(terms, events, TODAY).payoff)} within" in said


def test_who_gets_her_loan_in_parts_gives_back_what_came_and_no_more() -> None:
    assert told(tranches=(40, 60), cooling_off_days=3)[-3:-1] == [
        "Changed your mind? Give back what came within 3 days: it costs nothing.",
        "All paid on time: KES 10 back.",
    ]


def test_who_owes_all_the_interest_anyway_is_not_told_that_paying_early_costs_nothing() -> None:
    agreed: dict[str, Any] = {"payoff": Payoff.AGREED}

    assert {"Paying early saves no interest.", "No charge for paying late."} <= set(told(**agreed))


@pytest.mark.parametrize(
    ("penalty", "said"),
    [
        (None, ""),
        (Penalty(amount=5_000), "Late by 1 day: plus KES 50."),
        (Penalty(amount=5_000, after_days=6), "Late by 7 days: plus KES 50."),
        (
            WEEKLY_FINE,
            "Late by 4 days: plus 2.5% of what is late, again every 7 days, at most KES 500 for each payment.",
        ),
    ],
)
def test_what_being_late_costs_is_one_sentence(penalty: Penalty | None, said: str) -> None:
    assert late_charge(words("en"), make.terms(penalty=penalty)) == said


def test_many_equal_payments_are_told_together_and_with_their_year() -> None:
    shown = told(duration=12, principal=1_000_000)

    assert "21 Dec 2026 - 21 Oct 2027: 11 x KES 1,033" in shown
    assert "21 Nov 2027 KES 1,037" in shown


def test_a_weekly_loan_tells_its_weeks() -> None:
    shown = told(
        model=RepaymentModel.SCHEDULE, duration=3, disbursement_fee=Decimal(0),
        schedule={"unit": "weeks", "every": 1, "instalment_multiple_of": "1"},
    )  # fmt: skip

    assert [line.split(" KES")[0] for line in shown[2:5]] == ["28 Nov", "5 Dec", "12 Dec"]
    assert shown[0] == "You get KES 1,000."


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("terms", [{}, EVERYTHING, {**EVERYTHING, "duration": 6}])
def test_the_text_message_holds_all_of_it_in_plain_letters(
    language: str, terms: dict[str, Any]
) -> None:
    shown = told(language, **terms)

    text = render(Template.LOAN_OFFER, language, {"terms": "\n".join(shown)})

    assert gsm7.is_gsm7(text)
    assert gsm7.sms_parts(text) <= SMS_PARTS_TERMS
    assert text.split("\n")[:-1] == shown
    assert text.endswith("confirm it." if language == "en" else "hadi uthibitishe.")


@given(terms=make.any_terms())
def test_whatever_the_terms_what_she_pays_and_what_it_costs_add_up(terms: Terms) -> None:
    quote = make_quote(terms, TODAY)

    paid = sum(money.minor for _, money in quote.instalments)
    assert quote.total.minor == paid
    assert (quote.received + quote.cost + terms.deposit).minor == paid
    assert str(quote.cost) in " ".join(lines(words("en"), quote, support=SUPPORT))


@given(terms=make.any_terms(), rate=st.sampled_from([Decimal(0), Decimal(10)]))
def test_no_deposit_is_withheld_that_she_did_not_read(terms: Terms, rate: Decimal) -> None:
    quote = make_quote(replace(terms, risk_deposit_rate=rate), TODAY)

    said = " ".join(lines(words("en"), quote, support=SUPPORT))

    withheld = quote.amount - quote.fee - quote.received
    assert withheld == quote.terms.deposit
    assert bool(withheld) == ("The deposit stays yours" in said)
    assert not withheld or f"and deposit {withheld}: you get" in said
