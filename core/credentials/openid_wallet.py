"""OpenID4VP 1.0, the side of who is asked: believe a question before anything is answered, and answer no more than it.

Taken are questions by address, signed by a did:web, answered by `direct_post` with SD-JWT VCs of one key.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from core.credentials import dcql, times
from core.credentials.dcql import FORMAT
from core.credentials.eligibility import missed_by
from core.credentials.openid_vp import PLAIN, PREFIX, SELF_ISSUED, TYP
from core.credentials.sdjwt import Held
from core.errors import Refusal
from core.keys import did as dids
from core.keys import jose
from core.keys.jose import Broken, PrivateKey, Token
from core.refusal_codes import RefusalCode

_TEXTS = ("client_id", "nonce", "response_uri")
_OTHER_WAYS = {"scope", "presentation_definition", "presentation_definition_uri"}
_OF_A_CREDENTIAL = dcql.OF_A_CREDENTIAL | {"claim_sets", "trusted_authorities"}
_OF_A_SET = {"options", "required", "purpose"}
_VISIBLE = re.compile(r"[!-~]+")


@dataclass(frozen=True, slots=True)
class Choice:
    """What would be shown for one query: a credential, and the claims asked of it."""

    held: Held
    query: Mapping[str, Any]


def read_link(link: str) -> tuple[str, str]:
    """Who asks (a DID), and where the question is. Refuses request_refused."""
    said = parse_qs(link.strip().partition("?")[2])
    client, where = (said.get(name, [""])[0] for name in ("client_id", "request_uri"))
    if not client.startswith(f"{PREFIX}did:web:") or not _is_plain(where):
        raise _refused("link")
    return client.removeprefix(PREFIX), where


def read_question(
    text: str, did: str, document: Mapping[str, Any], *, now: datetime
) -> dict[str, Any]:
    """The question, signed by a key with which `did` may enter by its document. Refuses request_refused(detail)."""
    token = _signed(text, did, document, now)
    said = token.payload
    checks = {
        "type": token.header.get("typ") == TYP and said.get("response_type") == "vp_token",
        "aud": times.is_meant_for(said.get("aud"), SELF_ISSUED),
        "redirect_uri": "redirect_uri" not in said,
        "missing": all(map(_is_plain, map(said.get, _TEXTS))),
        "client_id": said.get("client_id") == PREFIX + did,
        "response_mode": said.get("response_mode") == PLAIN,
        "dcql_query": said.keys().isdisjoint(_OTHER_WAYS) and _is_query(said.get("dcql_query")),
        "transaction_data": _are_texts(said.get("transaction_data", [])),
    }
    for detail, is_so in checks.items():
        if not is_so:
            raise _refused(detail)
    return said


def _signed(text: str, did: str, document: Mapping[str, Any], now: datetime) -> Token:
    try:
        token = jose.parse(text)
        jose.verify(token, _key(document, did, token.header.get("kid"), now))
        times.check_jwt({**token.payload, "aud": SELF_ISSUED}, SELF_ISSUED, now)
    except Broken as broken:
        raise _refused(broken.detail) from broken
    except Refusal as refusal:
        raise _refused(str(refusal.facts.get("detail", refusal.facts.get("reason")))) from refusal
    return token


def choose(
    query: Mapping[str, Any], held: Sequence[str], key: PrivateKey, *, now: datetime
) -> dict[str, Choice]:
    """What answers a query, as little as will do, of what holds now. Refuses credential_missing(query)."""
    mine = [Held(text) for text in held]
    mine = [one for one in mine if _holds(one, now)]
    own = [one for one in mine if _is_bound(one, key)]
    fitting = {one["id"]: _first(one, own) for one in query["credentials"]}
    chosen = {}
    for options in _sets(query):
        met = [way for way in options if all(fitting.get(name) for name in way)]
        if not met:
            raise Refusal(RefusalCode.CREDENTIAL_MISSING, query=" ".join(options[0]))
        chosen.update({name: one for name in met[0] if (one := fitting[name])})
    return chosen


def _holds(held: Held, now: datetime) -> bool:
    try:
        times.check_jwt({**held.claims, "aud": ""}, "", now)
    except Refusal:
        return False
    return True


def _is_bound(held: Held, key: PrivateKey) -> bool:
    cnf = held.claims.get("cnf")
    return isinstance(cnf, dict) and jose.is_same_key(cnf.get("jwk"), jose.public_jwk(key))


def answer(
    question: Mapping[str, Any], chosen: Mapping[str, Choice], key: PrivateKey, now: datetime
) -> dict[str, str]:
    """The form that is posted: each credential bound to the question, and one that may sign it to its transaction.

    Refuses request_refused where none may.
    """
    token, data = {}, question.get("transaction_data", [])
    signer = _signer(chosen, data)
    for name, choice in chosen.items():
        token[name] = [
            choice.held.present(
                paths=[claim["path"] for claim in choice.query.get("claims", [])], key=key, now=now,
                audience=question["client_id"], nonce=question["nonce"],
                transaction_data=data if name == signer else (),
            )
        ]  # fmt: skip
    return {"vp_token": jose.dumps(token), **state(question)}


def _signer(chosen: Mapping[str, Choice], data: Sequence[str]) -> str:
    """The first credential that every transaction names as one that may sign it."""
    named = [_credential_ids(text) for text in data]
    for name in chosen:
        if all(name in ids for ids in named):
            return name
    raise _refused("transaction_data")


def _credential_ids(text: str) -> list[Any]:
    try:
        said = jose.loads(jose.unb64u(text))
    except Broken:
        return []
    ids = said.get("credential_ids") if isinstance(said, dict) else None
    return ids if isinstance(ids, list) else []


def state(question: Mapping[str, Any]) -> dict[str, str]:
    """What goes back as it came."""
    return {"state": str(question["state"])} if "state" in question else {}


def _first(query: Mapping[str, Any], held: Sequence[Held]) -> Choice | None:
    types = query.get("meta", {}).get("vct_values")
    wanted = {"type": query["id"], "claims": query.get("claims", [])}
    if query.get("format") != FORMAT or not query.keys() <= dcql.OF_A_CREDENTIAL:
        return None  # what it says of sets of claims or of issuers we could not obey
    for one in held:
        if (types is None or one.claims.get("vct") in types) and not missed_by(wanted, one.claims):
            return Choice(one, query)
    return None


def _sets(query: Mapping[str, Any]) -> list[list[list[str]]]:
    """What must be met: for each set its options."""
    sets = query.get("credential_sets")
    if sets is None:
        return [[[one["id"]]] for one in query["credentials"]]
    return [one["options"] for one in sets if one.get("required", True)]


def _key(document: Mapping[str, Any], did: str, kid: object, now: datetime) -> Mapping[str, Any]:
    entering = dids.authenticating_keys(document, did, now=now)
    for one in entering:
        if isinstance(kid, str) and dids.canonical(one["kid"]) == dids.canonical(
            _absolute(did, kid)
        ):
            return one
    raise _refused("key")


def _absolute(did: str, name: str) -> str:
    """The name of a key, which may leave its DID out."""
    return name if name.startswith("did:") else f"{did}#{name.removeprefix('#')}"


def _is_query(said: object) -> bool:
    listed = said.get("credentials") if isinstance(said, dict) else None
    if not isinstance(said, dict) or not isinstance(listed, list) or not listed:
        return False
    names = [one["id"] for one in listed if _is_one(one)]
    if len(names) < len(listed) or len(set(names)) < len(names):
        return False
    sets = said.get("credential_sets", [{"options": [names]}])
    known = said.keys() <= {"credentials", "credential_sets"}
    return known and isinstance(sets, list) and all(_is_set(one, names) for one in sets)


def _is_one(one: object) -> bool:
    if (
        not isinstance(one, dict)
        or not dcql.is_id(one.get("id"))
        or not one.keys() <= _OF_A_CREDENTIAL
    ):
        return False
    meta, claims = one.get("meta"), one.get("claims", [])
    if not isinstance(meta, dict) or not _are_texts(meta.get("vct_values", [])):
        return False
    return isinstance(claims, list) and all(
        dcql.is_claim(claim) and claim.keys() <= dcql.OF_A_CLAIM for claim in claims
    )


def _is_set(one: object, names: Sequence[str]) -> bool:
    options = one.get("options") if isinstance(one, dict) else None
    if not isinstance(one, dict) or not isinstance(options, list) or not options:
        return False
    if not one.keys() <= _OF_A_SET or not isinstance(one.get("required", True), bool):
        return False
    return all(
        isinstance(way, list) and way and all(name in names for name in way) for way in options
    )


def _is_plain(said: object) -> bool:
    """Whether it is a text that may stand in an address and on a terminal; an address must be one."""
    if not isinstance(said, str) or not _VISIBLE.fullmatch(said):
        return False
    with suppress(ValueError):
        return urlsplit(said).port != 0
    return False


def _are_texts(said: object) -> bool:
    return isinstance(said, list) and all(isinstance(one, str) for one in said)


def _refused(detail: str) -> Refusal:
    return Refusal(RefusalCode.REQUEST_REFUSED, detail=detail)
