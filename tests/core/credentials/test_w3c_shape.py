"""What the data model 2.0 of the W3C demands: credentials that others got wrong, and what is right beside them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from freezegun import freeze_time

from core import clock
from core.credentials import StatusAnswer, Verified, verify
from gateway.cli import credential_status
from tests.core.credentials.made import HOLDER_DID, ISSUER, refused
from tests.core.credentials.made import TRUST as TRUSTED
from tests.core.credentials.test_refusals_w3c import alone, document, shown, token

CASES = Path(__file__).parent / "cases"
TRUST = {
    issuer: said["keys"] for issuer, said in json.loads((CASES / "trust.json").read_text()).items()
}
MALFORMED = sorted((CASES / "07-malformed-w3c").iterdir())
DIGEST = {"digestSRI": "sha256-abc"}
URN = "urn:uuid:5f1b0ed8-52ac-4b42-9ac0-bd5a35b0ad3e"

WRONG: list[tuple[str, Any]] = [
    ("id", "nope"), ("id", 5), ("id", [URN]), ("id", "https://"), ("id", "http://a b"), ("id", ""),
    ("type", ["VerifiableCredential", 5]), ("type", ["VerifiableCredential", ""]),
    ("name", 5), ("name", []), ("name", {"@value": 5}), ("name", {"@value": "x", "url": "y"}), ("name", {}),
    ("name", {"@value": "x", "@language": 5}), ("name", {"@value": "x", "@language": "not a language"}),
    ("name", {"@value": "x", "@direction": "up"}), ("description", [{"@value": "x"}, 5]),
    ("credentialSubject", {"id": 5, "a": 1}), ("credentialSubject", {"id": ["did:a:1", "did:a:2"], "a": 1}),
    ("credentialSubject", {"id": "nope", "a": 1}), ("credentialSubject", {}), ("credentialSubject", "x"),
    ("credentialSubject", [{"a": 1}, {}]), ("credentialSubject", [{"a": 1}, {"id": "nope"}]),
    ("credentialStatus", {"id": "https://x.example/1#1"}), ("credentialStatus", []),
    ("credentialSchema", {"id": "https://x.example/s"}), ("credentialSchema", {"type": "JsonSchema"}),
    ("credentialSchema", [{"id": "nope", "type": "JsonSchema"}]), ("credentialSchema", "https://x.example/s"),
    ("refreshService", {"id": "urn:x:1"}), ("refreshService", [{"type": "X"}, {"id": "urn:x:1"}]),
    ("refreshService", {"type": "X", "id": "nope"}),
    ("termsOfUse", {"id": "urn:x:1"}), ("termsOfUse", {"type": 5}), ("termsOfUse", []),
    ("evidence", {"id": "urn:x:1"}), ("evidence", {"type": []}), ("evidence", "seen"),
    ("relatedResource", {"id": "https://x.example/c"}), ("relatedResource", DIGEST),
    ("relatedResource", [{"id": "urn:x:1", **DIGEST}, {"id": "urn:x:1", **DIGEST}]),
    ("@context", ["https://www.w3.org/ns/credentials/v2", "no address"]),
    ("@context", ["https://example.org/first", "https://www.w3.org/ns/credentials/v2"]),
    ("@context", "https://www.w3.org/ns/credentials/v2"),
]  # fmt: skip
RIGHT: list[tuple[str, Any]] = [
    ("id", URN), ("id", "https://x.example/1?a=b#c"), ("type", ["VerifiableCredential", "https://x.example/T"]),
    ("issuer", {"id": "did:web:node.example", "name": {"@value": "Chama", "@language": "sw-KE"}}),
    ("name", "x"), ("name", {"@value": "x", "@language": "ar", "@direction": "rtl"}),
    ("description", [{"@value": "x", "@language": "en"}, {"@value": "y", "@language": "sw"}]),
    ("credentialSubject", [{"id": HOLDER_DID, "name": 5}, {"id": "did:web:x", "a": {}}]),
    ("credentialSchema", [{"id": "https://x.example/s", "type": "JsonSchema"}]),
    ("refreshService", {"type": "X"}), ("termsOfUse", [{"type": ["X", "Y"], "id": URN}]), ("evidence", {"type": "X"}),
    ("relatedResource", [{"id": "urn:x:1", "digestMultibase": "uEi"}, {"id": "urn:x:2", **DIGEST}]),
    ("@context", ["https://www.w3.org/ns/credentials/v2", {"@vocab": "https://x.example/#"}]),
]  # fmt: skip


def judged(text: str, **changes: Any) -> Verified:
    asked = {
        "trust": TRUST,
        "type": None,
        "audience": None,
        "nonce": None,
        "require_binding": False,
    }
    return verify(text, now=clock.now(), **(asked | changes))  # fmt: skip


def named(one: tuple[str, Any]) -> str:
    return f"{one[0]}={json.dumps(one[1])[:60]}"


@pytest.mark.parametrize("path", MALFORMED, ids=lambda path: path.stem)
def test_what_others_got_wrong_is_refused(path: Path) -> None:
    with refused("malformed"):
        judged(path.read_text().strip())


@pytest.mark.parametrize("one", WRONG, ids=named)
@pytest.mark.parametrize("secured", [token, document])
def test_a_member_of_another_shape_is_refused(secured: Any, one: tuple[str, Any]) -> None:
    with refused("malformed"):
        alone(secured(**dict([one])))


@pytest.mark.parametrize(
    "issuer", ["fake-issuer", {"id": "fake-issuer"}, {"id": ISSUER.did, "name": 5}], ids=str
)
def test_an_issuer_of_another_shape_is_refused_whoever_trusts_it(issuer: Any) -> None:
    with refused("malformed", "issuer_name" if "name" in issuer else "issuer"):
        alone(
            token(head={"typ": "vc+jwt"}, issuer=issuer),
            trust={**TRUSTED, "fake-issuer": [ISSUER.jwk]},
        )


@pytest.mark.parametrize("one", RIGHT, ids=named)
@pytest.mark.parametrize("secured", [token, document])
def test_a_member_of_the_right_shape_is_believed(secured: Any, one: tuple[str, Any]) -> None:
    found = alone(secured(**{one[0]: one[1]}))

    assert found.claims[one[0]] == one[1]


@pytest.mark.parametrize(
    "changes", [{"id": "nope"}, {"holder": "nope"}, {"holder": {}}, {"termsOfUse": {"id": URN}}]
)
def test_a_presentation_of_another_shape_is_refused(changes: dict[str, Any]) -> None:
    with refused("malformed"):
        alone(shown(**changes))


@freeze_time("2026-12-02")
def test_a_status_list_with_its_proof_inside_is_read() -> None:
    case = CASES / "06-list-with-proof-inside"
    text, listed = ((case / name).read_text() for name in ("credential.json", "list.json"))

    def read(*lists: str) -> Any:
        return credential_status.reader(
            lists, TRUST, fetch=None, otherwise=lambda _: StatusAnswer.UNKNOWN
        )

    assert judged(text, status=read(listed)).claims["credentialSubject"]["name"] == "Amina"
    with refused("status", "unknown"):
        judged(text, status=read())
    with refused("status", "unknown"):
        judged(text, status=read(listed.replace("revocation", "suspension")))
