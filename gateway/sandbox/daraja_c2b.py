"""C2B: she pays the bill herself; the node is asked whether it wants the money, and told when it has it."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from functools import partial
from typing import Any

import requests
from flask import Blueprint, Response

from gateway.sandbox import courier, numbers, wallet
from gateway.sandbox import daraja_payments as payments
from gateway.sandbox.courier import Letter
from gateway.sandbox.daraja_access import call
from gateway.sandbox.daraja_codes import address, amount, bad, phone, text, words_of
from gateway.sandbox.daraja_payments import Kind
from gateway.sandbox.store import fact, remember
from gateway.sandbox.world import World

CONFIRM_URL, VALIDATE_URL, SILENT = "c2b_confirmation", "c2b_validation", "c2b_response_type"
VERSION = "c2b_version"  # in v1 the payer's number is a digest, in v2 it is masked
RESPONSE_TYPES = {"Completed", "Cancelled"}
NAMES = (
    "AMINA",
    "WANJIRU",
    "ACHIENG",
    "NJERI",
    "BARAKA",
    "JUMA",
    "ZAWADI",
    "OTIENO",
    "HALIMA",
    "KIP",
)


class Refused(Exception):
    """The pay bill does not take this payment; the words are for the payer."""


def blueprint(world: World) -> Blueprint:
    """Registering the two addresses, and Daraja's own simulation."""
    pages = Blueprint("daraja_c2b", __name__)

    @pages.post("/mpesa/c2b/<any(v1, v2):version>/registerurl")
    def register(version: str) -> Response:
        return call(world, "register", lambda data: _register(world, data, version))

    @pages.post("/mpesa/c2b/v1/simulate")
    @pages.post("/mpesa/c2b/v2/simulate")
    def simulate() -> Response:
        return call(world, "simulate", lambda data: _simulate(world, data))

    return pages


def pay(world: World, *, payer: str, to: str, account: str, sum_: int) -> str:
    """Pay a bill from a phone; the receipt number. Raises Refused or InsufficientFunds."""
    if to != world.settings.mpesa_short_code:
        raise Refused("There is no such pay bill number.")
    receipt = numbers.receipt()
    with world.store.begin() as db:
        world.know(db, payer)
        if wallet.balance(db, payer) < sum_:
            raise wallet.InsufficientFunds(payer)
        url, silent, version = fact(db, VALIDATE_URL), fact(db, SILENT), fact(db, VERSION)
    third = ""
    if world.settings.mpesa_c2b_validation and url:
        form = _body(receipt, payer, to, account, sum_=sum_, balance="", version=version)
        third = _validated(world, url, form, goes_on=silent == "Completed")
    with world.store.begin() as db:
        payments.add(
            db,
            id=receipt,
            kind=Kind.C2B,
            payer=payer,
            payee=to,
            amount=sum_,
            reference=account,
            originator=receipt,
            merchant=third,
            receipt=receipt,
        )
        row = payments.get(db, receipt)
        if payments.move(db, row, receipt) != "0":
            raise wallet.InsufficientFunds(payer)
        confirm(world, db, payments.finish(db, row, code="0", words=words_of("0")))
    return receipt


def confirm(world: World, db: sqlite3.Connection, row: sqlite3.Row) -> None:
    """Tell the node that the pay bill received money."""
    url = fact(db, CONFIRM_URL) or ""
    balance = f"{wallet.balance(db, row['payee']):.2f}"
    facts = (row["payer"], row["payee"], row["reference"])
    told = partial(_body, version=fact(db, VERSION), balance=balance)
    body = told(row["receipt"], *facts, sum_=row["amount"], third=row["merchant"])
    if row["kind"] != Kind.C2B:
        body["ThirdPartyTransID"] = ""
    lies = [
        Letter(url, json=told(row["receipt"], *facts, sum_=row["amount"] * 10)),
        Letter(url, json=told(numbers.receipt(), *facts, sum_=row["amount"])),
    ]
    delay = world.settings.delay_seconds
    courier.send(world, db, "c2b", Letter(url, json=body), after=delay, false=lies)


def _register(world: World, data: dict[str, Any], version: str) -> dict[str, Any]:
    silent = text(data, "ResponseType")
    if text(data, "ShortCode") != world.settings.mpesa_short_code:
        raise bad("ShortCode")
    if silent not in RESPONSE_TYPES:
        raise bad("ResponseType")
    confirmation, validation = address(data, "ConfirmationURL"), address(data, "ValidationURL")
    with world.store.begin() as db:
        remember(db, CONFIRM_URL, confirmation)
        remember(db, VALIDATE_URL, validation)
        remember(db, SILENT, silent)
        remember(db, VERSION, version)
    return _accepted("Success")


def _simulate(world: World, data: dict[str, Any]) -> dict[str, Any]:
    account = text(data, "BillRefNumber", most=20)
    payer, sum_ = phone(data, "Msisdn"), amount(data)
    with suppress(Refused, wallet.InsufficientFunds):  # accepted all the same, as by the real one
        pay(world, payer=payer, to=text(data, "ShortCode"), account=account, sum_=sum_)
    return _accepted("Accept the service request successfully.")


def _accepted(words: str) -> dict[str, Any]:
    return {
        "OriginatorCoversationID": f"{numbers.hex_id('')[:4]}-{numbers.hex_id('')[:4]}-{numbers.digits(12)}",
        "ResponseCode": "0",
        "ResponseDescription": words,
    }


def _validated(world: World, url: str, body: dict[str, Any], *, goes_on: bool) -> str:
    """Ask the node; the id it gives, or Refused. Silence counts as it registered."""
    response = courier.post(world, Letter(url, json=body))
    try:
        answer = response.json() if response is not None and response.ok else None
    except requests.JSONDecodeError:
        answer = None
    if not isinstance(answer, dict):
        if goes_on:
            return ""
        raise Refused("The organisation cannot be reached. Try again later.")
    if str(answer.get("ResultCode")) not in {"0", "00000000"}:
        code = str(answer.get("ResultCode", ""))[:12]
        raise Refused(f"The organisation refused the payment ({code}).")
    return str(answer.get("ThirdPartyTransID", ""))[:100]


def _body(
    receipt: str,
    payer: str,
    to: str,
    account: str,
    *,
    sum_: int,
    balance: str,
    third: str = "",
    version: str | None = None,
) -> dict[str, Any]:
    return {
        "TransactionType": "Pay Bill",
        "TransID": receipt,
        "TransTime": numbers.compact(),
        "TransAmount": f"{sum_:.2f}",
        "BusinessShortCode": to,
        "BillRefNumber": account,
        "InvoiceNumber": "",
        "OrgAccountBalance": balance,
        "ThirdPartyTransID": third,
        "MSISDN": numbers.hashed(payer) if version == "v1" else numbers.masked(payer),
        "FirstName": NAMES[int(payer[-1])],
        "MiddleName": "",
        "LastName": "",
    }
