"""Many at once: a loan repaid from all sides, and the last of a project's limit."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from core import lending, payments
from core.db import Session, connect, sessionmaker
from core.errors import Refusal
from core.keys import Keyring
from core.lending import Loan, Project
from core.payments import Payment, PaymentKind, PaymentState
from tests.core.lending import village as places
from tests.core.lending.books import check_book, check_done
from tests.core.lending.village import NOW, Village, kes

THREADS = 8


def at_once(work: Callable[[int], object], times: int) -> list[object]:
    """What each of so many calls said; a Refusal is an answer."""

    def call(number: int) -> object:
        try:
            return work(number)
        except Refusal as refusal:
            return refusal.code

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(call, range(times)))


def test_eight_threads_repay_one_loan_with_duplicates_and_the_sum_is_exact(
    sessions: sessionmaker[Session],
) -> None:
    with sessions.begin() as db:
        village = places.found(db)
        loan_id = village.borrow(kes(20_000)).id
        made = [places.pay_in(db, loan_id, "", kes(10 + number), NOW).id for number in range(16)]

    def settle(number: int) -> None:
        with sessions.begin() as db:
            payment = db.get_one(Payment, made[number % 16])
            if number < 16:
                places.settle(db, payment, NOW)
            else:  # told again, perhaps before the first is done
                lending.payment_settled(db, payment=payment, now=NOW)

    at_once(settle, 16)
    at_once(settle, 48)

    with sessions() as db:
        loan = db.get_one(Loan, loan_id)
        assert loan.repaid_amount == sum(1_000 + number * 100 for number in range(16))
        kinds = [line.kind for line in lending.statement(db, loan_id)]
        assert kinds.count(lending.StatementKind.REPAID) == 16
        Village(db, db.get_one(Project, loan.project_id), village.borrower, NOW).check()


def test_eight_people_apply_for_what_is_left_for_three(sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as db:
        village = places.found(db, limit="3500")
        organisation = village.project.organisation_id
        people = [places.borrower(db, organisation, number).id for number in range(2, 10)]

    def apply(number: int) -> object:
        with sessions.begin() as db:
            mine = Village(db, db.get_one(Project, village.project.id), village.borrower, NOW)
            return mine.apply(kes(1_000), user_id=people[number]).status

    answers = at_once(apply, len(people))

    with sessions() as db:
        assert lending.lent(db, village.project.id) == 300_000
    assert sorted(map(str, answers)) == ["approved"] * 3 + ["project_limit_reached"] * 5


def test_one_person_applying_eight_times_at_once_gets_one_loan(
    sessions: sessionmaker[Session],
) -> None:
    with sessions.begin() as db:
        village = places.found(db)
    keys = [uuid.uuid4().hex for _ in range(4)] * 2

    def apply(number: int) -> object:
        with sessions.begin() as db:
            mine = Village(db, db.get_one(Project, village.project.id), village.borrower, NOW)
            return mine.apply(idempotency_key=keys[number]).code

    answers = at_once(apply, 8)

    with sessions() as db:
        (loan,) = lending.loans_of(db, village.borrower.id, limit=10)
        assert [p.kind for p in payments.of_loan(db, loan.id, 10)] == [PaymentKind.DISBURSEMENT]
    assert sorted(map(str, answers)).count(loan.code) == 2


CLIENTS, LOANS, MESSAGES = 32, 50, 250


def test_many_repay_the_same_loans_with_duplicates_while_the_day_ends(
    databases: dict[str, Any], tmp_path: Path, keyring: Keyring
) -> None:
    """32 clients, 50 loans, every message up to three times in random order, and the day end beside them."""
    url = databases["postgresql"].fresh(tmp_path)
    engine = connect(url, pool_size=CLIENTS + 1)
    sessions = sessionmaker(
        engine, expire_on_commit=False, info={"book_key": keyring.signing_key("books")}
    )
    chance = random.Random(32)
    with sessions.begin() as db:
        village = places.found(db, amount="10000000", limit="1000000")
        loans = [crowd(village, number) for number in range(LOANS)]
    due = village.on(date(2027, 1, 21)).now  # two instalments are due, and nothing is paid
    with sessions.begin() as db:
        asked = [(chance.choice(loans), chance.randrange(10, 300)) for _ in range(MESSAGES)]
        made = [places.pay_in(db, loan, "", kes(amount), due).id for loan, amount in asked]
    told = [number for number in range(MESSAGES) for _ in range(chance.choice((1, 2, 3)))]
    chance.shuffle(told)

    def settle(number: int) -> None:
        with sessions.begin() as db:
            payment = db.get_one(Payment, made[number], with_for_update=True)
            if payment.state is PaymentState.SETTLED:
                lending.payment_settled(db, payment=payment, now=due)
            else:
                places.settle(db, payment, due)

    def close(_: object) -> int:
        pieces = 0
        while pieces < 500:
            with sessions.begin() as db:
                if not lending.run_day(db, now=due, limit=1):
                    return pieces
            pieces += 1
        return pieces

    with ThreadPoolExecutor(CLIENTS + 1) as pool:
        day_end = pool.submit(close, None)
        assert list(pool.map(settle, told)) == [None] * len(told)  # no deadlock reached anybody
        day_end.result()
    close(None)

    with sessions() as db:
        for loan_id in loans:
            paid = sum(amount * 100 for loan, amount in asked if loan == loan_id)
            loan = db.get_one(Loan, loan_id)
            assert loan.repaid_amount + loan.credit == paid
        check_done(db, date(2027, 1, 21))
        check_book(db)
    engine.dispose()
    databases["postgresql"].drop(url)


def crowd(village: Village, number: int) -> uuid.UUID:
    """One more person with a loan of KES 20,000."""
    person = places.borrower(village.db, village.project.organisation_id, number + 10)
    return replace(village, borrower=person).borrow(kes(20_000)).id
