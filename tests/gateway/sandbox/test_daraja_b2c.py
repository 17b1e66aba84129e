"""Money out to a phone, questions about it, and the door they go through."""

from __future__ import annotations

import re
from typing import Any

import pytest
import requests

from tests.gateway.sandbox.conftest import Api
from tests.gateway.sandbox.daraja import PHONE, DarajaClient
from tests.gateway.sandbox.node import ListeningNode

RESULT, LATE, ANSWER = "/cb/k/b1", "/cb/k/b1/late", "/cb/k/q1"


def values(result: dict[str, Any]) -> dict[str, Any]:
    pairs = result["ResultParameters"]["ResultParameter"]
    return {pair["Key"]: pair.get("Value") for pair in pairs}


def test_a_payment_is_acknowledged_then_paid_then_told(
    api: Api, daraja: DarajaClient, node: ListeningNode
) -> None:
    answer = daraja.b2c().json()

    result = node.wait(RESULT)[0].json["Result"]
    facts = values(result)
    assert answer == {
        "ConversationID": result["ConversationID"],
        "OriginatorConversationID": "G7K2M9Q4T1V8X3Z6B0",
        "ResponseCode": "0",
        "ResponseDescription": "Accept the service request successfully.",
    }
    assert re.fullmatch(r"AG_\d{8}_[0-9a-f]{20}", answer["ConversationID"])
    assert (result["ResultType"], result["ResultCode"]) == (0, 0)
    assert result["TransactionID"] == facts["TransactionReceipt"]
    assert facts["TransactionAmount"] == 1500
    assert facts["ReceiverPartyPublicName"].startswith(PHONE)
    assert re.fullmatch(r"\d\d\.\d\d\.\d{4} \d\d:\d\d:\d\d", facts["TransactionCompletedDateTime"])
    assert facts["B2CUtilityAccountAvailableFunds"] == 998_500.0
    assert api.balance() == 2500


def test_a_repeated_originator_id_is_refused_and_pays_once(
    api: Api, daraja: DarajaClient, node: ListeningNode
) -> None:
    daraja.b2c()

    again = daraja.b2c()

    node.wait(RESULT)
    assert again.status_code == 500
    assert again.json()["errorCode"] == "500.002.1001"
    assert again.json()["errorMessage"] == "Duplicate OriginatorConversationID."
    assert api.balance() == 2500


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"Amount": "9"}, 2),
        ({"Amount": "250001"}, 3),
        ({"InitiatorName": "nobody"}, 2001),
        ({"SecurityCredential": "eA=="}, 2001),
        ({"PartyA": "600000"}, 2028),
        ({"PartyB": "254799912040"}, 2040),
        ({"PartyB": "254799910001"}, 1),
    ],
)
def test_a_payment_that_cannot_be_made_is_accepted_and_fails_later(
    api: Api, daraja: DarajaClient, node: ListeningNode, changes: dict[str, str], code: int
) -> None:
    answer = daraja.b2c(**changes)

    result = node.wait(RESULT)[0].json["Result"]
    assert answer.status_code == 200
    assert result["ResultCode"] == code
    assert "ResultParameters" not in result
    assert api.get("/shortcodes/600992/wallet")["balance"] == 1_000_000


