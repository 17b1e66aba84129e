"""A payment prompt on the phone, over Daraja's wire."""

from __future__ import annotations

import re
from typing import Any

import pytest
import requests

from gateway.sandbox import SandboxSettings
from tests.gateway.sandbox.conftest import Api
from tests.gateway.sandbox.daraja import PHONE, DarajaClient
from tests.gateway.sandbox.node import ListeningNode

CALLBACK = "/cb/k/a1"


def result(node: ListeningNode, count: int = 1) -> dict[str, Any]:
    return dict(node.wait(CALLBACK, count)[count - 1].json["Body"]["stkCallback"])


def test_a_paid_prompt_moves_the_money_and_calls_back(
    api: Api, daraja: DarajaClient, node: ListeningNode
) -> None:
    answer = daraja.stk().json()
    prompt = api.prompt()

    paid = api.answer(pin="1234")

    callback = result(node)
    items = {item["Name"]: item.get("Value") for item in callback["CallbackMetadata"]["Item"]}
    assert set(answer) == {
        "MerchantRequestID",
        "CheckoutRequestID",
        "ResponseCode",
        "ResponseDescription",
        "CustomerMessage",
    }
    assert re.fullmatch(r"ws_CO_\d+", answer["CheckoutRequestID"])
    assert (prompt["amount"], prompt["to"], prompt["account"]) == (500, "174379", "L1042X")
    assert paid["paid"] is True
    assert callback["CheckoutRequestID"] == answer["CheckoutRequestID"]
    assert callback["MerchantRequestID"] == answer["MerchantRequestID"]
    assert callback["ResultCode"] == 0
    assert (items["Amount"], items["PhoneNumber"], items["Balance"]) == (500.0, int(PHONE), None)
    assert re.fullmatch(r"[A-Z0-9]{10}", items["MpesaReceiptNumber"])
    assert re.fullmatch(r"\d{14}", str(items["TransactionDate"]))
    assert api.balance() == 500
    assert api.get("/shortcodes/174379/wallet")["balance"] == 500


@pytest.mark.parametrize(
    ("body", "code"),
    [({"pin": "9999"}, 2001), ({"decline": True}, 1032)],
    ids=["wrong", "declined"],
)
def test_an_unpaid_prompt_moves_nothing(
    api: Api, daraja: DarajaClient, node: ListeningNode, body: dict[str, Any], code: int
) -> None:
    checkout = daraja.stk().json()["CheckoutRequestID"]

    api.answer(**body)

    callback = result(node)
    assert callback["ResultCode"] == code
    assert "CallbackMetadata" not in callback
    assert daraja.stk_query(checkout).json()["ResultCode"] == str(code)
    assert api.balance() == 1000


def test_a_wallet_with_too_little_is_result_1(
    api: Api, daraja: DarajaClient, node: ListeningNode
) -> None:
    daraja.stk(Amount="1001")

    api.answer(pin="1234")

    assert result(node)["ResultCode"] == 1


def test_the_query_says_processing_until_she_has_answered(api: Api, daraja: DarajaClient) -> None:
    checkout = daraja.stk().json()["CheckoutRequestID"]

    waiting = daraja.stk_query(checkout)
    api.answer(pin="1234")
    done = daraja.stk_query(checkout).json()

    assert waiting.status_code == 500
    assert waiting.json()["errorCode"] == "500.001.1001"
    assert waiting.json()["errorMessage"] == "The transaction is being processed"
    assert (done["ResponseCode"], done["ResultCode"]) == ("0", "0")
    assert done["CheckoutRequestID"] == checkout


def test_a_prompt_cannot_come_up_while_a_ussd_session_is_open(
    api: Api, daraja: DarajaClient, node: ListeningNode
) -> None:
    api.post(f"/phones/{PHONE}/dial", code="*384*77#")

    daraja.stk()

    assert result(node)["ResultCode"] == 1037


def test_a_second_prompt_cannot_lock_the_subscriber(
    api: Api, daraja: DarajaClient, node: ListeningNode
) -> None:
    daraja.stk()
    api.prompt()

    daraja.stk()

    assert result(node)["ResultCode"] == 1001


