"""She pays the bill herself."""

from __future__ import annotations

import hashlib
import re

import pytest
from flask import Response, jsonify

from tests.gateway.sandbox.conftest import Api
from tests.gateway.sandbox.daraja import PHONE, DarajaClient
from tests.gateway.sandbox.node import ListeningNode

VALIDATE, CONFIRM = "/cb/k/c1/validate", "/cb/k/c1/confirm"
PAY = f"/phones/{PHONE}/wallet/pay"
BILL = {"to": "174379", "account": "L1042X", "amount": 300}


@pytest.fixture(autouse=True)
def _willing(node: ListeningNode) -> None:
    node.answers[VALIDATE] = lambda _: jsonify(
        ResultCode="0", ResultDesc="Accepted", ThirdPartyTransID="ours"
    )


def test_registering_answers_with_their_spelling(daraja: DarajaClient) -> None:
    answer = daraja.register_c2b().json()

    assert set(answer) == {"OriginatorCoversationID", "ResponseCode", "ResponseDescription"}
    assert (answer["ResponseCode"], answer["ResponseDescription"]) == ("0", "Success")


def test_a_bill_is_validated_paid_and_confirmed(
    api: Api, daraja: DarajaClient, node: ListeningNode
) -> None:
    daraja.register_c2b()

    paid = api.call("POST", PAY, BILL)

    confirmation = node.wait(CONFIRM)[0].json
    assert paid.status_code == 201
    assert paid.json() == {"receipt": confirmation["TransID"], "balance": 700}
    assert re.fullmatch(r"\d{14}", confirmation.pop("TransTime"))
    assert confirmation == {
        "TransactionType": "Pay Bill",
        "TransID": paid.json()["receipt"],
        "TransAmount": "300.00",
        "BusinessShortCode": "174379",
        "BillRefNumber": "L1042X",
        "InvoiceNumber": "",
        "OrgAccountBalance": "300.00",
        "ThirdPartyTransID": "ours",
        "MSISDN": "2547 ***** 111",
        "FirstName": "WANJIRU",
        "MiddleName": "",
        "LastName": "",
    }
    assert node.at(VALIDATE)[0].json["OrgAccountBalance"] == ""


def test_the_node_may_refuse_a_bill(api: Api, daraja: DarajaClient, node: ListeningNode) -> None:
    daraja.register_c2b()
    node.answers[VALIDATE] = lambda _: jsonify(ResultCode="C2B00012", ResultDesc="Rejected")

    refused = api.call("POST", PAY, BILL)

    assert refused.status_code == 409
    assert "C2B00012" in refused.json()["error"]
    assert api.balance() == 1000


@pytest.mark.parametrize(("response_type", "status"), [("Completed", 201), ("Cancelled", 409)])
def test_a_silent_node_counts_as_it_registered(
    api: Api, daraja: DarajaClient, node: ListeningNode, response_type: str, status: int
) -> None:
    daraja.register_c2b(response_type)
    node.answers[VALIDATE] = lambda _: Response("what?", status=500)

    assert api.call("POST", PAY, BILL).status_code == status


@pytest.mark.parametrize("kind", ["duplicate", "simultaneous"])
def test_a_confirmation_comes_twice(
    api: Api, daraja: DarajaClient, node: ListeningNode, kind: str
) -> None:
    daraja.register_c2b()
    api.fault("c2b", kind)

    api.post(PAY, **BILL)

    first, second = node.wait(CONFIRM, 2)
    assert first.json == second.json
    assert api.balance() == 700


def test_confirmations_are_forged_lost_and_swapped(
    api: Api, daraja: DarajaClient, node: ListeningNode
) -> None:
    daraja.register_c2b()
    for kind in ("missing", "reordered", "forged"):
        api.fault("c2b", kind)

    receipts = [api.post(PAY, **{**BILL, "amount": amount})["receipt"] for amount in (1, 2, 3)]

    more, unknown, third, second = (heard.json for heard in node.wait(CONFIRM, 4))
    assert (more["TransID"], more["TransAmount"]) == (receipts[2], "30.00")
    assert unknown["TransID"] not in receipts
    assert (third["TransID"], second["TransID"]) == (receipts[2], receipts[1])


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"amount": 1001}, 409),
        ({"to": "600992"}, 409),
        ({"amount": 0}, 400),
        ({"amount": "5"}, 400),
        ({"amount": True}, 400),
        ({"account": ""}, 400),
        ({"account": "L" * 21}, 400),
    ],
)
def test_a_bill_that_cannot_be_paid_says_why(
    api: Api, change: dict[str, object], status: int
) -> None:
    refused = api.call("POST", PAY, {**BILL, **change})

    assert refused.status_code == status
    assert refused.json()["error"]
    assert api.get("/ledger")["accounts"]["174379"] == 0


def test_darajas_own_simulation_pays_too(
    api: Api, daraja: DarajaClient, node: ListeningNode
) -> None:
    daraja.register_c2b()
    body = {
        "ShortCode": "174379",
        "CommandID": "CustomerPayBillOnline",
        "Amount": "5",
        "Msisdn": PHONE,
        "BillRefNumber": "L1042X",
    }

    daraja.post("/mpesa/c2b/v2/simulate", body)

    assert node.wait(CONFIRM)[0].json["TransAmount"] == "5.00"


def test_version_1_names_the_payer_by_a_digest(
    api: Api, daraja: DarajaClient, node: ListeningNode
) -> None:
    body = {
        "ShortCode": "174379", "ResponseType": "Completed",
        "ConfirmationURL": f"{daraja.node_url}{CONFIRM}", "ValidationURL": f"{daraja.node_url}{VALIDATE}",
    }  # fmt: skip
    assert daraja.post("/mpesa/c2b/v1/registerurl", body).json()["ResponseCode"] == "0"

    api.call("POST", PAY, BILL)

    assert node.wait(CONFIRM)[0].json["MSISDN"] == hashlib.sha256(PHONE.encode()).hexdigest()
