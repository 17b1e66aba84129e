"""Whose credentials this node believes: its own, and those of issuers its operator has added by name.

An issuer that is a key (did:key, did:jwk) needs no look-up. The keys of a did:web are fetched ahead by a background
job, only from the hosts written down when it was added; a turn at a keypad never waits for anybody.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from urllib.parse import quote, unquote

from sqlalchemy import select

from config.limits import DID_CHARACTERS, DID_DOCUMENT_SECONDS, ISSUER_HOSTS, LIST_ROWS
from core.credentials.catalogue import CredentialType
from core.credentials.models import KnownIssuer
from core.credentials.signers import Trust
from core.db import Session
from core.errors import Refusal
from core.keys import did as dids
from core.keys.jose import Jwk
from core.refusal_codes import RefusalCode

_NAME_CHARACTERS = 60
_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*(:[0-9]{1,5})?")
_AS_THEY_ARE = "!$&'()*+,;=~"


def add(
    db: Session,
    *,
    did: str,
    name: str,
    types: Iterable[CredentialType] = (),
    hosts: Iterable[str] = (),
    now: datetime,
) -> KnownIssuer:
    """Believe an issuer; `types` are what it may send for our people through the API, `hosts` where its lists are.

    Adding it again changes it. Refuses did_malformed, name_unusable, host_malformed.
    """
    if not 1 <= len(name.strip()) <= _NAME_CHARACTERS:
        raise Refusal(RefusalCode.NAME_UNUSABLE, field="name", characters_at_most=_NAME_CHARACTERS)
    did = dids.canonical(did)
    found = db.get(KnownIssuer, did) or KnownIssuer(did=did, keys=[], added_at=now)
    home = None if dids.is_key(did) else host_of(address(did))
    found.name, found.types = name.strip(), sorted({str(type) for type in types})
    found.hosts = sorted({*(_checked(host) for host in hosts), *([home] if home else [])})
    if len(found.hosts) > ISSUER_HOSTS:
        raise Refusal(RefusalCode.HOST_MALFORMED, hosts_at_most=ISSUER_HOSTS)
    if home is None:
        found.keys, found.fetch_at = [dids.to_jwk(did)], None  # its only key, whatever its name
    else:
        found.fetch_at = now
    db.add(found)
    db.flush()
    return found


def remove(db: Session, *, did: str) -> None:
    """Believe an issuer no longer. Refuses issuer_unknown."""
    db.delete(get(db, did))
    db.flush()


def get(db: Session, did: str) -> KnownIssuer:
    """An issuer that was added. Refuses issuer_unknown."""
    found = db.get(KnownIssuer, dids.canonical(did))
    if found is None:
        raise Refusal(RefusalCode.ISSUER_UNKNOWN, did=did)
    return found


def listed(db: Session) -> list[KnownIssuer]:
    """The issuers that were added, by name."""
    return list(db.scalars(select(KnownIssuer).order_by(KnownIssuer.name).limit(LIST_ROWS)))


def known(db: Session, own: Trust) -> dict[str, Sequence[Jwk]]:
    """The keys of everybody this node believes; nobody added can take the place of `own`."""
    added = {issuer.did: issuer.keys for issuer in listed(db) if issuer.keys}
    return {**added, **own}


def due(db: Session, *, now: datetime, limit: int) -> list[KnownIssuer]:
    """The issuers whose DID documents must be looked at again."""
    query = select(KnownIssuer).where(KnownIssuer.fetch_at <= now)
    return list(db.scalars(query.order_by(KnownIssuer.fetch_at).limit(limit)))


def keep(db: Session, *, did: str, keys: Sequence[Jwk], now: datetime) -> None:
    """Store the keys of an issuer; one that was meanwhile removed stays removed."""
    found = db.get(KnownIssuer, did)
    if found is not None:
        found.keys, found.problem = list(keys), ""
        found.fetch_at = now + timedelta(seconds=DID_DOCUMENT_SECONDS)


def keep_problem(db: Session, *, did: str, problem: str, now: datetime) -> None:
    """Note that the keys of an issuer could not be had; the old ones are believed meanwhile."""
    found = db.get(KnownIssuer, did)
    if found is not None:
        found.problem, found.fetch_at = problem, now + timedelta(seconds=DID_DOCUMENT_SECONDS)


def address(did: str) -> str:
    """Where the document of a did:web is. Refuses did_malformed."""
    host, *path = _web_parts(did)
    return f"https://{host}/{'/'.join(path) or '.well-known'}/did.json"


def home(did: str) -> str:
    """The address a did:web stands for. Refuses did_malformed."""
    return "https://" + "/".join(_web_parts(did))


def host_of(name: str) -> str:
    """The host, with its port unless it is that of https, of a did:web or an https address. Refuses host_malformed."""
    place = address(name) if name.startswith("did:web:") else name
    return _checked(place.partition("://")[2].partition("/")[0])


def _web_parts(did: str) -> list[str]:
    """Host and path of a did:web as they stand in its address; judged by what they say once they are decoded."""
    host, *path = did.removeprefix("did:web:").split(":")
    plain = [unquote(part) for part in path]
    if not did.startswith("did:web:") or len(did) > DID_CHARACTERS:
        raise Refusal(RefusalCode.DID_MALFORMED)
    if not _HOST.fullmatch(unquote(host).lower()) or not all(map(_is_step, plain)):
        raise Refusal(RefusalCode.DID_MALFORMED)
    return [unquote(host).lower(), *(quote(part, safe=_AS_THEY_ARE) for part in plain)]


def _is_step(part: str) -> bool:
    """Whether it is one step down a path, for whoever decodes it how often."""
    return part.isprintable() and not set(part) & set("/?#@\\% ") and part not in ("", ".", "..")


def _checked(host: str) -> str:
    plain = host.lower().removesuffix(":443")
    if not _HOST.fullmatch(plain):
        raise Refusal(RefusalCode.HOST_MALFORMED, host=host)
    return plain
