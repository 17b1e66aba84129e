"""How all her loans went, from our own books: after every loan that ends, and whenever she asks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from core import credentials, lending, sscr
from core.credentials import CredentialType, shape, status
from core.credentials.catalogue import KINDS
from core.errors import Refusal
from core.keys import Keyring
from core.lending import credit_summary
from core.lending.models import Loan
from core.messaging import Template
from core.payments import PaymentKind
from core.sscr import Custody
from tests.core.lending.village import ISSUER, Village, found, kes

PIN = "804219"


@pytest.fixture
def village(db: Session, keyring: Keyring) -> Village:
    """A borrower with a record, on a node that issues."""
    db.info["issuer"] = ISSUER
    made = found(db, max_open_loans=1, cash_back_rate="0")
    sscr.open_record(
        db, custody=Custody.of(keyring), owner_id=made.borrower.id, phone=made.borrower.phone, pin=PIN,
        birth_date=None, now=made.now,
    )  # fmt: skip
    return made


def repaid(village: Village, shillings: int = 1_000, after_days: int = 40, **terms: int) -> Loan:
    """She borrows, and pays everything back at once some days later."""
    loan = village.borrow(kes(shillings), **terms)
    later = village.at(days=after_days)
    on = lending.today(village.db, loan.id, now=later.now)
    later.pay(loan, lending.payoff(village.db, loan.id, on=on))
    return loan


def claims(village: Village, days: int = 0) -> dict[str, Any]:
    """What a summary would say some days later."""
    on = (village.now + timedelta(days=days)).date()
    pasts = credit_summary._pasts(village.db, village.borrower.id, "KES", on)
    return credit_summary.summary(pasts, "KES", on)


def entries(village: Village) -> list[tuple[str, str]]:
    """What was issued to her: type and status, the oldest first."""
    rows = status.issued(village.db, village.borrower.id)
    return [(row.type, row.value.value) for row in reversed(rows)]


def test_a_loan_repaid_on_time_makes_history_and_summary(village: Village) -> None:
    repaid(village, after_days=20)

    assert sorted(one.type for one in sscr.holdings(village.db, village.borrower.id)) == [
        "credit_history",
        "credit_summary",
    ]
    said = claims(village, 30)
    assert (said["loans_count"], said["loans_repaid"], said["on_time_ratio"]) == (1, 1, "1.00")
    assert said["total_borrowed"] == {"value": "1000.00", "currency": "KES"}
    assert said["open_exposure"] == {"value": "0.00", "currency": "KES"}
    assert said["worst_dpd_24m"] == 0
    assert said["no_default_24m"] is True
    assert said["loans_repaid_over"] == {"1": True, "3": False, "5": False, "10": False}
    assert said["largest_repaid_over"]["1000"] is True
    assert said["largest_repaid_over"]["2500"] is False


def test_every_later_loan_takes_the_place_of_the_summary_and_not_of_a_history(
    village: Village,
) -> None:
    repaid(village, after_days=20)
    repaid(village.at(days=60), 3_000, after_days=20)

    found = entries(village)

    assert sorted(found) == [
        ("credit_history", "valid"), ("credit_history", "valid"),
        ("credit_summary", "revoked"), ("credit_summary", "valid"),
    ]  # fmt: skip
    said = claims(village, 90)
    assert (said["loans_repaid"], said["largest_repaid_over"]["2500"]) == (2, True)


def test_a_late_payment_shows_in_bands_and_not_in_a_default(village: Village) -> None:
    repaid(village, after_days=50)  # the first of four instalments was due on day 30

    said = claims(village, 60)

    assert 15 <= said["worst_dpd_24m"] <= 20
    assert said["dpd_max_under"] == {
        "1": False, "15": False, "30": True, "60": True, "90": True
    }  # fmt: skip
    assert said["on_time_ratio"] == "0.75"
    assert said["on_time_ratio_over"]["70"] is True
    assert said["on_time_ratio_over"]["80"] is False
    assert said["no_default_24m"] is True


def test_a_loan_that_runs_is_told_as_owed_and_not_as_repaid(village: Village) -> None:
    village.borrow(kes(2_000))

    said = claims(village, 1)

    assert (said["loans_count"], said["loans_repaid"]) == (1, 0)
    assert float(said["open_exposure"]["value"]) > 2_000
    assert "on_time_ratio" not in said
    assert said["largest_repaid_over"]["1000"] is False


def test_lateness_of_long_ago_is_forgotten_and_a_loan_of_longer_ago_as_well(
    village: Village,
) -> None:
    repaid(village, after_days=50)

    assert claims(village, 50 + 25 * 31)["worst_dpd_24m"] == 0
    pasts = credit_summary._pasts(
        village.db, village.borrower.id, "KES", village.now.date() + timedelta(days=6 * 365)
    )
    assert pasts == []


def test_what_is_summed_up_fits_its_type(village: Village) -> None:
    repaid(village)

    said = {"lender": "x", "evidence_level": "data_verified", **claims(village, 50)}

    shape.check_whole(CredentialType.CREDIT_SUMMARY, said)
    assert said.keys() >= KINDS[CredentialType.CREDIT_SUMMARY].required


def test_a_loan_that_is_open_again_is_no_longer_told_as_repaid(village: Village) -> None:
    loan = repaid(village, after_days=20)
    later = village.at(days=21)

    lending.payment_reversed(
        later.db, payment=later.payment(loan, PaymentKind.REPAYMENT), now=later.now
    )

    found = entries(village)
    assert ("credit_history", "valid") not in found
    assert found.count(("credit_summary", "valid")) == 1
    assert claims(village, 21)["loans_repaid"] == 0


def test_she_asks_for_a_fresh_one_and_gets_a_text(village: Village) -> None:
    village.borrow()

    credit_summary.ask(
        village.db, user_id=village.borrower.id, issuer=ISSUER, now=village.now + timedelta(days=1)
    )

    assert entries(village) == [("credit_summary", "valid")]
    assert any("Credit summary" in text for text in village.texts(Template.CREDENTIAL_ADDED))


def test_without_a_loan_there_is_nothing_to_sum_up(village: Village) -> None:
    with pytest.raises(Refusal, match="nothing_to_summarise"):
        credit_summary.ask(village.db, user_id=village.borrower.id, issuer=ISSUER, now=village.now)


def test_her_summary_opens_the_next_project(village: Village, keyring: Keyring) -> None:
    repaid(village, after_days=20)
    now = village.now + timedelta(days=30)
    with sscr.unlock(
        village.db, custody=Custody.of(keyring), owner_id=village.borrower.id, pin=PIN,
        purpose="loan application", session_id="s", now=now,
    ) as unlocked:  # fmt: skip
        holder = unlocked.did
        newest = sscr.store._newest(village.db, unlocked, "credit_summary", now)
        key = unlocked.holder_key
    shown = credentials.present(
        newest, paths=[["loans_repaid"]], key=key, audience="did:web:node.example", nonce="n", now=now
    )  # fmt: skip
    query = {
        "credentials": [
            {
                "id": "sum",
                "format": "dc+sd-jwt",
                "meta": {"vct_values": [f"{ISSUER.base_url}/vct/credit_summary/1"]},
            }
        ],
        "conditions": [{"credential": "sum", "path": ["loans_repaid"], "at_least": 1}],
    }

    decided = credentials.check_eligibility(
        [shown], criteria=query, holder_did=holder, trust={ISSUER.did: [ISSUER.jwk]},
        audience="did:web:node.example", nonce="n", now=now,
        status=credentials.status_reader(village.db, issuer=ISSUER, now=now),
    )  # fmt: skip

    assert decided.met
    statement = credentials.attest(decided, issuer=ISSUER, project_id="p-1")
    words = credentials.read_attestation(statement, jwk=ISSUER.jwk, now=now)
    assert words.keys() == {"iss", "sub", "project", "criteria_hash", "met", "iat", "exp"}
    assert words["exp"] > now.timestamp()
