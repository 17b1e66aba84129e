"""What a provider posts is kept byte for byte, whatever it is written in; what nobody can understand stops nobody."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session, sessionmaker
from structlog.testing import capture_logs

from config import limits
from core.keys import Keyring
from core.lending import Loan
from core.money import Money
from core.payments import InboxMessage, set_aside, tokens
from core.payments.tokens import Address
from tests.fake_daraja import FakeDaraja
from tests.gateway.branch import Branch

CENTS_100 = Money("KES", 10_000)
ENCODINGS = {
    "UTF-8 with a byte order mark": "utf-8-sig",
    "UTF-16 with a byte order mark": "utf-16",
    "UTF-16 without one": "utf-16-le",
    "UTF-16, the other way round": "utf-16-be",
    "UTF-32": "utf-32",
    "Latin-1": "latin-1",
    "plain UTF-8": "utf-8",
}


@pytest.fixture
def daraja() -> Iterator[FakeDaraja]:
    fake = FakeDaraja().start()
    yield fake
    fake.stop()


@pytest.fixture
def branch(
    sessions: sessionmaker[Session], keyring: Keyring, daraja: FakeDaraja, tmp_path: Path
) -> Branch:
    return Branch.of(sessions, keyring, daraja, tmp_path)


def paid_out(branch: Branch) -> Loan:
    loan = branch.apply()
    branch.pay_out()
    return loan


def confirm(branch: Branch, raw: bytes) -> int:
    path = f"/cb/k/{branch.keyring.token('c2b')}/confirm"
    return branch.web.post(path, data=raw, content_type="application/json").status_code


def inbox(branch: Branch) -> list[InboxMessage]:
    with branch.sessions() as db:
        return db.query(InboxMessage).filter_by(topic="pay_in").all()


def test_a_confirmation_in_any_encoding_credits_the_loan(branch: Branch) -> None:
    loan = paid_out(branch)

    for encoding in ENCODINGS.values():
        before = branch.outstanding(loan.id)
        told = {**branch.daraja.pay_in(loan.code, 100, branch.now), "FirstName": "Zoë"}
        raw = json.dumps(told, ensure_ascii=False).encode(encoding)

        assert confirm(branch, raw) == 200
        assert raw in {one.raw for one in inbox(branch)}, "byte for byte"
        branch.believe()
        assert branch.outstanding(loan.id) == before - CENTS_100, encoding

    assert [one.raw for one in inbox(branch)] == [None] * len(ENCODINGS), "and no name stays"


def test_the_reported_confirmation_with_a_byte_order_mark_delays_nobody(branch: Branch) -> None:
    loan = paid_out(branch)
    for number in range(30):
        body = {"TransID": f"TESTBOM{number:03}", "TransAmount": "10.00", "BillRefNumber": "LCODE"}
        assert confirm(branch, json.dumps(body).encode("utf-8-sig")) == 200
    before = branch.outstanding(loan.id)

    confirm(branch, json.dumps(branch.daraja.pay_in(loan.code, 100, branch.now)).encode())
    branch.believe()

    assert branch.outstanding(loan.id) == before - CENTS_100
    assert {one.raw for one in inbox(branch)} == {None}


def odd(**changes: Any) -> bytes:
    body = {"TransID": "ODD1", "TransAmount": "10.00", "BillRefNumber": "X", **changes}
    return json.dumps(body).encode()


@pytest.mark.parametrize(
    "raw",
    [odd(TransTime="00010101000000"), odd(TransTime="99991231235959"), odd(TransTime="0" * 5_000),
     odd(BillRefNumber="\0"), odd(BillRefNumber="\ud800"), odd(FirstName="\0\ud800"), odd(TransAmount=1e-300),
     odd(TransAmount="1e-999999999"), odd(TransAmount="1e999999999"), odd(TransAmount=10**4_000),
     odd(TransAmount="0." + "0" * 5_000 + "1"), odd(TransAmount="NaN"), odd(MSISDN=[[[[[[[[]]]]]]]]),
     odd(TransID="\0"), odd(TransID="A" * 5_000), b'{"TransID": "A", "TransAmount": ' + b"9" * 5_000 + b"}",
     b'{"TransID":"DEEP","TransAmount":"10","BillRefNumber":"X","x":' + b"[" * 900 + b"]" * 900 + b"}",
     b"\0" * 100, b"\xef\xbb\xbf", b"\xff\xfe", "{}".encode("utf-32"), b'{"TransID": "A\0", "TransAmount": "1"}'],
)  # fmt: skip
def test_whatever_is_posted_the_next_payment_is_credited(branch: Branch, raw: bytes) -> None:
    loan = paid_out(branch)
    before = branch.outstanding(loan.id)

    assert confirm(branch, raw) in (200, 400)
    confirm(branch, json.dumps(branch.daraja.pay_in(loan.code, 100, branch.now)).encode())
    branch.believe()

    assert branch.outstanding(loan.id) == before - CENTS_100
    assert all(one.processed_at for one in inbox(branch)), "what the door takes, the worker reads"


@pytest.mark.parametrize("code", ["\0", "\ud800", 10**4_000, "é" * 20])
def test_no_result_code_breaks_the_door(branch: Branch, code: Any) -> None:
    branch.apply()
    branch.work()
    path = f"/cb/k/{tokens.make(branch.keyring, Address(branch.payments()[0].id, 1, 0))}"
    body = {"Result": {"ConversationID": "AG_1", "ResultCode": code}}

    assert branch.web.post(path, data=json.dumps(body)).status_code in (200, 400)
    branch.work()


def poison(branch: Branch, count: int) -> None:
    """Confirmations that some door took, and no worker of today can read: their rail is gone."""
    body = {"TransAmount": "10.00", "BillRefNumber": "X", "FirstName": "Amina"}
    with branch.sessions.begin() as db:
        for number in range(count):
            raw = json.dumps({**body, "TransID": f"P{number}"}).encode()
            db.add(InboxMessage(
                provider="gone", topic="pay_in", event_key=f"P{number}", raw=raw, try_at=branch.now,
            ))  # fmt: skip


def test_what_breaks_its_worker_three_times_is_set_aside_with_an_alarm(branch: Branch) -> None:
    poison(branch, 1)

    with capture_logs() as lines:
        for _ in range(limits.CALLBACK_TRIES + 2):
            branch.wait(60)

    said = [line["event"] for line in lines if line["log_level"] == "error"]
    assert said == ["callback not understood"] * limits.CALLBACK_TRIES + ["callback set aside"]
    assert "Amina" not in str(lines)
    with branch.sessions() as db:
        assert [one.event_key for one in set_aside.waiting(db, 10)] == ["P0"]


def test_what_breaks_its_worker_delays_no_other(branch: Branch) -> None:
    loan = paid_out(branch)
    before = branch.outstanding(loan.id)
    poison(branch, limits.DRAIN_BREAKS * 3)

    with capture_logs():
        confirm(branch, json.dumps(branch.daraja.pay_in(loan.code, 100, branch.now)).encode())
        branch.believe()

    assert branch.outstanding(loan.id) == before - CENTS_100


def test_what_was_set_aside_is_read_again_once_the_node_can(branch: Branch) -> None:
    poison(branch, 1)
    with capture_logs():
        for _ in range(limits.CALLBACK_TRIES):
            branch.wait(60)

    with branch.sessions.begin() as db:
        db.query(InboxMessage).update({"provider": "mpesa"})
        set_aside.read_again(db, set_aside.waiting(db, 1)[0].id, now=branch.now)
    branch.believe()

    row = inbox(branch)[0]
    assert row.processed_at is not None
    assert row.raw is None
    assert [payment.receipt for payment in branch.payments()] == ["P0"]


def test_what_kills_every_worker_is_set_aside_though_nobody_could_say_so(branch: Branch) -> None:
    poison(branch, 1)
    with branch.sessions.begin() as db:
        db.query(InboxMessage).update({"tries": limits.CALLBACK_DEATHS, "try_at": branch.now})

    with capture_logs() as lines:
        branch.wait(60)

    assert "callback set aside" in [line["event"] for line in lines]
    assert branch.payments() == []
