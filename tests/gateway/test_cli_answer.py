"""A wallet at the command line answers the desk of a node that really listens."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from click.testing import CliRunner
from nacl.signing import SigningKey
from werkzeug.serving import make_server

from core import credentials, node
from core.credentials import CredentialType, binding, openid_vp, openid_wallet
from core.credentials.openid_vp import Asked, Verifier
from core.credentials.types import vct
from core.errors import Refusal
from core.keys import Keyring, did, jose
from gateway.app import create_app
from gateway.cli import main
from tests.conftest import NOW
from tests.core.credentials.made import AT, FACTS, ISSUER
from tests.gateway.test_cli import Desk, example_project
from tests.gateway.wallet import MEMBER
from tests.oracles.made import private

KEY = SigningKey(b"w" * 32)
PROJECT = "Maize inputs 2026"


class Place:
    """A desk whose node listens, and a folder with a key and credentials."""

    def __init__(self, folder: Path, redis_url: str) -> None:
        self.folder, self.waiting = (
            folder,
            make_server("127.0.0.1", 0, lambda _, start: [], threaded=True),
        )
        self.desk = Desk(folder / "home", redis_url)
        port = self.waiting.port
        self.desk.environment["GROWR_PORT"] = str(port)
        self.desk.settings = self.desk.settings.model_copy(update={"port": port})
        self.desk.organisation()
        self.desk.json("project", "create", "--file", "-", given=example_project())
        self.node = node.build(self.desk.settings, wake=lambda _: None)
        self.waiting.app = create_app(self.node)
        self.serving = threading.Thread(target=self.waiting.serve_forever)
        self.serving.start()
        self.key = self.write("holder.jwk", json.dumps(private(KEY)))
        facts = credentials.claims.kyc(FACTS, on=self.node.clock().date())
        self.kyc = self.write("kyc", self.credential(CredentialType.KYC, facts))
        member = self.credential(CredentialType.COMMUNITY_MEMBERSHIP, MEMBER)
        self.member = self.write("member", member)

    def credential(self, type: CredentialType, claims: dict[str, Any]) -> str:
        now = self.node.clock()
        return credentials.issue(
            issuer=self.node.issuer, type=type, claims=claims, holder_jwk=jose.public_jwk(KEY), now=now,
            expires_at=now + timedelta(days=9),
        )  # fmt: skip

    def write(self, name: str, text: str) -> str:
        (self.folder / name).write_text(text)
        return str(self.folder / name)

    def ask(self) -> tuple[str, str]:
        """A new question: its id and what the code holds."""
        said = self.desk.json("project", "request", PROJECT)
        return said["request"], said["uri"]

    def told(self, request: str) -> Any:
        return json.loads(
            self.desk.run("project", "request", PROJECT, "--show", request, "--json").stdout
        )

    def close(self) -> None:
        self.waiting.shutdown()
        self.serving.join()
        self.waiting.server_close()
        self.node.close()


@pytest.fixture
def place(tmp_path: Path, redis_url: str) -> Iterator[Place]:
    made = Place(tmp_path, redis_url)
    yield made
    made.close()


def test_she_lacks_a_proof_then_says_no_and_then_yes(place: Place) -> None:
    request, uri = place.ask()
    only = ["credential", "answer", uri, place.kyc, "--key", place.key, "--yes"]
    assert "credential_missing (query=community_membership)" in place.desk.refused(*only)
    strange = ["credential", "answer", "openid4vp://?client_id=x", place.kyc, "--key", place.key]
    assert "request_refused" in place.desk.refused(*strange)
    words = ["credential", "answer", uri, place.kyc, place.member, "--key", place.key]

    assert "Answer this?" in place.desk.run(*words, given="n\n").output
    assert place.told(request)["problem"] == "wallet_declined"
    done = place.desk.run(*words, "--yes")

    assert "kyc: age_over.18" in done.stdout
    assert "the verifier took it" in done.stdout
    assert place.told(request)["answer"] == "meets"
    assert "404" in place.desk.refused(*words, "--yes")


def asked(**changes: Any) -> Asked:
    query = {"credentials": [{"id": "kyc", "format": "dc+sd-jwt", "meta": {}}]}
    words = {"query": query, "nonce": "n", "state": "s", "response_uri": "https://node.example/x"}
    return Asked(**(words | changes))


def of(**changes: Any) -> dict[str, Any]:
    return {"credentials": [{"id": "kyc", "format": "dc+sd-jwt", "meta": {}} | changes]}


@pytest.mark.parametrize(
    "where", ["http://127.0.0.1:9/q", "http://localhost/q", "http://node.example/q", "https://10.0.0.1/q"]
)  # fmt: skip
def test_a_stranger_s_code_leads_the_wallet_to_nothing_private(tmp_path: Path, where: str) -> None:
    for name, text in (("key", json.dumps(private(KEY))), ("kyc", "a~")):
        (tmp_path / name).write_text(text)
    link = "openid4vp://?" + urlencode(
        {"client_id": "decentralized_identifier:did:web:10.0.0.2", "request_uri": where}
    )
    words = ["credential", "answer", link, str(tmp_path / "kyc"), "--key", str(tmp_path / "key")]

    answer = CliRunner().invoke(main, words)

    assert answer.exit_code == 1
    assert re.search("is not https|private_address", answer.output)


def test_a_question_is_believed_by_the_document_of_who_asks(keyring: Keyring) -> None:
    verifier = Verifier.of(keyring, ISSUER)
    key = jose.public_jwk(verifier.key)
    document = did.document(verifier.did, issuing=[], signing_in=[key])
    good = openid_vp.request_object(verifier, asked())
    assert openid_wallet.read_question(good, verifier.did, document, now=NOW)["nonce"] == "n"
    words = jose.parse(good).payload
    head = {"typ": openid_vp.TYP, "kid": verifier.kid}

    def signed(header: dict[str, Any] | None = None, **changes: Any) -> str:
        return jose.sign(head | (header or {}), words | changes, verifier.key)

    wrong = [
        (signed({"typ": "JWT"}), document),
        (signed({"kid": "did:web:other.example#k"}), document),
        (signed(client_id="decentralized_identifier:did:web:other.example"), document),
        (signed(response_mode="direct_post.jwt"), document),
        (signed(response_type="code"), document),
        (signed(nonce=7), document),
        (signed(dcql_query={"credentials": []}), document),
        (signed(dcql_query={"credentials": [{"id": 7}]}), document),
        (signed(transaction_data=[7]), document),
        (signed(aud=ISSUER.did), document),  # made for one wallet that it knows, and not for ours
        (signed(redirect_uri="https://node.example/x"), document),
        (signed(nonce="a b"), document),
        (signed(response_uri="https://[node.example"), document),
        (signed(dcql_query=of(id="kyc\x1b[8m")), document),  # a terminal would hide what follows
        (signed(dcql_query=of(id="a"), transaction_data="x"), document),
        (signed(dcql_query=of(meta={"vct_values": 7})), document),
        (signed(dcql_query=of(meta=None)), document),
        (signed(dcql_query={**of(), "credential_sets": [{"options": [[["kyc"]]]}]}), document),
        (signed(dcql_query={"credentials": of()["credentials"] * 2}), document),
        (signed(dcql_query=of(intent="x")), document),
        (signed(dcql_query=of(claims=[{"path": ["a"], "value": [1]}])), document),
        (signed(dcql_query={**of(), "other": 1}), document),
        (
            signed(
                dcql_query={**of(), "credential_sets": [{"options": [["kyc"]], "required": "no"}]}
            ),
            document,
        ),
        (signed(scope="openid"), document),
        (signed(exp=AT), document),
        (signed(iat=AT + 61), document),
        (signed(nbf=AT + 61), document),
        (signed({"kid": None}), document),
        (signed(), changed(document, expires="2020-01-01T00:00:00Z")),
        (signed(), {**document, "verificationMethod": [7]}),
        (signed(), {**document, "verificationMethod": 7}),
        (signed(), {**document, "authentication": 7}),
        (signed(), did.document(verifier.did, issuing=[key])),  # it may issue, and not enter
        (signed(), {**document, "id": "did:web:other.example"}),
        (jose.sign(head, words, KEY), document),
        ("no.jws", document),
    ]
    for text, by in wrong:
        with pytest.raises(Refusal, match="request_refused"):
            openid_wallet.read_question(text, verifier.did, by, now=NOW)


def test_a_document_and_a_question_may_leave_the_did_out_of_a_key_s_name(keyring: Keyring) -> None:
    verifier = Verifier.of(keyring, ISSUER)
    key = jose.public_jwk(verifier.key)
    document = did.document(verifier.did, issuing=[], signing_in=[key])
    short = "#" + verifier.kid.partition("#")[2]
    relative = {**changed(document, id=short), "authentication": [short]}
    inside = {
        **document,
        "verificationMethod": [],
        "authentication": relative["verificationMethod"],
    }
    words = jose.parse(openid_vp.request_object(verifier, asked())).payload

    for kid in (verifier.kid, short):
        text = jose.sign(
            {"typ": openid_vp.TYP, "kid": kid},
            words | {"iat": AT + 60, "exp": AT + 1},
            verifier.key,
        )
        for by in (document, relative, inside):
            assert openid_wallet.read_question(text, verifier.did, by, now=NOW)["nonce"] == "n"


def changed(document: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The document, with another key of its own."""
    [method] = document["verificationMethod"]
    return {**document, "verificationMethod": [method | changes]}


