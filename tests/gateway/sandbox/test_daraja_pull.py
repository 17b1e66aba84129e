"""The pay bill's own statement: what came in, also where no confirmation ever went out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from tests.gateway.sandbox.conftest import Api
from tests.gateway.sandbox.daraja import PHONE, DarajaClient

REGISTER, QUERY = "/pulltransactions/v1/register", "/pulltransactions/v1/query"
PAY = f"/phones/{PHONE}/wallet/pay"
NAIROBI = timedelta(hours=3)


def register(daraja: DarajaClient, **changes: Any) -> requests.Response:
    body = {
        "ShortCode": "174379", "RequestType": "Pull", "NominatedNumber": PHONE,
        "CallBackURL": f"{daraja.node_url}/cb/k/p1", **changes,
    }  # fmt: skip
    return daraja.post(REGISTER, body)


def query(daraja: DarajaClient, minutes: int = 5, **changes: Any) -> requests.Response:
    now = datetime.now(UTC) + NAIROBI
    body = {
        "ShortCode": "174379", "OffSetValue": "0",
        "StartDate": (now - timedelta(minutes=minutes)).strftime("%Y-%m-%d %H:%M:%S"),
        "EndDate": now.strftime("%Y-%m-%d %H:%M:%S"), **changes,
    }  # fmt: skip
    return daraja.post(QUERY, body)


def test_it_is_registered_once(daraja: DarajaClient) -> None:
    first, again = register(daraja).json(), register(daraja).json()

    assert (first["ResponseStatus"], first["ShortCode"]) == ("1000", "174379")
    assert again["ResponseStatus"] == "1001"


def test_what_nobody_was_told_of_is_listed(api: Api, daraja: DarajaClient) -> None:
    register(daraja)
    api.fault("c2b", "missing")
    receipt = api.post(PAY, to="174379", account="L1042X", amount=300)["receipt"]

    answer = query(daraja).json()

    assert answer["ResponseCode"] == "1000"
    ((line,),) = answer["Response"]
    paid_at = datetime.fromisoformat(line.pop("trxDate"))
    assert abs(datetime.now(UTC) - paid_at) < timedelta(minutes=1)
    assert line == {
        "transactionId": receipt, "msisdn": "2547 ***** 111", "transactiontype": "c2b-pay-bill-debit",
        "billreference": "L1042X", "amount": "300.00", "organizationname": "GROWR",
    }  # fmt: skip


def test_a_paid_prompt_is_listed_and_a_declined_one_is_not(api: Api, daraja: DarajaClient) -> None:
    register(daraja)
    daraja.stk()
    api.answer(decline=True)
    assert query(daraja).json()["ResponseCode"] == "1001"

    daraja.stk(Amount="200")
    api.answer(pin="1234")

    assert [line["amount"] for line in query(daraja).json()["Response"][0]] == ["200.00"]


def test_it_goes_on_after_so_many_lines_and_ends(api: Api, daraja: DarajaClient) -> None:
    register(daraja)
    for amount in (1, 2, 3):
        api.post(PAY, to="174379", account="L1042X", amount=amount)

    page, end = query(daraja, OffSetValue="2").json(), query(daraja, OffSetValue="3").json()

    assert [line["amount"] for line in page["Response"][0]] == ["3.00"]
    assert (end["ResponseCode"], end["Transaction"]) == ("1001", "[[]]")


@pytest.mark.parametrize(
    "changes",
    [{"ShortCode": "600992"}, {"StartDate": "yesterday"}, {"OffSetValue": "x"}, {"EndDate": ""}],
)
def test_a_question_that_is_wrong_is_refused(daraja: DarajaClient, changes: dict[str, str]) -> None:
    register(daraja)

    assert query(daraja, **changes).status_code == 400


def test_nobody_reads_it_unregistered(daraja: DarajaClient) -> None:
    assert query(daraja).status_code == 400


def test_it_fails_as_ordered(api: Api, daraja: DarajaClient) -> None:
    register(daraja)
    api.fault("pull", "rate_limited")

    assert [query(daraja).status_code for _ in range(2)] == [429, 200]
