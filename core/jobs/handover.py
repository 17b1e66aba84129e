"""Records on their way between nodes: claim and commit, speak, record. Only the neighbours written down are spoken to.

Towards a new custodian one signed word; towards an old one what a wallet says (OpenID4VCI 1.0), and at the end that all
is here. The addresses follow from the DID of a neighbour, never from what it sends.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, partial
from typing import Any
from urllib.parse import urlencode, urlsplit

from config.limits import HANDOVER_BYTES, HANDOVER_CREDENTIALS
from core import credentials
from core.credentials.announcing import PRE_AUTHORIZED
from core.drain import drain
from core.errors import Refusal
from core.jobs.outside import Answer, Outside, Unreachable
from core.keys import jose
from core.node import Node
from core.onboarding import arrival_taking, handovers
from core.onboarding.arrival_taking import Desk, Step
from core.onboarding.handovers import Errand
from core.onboarding.models import ArrivalState

_OK, _CREATED, _BAD, _NOBODY, _REFUSED = 200, 201, 400, 401, range(400, 500)
_FINAL = {_BAD, _NOBODY, 409}
_LATER = {_NOBODY, 404, 408, 429}  # it does not know our keys yet, is not up yet, or is busy
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]{1,500}")  # RFC 6750
_FORM, _JSON, _JOSE = "application/x-www-form-urlencoded", "application/json", "application/jose"


class _Said(Exception):
    """The other node said no; the message is its word for it."""


def run(node: Node, outside: Outside | None = None) -> int:
    """Tell and ask what waits, both ways."""
    door = outside or _door()
    steps = (_send_next, _take_next)
    return max(drain(partial(step, node, door), "handover") for step in steps)


@cache
def _door() -> Outside:
    return Outside()


def _send_next(node: Node, door: Outside) -> bool:
    with node.sessions.begin() as db:
        errand = handovers.claim(db, issuer=node.issuer, now=node.clock())
    if not isinstance(errand, Errand):
        return errand
    try:
        _tell(errand, door)
    except Unreachable as error:
        with node.sessions.begin() as db:
            handovers.failed(db, id=errand.id, problem=str(error))
    except _Said as said:
        with node.sessions.begin() as db:
            handovers.refused(
                db, id=errand.id, problem=str(said), issuer=node.issuer, now=node.clock()
            )
    else:
        with node.sessions.begin() as db:
            handovers.accepted(db, id=errand.id, keyring=node.keyring, now=node.clock())
    return True


def _tell(errand: Errand, door: Outside) -> None:
    other = _Other(errand.custodian, door)
    answer = other.post("/handover", errand.word.encode(), _JOSE)
    if answer.status in (_OK, _CREATED):
        return
    if answer.status in _REFUSED and answer.status not in _LATER:
        raise _Said(_error(answer))
    raise Unreachable(_unsaid(answer))


def _take_next(node: Node, door: Outside) -> bool:
    desk = Desk(node.keyring, node.issuer, node.settings.neighbours, node.settings.service_code)
    with node.sessions.begin() as db:
        step = arrival_taking.claim(db, desk=desk, now=node.clock())
    if not isinstance(step, Step):
        return step
    try:
        _STEPS[step.state](node, desk, step, _Other(step.came_from, door))
    except Unreachable as error:
        with node.sessions.begin() as db:
            arrival_taking.failed(db, id=step.id, problem=str(error))
    except (_Said, Refusal) as refusal:
        with node.sessions.begin() as db:
            arrival_taking.lost(db, id=step.id, problem=_word(refusal), desk=desk, now=node.clock())
    return True


def _redeem(node: Node, desk: Desk, step: Step, other: _Other) -> None:
    """The number she typed, for a token: whether it is right only the other node knows, which counts."""
    grant = step.known["offer"]["grants"][PRE_AUTHORIZED]
    form = {
        "grant_type": PRE_AUTHORIZED, "pre-authorized_code": grant["pre-authorized_code"],
        "tx_code": step.known["code"],
    }  # fmt: skip
    answer = other.post("/openid/token", urlencode(form).encode(), _FORM)
    if answer.status == _BAD and _error(answer) == "invalid_grant":
        with node.sessions.begin() as db:
            arrival_taking.wrong(db, id=step.id, desk=desk, now=node.clock())
        return
    said = _found(answer)
    _admit(node, desk, step, other, _token(said), _names(said, step.known["offer"]))


def _freshen(node: Node, desk: Desk, step: Step, other: _Other) -> None:
    _admit(node, desk, step, other, step.known["token"], list(step.known["nonces"]))


def _admit(node: Node, desk: Desk, step: Step, other: _Other, token: str, names: list[str]) -> None:
    nonces = {
        name: str(_found(other.post("/openid/nonce", b"", _JSON)).get("c_nonce")) for name in names
    }
    with node.sessions.begin() as db:
        arrival_taking.admitted(
            db, id=step.id, token=token, nonces=nonces, desk=desk, now=node.clock()
        )


def _take(node: Node, desk: Desk, step: Step, other: _Other) -> None:
    """Every credential for her new key, and the file; what was taken back meanwhile is left out."""
    other.token, texts = step.known["token"], []
    for name, proof in step.known["proofs"].items():
        answer = other.post("/openid/credential", _asking(name, proof), _JSON)
        error = _error(answer) if answer.status == _BAD else ""
        if error in ("invalid_proof", "invalid_nonce"):
            with node.sessions.begin() as db:
                arrival_taking.stale(db, id=step.id, desk=desk, now=node.clock())
            return
        if error != "credential_request_denied":
            texts.append(_credential(_found(answer)))
    file = other.get("/handover/record").body.decode("utf-8", "replace")
    with node.sessions.begin() as db:
        arrival_taking.arrived(db, id=step.id, texts=texts, file=file, desk=desk, now=node.clock())


def _confirm(node: Node, desk: Desk, step: Step, other: _Other) -> None:
    """All is here; from its yes on the record is here and nowhere else."""
    other.token = step.known["token"]
    _found(other.post("/handover/taken", step.known["statement"].encode(), _JOSE))
    with node.sessions.begin() as db:
        arrival_taking.confirmed(db, id=step.id, desk=desk, now=node.clock())


_STEPS = {
    ArrivalState.ASKED: _redeem,
    ArrivalState.ADMITTED: _freshen,
    ArrivalState.SIGNED: _take,
    ArrivalState.TAKEN: _confirm,
}


class _Other:
    """A neighbour at the address its DID names."""

    def __init__(self, did: str, door: Outside) -> None:
        document = credentials.trust.address(did)
        self._url = document.removesuffix("/did.json").removesuffix("/.well-known")
        self._hosts, self._door, self.token = [urlsplit(document).netloc], door, ""

    def get(self, path: str) -> Answer:
        answer = self._ask(path, None, _JSON)
        if answer.status != _OK:
            raise _refusal(answer)
        return answer

    def post(self, path: str, body: bytes, kind: str) -> Answer:
        return self._ask(path, body, kind)

    def _ask(self, path: str, body: bytes | None, kind: str) -> Answer:
        headers = {"Accept": _JSON, "Content-Type": kind}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        return self._door.ask(
            f"{self._url}{path}", hosts=self._hosts, headers=headers, body=body, most=HANDOVER_BYTES
        )


def _asking(name: str, proof: str) -> bytes:
    kind = "credential_configuration_id" if name.startswith("growr_") else "credential_identifier"
    return jose.dumps({kind: name, "proofs": {"jwt": [proof]}}).encode()


def _token(said: Mapping[str, Any]) -> str:
    """What opens her offer, fit to be sent back in a header."""
    found = said.get("access_token")
    if not isinstance(found, str) or not _TOKEN.fullmatch(found):
        raise _Said("malformed")
    return found


def _names(said: Mapping[str, Any], offer: Mapping[str, Any]) -> list[str]:
    """What to ask for: the names in the answer to the number, else the types of the offer."""
    details = said.get("authorization_details")
    names = offer.get("credential_configuration_ids")
    if isinstance(details, list):
        listed = [one.get("credential_identifiers") for one in details if isinstance(one, dict)]
        names = [name for ids in listed if isinstance(ids, list) for name in ids]
    if not isinstance(names, list) or len(names) > HANDOVER_CREDENTIALS:
        raise _Said("malformed")
    return [str(name) for name in names]


def _credential(said: Mapping[str, Any]) -> str:
    listed = said.get("credentials")
    first = listed[0] if isinstance(listed, list) and listed else None
    if not isinstance(first, dict) or not isinstance(first.get("credential"), str):
        raise _Said("malformed")
    return str(first["credential"])


def _found(answer: Answer) -> dict[str, Any]:
    if answer.status != _OK:
        raise _refusal(answer)
    return _json(answer)


def _refusal(answer: Answer) -> Exception:
    """A no of the other node itself is final; what a machine before it says may pass."""
    if answer.status in _FINAL and _error(answer) != _unsaid(answer):
        return _Said(_error(answer))
    return Unreachable(_unsaid(answer))


def _unsaid(answer: Answer) -> str:
    return f"status_{answer.status}"


def _json(answer: Answer) -> dict[str, Any]:
    try:
        said = jose.loads(answer.body)
    except jose.Broken as broken:
        raise Unreachable("unreadable") from broken
    if not isinstance(said, dict):
        raise Unreachable("unreadable")
    return said


def _error(answer: Answer) -> str:
    try:
        return str(_json(answer).get("error") or _unsaid(answer))[:40]
    except Unreachable:
        return _unsaid(answer)


def _word(error: Exception) -> str:
    if isinstance(error, Refusal):
        return str(error.facts.get("reason", error.code))
    return str(error)
