"""Callbacks: only what comes to an address we made is kept, it is answered at once, and it is never believed."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session, sessionmaker
from structlog.testing import capture_logs

from config.limits import BODY_BYTES
from core.keys import Keyring
from core.lending import LoanStatus
from core.money import Money
from core.payments import InboxMessage, PaymentState, tokens
from core.payments.tokens import Address
from tests.fake_daraja import ACT_AND_DROP, B2C, REGISTER, FakeDaraja, error
from tests.gateway.branch import Branch

THANKS = {"ResultCode": 0, "ResultDesc": "Success"}
RESULT = {"Result": {"ResultCode": 0, "ConversationID": "AG_1"}}


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


def token(branch: Branch, question: int = 0) -> str:
    payment = branch.payments()[0]
    return tokens.make(branch.keyring, Address(payment.id, payment.attempt, question))


def kept(branch: Branch) -> int:
    with branch.sessions() as db:
        return db.query(InboxMessage).count()


def test_a_callback_at_its_address_is_kept_and_thanked_for(branch: Branch) -> None:
    branch.apply()
    branch.work()

    answer = branch.web.post(f"/cb/k/{token(branch)}", json=RESULT)

    assert (answer.status_code, answer.json) == (200, THANKS)
    assert kept(branch) == 1


def test_the_same_callback_again_is_thanked_for_and_not_kept(branch: Branch) -> None:
    branch.apply()
    branch.work()

    answers = [branch.web.post(f"/cb/k/{token(branch)}", json=RESULT) for _ in range(3)]

    assert [answer.json for answer in answers] == [THANKS] * 3
    assert kept(branch) == 1


def test_a_queue_timeout_needs_no_readable_body(branch: Branch) -> None:
    branch.apply()
    branch.work()

    answer = branch.web.post(f"/cb/k/{token(branch)}/late", data=b"<html>")
    branch.work()

    assert answer.json == THANKS
    assert branch.payments()[0].state is PaymentState.UNKNOWN


def spoiled(good: str) -> list[str]:
    flipped = good[:-1] + ("0" if good[-1] != "0" else "1")
    other = good[:1] + ("0" if good[1] != "0" else "1") + good[2:]
    return [
        flipped,
        other,
        good[:-2],
        good + "00",
        "x",
        "é",
        "0" * len(good),
        "../health",
        good.upper() + "g",
    ]


def test_no_forged_address_is_taken(branch: Branch) -> None:
    branch.apply()
    branch.work()

    for bad in spoiled(token(branch)):
        for tail in ("", "/late", "/confirm", "/validate"):
            answer = branch.web.post(f"/cb/k/{bad}{tail}", json=RESULT)
            assert answer.status_code in (404, 405), (bad, tail)

    assert kept(branch) == 0


def test_the_token_of_one_attempt_or_question_is_not_that_of_another(keyring: Keyring) -> None:
    payment = uuid.uuid4()
    made = {
        tokens.make(keyring, Address(payment, attempt, question))
        for attempt in range(5)
        for question in range(5)
    }

    assert len(made) == 25
    assert tokens.read(keyring, tokens.make(keyring, Address(payment, 3, 4))) == Address(
        payment, 3, 4
    )


def test_forged_results_with_a_leaked_address_disburse_nothing(branch: Branch) -> None:
    loan = branch.apply()
    branch.work()
    key = branch.daraja.sent(B2C)[0]["OriginatorConversationID"]

    for number in range(10):
        forged = {
            "ResultCode": 0,
            "ConversationID": f"AG_{number}",
            "OriginatorConversationID": key,
        }
        branch.web.post(f"/cb/k/{token(branch)}", json={"Result": forged})
        branch.work()

    assert branch.loan(loan.id).status is LoanStatus.APPROVED


def test_only_listed_addresses_are_heard_if_there_is_a_list(branch: Branch) -> None:
    branch.apply()
    branch.work()
    branch.settings = branch.settings.model_copy(
        update={"provider_addresses": ["196.201.214.0/24"]}
    )

    stranger = branch.web.post(f"/cb/k/{token(branch)}", json=RESULT)
    provider = branch.web.post(
        f"/cb/k/{token(branch)}", json=RESULT, environ_base={"REMOTE_ADDR": "196.201.214.200"}
    )

    assert (stranger.status_code, provider.status_code) == (404, 200)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'"x"', b"1" * 5_000, b"\xff\xfe\x00", b"{}", b"[" * 20_000,
     b'{"a":' * 8_000, b'{"Result":{}}', b'{"Result":{"ConversationID":1,"ResultCode":0}}',
     b'{"Result":{"ConversationID":"A\\u0000","ResultCode":0}}',
     b'{"Body":{"stkCallback":{"CheckoutRequestID":{},"ResultCode":0}}}'],
)  # fmt: skip
def test_a_malformed_body_is_refused_with_a_line_and_no_trace(branch: Branch, body: bytes) -> None:
    branch.apply()
    branch.work()

    with capture_logs() as lines:
        answer = branch.web.post(f"/cb/k/{token(branch)}", data=body)

    assert answer.status_code == 400
    assert lines[-1]["reason"] == "callback_malformed"
    assert "Traceback" not in answer.text
    assert kept(branch) == 0


def test_an_address_ends_with_a_slash_or_not_and_says_that_it_is_right(branch: Branch) -> None:
    branch.apply()
    branch.work()
    addresses = [f"/cb/k/{branch.keyring.token('c2b')}/confirm", f"/cb/k/{token(branch)}"]

    for path in addresses:
        for probed in (path, f"{path}/"):
            assert "This address is right" in branch.web.get(probed).text
    assert branch.web.post(f"{addresses[1]}/", json=RESULT).json == THANKS
    assert branch.web.get("/cb/k/wrong").status_code == 404
    assert branch.web.get("/cb/k/wrong/confirm").status_code == 404


def test_a_huge_body_is_refused(branch: Branch) -> None:
    branch.apply()
    branch.work()

    answer = branch.web.post(f"/cb/k/{token(branch)}", data=b" " * (BODY_BYTES + 1))

    assert answer.status_code == 413


def wild(items: Any) -> dict[str, Any]:
    return {"Result": {"ConversationID": "AG_9", "ResultCode": 0, "ResultParameters": items}}


@pytest.mark.parametrize(
    "items",
    [None, 1, "x", [], [[[[[[[]]]]]]], {"ResultParameter": {"Key": "TransactionAmount", "Value": "x"}},
     [{"Key": 1}], [{"Key": "TransactionAmount", "Value": {"a": 1}}], [{"Key": "TransactionAmount", "Value": 1e400}],
     [{"Key": "TransactionAmount", "Value": -5}], [{"Key": "TransactionReceipt", "Value": "\ud800"}]],
)  # fmt: skip
def test_odd_details_of_a_callback_harm_nobody(branch: Branch, items: Any) -> None:
    branch.apply()
    branch.work()

    branch.web.post(f"/cb/k/{token(branch)}", data=json.dumps(wild(items)))
    branch.work()

    assert branch.payments()[0].state is PaymentState.SUBMITTED


def validate(branch: Branch, **changes: Any) -> Any:
    body = {"TransID": "R1", "TransAmount": "100.00", "BillRefNumber": "", **changes}
    path = f"/cb/k/{branch.keyring.token('c2b')}/validate"
    return (branch.web.post(path, json=body).json or {})["ResultCode"]


def test_money_for_a_known_loan_is_let_in(branch: Branch) -> None:
    loan = branch.apply()

    assert validate(branch, BillRefNumber=f"{loan.code.lower()} ") == "0"


def test_what_is_let_in_is_kept_because_its_confirmation_may_be_lost(branch: Branch) -> None:
    loan = branch.apply()
    branch.pay_out()
    before = branch.outstanding(loan.id)
    body = branch.daraja.pay_in(loan.code, 100, branch.now)

    for _ in range(2):
        assert validate(branch, **body) == "0"
    branch.wait(5)
    assert branch.outstanding(loan.id) == before
    branch.wait(5)
    branch.believe()

    assert branch.outstanding(loan.id) == before - Money("KES", 10_000)


def test_what_is_kept_out_is_not_kept(branch: Branch) -> None:
    branch.apply()

    validate(branch, BillRefNumber="X")

    assert kept(branch) == 0


def test_money_for_nobody_is_kept_out(branch: Branch) -> None:
    loan = branch.apply()

    for reference in ("", "X", loan.code[:-1], loan.code + "A", None, 5, "'; --"):
        assert validate(branch, BillRefNumber=reference) == "C2B00012"


@pytest.mark.parametrize("amount", ["0", "-1", "x", None, "1.001", "NaN", True])
def test_an_amount_that_cannot_be_read_is_kept_out(branch: Branch, amount: Any) -> None:
    loan = branch.apply()

    assert validate(branch, BillRefNumber=loan.code, TransAmount=amount) == "C2B00013"


def test_the_addresses_for_pay_ins_are_registered_without_a_forbidden_word(branch: Branch) -> None:
    rail: Any = branch.rails["mpesa"]

    assert rail.register_urls()

    sent = branch.daraja.sent(REGISTER)[0]
    assert sent["ResponseType"] == "Completed"
    for name, tail in (("ConfirmationURL", "/confirm"), ("ValidationURL", "/validate")):
        path = sent[name].removeprefix("https://node.example")
        assert path == f"/cb/k/{branch.keyring.token('c2b')}{tail}"


@pytest.mark.parametrize(
    ("answer", "done"),
    [(error("500.003.1001", "Urls are already registered"), True), (error("400.002.02"), False), ((500, {}), False)],
)  # fmt: skip
def test_addresses_that_are_registered_already_are_well(
    branch: Branch, answer: Any, done: bool
) -> None:
    branch.daraja.orders[REGISTER] = [answer]
    rail: Any = branch.rails["mpesa"]

    assert bool(rail.register_urls()) is done


def test_no_log_line_names_a_phone_a_token_or_a_secret(
    branch: Branch, caplog: pytest.LogCaptureFixture
) -> None:
    with capture_logs() as lines, caplog.at_level("INFO"):
        branch.apply()
        branch.daraja.orders[B2C] = [ACT_AND_DROP]
        branch.pay_out()
        branch.web.post("/cb/k/wrong", json=RESULT)
        branch.web.post(f"/cb/k/{token(branch)}", data=b"{")
        branch.wait(30)

    said = str(lines) + caplog.text
    for secret in ("54712", "Amina", token(branch), "initiator#1", "secret", branch.daraja.token):
        assert secret not in said
