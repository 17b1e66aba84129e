"""Whole loans, from yes to the last shilling, at the level of the services."""

from __future__ import annotations

import json
from datetime import date, timedelta

from core import lending, messaging, people, sscr
from core.books import Book
from core.db import Session
from core.keys import Keyring
from core.ledger import Account
from core.lending import LoanStatus, StatementKind
from core.messaging import Template
from core.payments import PaymentKind
from core.sscr import Custody
from tests.core.lending import village as places
from tests.core.lending.village import Village, kes

DUES = [date(2026, 12, 21), date(2027, 1, 21), date(2027, 2, 21), date(2027, 3, 21)]


def test_a_loan_is_approved_paid_out_and_told(village: Village) -> None:
    loan = village.apply()

    assert (loan.status, loan.contract_amount, loan.commitment_amount) == (
        LoanStatus.APPROVED,
        100_000,
        108_000,
    )
    payment = village.payment(loan, PaymentKind.DISBURSEMENT)
    assert (payment.money, payment.account_reference) == (kes(980), loan.code)
    (text,) = village.texts(Template.LOAN_TERMS)
    assert text == (
        f"Loan {loan.code} agreed. You get KES 980 and repay KES 1,080 in all. "
        "First payment: KES 270 by 21 Dec 2026. Yearly cost (APR): 60.2%."
    )
    village.settle(payment)
    assert loan.status is LoanStatus.DISBURSED
    assert village.texts(Template.DISBURSED) == [
        f"Loan {loan.code}: KES 980 has been sent to your M-PESA. Receipt {payment.receipt}."
    ]
    village.check()


def test_the_money_of_a_loan_paid_out_is_in_the_portfolio_and_the_fee_is_income(
    village: Village,
) -> None:
    village.borrow()

    assert village.balance(Account.LOAN_PORTFOLIO) == 100_000
    assert village.balance(Account.FEE_INCOME) == -2_000
    assert village.balance(Account.CASH_MPESA) == -98_000
    assert village.balance(Account.PAYMENTS_IN_TRANSIT) == 0


def test_a_loan_repaid_on_time_earns_cash_back_and_a_thank_you(village: Village) -> None:
    loan = village.borrow()

    for due in DUES:
        last = village.on(due).pay(loan, kes(270))

    assert (loan.status, loan.closed_on, loan.repaid_amount) == (
        LoanStatus.REPAID,
        DUES[-1],
        108_000,
    )
    reward = village.payment(loan, PaymentKind.CASH_BACK)
    assert reward.money == kes(10)
    village.on(DUES[-1]).settle(reward)
    assert village.balance(Account.CASH_BACK_EXPENSE) == 1_000
    assert village.balance(Account.PAYMENTS_IN_TRANSIT) == 0
    assert village.balance(Account.INTEREST_RECEIVABLE) == 0
    assert len(village.texts(Template.CASH_BACK)) == 1
    (text,) = village.texts(Template.LOAN_REPAID)
    assert text == (
        f"Thank you! We received KES 270, receipt {last.receipt}. "
        f"Loan {loan.code} is fully repaid and now counts in your credit history."
    )
    village.check()


def test_one_instalment_later_than_the_grace_days_earns_no_cash_back(village: Village) -> None:
    loan = village.borrow()

    village.on(DUES[0] + timedelta(days=4)).pay(loan, kes(270))
    for due in DUES[1:]:
        village.on(due).pay(loan, kes(270))

    assert loan.status is LoanStatus.REPAID
    assert not village.asked_for(loan, PaymentKind.CASH_BACK)


def test_a_part_payment_is_told_with_what_is_left(village: Village) -> None:
    loan = village.borrow()

    payment = village.on(DUES[0]).pay(loan, kes(100))

    (text,) = village.texts(Template.REPAYMENT_RECEIVED)
    assert text == (
        f"Thank you! We received KES 100 for loan {loan.code}. "
        f"Still to pay: KES 980, next by 21 Dec 2026. Receipt {payment.receipt}."
    )
    village.check()


