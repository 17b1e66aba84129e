"""Other issuers: their keys and lists are fetched ahead, and what they revoke is no longer believed here."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy.orm import Session, sessionmaker

from core import credentials
from core.credentials import status_reading, trust
from core.errors import Refusal
from core.jobs import issuers
from core.jobs.outside import Outside, Unreachable
from core.keys import did, jose
from core.node import Node
from tests.conftest import NOW
from tests.core.credentials.made import HOLDER_DID, ISSUER, presentation, verify
from tests.core.credentials.made import credential as issued
from tests.core.credentials.test_status_reading import OTHER, URI, ref, token_list

DOCUMENT = did.document(OTHER.did, issuing=[jose.public_jwk(OTHER.key)])
WHERE = "https://sacco.example/.well-known/did.json"


class Web:
    """What stands at which address of the world, and who was asked."""

    def __init__(self) -> None:
        self.pages: dict[str, str] = {WHERE: jose.dumps(DOCUMENT), URI: token_list()}
        self.asked: list[str] = []

    def get(self, url: str, *, hosts: Collection[str], accept: str) -> bytes:
        self.asked.append(url)
        if url.split("/")[2] not in hosts:
            raise Unreachable("host_not_allowed")
        if url not in self.pages:
            raise Unreachable("status_404")
        return self.pages[url].encode()


@pytest.fixture
def web() -> Web:
    return Web()


def run(sessions: sessionmaker[Session], web: Web, days: float = 0) -> int:
    node = SimpleNamespace(
        sessions=sessions, clock=lambda: NOW + timedelta(days=days), trust={ISSUER.did: [ISSUER.jwk]}
    )  # fmt: skip
    return issuers.refresh(cast(Node, node), cast(Outside, web))


def add(sessions: sessionmaker[Session], **changes: Any) -> None:
    with sessions.begin() as db:
        trust.add(db, **({"did": OTHER.did, "name": "Sacco", "now": NOW} | changes))


def problem(sessions: sessionmaker[Session], name: str = OTHER.did) -> str:
    with sessions() as db:
        return trust.get(db, name).problem


def keys(sessions: sessionmaker[Session]) -> Any:
    with sessions() as db:
        return trust.known(db, {}).get(OTHER.did)


def test_the_keys_of_a_did_web_are_fetched_and_its_credential_is_believed(
    sessions: sessionmaker[Session], web: Web
) -> None:
    add(sessions)
    assert keys(sessions) is None

    run(sessions, web)

    with sessions() as db:
        found = verify(presentation(issued(issuer=OTHER)), trust=trust.known(db, {}))
    assert found.issuer == OTHER.did
    assert web.asked == [WHERE]


def test_an_issuer_that_is_a_key_is_believed_at_once(
    sessions: sessionmaker[Session], web: Web
) -> None:
    add(sessions, did=HOLDER_DID)

    assert run(sessions, web) == 0

    with sessions() as db:
        assert trust.known(db, {})[HOLDER_DID][0]["kty"] == "OKP"


def test_what_another_issuer_revokes_is_refused_after_the_next_look(
    sessions: sessionmaker[Session], web: Web
) -> None:
    add(sessions)
    text = presentation(issued(issuer=OTHER, status=[ref()]))
    with sessions.begin() as db:
        status_reading.want(db, [ref()], base_url=ISSUER.base_url, now=NOW)

    def believed(days: float = 0) -> bool:
        at = NOW + timedelta(days=days)
        with sessions() as db:
            reader = credentials.status_reader(db, issuer=ISSUER, now=at)
            return not _refuses(text, trust.known(db, {}), reader)

    run(sessions, web)
    assert believed()
    web.pages[URI] = token_list({5: 1})
    run(sessions, web, days=0.01)

    assert not believed()


def _refuses(text: str, known: Any, reader: Any) -> bool:
    try:
        verify(text, trust=known, status=reader)
    except Refusal as refusal:
        return bool(refusal.facts["reason"] == "status")
    return False


@pytest.mark.parametrize(
    ("page", "word"),
    [
        ("{", "malformed: json"),
        ("[]", "issuer"),
        (jose.dumps({**DOCUMENT, "id": "did:web:evil.example"}), "issuer"),
        (jose.dumps({**DOCUMENT, "assertionMethod": []}), "no_key"),
        (jose.dumps({**DOCUMENT, "verificationMethod": "x", "assertionMethod": 7}), "no_key"),
        (None, "status_404"),
    ],
)
def test_a_document_that_is_wrong_changes_no_key(
    sessions: sessionmaker[Session], web: Web, page: str | None, word: str
) -> None:
    add(sessions)
    run(sessions, web)
    before = keys(sessions)
    del web.pages[WHERE]
    if page is not None:
        web.pages[WHERE] = page

    run(sessions, web, days=1)

    assert problem(sessions) == word
    assert keys(sessions) == before


def test_a_list_is_asked_only_of_hosts_of_its_issuer(
    sessions: sessionmaker[Session], web: Web
) -> None:
    add(sessions)
    elsewhere, nobody = (
        ref(uri="https://evil.example/1"),
        ref(uri=URI + "9", issuer="did:web:evil.example"),
    )
    with sessions.begin() as db:
        status_reading.want(db, [elsewhere, nobody], base_url=ISSUER.base_url, now=NOW)

    run(sessions, web)

    with sessions() as db:
        found = {
            one.uri: one.problem for one in status_reading.due(db, now=NOW + timedelta(1), limit=9)
        }
    assert found == {elsewhere.uri: "host_not_allowed", nobody.uri: "issuer_unknown"}
    assert nobody.uri not in web.asked


def test_an_issuer_that_was_removed_is_believed_no_longer(
    sessions: sessionmaker[Session], web: Web
) -> None:
    add(sessions)
    run(sessions, web)

    with sessions.begin() as db:
        trust.remove(db, did=OTHER.did)

    assert keys(sessions) is None


def test_nobody_added_takes_our_own_place(db: Session) -> None:
    trust.add(db, did=HOLDER_DID, name="Thief", now=NOW)

    found = trust.known(db, {HOLDER_DID: [ISSUER.jwk]})

    assert found[HOLDER_DID] == [ISSUER.jwk]


def test_only_a_good_name_of_an_issuer_is_written_down(db: Session) -> None:
    wrong = [
        {"did": "did:web:"}, {"did": "did:web:a/b"}, {"did": "did:web:a:.."}, {"did": "did:web:u%40a"},
        {"did": "did:web:a:%2e%2E"}, {"did": "did:web:a:%252e"}, {"did": "did:web:a:b%2Fc"}, {"did": "did:web:a%0a"},
        {"did": "did:web:a:b%00"}, {"did": "did:web:a::b"}, {"did": "did:web:a%3A"}, {"did": "did:web:..a"},
        {"did": "did:key:zzz"}, {"did": "https://a.example"}, {"did": "did:web:" + "a" * 300},
    ]  # fmt: skip
    for changes in wrong:
        with pytest.raises(Refusal, match="did_malformed"):
            trust.add(db, **({"name": "x", "now": NOW} | changes))
    with pytest.raises(Refusal, match="host_malformed"):
        trust.add(db, did=OTHER.did, name="x", hosts=["a/b"], now=NOW)
    with pytest.raises(Refusal, match="name_unusable"):
        trust.add(db, did=OTHER.did, name=" ", now=NOW)


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("did:web:a.example", "https://a.example/.well-known/did.json"),
        ("did:web:a.example%3A8443:x:y", "https://a.example:8443/x/y/did.json"),
    ],
)
def test_a_did_web_says_where_its_document_is(name: str, url: str) -> None:
    assert trust.address(name) == url


def test_a_host_is_written_down_in_small_letters_and_found_in_any(
    sessions: sessionmaker[Session], web: Web
) -> None:
    shouted = OTHER.did.replace("sacco", "SACCO")
    with sessions.begin() as db:
        trust.add(db, did=shouted, name="Boma Sacco", hosts=["Status.Sacco.Example"], now=NOW)

    run(sessions, web)

    assert keys(sessions) is not None
    with sessions() as db:
        found = trust.get(db, shouted)
        assert found.did == OTHER.did
        assert "status.sacco.example" in found.hosts