def test_an_empty_float_is_result_1_and_a_full_wallet_result_8(
    daraja: DarajaClient, node: ListeningNode
) -> None:
    full = "254722000222"
    payees = [full, full, "254722000223", "254722000224", "254722000225", "254722000226"]

    for number, payee in enumerate(payees, start=1):
        daraja.b2c(f"ID{number}", PartyB=payee, Amount="249500")
        node.wait(RESULT, number)

    codes = [heard.json["Result"]["ResultCode"] for heard in node.at(RESULT)]
    assert codes == [0, 0, 0, 0, 1, 1]
    daraja.b2c("ID9", PartyB=full, Amount="1000")
    assert node.wait(RESULT, 7)[6].json["Result"]["ResultCode"] == 8


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"Amount": "ten"}, "Amount"),
        ({"PartyB": "711000111"}, "PartyB"),
        ({"Remarks": "x"}, "Remarks"),
        ({"CommandID": "Pay"}, "CommandID"),
        ({"ResultURL": "https://pay.example/safaricom"}, "ResultURL"),
        ({"QueueTimeOutURL": ""}, "QueueTimeOutURL"),
        ({"OriginatorConversationID": ""}, "OriginatorConversationID"),
    ],
)
def test_a_bad_field_is_refused(daraja: DarajaClient, changes: dict[str, str], field: str) -> None:
    response = daraja.b2c(**({"originator": "X"} | changes))

    assert response.status_code == 400
    assert response.json()["errorCode"] == "400.002.02"
    assert field in response.json()["errorMessage"]


class TestFaults:
    @pytest.mark.parametrize(
        ("kind", "paid"), [("lost_acknowledgement", True), ("not_acted", False)]
    )
    def test_a_lost_acknowledgement_has_acted_and_the_other_not(
        self, api: Api, daraja: DarajaClient, node: ListeningNode, kind: str, paid: bool
    ) -> None:
        daraja.fetch_token()
        api.fault("b2c", kind)

        with pytest.raises(requests.ConnectionError):
            daraja.b2c()

        again = daraja.b2c()
        node.wait(RESULT)
        assert again.status_code == (500 if paid else 200)
        assert api.balance() == 2500

    def test_a_late_notice_comes_before_the_result_and_claims_success(
        self, api: Api, daraja: DarajaClient, node: ListeningNode
    ) -> None:
        api.fault("b2c", "late_timeout")

        daraja.b2c(Amount="9")

        node.wait(RESULT)
        assert [heard.path for heard in node.heard] == [LATE, RESULT]
        assert node.at(LATE)[0].json["Result"]["ResultCode"] == 0
        assert node.at(RESULT)[0].json["Result"]["ResultCode"] == 2

    def test_the_result_overtakes_the_acknowledgement(
        self, api: Api, daraja: DarajaClient, node: ListeningNode
    ) -> None:
        api.fault("b2c", "reordered")

        daraja.b2c()

        assert len(node.at(RESULT)) == 1

    def test_forged_results_come_first(
        self, api: Api, daraja: DarajaClient, node: ListeningNode
    ) -> None:
        api.fault("b2c", "forged")

        daraja.b2c(Amount="9")

        more, unknown, true = (heard.json["Result"] for heard in node.wait(RESULT, 3))
        assert values(more)["TransactionAmount"] == 90
        assert unknown["OriginatorConversationID"] != true["OriginatorConversationID"]
        assert (more["ResultCode"], unknown["ResultCode"], true["ResultCode"]) == (0, 0, 2)
        assert api.balance() == 1000

    def test_a_fault_fires_as_often_as_ordered(
        self, api: Api, daraja: DarajaClient, node: ListeningNode
    ) -> None:
        api.fault("b2c", "result:26", count=2)

        for number in range(3):
            daraja.b2c(f"ID{number}")
            node.wait(RESULT, number + 1)

        assert [h.json["Result"]["ResultCode"] for h in node.at(RESULT)] == [26, 26, 0]


