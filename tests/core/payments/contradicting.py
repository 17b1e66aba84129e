"""Lives of borrowers whose provider contradicts itself: real lending, ledger and texts beside the provider's books.

The provider is played in this process over Daraja's real bodies. What its books say at the end is the truth; whatever
loans, ledger and texts say otherwise has to be named in a row for a person.
"""

from __future__ import annotations

import copy
import json
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session, sessionmaker

from core import ledger, lending
from core.errors import Refusal
from core.jobs import payments as jobs
from core.keys import Keyring
from core.ledger import Account
from core.lending import Loan, repaying
from core.messaging import Message
from core.payments import (
    Attention,
    Method,
    Payment,
    PaymentKind,
    PaymentState,
    Topic,
    inbox,
    service,
    tokens,
)
from core.payments.desk import Desk
from core.payments.models import PaymentClock
from core.payments.rail import Order
from core.payments.rails.mpesa import Mpesa
from core.payments.rails.mpesa.http import NotSent, Reply
from core.payments.rules import provider_key
from core.people import User
from tests.core.lending import village as places
from tests.core.lending.village import NOW, Village, kes
from tests.fake_daraja import ACT_AND_DROP, B2C, DROP, PULL, STATUS, STK, Body, FakeDaraja, error

Place = tuple[uuid.UUID, uuid.UUID]  # a project and its organisation
BORROWED = 1_000
CODES = [1, 17, 26, 2040, 8006]  # how payouts fail
REFUSED = [1032, 1037, 1, 2001, 1001]  # how prompts fail
QUIET = [
    10,
    30,
    60,
    300,
    1_200,
    3_600,
    7_200,
    14_400,
    43_200,
    86_400,
    172_800,
]  # seconds of the end


class Provider(FakeDaraja):
    """Daraja without a network; `transactions` are its books."""

    offset = timedelta()
    has_statement = True

    def post(self, path: str, body: Body, may_send: Callable[[], bool] = lambda: True) -> Reply:
        if not may_send():
            raise NotSent("too_old")
        answer = self.answer(path, body, self.token)
        if answer is None:
            return Reply(0, {})
        status, out = answer
        return Reply(status, out if isinstance(out, dict) else {})

    def _pull(self, body: Body) -> tuple[int, Any]:
        """Its statement, where there is one, lists what was not taken back."""
        if not self.has_statement:
            return error("400.001", "Invalid ShortCode")
        kept = self.listed
        self.listed = [line for line in kept if self._moved(line["transactionId"])]
        try:
            return super()._pull(body)
        finally:
            self.listed = kept

    def paid_out(self) -> dict[str, int]:
        """What left, by our key, and was not taken back."""
        return {key: self._moved(key) for key in self.payouts}

    def came_in(self) -> dict[str, int]:
        """What came in, by receipt, and was not taken back."""
        return {key: self._moved(key) for key in self.transactions if key not in self.payouts}

    def _moved(self, key: str) -> int:
        found = self.transactions.get(key, {})
        return int(found["Amount"]) if found.get("TransactionStatus") == "Completed" else 0


