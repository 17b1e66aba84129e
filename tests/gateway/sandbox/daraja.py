"""A plain Daraja client, written from the reference and not from the sandbox."""

from __future__ import annotations

import base64
from typing import Any

import requests
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa

PHONE = "254711000111"
STAMP = "20261121102408"


class DarajaClient:
    def __init__(self, url: str, node_url: str) -> None:
        self.url, self.node_url = url, node_url
        self.token = ""

    def fetch_token(self) -> requests.Response:
        response = requests.get(
            f"{self.url}/oauth/v1/generate",
            params={"grant_type": "client_credentials"},
            auth=("sandbox", "sandbox"),
            timeout=60,
        )
        self.token = response.json()["access_token"]
        return response

    def post(self, path: str, body: Any) -> requests.Response:
        if not self.token:
            self.fetch_token()
        bearer = {"Authorization": f"Bearer {self.token}"}
        return requests.post(f"{self.url}{path}", json=body, headers=bearer, timeout=60)

    def password(self) -> str:
        return base64.b64encode(f"174379sandbox-passkey{STAMP}".encode()).decode()

    def stk_body(self, **changes: Any) -> dict[str, Any]:
        return {
            "BusinessShortCode": "174379",
            "Password": self.password(),
            "Timestamp": STAMP,
            "TransactionType": "CustomerPayBillOnline",
            "Amount": "500",
            "PartyA": PHONE,
            "PartyB": "174379",
            "PhoneNumber": PHONE,
            "CallBackURL": f"{self.node_url}/cb/k/a1",
            "AccountReference": "L1042X",
            "TransactionDesc": "Repay",
            **changes,
        }

    def stk(self, **changes: Any) -> requests.Response:
        return self.post("/mpesa/stkpush/v1/processrequest", self.stk_body(**changes))

    def stk_query(self, checkout: str) -> requests.Response:
        keys = ("BusinessShortCode", "Password", "Timestamp")
        body = {key: self.stk_body()[key] for key in keys} | {"CheckoutRequestID": checkout}
        return self.post("/mpesa/stkpushquery/v1/query", body)

    def credential(self) -> str:
        pem = requests.get(f"{self.url}/sandbox-mpesa.cer", timeout=60).content
        key = x509.load_pem_x509_certificate(pem).public_key()
        assert isinstance(key, rsa.RSAPublicKey)
        return base64.b64encode(key.encrypt(b"sandbox-password", padding.PKCS1v15())).decode()

    def b2c(self, originator: str = "G7K2M9Q4T1V8X3Z6B0", **changes: Any) -> requests.Response:
        body = {
            "OriginatorConversationID": originator,
            "InitiatorName": "apiuser",
            "SecurityCredential": self.credential(),
            "CommandID": "BusinessPayment",
            "Amount": "1500",
            "PartyA": "600992",
            "PartyB": PHONE,
            "Remarks": "Loan 1042",
            "QueueTimeOutURL": f"{self.node_url}/cb/k/b1/late",
            "ResultURL": f"{self.node_url}/cb/k/b1",
            "Occassion": "1042",
            **changes,
        }
        return self.post("/mpesa/b2c/v3/paymentrequest", body)

    def question(self, command: str, **changes: Any) -> dict[str, Any]:
        return {
            "Initiator": "apiuser",
            "SecurityCredential": self.credential(),
            "CommandID": command,
            "PartyA": "600992",
            "IdentifierType": "4",
            "ResultURL": f"{self.node_url}/cb/k/q1",
            "QueueTimeOutURL": f"{self.node_url}/cb/k/q1/late",
            "Remarks": "OK",
            **changes,
        }

    def status(self, **changes: Any) -> requests.Response:
        body = self.question("TransactionStatusQuery", **changes)
        return self.post("/mpesa/transactionstatus/v1/query", body)

    def register_c2b(self, response_type: str = "Completed") -> requests.Response:
        body = {
            "ShortCode": "174379",
            "ResponseType": response_type,
            "ConfirmationURL": f"{self.node_url}/cb/k/c1/confirm",
            "ValidationURL": f"{self.node_url}/cb/k/c1/validate",
        }
        return self.post("/mpesa/c2b/v2/registerurl", body)
