"""The bodies of our requests to Daraja, field by field as it wants them; pure."""

from __future__ import annotations

import base64
import re
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from config.settings import Settings
from core.payments.rail import Order
from core.payments.rails.mpesa.messages import NAIROBI

_PHONE = re.compile(r"254[17]\d{8}")
_REFERENCE_CHARACTERS = 12  # what the payer's screen holds
_SHORT_CODE = "4"  # the kind of identifier that PartyA is


def phone(order: Order) -> str | None:
    """The number as M-PESA writes it, 2547…; None if M-PESA cannot have such a number."""
    digits = order.phone.removeprefix("+")
    return digits if _PHONE.fullmatch(digits) else None


def prompt(settings: Settings, order: Order, callback: str, now: datetime) -> dict[str, Any]:
    """STK push: ask the payer's phone for the money."""
    assert len(order.reference) <= _REFERENCE_CHARACTERS, order.reference
    return {
        **_signed(settings, now),
        "TransactionType": "CustomerPayBillOnline",
        "Amount": order.money.plain,
        "PartyA": phone(order),
        "PartyB": settings.mpesa_short_code,
        "PhoneNumber": phone(order),
        "CallBackURL": callback,
        "AccountReference": order.reference,
        "TransactionDesc": "Repay",
    }


def prompt_question(settings: Settings, order: Order, now: datetime) -> dict[str, Any]:
    """STK query: what became of a prompt."""
    return {**_signed(settings, now), "CheckoutRequestID": order.provider_reference}


def payout(settings: Settings, order: Order, credential: str, callback: str) -> dict[str, Any]:
    """B2C: pay a person. "Occassion" is Safaricom's spelling."""
    return {
        "OriginatorConversationID": order.provider_key,
        "InitiatorName": settings.mpesa_initiator,
        "SecurityCredential": credential,
        "CommandID": "BusinessPayment",
        "Amount": order.money.plain,
        "PartyA": settings.mpesa_payout_short_code,
        "PartyB": phone(order),
        "Remarks": f"Loan {order.reference}",
        "QueueTimeOutURL": f"{callback}/late",
        "ResultURL": callback,
        "Occassion": order.reference,
    }


def question(settings: Settings, order: Order, credential: str, callback: str) -> dict[str, Any]:
    """Transaction status: by receipt if we ask about a receipt, else by our own key."""
    by_receipt = order.receipt is not None and not order.goes_out
    named = (
        {"TransactionID": order.receipt, "PartyA": settings.mpesa_short_code}
        if by_receipt
        else {
            "OriginalConversationID": order.provider_key,
            "PartyA": settings.mpesa_payout_short_code,
        }
    )
    return {
        **named,
        "Initiator": settings.mpesa_initiator,
        "SecurityCredential": credential,
        "CommandID": "TransactionStatusQuery",
        "IdentifierType": _SHORT_CODE,
        "ResultURL": callback,
        "QueueTimeOutURL": f"{callback}/late",
        "Remarks": "Status",
        "Occasion": order.reference,
    }


def registration(settings: Settings, root: str) -> dict[str, Any]:
    """C2B addresses: if our validation is silent the payment is completed, and understood by us later."""
    return {
        "ShortCode": settings.mpesa_short_code,
        "ResponseType": "Completed",
        "ConfirmationURL": f"{root}/confirm",
        "ValidationURL": f"{root}/validate",
    }


def pull_registration(settings: Settings, root: str) -> dict[str, Any]:
    """The statement (Pull Transactions) is opened once; nothing is ever sent to its address."""
    return {
        "ShortCode": settings.mpesa_short_code,
        "RequestType": "Pull",
        "NominatedNumber": settings.support_phone.removeprefix("+"),
        "CallBackURL": f"{root}/confirm",
    }


def statement(settings: Settings, since: datetime, until: datetime, offset: int) -> dict[str, Any]:
    """A page of the statement, after so many lines."""
    return {
        "ShortCode": settings.mpesa_short_code,
        "StartDate": _spaced(since),
        "EndDate": _spaced(until),
        "OffSetValue": str(offset),
    }


def _spaced(moment: datetime) -> str:
    return moment.astimezone(NAIROBI).strftime("%Y-%m-%d %H:%M:%S")


def credential(password: str, certificate: bytes) -> str:
    """SecurityCredential: the initiator's password, readable only by the owner of the certificate."""
    pem = certificate.lstrip().startswith(b"-----")
    load = x509.load_pem_x509_certificate if pem else x509.load_der_x509_certificate
    key = load(certificate).public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    return base64.b64encode(key.encrypt(password.encode(), padding.PKCS1v15())).decode()


def _signed(settings: Settings, now: datetime) -> dict[str, Any]:
    stamp = now.astimezone(NAIROBI).strftime("%Y%m%d%H%M%S")
    secret = settings.mpesa_passkey.get_secret_value()
    password = f"{settings.mpesa_short_code}{secret}{stamp}".encode()
    return {
        "BusinessShortCode": settings.mpesa_short_code,
        "Password": base64.b64encode(password).decode(),
        "Timestamp": stamp,
    }
