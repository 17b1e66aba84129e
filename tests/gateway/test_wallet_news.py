"""A loan repaid after she left reaches the wallet she took her record to, and no other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from nacl.signing import SigningKey
from sqlalchemy import func, select

from config.limits import WALLET_NEWS_PER_DAY, WALLET_NEWS_SECONDS
from core import credentials, lending, onboarding, payments, people, sscr
from core.credentials import CredentialType, StatusAnswer
from core.errors import Refusal
from core.jobs import upkeep
from core.keys import jose
from core.messaging import Template
from core.onboarding import wallets
from core.onboarding.models import HandOver, OfferKind, WalletOffer
from core.payments import Payment
from core.sscr.models import Consent, Opening, Owed, Record, StoredCredential, WalletKey, Wrap
from tests.core.lending.village import pay_in, settle
from tests.core.onboarding.circle import AMINA
from tests.gateway.asking import Lender, Questioned, apply, moved
from tests.gateway.test_openid import status
from tests.gateway.wallet import LaterWallet, Wallet, amina
from tests.menus.custody_hall import on_sqlite

HISTORY, SUMMARY = "growr_credit_history", "growr_credit_summary"
REFUSED = (400, {"error": "credential_request_denied"})


@pytest.fixture
def hall(databases: dict[str, Any], tmp_path: Path, redis_url: str) -> Iterator[Lender]:
    with on_sqlite(Lender, databases, tmp_path, redis_url) as made:
        yield made


@pytest.fixture
def wallet(hall: Lender) -> Wallet:
    return moved(hall)


def borrow(hall: Lender, wallet: Wallet, language: str = "en") -> None:
    """She takes a loan with the yes of her wallet, and the money arrives."""
    apply(hall, language=language)
    assert Questioned(hall, wallet).answer() == (200, {})
    with hall.node.sessions.begin() as db:
        for payment in payments.of_loan(db, hall.loans()[0].id, 5):
            settle(db, db.merge(payment), hall.node.clock())


def repay(hall: Lender) -> Payment:
    """She pays all she owes, and the clock has come by."""
    loan, now = hall.loans()[0], hall.node.clock()
    with hall.node.sessions.begin() as db:
        owed = lending.payoff(db, loan.id, on=lending.today(db, loan.id, now=now))
        payment = pay_in(db, loan.id, loan.code, owed, now)
        settle(db, payment, now)
    upkeep.offer_news(hall.node)
    return payment


def reverse(hall: Lender, payment: Payment) -> None:
    """Her payment is taken back, and the clock has come by."""
    with hall.node.sessions.begin() as db:
        lending.payment_reversed(db, payment=db.merge(payment), now=hall.node.clock())
    upkeep.offer_news(hall.node)


def later(hall: Lender, wallet: Wallet) -> LaterWallet:
    """Her wallet, with the address and the number of the newest two texts, and a token."""
    made = LaterWallet(hall, wallet.key)
    made.enter()
    return made


def ask_by_phone(hall: Lender, language: str = "en") -> str:
    """She asks for it on her phone; the last page."""
    phone = hall.phone(AMINA)
    phone.begin()
    page = phone.type("3")
    assert ("6 Send my credit history" if language == "en" else "6 Tuma historia") in page
    assert not any(f"{number} " in page for number in (2, 4, 5)), page
    return phone.type("6", "1")


def count(hall: Lender, table: Any) -> int:
    owner = table.user_id if hasattr(table, "user_id") else table.owner_id
    with hall.node.sessions() as db:
        query = select(func.count()).select_from(table).where(owner == amina(hall))
        return db.scalar(query) or 0


def test_a_loan_repaid_after_she_left_reaches_her_wallet(
    database_url: str, tmp_path: Path, redis_url: str
) -> None:
    hall = Lender(tmp_path / "home", database_url, redis_url)
    wallet = moved(hall)
    borrow(hall, wallet)
    assert hall.texts(Template.WALLET_NEWS) == []

    repay(hall)

    mine = later(hall, wallet)
    assert mine.offer()["credential_configuration_ids"] == [HISTORY, SUMMARY]
    history, summary = (mine.take(name) for name in (HISTORY, SUMMARY))
    told, summed = credentials.contents(history), credentials.contents(summary)
    assert told["cnf"]["jwk"] == summed["cnf"]["jwk"] == jose.public_jwk(wallet.key)
    assert (told["loan_status"], summed["loans_repaid"]) == ("closed", 1)
    assert status(hall, history) is status(hall, summary) is StatusAnswer.VALID
    assert [count(hall, table) for table in (Record, Wrap, StoredCredential)] == [0, 0, 0]
    assert len(hall.texts(Template.WALLET_DONE)) == 1, "she left once"
    upkeep.sweep(hall.node)
    assert len(hall.texts(Template.WALLET_NEWS)) == 1
    hall.close()


def test_no_other_wallet_can_take_it_whoever_has_both_texts(hall: Lender, wallet: Wallet) -> None:
    borrow(hall, wallet)
    repay(hall)
    mine = later(hall, wallet)
    right, mine.key = mine.key, SigningKey.generate()

    assert mine.ask(HISTORY) == (400, {"error": "invalid_proof"})

    mine.key = right
    assert mine.ask(HISTORY)[0] == 200


def test_the_page_shows_a_code_and_no_file_and_nothing_of_hers(
    hall: Lender, wallet: Wallet
) -> None:
    borrow(hall, wallet)
    repay(hall)
    mine = LaterWallet(hall, wallet.key)

    page = hall.client.get(mine.page).get_data(as_text=True)

    assert "<svg" in page
    assert "no other can take it" in page
    assert not any(word in page for word in ("<form", "Wanjiku", mine.number, hall.loans()[0].code))
    answer = hall.client.post(f"{mine.page}/file", data={"number": mine.number})
    assert answer.status_code == 404
    with hall.node.sessions.begin() as db:
        asked = [id for id, _ in onboarding.unasked_sims(db, 9, now=hall.node.clock())]
        kinds = db.scalars(select(WalletOffer.kind).where(WalletOffer.id.in_(asked)))
        assert OfferKind.NEWS not in kinds.all(), "a new SIM takes nothing"


def test_it_waits_a_week_and_then_she_asks_by_phone(hall: Lender, wallet: Wallet) -> None:
    borrow(hall, wallet)
    repay(hall)
    first = LaterWallet(hall, wallet.key)
    hall.offset += timedelta(seconds=WALLET_NEWS_SECONDS - 60)
    assert hall.client.get(first.page).status_code == 200
    hall.offset += timedelta(seconds=61)
    assert hall.client.get(first.page).status_code == 404
    upkeep.sweep(hall.node)
    assert count(hall, WalletOffer) == 1, "the one by which she left"

    page = ask_by_phone(hall)
    upkeep.offer_news(hall.node)

    assert "You have 7 days" in page
    mine = later(hall, wallet)
    told = credentials.contents(mine.take(HISTORY))
    assert told["exp"] < (hall.node.clock() + timedelta(days=5 * 365 - 6)).timestamp()
    mine.take(SUMMARY)


def test_who_has_all_gets_a_fresh_summary_by_phone_in_swahili_too(
    databases: dict[str, Any], tmp_path: Path, redis_url: str
) -> None:
    url = databases["sqlite"].fresh(tmp_path)
    hall = Lender(tmp_path / "home", url, redis_url, language="sw")
    wallet = moved(hall)
    borrow(hall, wallet, "sw")
    repay(hall)
    first = later(hall, wallet)
    old = [first.take(name) for name in (HISTORY, SUMMARY)]

    assert "Una siku 7" in ask_by_phone(hall, "sw")  # the phone checks the length of each page
    upkeep.offer_news(hall.node)

    mine = LaterWallet(hall, wallet.key)
    assert "pochi nyingine" in hall.client.get(mine.page).get_data(as_text=True)
    mine.enter()
    assert mine.offer()["credential_configuration_ids"] == [SUMMARY]
    assert first.ask(SUMMARY) == (401, {"error": "invalid_token"})
    mine.take(SUMMARY)
    assert [status(hall, text) for text in old] == [StatusAnswer.VALID, StatusAnswer.REVOKED]
    hall.close()
    databases["sqlite"].drop(url)


def test_she_may_ask_so_often_a_day_and_not_without_a_loan(hall: Lender, wallet: Wallet) -> None:
    assert "no loan to sum up" in ask_by_phone(hall)
    borrow(hall, wallet)
    for _ in range(WALLET_NEWS_PER_DAY):
        hall.offset += timedelta(seconds=2)
        assert "Two texts are coming" in ask_by_phone(hall)
        upkeep.offer_news(hall.node)

    hall.offset += timedelta(seconds=2)
    assert "often today" in ask_by_phone(hall)
    assert later(hall, wallet).offer()["credential_configuration_ids"] == [SUMMARY]
    hall.offset += timedelta(days=1)
    assert "Two texts are coming" in ask_by_phone(hall)


def test_what_was_lost_on_the_way_can_be_fetched_again_unless_it_was_taken_back(
    hall: Lender, wallet: Wallet
) -> None:
    borrow(hall, wallet)
    repay(hall)
    mine = later(hall, wallet)
    lost, again = mine.take(HISTORY), mine.take(HISTORY)
    assert [status(hall, text) for text in (lost, again)] == [
        StatusAnswer.REVOKED,
        StatusAnswer.VALID,
    ]

    with hall.node.sessions.begin() as db:
        credentials.status.supersede(
            db, owner_id=amina(hall), type=CredentialType.CREDIT_HISTORY, by="staff", reason="wrong",
            reference=f"loan:{hall.loans()[0].id}", now=hall.node.clock(),
        )  # fmt: skip

    assert mine.ask(HISTORY) == REFUSED


def test_a_loan_that_is_open_again_is_taken_back_from_her_wallet(
    hall: Lender, wallet: Wallet
) -> None:
    borrow(hall, wallet)
    payment = repay(hall)
    mine = later(hall, wallet)
    had = [mine.take(name) for name in (HISTORY, SUMMARY)]

    reverse(hall, payment)

    assert {status(hall, text) for text in had} == {StatusAnswer.REVOKED}
    fresh = later(hall, wallet)
    assert fresh.offer()["credential_configuration_ids"] == [SUMMARY]
    assert credentials.contents(fresh.take(SUMMARY))["loans_repaid"] == 0
    repay(hall)
    assert status(hall, later(hall, wallet).take(HISTORY)) is StatusAnswer.VALID


def test_what_waits_of_a_loan_gives_nothing_once_it_is_open_again(
    hall: Lender, wallet: Wallet
) -> None:
    borrow(hall, wallet)
    payment = repay(hall)
    mine = later(hall, wallet)

    with hall.node.sessions.begin() as db:
        lending.payment_reversed(db, payment=db.merge(payment), now=hall.node.clock())

    assert [mine.ask(name) for name in (HISTORY, SUMMARY)] == [REFUSED, REFUSED]


# --- an end


def test_who_has_left_can_be_erased_too_and_nothing_of_her_wallet_stays(
    hall: Lender, wallet: Wallet
) -> None:
    borrow(hall, wallet)
    repay(hall)
    mine = later(hall, wallet)
    history, now = mine.take(HISTORY), hall.node.clock()
    asked: dict[str, Any] = {
        "user_id": amina(hall),
        "request": "letter of 3 May",
        "by": "Wairimu",
        "now": now,
    }

    with hall.node.sessions.begin() as db:
        epoch = onboarding.erase(
            db, organisation_id=people.get(db, amina(hall)).organisation_id, **asked
        )
    hall.node.custody.service.erase(owner=str(amina(hall)), epoch=epoch)

    gone = (WalletKey, WalletOffer, Owed, HandOver, Consent, Record, StoredCredential, Wrap)
    assert [count(hall, table) for table in gone] == [0] * len(gone)
    assert count(hall, Opening) == 1, "as for others"
    assert len(hall.loans()) == 1
    assert mine.ask(SUMMARY) == (401, {"error": "invalid_token"})
    assert status(hall, history) is StatusAnswer.VALID, "what she took with her is hers"
    assert [one.to for one in hall.texts(Template.RECORD_ERASED)] == [AMINA]
    with hall.node.sessions.begin() as db, pytest.raises(Refusal, match="no_record"):
        onboarding.erase(db, organisation_id=people.get(db, amina(hall)).organisation_id, **asked)


def test_after_an_erasure_a_loan_repaid_reaches_nobody(hall: Lender, wallet: Wallet) -> None:
    borrow(hall, wallet)
    owner_id, now = amina(hall), hall.node.clock()
    with hall.node.sessions.begin() as db:
        onboarding.erase(
            db,
            organisation_id=people.get(db, owner_id).organisation_id,
            user_id=owner_id,
            request="letter",
            by="Wairimu",
            now=now,
        )
        assert wallets.left(db, owner_id) is None
        assert not sscr.is_in_wallet(db, owner_id)

    reverse(hall, repay(hall))

    assert hall.texts(Template.WALLET_NEWS) == []
    assert count(hall, Owed) == 0
