"""The wallet of a phone: what is in it, and paying a bill from it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort

from gateway.sandbox import daraja_c2b, wallet, web
from gateway.sandbox.daraja_codes import AMOUNT_MAX
from gateway.sandbox.world import World

ACCOUNT_CHARACTERS = 20


def blueprint(world: World) -> Blueprint:
    """`/phones/<msisdn>/wallet` and `/phones/<msisdn>/wallet/pay`."""
    pages = Blueprint("purse", __name__)

    @pages.get("/phones/<number>/wallet")
    def wallet_of(number: str) -> dict[str, Any]:
        msisdn = web.phone(number)
        with world.store.begin() as db:
            world.know(db, msisdn)
            return {"msisdn": f"+{msisdn}", **wallet.statement(db, msisdn)}

    @pages.post("/phones/<number>/wallet/pay")
    def pay(number: str) -> tuple[dict[str, Any], int]:
        msisdn, data = web.phone(number), web.body()
        to = web.text(data, "to", most=ACCOUNT_CHARACTERS).strip()
        account = web.text(data, "account", most=ACCOUNT_CHARACTERS).strip()
        sum_ = web.whole(data, "amount", least=1, most=AMOUNT_MAX)
        try:
            receipt = daraja_c2b.pay(world, payer=msisdn, to=to, account=account, sum_=sum_)
        except daraja_c2b.Refused as refusal:
            abort(409, str(refusal))
        except wallet.InsufficientFunds:
            abort(409, "There is not enough money in this wallet.")
        with world.store.begin() as db:
            return {"receipt": receipt, "balance": wallet.balance(db, msisdn)}, 201

    return pages
