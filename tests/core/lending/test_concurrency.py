"""Many at once: a loan repaid from all sides, and the last of a project's limit."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from core import lending, payments
from core.db import Session, sessionmaker
from core.errors import Refusal
from core.lending import Loan, Project
from core.payments import Payment, PaymentKind
from tests.core.lending import village as places
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
        assert len(lending.statement(db, loan_id)) == 18  # received, fee, and sixteen payments
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
