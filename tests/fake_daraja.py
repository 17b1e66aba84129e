"""A small Daraja over real HTTP, whose next answers a test orders; it remembers what it was told and what it paid."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from pydantic import SecretStr

from config.settings import Settings

Body = dict[str, Any]
STK, B2C = "/mpesa/stkpush/v1/processrequest", "/mpesa/b2c/v3/paymentrequest"
QUERY, STATUS = "/mpesa/stkpushquery/v1/query", "/mpesa/transactionstatus/v1/query"
REGISTER, TOKEN = "/mpesa/c2b/v2/registerurl", "/oauth/v1/generate"
PULL, PULL_REGISTER = "/pulltransactions/v1/query", "/pulltransactions/v1/register"
DROP, ACT_AND_DROP, GARBAGE = "drop", "act_and_drop", "garbage"
KEY = rsa.generate_private_key(65537, 2048)


def error(code: str, text: str = "") -> tuple[int, Body]:
    """Daraja's error envelope with the status it comes with."""
    return int(code[:3]), {"requestId": "1", "errorCode": code, "errorMessage": text}


@dataclass
class FakeDaraja:
    """What the provider knows. `orders[path]` are the next answers of that path; none means: behave."""

    orders: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))
    calls: list[tuple[str, Body]] = field(default_factory=list)
    payouts: dict[str, Body] = field(default_factory=dict)  # by OriginatorConversationID
    prompts: dict[str, Body] = field(default_factory=dict)  # by CheckoutRequestID
    transactions: dict[str, Body] = field(default_factory=dict)  # by receipt or originator id
    listed: list[Body] = field(default_factory=list)  # the pay bill's statement
    page: int = 2  # its lines per answer
    callbacks: list[tuple[str, Body]] = field(default_factory=list)  # path and body, not yet posted
    ahead: timedelta = timedelta()  # of its clock, as its answers are dated
    token: str = ""
    tokens_given: int = 0
    lock: threading.RLock = field(default_factory=threading.RLock)

    def start(self) -> FakeDaraja:
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(TOKEN, {})

            def do_POST(self) -> None:
                size = int(self.headers["Content-Length"])
                self._answer(urlsplit(self.path).path, json.loads(self.rfile.read(size)))

            def _answer(self, path: str, body: Body) -> None:
                given = self.headers.get("Authorization", "").removeprefix("Bearer ")
                answer = fake.answer(path, body, given)
                if answer is None:
                    self.close_connection = True
                    return
                status, out = answer
                raw = out if isinstance(out, bytes) else json.dumps(out).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            def date_time_string(self, timestamp: float | None = None) -> str:
                return super().date_time_string(time.time() + fake.ahead.total_seconds())

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def settings(self, folder: Path) -> Settings:
        """Settings of a node that believes this to be Daraja."""
        return self.settings_at(folder, self.url)

    @staticmethod
    def settings_at(folder: Path, url: str) -> Settings:
        """The same, at another address."""
        certificate = folder / "daraja.cer"
        certificate.write_bytes(_certificate())
        return Settings(
            home=folder, public_url="https://node.example", mpesa_url=url,
            mpesa_consumer_key="key", mpesa_consumer_secret=SecretStr("secret"),
            mpesa_passkey=SecretStr("passkey"), mpesa_initiator_password=SecretStr("initiator#1"),
            mpesa_certificate=certificate,
        )  # fmt: skip

    def answer(self, path: str, body: Body, given: str) -> tuple[int, Any] | None:
        with self.lock:
            order = self.orders[path].pop(0) if self.orders[path] else None
            if path != TOKEN and given != self.token:
                return error("404.001.03", "Invalid Access Token")
            self.calls.append((path, body))
            if order == DROP:
                return None
            if order == GARBAGE:
                self._act(path, body)
                return 200, b"<html>"
            if order not in (None, ACT_AND_DROP):
                return order
            done = self._act(path, body)
            return None if order == ACT_AND_DROP else done

    def _act(self, path: str, body: Body) -> tuple[int, Any]:
        acts = {
            TOKEN: self._token,
            STK: self._stk,
            B2C: self._b2c,
            QUERY: self._query,
            STATUS: self._status,
            PULL: self._pull,
            PULL_REGISTER: lambda _: (200, {"ResponseStatus": "1000"}),
        }
        return acts.get(path, self._accept)(body)

    def _token(self, _: Body) -> tuple[int, Body]:
        self.token, self.tokens_given = uuid.uuid4().hex, self.tokens_given + 1
        return 200, {"access_token": self.token, "expires_in": "3599"}

    def _accept(self, _: Body) -> tuple[int, Body]:
        return 200, {"ResponseCode": "0", "ConversationID": f"AG_{uuid.uuid4().hex[:12]}"}

    def _b2c(self, body: Body) -> tuple[int, Body]:
        key = body["OriginatorConversationID"]
        if key in self.payouts:
            return error("500.002.1001", "Duplicate OriginatorConversationID.")
        self.payouts[key] = body | {"conversation": f"AG_{uuid.uuid4().hex[:12]}"}
        return 200, {
            "ConversationID": self.payouts[key]["conversation"], "OriginatorConversationID": key,
            "ResponseCode": "0",
        }  # fmt: skip

    def _stk(self, body: Body) -> tuple[int, Body]:
        reference = f"ws_CO_{uuid.uuid4().hex[:12]}"
        self.prompts[reference] = body | {"code": None}
        return 200, {"CheckoutRequestID": reference, "MerchantRequestID": "1", "ResponseCode": "0"}

    def _query(self, body: Body) -> tuple[int, Body]:
        code = self.prompts[body["CheckoutRequestID"]]["code"]
        if code is None:
            return error("500.001.1001", "The transaction is being processed")
        return 200, {"ResponseCode": "0", "ResultCode": code, "ResultDesc": ""}

    def _status(self, body: Body) -> tuple[int, Body]:
        name = body.get("TransactionID") or body["OriginalConversationID"]
        found = self.transactions.get(name)
        items = [{"Key": key, "Value": value} for key, value in (found or {}).items()]
        result: Body = {
            "ResultType": 0, "ResultCode": 0 if found else 2032, "ResultDesc": "",
            "OriginatorConversationID": uuid.uuid4().hex, "TransactionID": "X",
            "ConversationID": f"AG_{uuid.uuid4().hex[:12]}",
        }  # fmt: skip
        if found:
            result["ResultParameters"] = {"ResultParameter": items}
        self._call_back(body["ResultURL"], {"Result": result})
        return self._accept(body)

    def _pull(self, body: Body) -> tuple[int, Body]:
        since, until = (
            datetime.strptime(body[name] + " +0300", "%Y-%m-%d %H:%M:%S %z")
            for name in ("StartDate", "EndDate")
        )
        offset = int(body["OffSetValue"])
        found = [
            line
            for line in self.listed
            if since <= datetime.fromisoformat(line["trxDate"]) <= until
        ]
        lines = found[offset : offset + self.page]
        if not lines:
            return 200, {"ResponseRefID": "1", "ResponseCode": "1001", "Transaction": "[[]]"}
        return 200, {"ResponseRefID": "1", "ResponseCode": "1000", "Response": [lines]}

    def pay_out(self, code: int | str = 0, *, amount: int | None = None, told: bool = True) -> str:
        """End the newest payout with this result; returns the receipt. `told`: a callback is due."""
        key, body = next(reversed(self.payouts.items()))
        receipt = f"R{uuid.uuid4().hex[:9].upper()}"
        paid = str(code).strip("0") == ""
        moved = amount or int(body["Amount"])
        self.transactions[key] = {
            "ReceiptNo": receipt, "Amount": moved, "TransactionStatus": "Completed" if paid else "Declined",
        }  # fmt: skip
        result: Body = {
            "ResultType": 0, "ResultCode": code, "ResultDesc": "", "TransactionID": receipt,
            "OriginatorConversationID": key, "ConversationID": body["conversation"],
        }  # fmt: skip
        if paid:
            items = [
                {"Key": "TransactionAmount", "Value": moved},
                {"Key": "TransactionReceipt", "Value": receipt},
            ]
            result["ResultParameters"] = {"ResultParameter": items}
        if told:
            self._call_back(body["ResultURL"], {"Result": result})
        return receipt

    def answer_prompt(
        self, code: int | str = 0, *, amount: int | None = None, told: bool = True
    ) -> str:
        """The payer answers the newest prompt; returns the receipt."""
        reference, body = next(reversed(self.prompts.items()))
        body["code"] = str(code)
        receipt = f"R{uuid.uuid4().hex[:9].upper()}"
        call: Body = {
            "MerchantRequestID": "1", "CheckoutRequestID": reference, "ResultCode": code, "ResultDesc": "",
        }  # fmt: skip
        if str(code).strip("0") == "":
            moved = amount or int(body["Amount"])
            self.transactions[receipt] = {
                "ReceiptNo": receipt, "Amount": moved, "TransactionStatus": "Completed",
            }  # fmt: skip
            call["CallbackMetadata"] = {"Item": [
                {"Name": "Amount", "Value": float(moved)}, {"Name": "MpesaReceiptNumber", "Value": receipt},
                {"Name": "Balance"}, {"Name": "PhoneNumber", "Value": int(body["PhoneNumber"])},
            ]}  # fmt: skip
        if told:
            self._call_back(body["CallBackURL"], {"Body": {"stkCallback": call}})
        return receipt

    def pay_in(self, reference: str, amount: int, at: datetime, receipt: str | None = None) -> Body:
        """Somebody pays in; returns the confirmation, which the test may post."""
        receipt = receipt or f"R{uuid.uuid4().hex[:9].upper()}"
        self.transactions[receipt] = {
            "ReceiptNo": receipt, "Amount": amount, "TransactionStatus": "Completed",
        }  # fmt: skip
        self.listed.append({
            "transactionId": receipt, "trxDate": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "msisdn": "2547 ***** 149", "transactiontype": "c2b-pay-bill-debit", "billreference": reference,
            "amount": f"{amount}.00", "organizationname": "GROWR",
        })  # fmt: skip
        local = (at.astimezone(UTC) + timedelta(hours=3)).strftime("%Y%m%d%H%M%S")
        return {
            "TransactionType": "Pay Bill", "TransID": receipt, "TransTime": local,
            "TransAmount": f"{amount}.00", "BusinessShortCode": "174379", "BillRefNumber": reference,
            "InvoiceNumber": "", "OrgAccountBalance": "", "ThirdPartyTransID": "",
            "MSISDN": "2547 ***** 149", "FirstName": "AMINA",
        }  # fmt: skip

    def sent(self, path: str) -> list[Body]:
        """The bodies that arrived at a path."""
        return [body for called, body in self.calls if called == path]

    def _call_back(self, url: str, body: Body) -> None:
        self.callbacks.append((urlsplit(url).path, body))


def _certificate() -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "daraja")])
    start = datetime(2026, 1, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(KEY.public_key())
    )
    dated = (
        made.serial_number(1).not_valid_before(start).not_valid_after(start + timedelta(days=999))
    )
    return dated.sign(KEY, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