class TestNobodyAnswers:
    @pytest.fixture
    def settings(self, settings: SandboxSettings) -> SandboxSettings:
        return settings.model_copy(update={"prompt_seconds": 0.1})

    def test_the_prompt_expires(self, daraja: DarajaClient, node: ListeningNode, api: Api) -> None:
        daraja.stk()

        assert result(node)["ResultCode"] == 1037
        assert api.get(f"/phones/{PHONE}/prompts") == []


@pytest.mark.parametrize("code", [1, 17, 26, 1001, 1019, 1025, 1032, 1037, 2001, 8006, 9999])
def test_a_magic_number_always_ends_the_same(
    daraja: DarajaClient, node: ListeningNode, code: int
) -> None:
    magic = f"25479991{code:04}"

    daraja.stk(PartyA=magic, PhoneNumber=magic)

    assert result(node)["ResultCode"] == code


def test_any_result_can_be_ordered(api: Api, daraja: DarajaClient, node: ListeningNode) -> None:
    api.fault("stk", "result:SFC_IC0003")

    daraja.stk()

    assert result(node)["ResultCode"] == "SFC_IC0003"


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"Amount": "0"}, "400.002.02", "Amount"),
        ({"Amount": "1.5"}, "400.002.02", "Amount"),
        ({"Amount": "250001"}, "400.002.02", "Amount"),
        ({"Amount": True}, "400.002.02", "Amount"),
        ({"PhoneNumber": "0711000111"}, "400.002.02", "PhoneNumber"),
        ({"PartyA": "254711000112"}, "400.002.02", "PartyA"),
        ({"PartyB": "1"}, "400.002.02", "PartyB"),
        ({"TransactionType": "Pay"}, "400.002.02", "TransactionType"),
        ({"AccountReference": "L" * 13}, "400.002.02", "AccountReference"),
        ({"TransactionDesc": ""}, "400.002.02", "TransactionDesc"),
        ({"CallBackURL": "https://pay.example/mpesa/1"}, "400.002.02", "CallBackURL"),
        ({"CallBackURL": "nowhere"}, "400.002.02", "CallBackURL"),
        ({"Timestamp": "now"}, "400.002.02", "Timestamp"),
        ({"BusinessShortCode": "1"}, "500.001.1001", "Merchant does not exist"),
        ({"Password": "eA=="}, "500.001.1001", "Wrong credentials"),
    ],
)
def test_a_bad_field_is_refused_in_the_envelope(
    daraja: DarajaClient, changes: dict[str, Any], code: str, words: str
) -> None:
    response = daraja.stk(**changes)

    assert response.status_code == int(code[:3])
    assert set(response.json()) == {"requestId", "errorCode", "errorMessage"}
    assert response.json()["errorCode"] == code
    assert words in response.json()["errorMessage"]


