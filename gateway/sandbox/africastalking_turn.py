"""One USSD turn over the wire: a form to the node, CON or END and a page back, or a fault in between."""

from __future__ import annotations

import sqlite3
import threading
import time
from dataclasses import dataclass

import requests

from gateway.sandbox import courier, faults
from gateway.sandbox.faults import Fault
from gateway.sandbox.world import World

NETWORK = "99999"  # Africa's Talking's own network, as its sandbox has it
TROUBLE = "Connection problem or invalid MMI code."
HOP = "at-ussd-hop-metadata"
HOP_CHARACTERS = 99
DELAY_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Reply:
    """What the node answered to one turn; without a mode it was a bad one."""

    answer: str
    hop: str = ""
    trouble: str = ""

    @property
    def page(self) -> str:
        return TROUBLE if self.trouble else self.answer[4:]

    @property
    def ends(self) -> bool:
        return bool(self.trouble) or self.answer.startswith("END ")

    @property
    def status(self) -> str:
        return "Failed" if self.trouble else "Success"


def form_of(row: sqlite3.Row) -> dict[str, str]:
    return {
        "sessionId": row["id"],
        "phoneNumber": f"+{row['msisdn']}",
        "networkCode": NETWORK,
        "serviceCode": row["code"],
        "text": row["text"],
    }


def ask(world: World, row: sqlite3.Row, before_text: str, fault: Fault | None) -> Reply:
    """Give the node its turn, in the way the fault wants it."""
    form, kind = form_of(row), fault.kind if fault else ""
    if kind in {faults.NOT_ACTED, faults.ERROR}:
        return Reply("", trouble="The application could not be reached")
    if kind == faults.DELAY:
        time.sleep(fault.seconds if fault and fault.seconds is not None else DELAY_SECONDS)
    if kind == faults.FORGED:
        _post(world, {**form, "phoneNumber": "+254799000000"}, row["hop"])
    if kind == faults.SIMULTANEOUS:
        twin = threading.Thread(target=_post, args=(world, form, row["hop"]), daemon=True)
        twin.start()
        reply = _post(world, form, row["hop"])
        twin.join()
        return reply
    reply = _post(world, form, row["hop"])
    if kind == faults.DUPLICATE:
        return _post(world, form, row["hop"])  # the phone shows what came last
    if kind == faults.REORDERED:
        _post(
            world, {**form, "text": before_text}, row["hop"]
        )  # the older turn comes after the newer
    if kind == faults.LOST:
        return Reply("", trouble="The answer was lost")
    return reply


def _post(world: World, form: dict[str, str], hop: str) -> Reply:
    """One turn over the wire: CON or END and a text, within ten seconds, or trouble."""
    try:
        response = requests.post(
            world.settings.ussd_url,
            data=form,
            headers={HOP: hop} if hop else {},
            timeout=(courier.CONNECT_SECONDS, world.settings.ussd_turn_seconds),
            allow_redirects=False,
        )
    except requests.RequestException as error:
        return Reply("", trouble=type(error).__name__)
    answer = response.content.decode("utf-8", "replace")
    if response.status_code != requests.codes.ok:
        return Reply(answer, trouble=f"HTTP {response.status_code}")
    if not answer.startswith(("CON ", "END ")):
        return Reply(answer, trouble="The answer begins with neither CON nor END")
    return Reply(answer, hop=response.headers.get(HOP, "")[:HOP_CHARACTERS].replace("|", ""))