def test_what_has_expired_or_is_bound_in_other_words_is_chosen_rightly() -> None:
    facts = credentials.claims.kyc(FACTS, on=NOW.date())
    issued = {
        days: credentials.issue(
            issuer=ISSUER, type=CredentialType.KYC, claims=facts, now=NOW - timedelta(days=9),
            holder_jwk=jose.public_jwk(KEY), expires_at=NOW + timedelta(days=days),
        )
        for days in (-1, 1)
    }  # fmt: skip

    with pytest.raises(Refusal, match="credential_missing"):
        openid_wallet.choose(of(), [issued[-1]], KEY, now=NOW)
    chosen = openid_wallet.choose(of(), [issued[-1], issued[1]], KEY, now=NOW)
    assert chosen["kyc"].held.claims["exp"] > AT
    for unclear in ({"claim_sets": [["a"]]}, {"trusted_authorities": []}):
        with pytest.raises(Refusal, match="credential_missing"):
            openid_wallet.choose(of(**unclear), [issued[1]], KEY, now=NOW)


def test_the_credential_that_a_transaction_names_signs_it() -> None:
    facts = credentials.claims.kyc(FACTS, on=NOW.date())
    held = [
        credentials.issue(
            issuer=ISSUER, type=type, claims=claims, holder_jwk=jose.public_jwk(KEY), now=NOW,
            expires_at=NOW + timedelta(days=9),
        )
        for type, claims in ((CredentialType.KYC, facts), (CredentialType.COMMUNITY_MEMBERSHIP, MEMBER))
    ]  # fmt: skip
    names = {"a": "kyc", "b": "community_membership"}
    query = {
        "credentials": [
            {"id": id, "format": "dc+sd-jwt", "meta": {"vct_values": [vct(ISSUER.base_url, CredentialType(kind))]}}
            for id, kind in names.items()
        ]
    }  # fmt: skip
    chosen = openid_wallet.choose(query, held, KEY, now=NOW)

    def answered(*ids: str) -> dict[str, bool]:
        data = [jose.b64u(jose.dumps({"credential_ids": [*ids]}).encode())]
        question = {"client_id": "c", "nonce": "n", "transaction_data": data}
        form = openid_wallet.answer(question, chosen, KEY, NOW)
        shown = json.loads(form["vp_token"])
        return {name: binding.approves(text) for name, [text] in shown.items()}

    assert answered("b") == {"a": False, "b": True}
    assert answered("a", "b") == {"a": True, "b": False}
    with pytest.raises(Refusal, match="request_refused"):
        answered("c")
