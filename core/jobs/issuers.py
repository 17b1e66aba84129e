"""Keys and status lists of other issuers, fetched ahead: what a turn at a keypad reads was checked here before."""

from __future__ import annotations

from functools import cache, partial

from config.limits import OUTSIDE_ROWS
from core import credentials
from core.credentials import status_reading
from core.credentials.models import KnownIssuer, StatusCached
from core.credentials.status_reading import ReadList
from core.credentials.status_ref import TOKEN
from core.drain import each
from core.errors import Refusal
from core.jobs.outside import Outside, Unreachable
from core.keys import did, jose
from core.node import Node

_DID = "application/did+json"


def refresh(node: Node, outside: Outside | None = None) -> int:
    """Look again at what has grown old: first the keys, then the lists they sign."""
    door = outside or _door()
    with node.sessions() as db:
        issuers = credentials.trust.due(db, now=node.clock(), limit=OUTSIDE_ROWS)
    each({f"keys of {one.did}": partial(_refresh_keys, node, one, door) for one in issuers})
    with node.sessions() as db:
        lists = status_reading.due(db, now=node.clock(), limit=OUTSIDE_ROWS)
    each({f"list {one.uri}": partial(_refresh_list, node, one, door) for one in lists})
    return len(issuers) + len(lists)


@cache
def _door() -> Outside:
    return Outside()


def _refresh_keys(node: Node, issuer: KnownIssuer, door: Outside) -> None:
    try:
        url = credentials.trust.address(issuer.did)
        document = jose.loads(door.get(url, hosts=issuer.hosts, accept=_DID))
        found = document if isinstance(document, dict) else {}
        keys = did.issuing_keys(found, issuer.did, now=node.clock())
        problem = "" if keys else "no_key"
    except (Unreachable, Refusal, jose.Broken) as error:
        keys, problem = [], _word(error)
    with node.sessions.begin() as db:
        if problem:
            credentials.trust.keep_problem(db, did=issuer.did, problem=problem, now=node.clock())
        else:
            credentials.trust.keep(db, did=issuer.did, keys=keys, now=node.clock())


def _refresh_list(node: Node, cached: StatusCached, door: Outside) -> None:
    try:
        read = _read(node, cached, door)
    except (Unreachable, Refusal) as error:
        with node.sessions.begin() as db:
            status_reading.keep_problem(db, of=cached, problem=_word(error), now=node.clock())
        return
    with node.sessions.begin() as db:
        status_reading.keep(db, of=cached, read=read, now=node.clock())


def _read(node: Node, cached: StatusCached, door: Outside) -> ReadList:
    with node.sessions() as db:
        issuer = credentials.trust.get(db, cached.issuer)
        trust = credentials.trust.known(db, node.trust)
    accept = status_reading.MEDIA_TYPES[cached.kind]
    text = door.get(cached.uri, hosts=issuer.hosts, accept=accept).decode("utf-8", "replace")
    asked = {"uri": cached.uri, "issuer": cached.issuer}
    if cached.kind == TOKEN:
        return status_reading.read_token_list(text, **asked, trust=trust, now=node.clock())
    return status_reading.read_bitstring_list(
        text, **asked, purpose=cached.purpose, trust=trust, now=node.clock()
    )


def _word(error: Exception) -> str:
    """Why it failed, in one stable word."""
    if isinstance(error, Refusal):
        return str(error.facts.get("detail") or error.facts.get("reason") or error.code)[:40]
    return str(error)[:40]