class TestStatus:
    @pytest.mark.parametrize("by", ["OriginalConversationID", "TransactionID"])
    def test_a_completed_payment(self, daraja: DarajaClient, node: ListeningNode, by: str) -> None:
        daraja.b2c()
        paid = node.wait(RESULT)[0].json["Result"]
        known = {"TransactionID": paid["TransactionID"], by: "G7K2M9Q4T1V8X3Z6B0"}

        acknowledged = daraja.status(**{by: known[by] if by[0] == "O" else paid["TransactionID"]})

        result = node.wait(ANSWER)[0].json["Result"]
        assert result["ConversationID"] == acknowledged.json()["ConversationID"]
        assert result["ResultCode"] == 0
        assert values(result)["TransactionStatus"] == "Completed"
        assert values(result)["ReceiptNo"] == paid["TransactionID"]
        assert values(result)["Amount"] == 1500.0
        assert values(result)["OriginatorConversationID"] == "G7K2M9Q4T1V8X3Z6B0"

    def test_a_failed_payment_is_an_answered_question(
        self, daraja: DarajaClient, node: ListeningNode
    ) -> None:
        daraja.b2c(Amount="9")
        node.wait(RESULT)

        daraja.status(OriginalConversationID="G7K2M9Q4T1V8X3Z6B0")

        result = node.wait(ANSWER)[0].json["Result"]
        assert (result["ResultCode"], values(result)["TransactionStatus"]) == (0, "Declined")

    def test_a_payment_that_stays_open_and_one_nobody_knows(
        self, daraja: DarajaClient, node: ListeningNode
    ) -> None:
        daraja.b2c(PartyB="254799910000")
        daraja.status(OriginalConversationID="G7K2M9Q4T1V8X3Z6B0")
        open_ = node.wait(ANSWER)[0].json["Result"]

        daraja.status(OriginalConversationID="UNHEARD")

        assert values(open_)["TransactionStatus"] == "Authorized"
        assert node.wait(ANSWER, 2)[1].json["Result"]["ResultCode"] == "R000002"
        assert not node.at(RESULT)

    def test_the_balance_lists_five_accounts(
        self, daraja: DarajaClient, node: ListeningNode
    ) -> None:
        body = daraja.question("AccountBalance")

        daraja.post("/mpesa/accountbalance/v1/query", body)

        accounts = values(node.wait(ANSWER)[0].json["Result"])["AccountBalance"].split("&")
        assert len(accounts) == 5
        assert "Utility Account|KES|1000000.00|1000000.00|0.00|0.00" in accounts


class TestTheDoor:
    def test_a_token_lives_an_hour_and_says_so_in_text(self, daraja: DarajaClient) -> None:
        assert daraja.fetch_token().json()["expires_in"] == "3599"

    def test_a_new_token_kills_the_one_before(self, daraja: DarajaClient) -> None:
        daraja.fetch_token()
        old = daraja.token
        daraja.fetch_token()
        daraja.token = old

        assert daraja.stk().json()["errorCode"] == "404.001.03"

    @pytest.mark.parametrize(
        ("auth", "grant", "code"),
        [
            (None, "client_credentials", "400.008.01"),
            (("sandbox", "sandbox"), "password", "400.008.02"),
            (("sandbox", "wrong"), "client_credentials", ""),
        ],
    )
    def test_it_is_refused(self, api: Api, auth: Any, grant: str, code: str) -> None:
        response = requests.get(
            f"{api.url}/oauth/v1/generate", params={"grant_type": grant}, auth=auth, timeout=60
        )

        assert response.status_code == 400
        assert code in response.text
        assert bool(code) == bool(response.content)

    @pytest.mark.parametrize(
        ("method", "path", "code"),
        [
            ("GET", "/mpesa/stkpush/v1/processrequest", "405.001"),
            ("POST", "/mpesa/nothing", "404.001.01"),
        ],
    )
    def test_a_wrong_address_has_the_envelope(
        self, api: Api, method: str, path: str, code: str
    ) -> None:
        assert api.call(method, path, {}).json()["errorCode"] == code

    def test_a_body_that_is_not_json(self, daraja: DarajaClient) -> None:
        daraja.fetch_token()

        response = requests.post(
            f"{daraja.url}/mpesa/b2c/v3/paymentrequest",
            data="hello",
            headers={"Authorization": f"Bearer {daraja.token}"},
            timeout=60,
        )

        assert response.json()["errorCode"] == "400.002.05"