@dataclass
class Life:
    """One borrower, her provider, and what befalls them; each step is a contradiction or what leads to one."""

    sessions: sessionmaker[Session]
    keyring: Keyring
    folder: Path
    project_id: uuid.UUID
    user_id: uuid.UUID
    has_statement: bool = True
    now: datetime = NOW
    provider: Provider = field(default_factory=Provider)
    befell: Counter[str] = field(default_factory=Counter)
    lost: list[Order] = field(default_factory=list)
    named: set[uuid.UUID] = field(default_factory=set)
    heard: list[tuple[str, Body]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.provider.has_statement, self.provider.page = self.has_statement, 100
        settings = self.provider.settings_at(self.folder, "http://provider.invalid")
        self.rail = Mpesa(settings, self.keyring, self.provider)  # type: ignore[arg-type]
        self.desk = Desk(
            self.sessions, {"mpesa": self.rail}, lambda: self.now, jobs.tell, jobs.loan_id
        )

    # --- what happens
    def live(self, steps: Sequence[tuple[str, int]]) -> None:
        for name, choice in steps:
            getattr(self, f"_{name}")(choice)
            self._drain()

    def end(self) -> None:
        """Everything still on its way arrives, and time passes until the provider has told all it will tell."""
        self.provider.orders.clear()
        self._finish_open()
        for seconds in QUIET:
            self._pass(seconds)

    def _apply(self, _: int) -> None:
        with self.sessions() as db:
            try:
                self._village(db).apply(kes(BORROWED))
            except Refusal:
                db.rollback()
            else:
                db.commit()

    def _again(self, _: int) -> None:
        """The desk sends the money once more."""
        self._try(
            lambda db, loan: lending.disburse_again(
                db, organisation_id=loan.organisation_id, loan_id=loan.id, now=self.now
            )
        )

    def _ask_to_pay(self, choice: int) -> None:
        amount = kes([BORROWED, 300, 1_300][choice % 3])
        self._try(
            lambda db, loan: repaying.repay(
                db, loan_id=loan.id, amount=amount, user_id=self.user_id,
                idempotency_key=uuid.uuid4().hex, now=self.now, not_before=self.now,
            )
        )  # fmt: skip

    def _pay_out(self, choice: int) -> None:
        """The provider ends a payout: paid or not, told or not."""
        waiting = [key for key in self.provider.payouts if key not in self.provider.transactions]
        if waiting:
            self._newest(self.provider.payouts, waiting[choice % len(waiting)])
            code = 0 if choice % 3 else CODES[choice % len(CODES)]
            self.provider.pay_out(code, told=bool(choice % 4))

    def _pay_after_all(self, choice: int) -> None:
        """What failed was paid."""
        failed = self._with_status("Declined")
        if failed:
            self.befell["paid after it failed"] += 1
            key = failed[choice % len(failed)]
            self._newest(self.provider.payouts, key)
            self.provider.pay_out(0, told=bool(choice % 3))

    def _reverse(self, choice: int) -> None:
        """The provider takes back what it had paid, and tells nobody."""
        done = self._with_status("Completed", of_payouts=None)
        if done:
            self.befell["reversed"] += 1
            self.provider.transactions[done[choice % len(done)]]["TransactionStatus"] = "Reversed"

    def _answer_prompt(self, choice: int) -> None:
        open_ = [key for key, body in self.provider.prompts.items() if body["code"] is None]
        if open_:
            self._newest(self.provider.prompts, open_[choice % len(open_)])
            self._pay_prompt(choice)

    def _pay_dead_prompt(self, choice: int) -> None:
        """She pays a prompt that had failed."""
        failed = [k for k, body in self.provider.prompts.items() if body["code"] not in (None, "0")]
        if failed:
            self.befell["prompt paid after it failed"] += 1
            self._newest(self.provider.prompts, failed[choice % len(failed)])
            self._pay_prompt(choice | 1)

    def _pay_prompt(self, choice: int) -> None:
        told, paid = bool(choice % 4), choice % 5 != 0
        code = 0 if paid else REFUSED[choice % len(REFUSED)]
        receipt = self.provider.answer_prompt(code, told=told)
        _, body = next(reversed(self.provider.prompts.items()))
        if paid:
            self._list(receipt, body["AccountReference"], int(body["Amount"]))
        if paid and choice % 7 == 1:
            self.befell["confirmed as a pay-in too"] += 1
            self._confirm(
                self._confirmation(receipt, body["AccountReference"], int(body["Amount"]))
            )

    def _pay_in(self, choice: int) -> None:
        """She pays by herself: with the right code, or a wrong one; told or not."""
        with self.sessions() as db:
            loan = self._loan(db)
        reference = loan.code if loan and choice % 6 else "Rent"
        body = self.provider.pay_in(reference, [BORROWED, 300, 1_300][choice % 3], self.now)
        if choice % 4:
            self._confirm(body)

    def _forge_pay_in(self, choice: int) -> None:
        """Ten times the amount, or somebody else's money, in a confirmation that comes first."""
        with self.sessions() as db:
            loan = self._loan(db)
        if loan is None:
            return
        self.befell["forged pay-in"] += 1
        body = self.provider.pay_in(loan.code, 42, self.now)
        self._confirm(body | {"TransAmount": "420.00"})
        self._forge_answer(choice)
        self._confirm(body)

    def _forge_result(self, choice: int) -> None:
        sent = [body for path, body in self.provider.calls if path == B2C]
        if sent:
            self.befell["forged result"] += 1
            body = sent[choice % len(sent)]
            self._post(urlsplit(body["ResultURL"]).path, {"Result": {
                "ResultType": 0, "ResultCode": 0 if choice % 2 else 2040, "TransactionID": f"F{choice}",
                "ConversationID": f"AG_{choice}", "OriginatorConversationID": body["OriginatorConversationID"],
            }})  # fmt: skip

    def _forge_answer(self, choice: int) -> None:
        """A false answer to the next question about some payment, before the true one."""
        with self.sessions() as db:
            rows = list(db.scalars(self._mine().order_by(Payment.created_at)))
        if not rows:
            return
        self.befell["forged answer"] += 1
        row = rows[choice % len(rows)]
        word = ["Completed", "Reversed", "Declined"][choice % 3]
        amount = row.asked // 100 * (10 if choice % 2 else 1)
        address = tokens.Address(row.id, row.attempt, row.asks + 1)
        items = [
            {"Key": "Amount", "Value": amount},
            {"Key": "TransactionStatus", "Value": word},
            {"Key": "ReceiptNo", "Value": row.receipt},
        ]
        path = "/cb/k/" + tokens.make(self.keyring, address)
        self._post(path, {"Result": {
            "ResultType": 0, "ResultCode": 0, "ConversationID": uuid.uuid4().hex,
            "ResultParameters": {"ResultParameter": items},
        }})  # fmt: skip

    def _repeat(self, choice: int) -> None:
        """The calls of the provider come again, the last first."""
        self.befell["told again"] += 1
        for path, body in reversed(self.heard[-choice % 5 :]):
            self._post(path, body)

    def _lose(self, choice: int) -> None:
        """The next order, question or statement goes wrong on the way."""
        path = [STK, B2C, PULL, STATUS][choice % 4]
        fault = [DROP, ACT_AND_DROP, error("500.003.1001"), error("500.003.02")][choice // 4 % 4]
        self.provider.orders[path].append(fault)

    def _freeze(self, _: int) -> None:
        """A worker takes an order and is frozen; the desk may give it up meanwhile."""
        with self.sessions.begin() as db:
            order = service.claim(db, now=self.now)
        if order is not None:
            self.befell["frozen worker"] += 1
            self.lost.append(order)

    def _thaw(self, _: int) -> None:
        """It goes on as if nothing had been."""
        for order in self.lost:
            self.desk._acknowledge(order, self.desk._send(order))
        self.lost.clear()

    def _decide(self, choice: int) -> None:
        """A person looks into the provider's portal, and says what is there."""
        with self.sessions() as db:
            rows = [one for one in db.scalars(self._mine()) if one.is_open and one.goes_out]
        for row in rows[: choice % 2 + 1]:
            key = row.provider_key or ""
            paid = bool(self.provider.paid_out().get(key))
            self.befell["decided"] += 1
            try:
                self.desk.decide(row.id, paid=paid)
            except Refusal:
                continue

    def _wait(self, choice: int) -> None:
        self._pass([5, 30, 120, 600, 7_200, 90_000][choice % 6])

    def _jump(self, choice: int) -> None:
        """Our clock is wrong for a moment."""
        self.befell["clock"] += 1
        before = self.now
        self._pass([1_500, 200_000, 10_368_000][choice % 3])
        self.now = before + timedelta(seconds=30)

    # --- how it happens
    def _pass(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)
        self.desk.sweep()
        self.desk.statement()
        self._drain()

    def _drain(self) -> None:
        busy = True
        while busy:
            busy = bool(self.desk.submit() + self.desk.inbox() + self.desk.ask() + self._deliver())

    def _deliver(self) -> int:
        due, self.provider.callbacks[:] = list(self.provider.callbacks), []
        for path, body in due:
            self.heard.append((path, copy.deepcopy(body)))
            self._post(path, body)
        return len(due)

    def _post(self, path: str, body: Body) -> None:
        token, _, late = path.removeprefix("/cb/k/").partition("/")
        address = tokens.read(self.keyring, token)
        assert address is not None
        topic = Topic.LATE if late else Topic.ANSWER if address.question else Topic.RESULT
        self._store(topic, body, self.rail.read(topic, body).event_key, address)

    def _confirm(self, body: Body) -> None:
        self._store(Topic.PAY_IN, body, self.rail.read(Topic.PAY_IN, body).event_key, None)

    def _store(self, topic: Topic, body: Body, key: str, address: tokens.Address | None) -> None:
        with self.sessions.begin() as db:
            inbox.store(
                db, provider="mpesa", topic=topic, event_key=key, raw=json.dumps(body).encode(), now=self.now,
                address=address,
            )  # fmt: skip

    def _finish_open(self) -> None:
        for key in [k for k in self.provider.payouts if k not in self.provider.transactions]:
            self._newest(self.provider.payouts, key)
            self.provider.pay_out(0)
        for key in [k for k, body in self.provider.prompts.items() if body["code"] is None]:
            self._newest(self.provider.prompts, key)
            self.provider.answer_prompt(1032)

    def _list(self, receipt: str, reference: str, amount: int) -> None:
        self.provider.pay_in(reference, amount, self.now, receipt)

    def _confirmation(self, receipt: str, reference: str, amount: int) -> Body:
        kept = list(self.provider.listed)
        body = self.provider.pay_in(reference, amount, self.now, receipt)
        self.provider.listed[:] = kept
        return body

    @staticmethod
    def _newest(where: dict[str, Body], key: str) -> None:
        where[key] = where.pop(key)

    def _with_status(self, word: str, of_payouts: bool | None = True) -> list[str]:
        found = self.provider.transactions.items()
        return [
            key for key, facts in found
            if facts["TransactionStatus"] == word
            and of_payouts in (None, key in self.provider.payouts)
        ]  # fmt: skip

    def _try(self, act: Callable[[Session, Loan], Any]) -> None:
        with self.sessions() as db:
            loan = self._loan(db)
            if loan is None:
                return
            try:
                act(db, loan)
            except Refusal:
                db.rollback()
            else:
                db.commit()

    def _village(self, db: Session) -> Village:
        db.info["paybill"] = "174379"
        project = db.get_one(lending.Project, self.project_id)
        return Village(db, project, db.get_one(User, self.user_id), self.now)

    def _loan(self, db: Session) -> Loan | None:
        found = lending.loans_of(db, self.user_id, limit=1)
        return found[0] if found else None

    def _mine(self) -> Any:
        return select(Payment).where(
            Payment.loan_id.in_(select(Loan.id).where(Loan.user_id == self.user_id))
        )

    # --- what must hold
    def check(self) -> None:
        """The provider's books agree with loans, ledger and texts, or a row names the payment that does not."""
        with self.sessions() as db:
            mine = list(db.scalars(self._mine()))
            came = self.provider.came_in()
            of_nobody = select(Payment).where(Payment.loan_id.is_(None), Payment.receipt.in_(came))
            mine += db.scalars(of_nobody)
            named = set(db.scalars(_DISPUTED))
            self.named = {one.id for one in mine} & named
            self._check_out(db, [one for one in mine if one.goes_out])
            self._check_in(db, [one for one in mine if not one.goes_out])
            self._check_loans(db, mine)
            self._check_texts(db, mine)

    def _check_out(self, db: Session, mine: list[Payment]) -> None:
        """Each payout left our ledger as it left the provider."""
        out = self.provider.paid_out()
        for payment in mine:
            keys = [provider_key(payment.id, k) for k in range(1, payment.attempt + 1)]
            true, booked = -sum(out.get(key, 0) for key in keys), _cash(db, payment)
            assert booked == true or payment.id in self.named, (payment.state, booked, true)
            self._check_settled(db, payment)

    def _check_in(self, db: Session, mine: list[Payment]) -> None:
        """What came in is in our ledger, all of it and once; whose receipt we know, to the shilling."""
        came = self.provider.came_in()
        for payment in mine:
            true, booked = came.get(payment.receipt or ""), _cash(db, payment)
            assert true in (None, booked) or payment.id in self.named, (payment.state, booked, true)
            self._check_settled(db, payment)
        booked, true = sum(_cash(db, one) for one in mine), sum(came.values())
        unheard = (
            not self.has_statement and booked < true
        )  # nobody told us, and there is nowhere to look
        in_doubt = any(one.id in self.named for one in mine)
        assert booked == true or in_doubt or unheard, (booked, true, [one.state for one in mine])

    def _check_settled(self, db: Session, payment: Payment) -> None:
        """Nothing hangs in between, and what waits in suspense has its row."""
        for account in (Account.PAYMENTS_IN_TRANSIT, Account.SUSPENSE):
            held = ledger.balance(db, account, "KES", payment.id)
            assert not held or payment.id in self.named, (payment.state, account, held)

    def _check_loans(self, db: Session, mine: list[Payment]) -> None:
        """She owes for the money that reached her, for nothing else, and as often as it did."""
        for loan in db.scalars(select(Loan).where(Loan.user_id == self.user_id)):
            places.check_loan(db, loan)
            of_loan = [one for one in mine if one.loan_id == loan.id]
            had = [
                one for one in of_loan
                if one.kind is PaymentKind.DISBURSEMENT and one.id not in self.named and _cash(db, one)
            ]  # fmt: skip
            has_it = loan.disbursed_on is not None
            in_doubt = any(one.id in self.named for one in of_loan)
            assert len(had) == has_it or in_doubt, (loan.status, [one.state for one in of_loan])

    def _check_texts(self, db: Session, mine: list[Payment]) -> None:
        """Every payment that counts was told with its receipt, and everything that was taken back."""
        user = db.get_one(User, self.user_id)
        sent = list(db.scalars(select(Message).where(Message.to == user.phone)))
        texts = "\n".join(one.text for one in sent)
        for payment in mine:
            if payment.loan_id is None or payment.counted_by or payment.id in self.named:
                continue
            told = payment.kind in (PaymentKind.DISBURSEMENT, PaymentKind.REPAYMENT)
            counts = payment.state in (PaymentState.SETTLED, PaymentState.SETTLED_LATE)
            known = payment.method is not Method.PUSH or payment.receipt == payment.told_receipt
            if counts and told and known and payment.receipt:
                bare = any(_is_bare(one, payment) for one in sent)  # its receipt was learnt later
                assert payment.receipt in texts or bare, (payment.method, payment.receipt)
            if payment.state is PaymentState.REVERSED and payment.kind is PaymentKind.REPAYMENT:
                assert "took back" in texts


NEWS = (
    "reversed",
    "payout_failed",
    "outcome_never_told",
    "pay_in_not_confirmed",
    "contradicted_late",
)
_DISPUTED = select(
    Attention.payment_id
).where(  # a row that only says what was booked excuses no difference
    Attention.resolved_at.is_(None), Attention.reason.not_in(NEWS)
)


def _is_bare(text: Message, payment: Payment) -> bool:
    """Whether this tells of the payment, and names no receipt: then nobody knew one."""
    return (text.event_key or "").endswith(str(payment.id)) and "Receipt" not in text.text


def _cash(db: Session, payment: Payment) -> int:
    """What this payment moved in our ledger, in shillings."""
    return ledger.balance(db, Account.CASH_MPESA, "KES", payment.id).minor // 100


STEPS = [
    "apply", "again", "ask_to_pay", "pay_out", "pay_after_all", "reverse", "answer_prompt", "pay_dead_prompt",
    "pay_in", "forge_pay_in", "forge_result", "forge_answer", "repeat", "lose", "freeze", "thaw", "decide",
    "wait", "jump",
]  # fmt: skip


def begin(sessions: sessionmaker[Session]) -> Place:
    """A cooperative with a project; its id and the organisation's."""
    with sessions.begin() as db:
        made = places.found(db, amount="100000000")
        return made.project.id, made.project.organisation_id


def _forget_the_others(db: Session) -> None:
    """Her provider knows nothing of those before her, and her time begins anew."""
    theirs = update(Payment).where(Payment.rail == "mpesa")
    db.execute(theirs.values(rail="mpesa-of-others", ask_at=None, check_at=None))
    unsent = update(Payment).where(Payment.state == PaymentState.READY)
    db.execute(unsent.values(state=PaymentState.FAILED))
    db.execute(delete(PaymentClock))


def newcomer(
    sessions: sessionmaker[Session], keyring: Keyring, folder: Path, place: Place,
    *, number: int, has_statement: bool,
) -> Life:  # fmt: skip
    """The next borrower, whose life has not begun."""
    project_id, organisation_id = place
    with sessions.begin() as db:
        _forget_the_others(db)
        user = places.borrower(db, organisation_id, number + 100)
        user.phone = f"+2547{number:08}"
    return Life(sessions, keyring, folder, project_id, user.id, has_statement)
