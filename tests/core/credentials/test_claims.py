"""Plain facts become claims: bands are answered, money is text, dates are dates."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from core.credentials import KINDS, CredentialType, claims
from core.errors import Refusal
from core.money import Money

DAY = date(2026, 11, 21)


@pytest.mark.parametrize(
    ("born", "adult"),
    [("2008-11-21", True), ("2008-11-22", False), ("2008-02-29", True), ("1950-01-01", True)],
)
def test_age_is_counted_to_the_day(born: str, adult: bool) -> None:
    assert claims.kyc({"birthdate": born}, on=DAY)["age_over"]["18"] is adult


def test_a_kyc_answers_every_age_and_where_she_lives() -> None:
    built = claims.kyc({"birthdate": "2000-01-01", "residence": {"country": "KE"}}, on=DAY)

    assert built["age_over"] == {
        "18": True,
        "21": True,
        "25": True,
        "35": False,
        "50": False,
        "65": False,
    }
    assert built["resident_of"] == {"KE": True}


def test_what_is_not_known_is_not_claimed() -> None:
    assert claims.kyc({"gender": None}, on=DAY) == {
        "kyc_passed": True,
        "level": "basic",
        "method": "agent",
    }


def test_what_the_issuer_says_of_the_check_stands() -> None:
    built = claims.kyc({"kyc_passed": False, "level": "enhanced"}, on=DAY)

    assert (built["kyc_passed"], built["level"]) == (False, "enhanced")


@pytest.mark.parametrize("wrong", ["yesterday", "", "2026-13-01", 5])
def test_a_birth_date_that_is_none_is_refused(wrong: object) -> None:
    with pytest.raises(Refusal, match="date_malformed"):
        claims.kyc({"birthdate": wrong}, on=DAY)


def test_a_membership_answers_years_and_standing() -> None:
    built = claims.community_membership({"member_since": "2024-11-22", "standing": "good"}, on=DAY)

    assert built["member_over_years"] == {"1": True, "2": False, "5": False}
    assert built["in_good_standing"] is True


def test_a_suspended_member_is_in_no_good_standing() -> None:
    assert (
        claims.community_membership({"standing": "suspended"}, on=DAY)["in_good_standing"] is False
    )


def test_a_loan_becomes_a_credit_history() -> None:
    built = claims.credit_history(
        product="season", status="closed", lender="Mavuno", loan_ref_hmac="x", opened_at=date(2026, 1, 5),
        closed_at=date(2026, 7, 5), principal=Money("KES", 150_050), installments_due=6, installments_paid=6,
        days_past_due_max=2, purpose="seed",
    )  # fmt: skip

    assert built["principal"] == {"value": "1500.50", "currency": "KES"}
    assert (built["opened_at"], built["loan_status"]) == ("2026-01-05", "closed")


@pytest.mark.parametrize(
    ("money", "text"),
    [(Money("UGX", 1500), "1500"), (Money("KES", 5), "0.05"), (Money("KES", 0), "0.00")],
)
def test_money_is_decimal_text(money: Money, text: str) -> None:
    built = claims.plain(CredentialType.CREDIT_HISTORY, {"principal": money})

    assert built["principal"]["value"] == text


def test_a_ratio_is_decimal_text_and_a_float_is_a_bug() -> None:
    kind = CredentialType.COMMUNITY_MEMBERSHIP

    assert claims.plain(kind, {"dues_paid_ratio": Decimal("0.95")}) == {"dues_paid_ratio": "0.95"}
    with pytest.raises(AssertionError):
        claims.plain(kind, {"dues_paid_ratio": 0.95})


@pytest.mark.parametrize("type", CredentialType)
def test_a_fact_nobody_knows_is_refused(type: CredentialType) -> None:
    with pytest.raises(Refusal) as refusal:
        claims.build(type, {"photo": "x"}, on=DAY)

    assert refusal.value.facts["names"] == ["photo"]


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_every_claim_is_either_open_or_selective_or_an_answer(kind: object) -> None:
    groups = [kind.visible, kind.selective, kind.predicates]

    assert sum(map(len, groups)) == len(frozenset().union(*groups))
    assert kind.required <= kind.visible


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_no_claim_has_a_name_the_format_needs(kind: object) -> None:
    reserved = {
        "iss",
        "sub",
        "aud",
        "iat",
        "nbf",
        "exp",
        "cnf",
        "vct",
        "status",
        "_sd",
        "_sd_alg",
        "...",
    }

    assert not reserved & (kind.visible | kind.selective | kind.predicates)