def test_too_much_comes_back(village: Village) -> None:
    loan = village.borrow()

    payment = village.pay(loan, kes(1_300))  # the day she got it: the principal ends it

    refund = village.payment(loan, PaymentKind.REFUND)
    assert (loan.status, loan.credit, refund.money) == (LoanStatus.REPAID, 30_000, kes(300))
    assert village.balance(Account.INTEREST_INCOME) == 0
    village.settle(refund)
    assert (loan.credit, loan.returning) == (0, 0)
    assert village.balance(Account.BORROWER_CREDIT) == 0
    assert village.texts(Template.CREDIT_KEPT) == []
    (text,) = village.texts(Template.REFUND)
    assert text == (
        f"You paid KES 300 more than loan {loan.code} needed (receipt {payment.receipt}). "
        "We are sending it back to your M-PESA."
    )
    village.check()


def test_a_surplus_below_what_the_rail_pays_stays_as_credit(village: Village) -> None:
    loan = village.borrow()

    village.pay(loan, kes(1_009))

    assert (loan.credit, loan.returning) == (900, 0)
    assert not village.asked_for(loan, PaymentKind.REFUND)
    village.pay(loan, kes(1))
    assert village.payment(loan, PaymentKind.REFUND).money == kes(10)


def test_every_shilling_kept_as_credit_is_told_with_its_receipt(village: Village) -> None:
    loan = village.borrow()

    over = village.pay(loan, kes(1_004))
    more = village.at(days=1).pay(loan, kes(3))

    first, second = village.texts(Template.CREDIT_KEPT)
    assert first == (
        f"We received KES 1,004, receipt {over.receipt}, more than loan {loan.code} needed. "
        "We keep KES 4 as your credit. Questions? Call +254700000001."
    )
    assert f"KES 3, receipt {more.receipt}" in second
    assert "We keep KES 7 as" in second
    last = village.at(days=2).pay(loan, kes(3))
    assert len(village.texts(Template.CREDIT_KEPT)) == 2
    assert [last.receipt in text for text in village.texts(Template.REFUND)] == [True]
    village.check()


def test_money_for_a_repaid_loan_goes_back_whole(village: Village) -> None:
    loan = village.borrow()
    village.pay(loan, kes(1_000))

    village.at(days=2).pay(loan, kes(270))

    assert village.payment(loan, PaymentKind.REFUND).money == kes(270)
    assert len(village.texts(Template.LOAN_REPAID)) == 1
    village.check()


def test_money_for_a_loan_that_was_not_paid_out_goes_back_whole(village: Village) -> None:
    loan = village.apply()

    village.pay(loan, kes(50))

    assert (loan.status, village.payment(loan, PaymentKind.REFUND).money) == (
        LoanStatus.APPROVED,
        kes(50),
    )
    village.check()


def test_paying_off_early_costs_interest_to_that_day_and_the_phone_shows_it(
    village: Village,
) -> None:
    loan = village.borrow()
    later = village.at(days=15)

    payoff = lending.payoff(village.db, loan.id, on=later.now.date())
    later.pay(loan, payoff)

    assert payoff == kes(1_010)  # half of the first month's KES 20
    assert (loan.status, loan.credit, loan.interest_paid) == (LoanStatus.REPAID, 0, 1_000)
    assert village.asked_for(loan, PaymentKind.CASH_BACK)
    village.check()


def test_every_payment_counts_once_however_often_it_is_told(village: Village) -> None:
    loan = village.borrow()
    payment = village.pay(loan, kes(270))

    lending.payment_settled(village.db, payment=payment, now=village.now)
    lending.payment_settled(
        village.db, payment=village.payment(loan, PaymentKind.DISBURSEMENT), now=village.now
    )

    assert loan.repaid_amount == 27_000
    assert len(village.texts(Template.REPAYMENT_RECEIVED)) == 1
    village.check()


def test_a_payment_counts_on_the_day_she_paid_not_when_we_heard_of_it(village: Village) -> None:
    loan = village.borrow()
    payment = places.pay_in(village.db, loan.id, loan.code, kes(270), village.on(DUES[0]).now)

    village.on(DUES[0] + timedelta(days=10)).settle(payment)

    assert lending.instalments(village.db, loan.id, on=loan.as_of)[0].paid_on == DUES[0]
    assert loan.as_of == DUES[0] + timedelta(days=10)
    village.check()


