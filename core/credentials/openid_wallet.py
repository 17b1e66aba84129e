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

from core.credentials import dcql
from core.credentials.dcql import FORMAT
from core.credentials.eligibility import missed_by
from core.credentials.openid_vp import PLAIN, PREFIX, SELF_ISSUED, TYP
from core.credentials.sdjwt import Held
from core.errors import Refusal
from core.keys import did as dids
from core.keys import jose
from core.keys.jose import Broken, PrivateKey

_TEXTS = ("client_id", "nonce", "response_uri")
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


def read_question(text: str, did: str, document: Mapping[str, Any]) -> dict[str, Any]:
    """The question, signed by a key with which `did` may enter by its document. Refuses request_refused(detail)."""
    try:
        token = jose.parse(text)
        jose.verify(token, _key(document, did, token.header.get("kid")))
    except Broken as broken:
        raise _refused(broken.detail) from broken
    said = token.payload
    if token.header.get("typ") != TYP or said.get("response_type") != "vp_token":
        raise _refused("type")
    if said.get("aud") != SELF_ISSUED or "redirect_uri" in said:
        raise _refused("aud" if said.get("aud") != SELF_ISSUED else "redirect_uri")
    if not all(map(_is_plain, map(said.get, _TEXTS))):
        raise _refused("missing")
    if said["client_id"] != PREFIX + did or said.get("response_mode") != PLAIN:
        raise _refused("client_id" if said["client_id"] != PREFIX + did else "response_mode")
    if not _is_query(said.get("dcql_query")) or not _are_texts(said.get("transaction_data", [])):
        raise _refused("dcql_query")
    return said


def choose(query: Mapping[str, Any], held: Sequence[str], key: PrivateKey) -> dict[str, Choice]:
    """What answers a query, as little as will do. Refuses credential_missing(query)."""
    mine = [Held(text) for text in held]
    own = [one for one in mine if _is_bound(one, key)]
    fitting = {one["id"]: _first(one, own) for one in query["credentials"]}
    chosen = {}
    for options in _sets(query):
        met = [way for way in options if all(fitting.get(name) for name in way)]
        if not met:
            raise Refusal("credential_missing", query=" ".join(options[0]))
        chosen.update({name: one for name in met[0] if (one := fitting[name])})
    return chosen


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
    if query.get("format") != FORMAT or "claim_sets" in query:
        return None
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


def _key(document: Mapping[str, Any], did: str, kid: object) -> Mapping[str, Any]:
    methods, entering = document.get("verificationMethod"), document.get("authentication")
    is_his = dids.canonical(str(document.get("id"))) == dids.canonical(did)
    if not is_his or not isinstance(methods, list) or not isinstance(entering, list):
        raise _refused("key")
    for one in methods:
        if isinstance(one, dict) and one.get("id") == kid and kid in entering:
            return jose.only_public(one.get("publicKeyJwk"))
    raise _refused("key")


def _is_query(said: object) -> bool:
    listed = said.get("credentials") if isinstance(said, dict) else None
    if not isinstance(said, dict) or not isinstance(listed, list) or not listed:
        return False
    names = [one["id"] for one in listed if _is_one(one)]
    sets = said.get("credential_sets", [{"options": [names]}])
    return len(names) == len(listed) and isinstance(sets, list) and all(
        _is_set(one, names) for one in sets
    )  # fmt: skip


def _is_one(one: object) -> bool:
    if not isinstance(one, dict) or not dcql.is_id(one.get("id")):
        return False
    meta, claims = one.get("meta"), one.get("claims", [])
    if not isinstance(meta, dict) or not _are_texts(meta.get("vct_values", [])):
        return False
    return isinstance(claims, list) and all(map(dcql.is_claim, claims))


def _is_set(one: object, names: Sequence[str]) -> bool:
    options = one.get("options") if isinstance(one, dict) else None
    if not isinstance(options, list) or not options:
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
    return Refusal("request_refused", detail=detail)