class TestAcknowledgementsThatGoWrong:
    @pytest.mark.parametrize(("kind", "prompts"), [("lost_acknowledgement", 1), ("not_acted", 0)])
    def test_dropped(self, api: Api, daraja: DarajaClient, kind: str, prompts: int) -> None:
        daraja.fetch_token()
        api.fault("stk", kind)

        with pytest.raises(requests.ConnectionError):
            daraja.stk()

        assert len(api.get("/ledger")["accounts"]) == 3 + prompts  # the phone is known if it acted
        assert not prompts or api.prompt()

    @pytest.mark.parametrize(
        ("kind", "status", "code"),
        [
            ("500", 500, "500.003.1001"),
            ("error_after", 500, "500.003.1001"),
            ("rate_limited", 429, "500.003.02"),
            ("locked", 500, "500.001.1001"),
            ("expired_token", 404, "404.001.03"),
        ],
    )
    def test_refused(
        self, api: Api, daraja: DarajaClient, kind: str, status: int, code: str
    ) -> None:
        daraja.fetch_token()
        api.fault("stk", kind)

        response = daraja.stk()

        assert (response.status_code, response.json()["errorCode"]) == (status, code)

    def test_malformed(self, api: Api, daraja: DarajaClient) -> None:
        api.fault("stk", "malformed_acknowledgement")

        response = daraja.stk()

        assert response.status_code == 200
        with pytest.raises(requests.JSONDecodeError):
            response.json()
        assert api.prompt()

    def test_late(self, api: Api, daraja: DarajaClient) -> None:
        daraja.fetch_token()
        api.fault("stk", "delay", seconds=1)
        bearer = {"Authorization": f"Bearer {daraja.token}"}

        with pytest.raises(requests.ReadTimeout):
            requests.post(
                f"{api.url}/mpesa/stkpush/v1/processrequest",
                json=daraja.stk_body(),
                headers=bearer,
                timeout=0.3,
            )

        assert api.prompt()

    def test_a_dead_token_stays_dead_until_a_new_one(self, api: Api, daraja: DarajaClient) -> None:
        daraja.fetch_token()
        api.fault("query", "expired_token")
        daraja.stk_query("x")

        again = daraja.stk()
        daraja.fetch_token()

        assert again.json()["errorCode"] == "404.001.03"
        assert daraja.stk().status_code == 200


class TestCallbacksThatGoWrong:
    @pytest.mark.parametrize("kind", ["duplicate", "simultaneous"])
    def test_twice(self, api: Api, daraja: DarajaClient, node: ListeningNode, kind: str) -> None:
        api.fault("stk", kind)
        daraja.stk()

        api.answer(pin="1234")

        first, second = node.wait(CALLBACK, 2)
        assert first.json == second.json
        assert api.balance() == 500

    def test_missing(self, api: Api, daraja: DarajaClient, node: ListeningNode) -> None:
        api.fault("stk", "missing")
        daraja.stk()
        api.answer(pin="1234")
        daraja.stk(Amount="100")

        api.answer(pin="1234")

        amount = result(node)["CallbackMetadata"]["Item"][0]["Value"]
        assert amount == 100.0

    def test_forged(self, api: Api, daraja: DarajaClient, node: ListeningNode) -> None:
        api.fault("stk", "forged")
        checkout = daraja.stk().json()["CheckoutRequestID"]

        api.answer(decline=True)

        more, unknown, true = (
            heard.json["Body"]["stkCallback"] for heard in node.wait(CALLBACK, 3)
        )
        assert (more["CheckoutRequestID"], more["ResultCode"]) == (checkout, 0)
        assert more["CallbackMetadata"]["Item"][0]["Value"] == 5000.0
        assert unknown["CheckoutRequestID"] != checkout
        assert (true["CheckoutRequestID"], true["ResultCode"]) == (checkout, 1032)
        assert api.balance() == 1000

    def test_before_the_acknowledgement(
        self, api: Api, daraja: DarajaClient, node: ListeningNode
    ) -> None:
        api.fault("stk", "reordered")
        magic = "254799911032"

        response = daraja.stk(PartyA=magic, PhoneNumber=magic)

        assert response.status_code == 200
        assert len(node.at(CALLBACK)) == 1

    def test_confirmed_to_the_pay_bill_as_well(
        self, api: Api, daraja: DarajaClient, node: ListeningNode
    ) -> None:
        daraja.register_c2b()
        api.fault("stk", "confirmed_too")
        daraja.stk()

        api.answer(pin="1234")

        confirmation = node.wait("/cb/k/c1/confirm")[0].json
        receipt = result(node)["CallbackMetadata"]["Item"][1]["Value"]
        assert confirmation["TransID"] == receipt


def test_a_prompt_of_another_phone_cannot_be_answered(api: Api, daraja: DarajaClient) -> None:
    daraja.stk()
    prompt = api.prompt()["id"]

    stranger = api.call("POST", f"/phones/254722000222/prompts/{prompt}", {"pin": "1234"})
    api.answer(pin="1234")
    again = api.call("POST", f"/phones/{PHONE}/prompts/{prompt}", {"pin": "1234"})

    assert stranger.status_code == 404
    assert again.status_code == 409