def test_the_statement_tells_every_movement_of_money(village: Village) -> None:
    loan = village.borrow()
    village.at(days=1).pay(loan, kes(1_101))
    village.at(days=1).settle(village.payment(loan, PaymentKind.REFUND))

    lines = lending.statement(village.db, loan.id)

    assert [(line.kind, line.money) for line in lines] == [
        (StatementKind.DISBURSED, kes(980)),
        (StatementKind.FEE, kes(20)),
        (StatementKind.INTEREST, kes(1)),
        (StatementKind.REPAID, kes(1_101)),
        (StatementKind.REFUNDED, kes(100)),
    ]


def test_the_standing_says_what_is_due_now_and_next(village: Village) -> None:
    loan = village.borrow()

    early, late = village.standing(loan), village.on(DUES[1] + timedelta(days=1)).standing(loan)

    assert (early.due_now, early.next_due, early.next_due_on) == (kes(0), kes(270), DUES[0])
    assert (late.due_now, late.next_due, late.days_late) == (kes(540), kes(540), 32)
    assert (early.outstanding, early.total, early.payoff) == (kes(1_080), kes(1_080), kes(1_000))


def test_the_next_payment_is_what_was_agreed_even_if_less_would_end_the_loan_today(
    village: Village,
) -> None:
    loan = village.borrow(duration=1)

    today = village.standing(loan)

    assert (today.next_due, today.payoff) == (kes(1_020), kes(1_000))


def test_a_loan_is_found_by_its_code_however_it_is_typed(village: Village) -> None:
    loan = village.apply()

    assert lending.loan_for_reference(village.db, f" {loan.code.lower()} ") is loan
    wrong = "A" if loan.code[-1] != "A" else "B"
    assert lending.loan_for_reference(village.db, loan.code[:-1] + wrong) is None
    assert lending.loan_for_reference(village.db, "rent november") is None


def test_her_record_gets_a_credential_about_the_repaid_loan(
    village: Village, keyring: Keyring
) -> None:
    village.db.info["issuer"] = places.ISSUER
    sscr.open_record(
        village.db, custody=Custody.of(keyring), owner_id=village.borrower.id, phone=village.borrower.phone,
        pin="730518", birth_date=None, now=village.now,
    )  # fmt: skip
    loan = village.borrow()

    village.pay(loan, kes(1_000))

    held = {each.type: each.issuer for each in sscr.holdings(village.db, village.borrower.id)}
    assert held == {"credit_history": "Nakuru Farmers", "credit_summary": "Nakuru Farmers"}
    assert "Credit history" in village.texts(Template.CREDENTIAL_ADDED)[0]


def test_she_is_told_in_her_language(village: Village) -> None:
    people.set_language(village.db, user_id=village.borrower.id, language="sw")
    loan = village.borrow()
    prompt = lending.repay(
        village.db, loan_id=loan.id, amount=kes(5), user_id=village.borrower.id, idempotency_key="k", now=village.now
    )  # fmt: skip

    village.fail(prompt)

    assert "umekataa" in village.texts(Template.REPAYMENT_FAILED)[0]


def test_the_books_hold_keys_amounts_and_dates_and_nothing_of_the_person(
    village: Village, db: Session
) -> None:
    loan = village.borrow()
    village.pay(loan, kes(1_100))

    bodies = [entry.body for book in Book for entry in places.book(db, book)]

    kinds = [json.loads(body)["kind"] for body in bodies]
    for kind in ("project.created", "project.activated", "loan.approved", "loan.disbursed"):
        assert kind in kinds
    for kind in ("payment.disbursement", "payment.repayment", "loan.repaid"):
        assert kind in kinds
    secrets = [
        village.borrower.phone,
        "Amina",
        "Otieno",
        loan.user_did,
        str(loan.user_id),
        loan.code,
    ]
    assert not [word for word in secrets for body in bodies if word in body]


def test_only_one_text_leaves_for_each_event(village: Village, db: Session) -> None:
    loan = village.borrow()
    payment = village.pay(loan, kes(1_000))

    lending.payment_settled(db, payment=payment, now=village.now)

    keys = [message.event_key for message in db.query(messaging.Message)]
    assert len(keys) == len(set(keys)) == 4  # terms, paid out, repaid, cash-back
