"""At a desk: a walk-in with a wallet proves that she could borrow, and the desk learns yes or no."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from nacl.signing import SigningKey
from sqlalchemy import select

from config.limits import WALLET_STATEMENT_DAYS
from core import credentials, node
from core.credentials import CredentialType
from core.keys import did, jose
from core.lending import PresentationRequest, asking
from core.node import Node
from gateway.app import create_app
from tests.core.credentials.made import FACTS
from tests.gateway.test_cli import Desk, example_project
from tests.gateway.wallet import MEMBER

WALK_IN, OTHER = SigningKey(b"w" * 32), SigningKey(b"o" * 32)
PROJECT = "Maize inputs 2026"


class Counter(Desk):
    """The terminal of an originator with a project, and the node behind it."""

    def __init__(self, home: Path, redis_url: str) -> None:
        super().__init__(home, redis_url)
        self.organisation()
        self.json("project", "create", "--file", "-", given=example_project())
        self.node: Node = node.build(self.settings, wake=lambda _: None)
        self.client = create_app(self.node).test_client()

    def kyc(self, born: str = "1990-05-04", key: SigningKey = WALK_IN) -> str:
        now = self.node.clock()
        claims = credentials.claims.kyc(FACTS | {"birthdate": born}, on=now.date())
        return self.credential(CredentialType.KYC, claims, key)

    def credential(
        self, type: CredentialType, claims: dict[str, Any], key: SigningKey = WALK_IN
    ) -> str:
        now = self.node.clock()
        return credentials.issue(
            issuer=self.node.issuer, type=type, claims=claims, holder_jwk=jose.public_jwk(key), now=now,
            expires_at=now + timedelta(days=9),
        )  # fmt: skip

    def answer(self, page: str, **changed: str) -> int:
        """Her wallet answers the question of a page; the status."""
        path = urlsplit(page).path
        said = jose.parse(self.client.get(f"{path}/request").get_data(as_text=True)).payload
        assert "transaction_data" not in said
        now = self.node.clock()
        held = {
            "kyc": self.kyc(),
            "community_membership": self.credential(CredentialType.COMMUNITY_MEMBERSHIP, MEMBER),
        } | changed  # fmt: skip
        shown = {}
        for one in said["dcql_query"]["credentials"]:
            text = held[one["id"]]
            key = (
                OTHER
                if credentials.contents(text)["cnf"]["jwk"] == jose.public_jwk(OTHER)
                else WALK_IN
            )
            shown[one["id"]] = [
                credentials.present(
                    text, paths=[claim["path"] for claim in one["claims"]], key=key, audience=said["client_id"],
                    nonce=said["nonce"], now=now,
                )
            ]  # fmt: skip
        form = {"vp_token": jose.dumps(shown), "state": said["state"]}
        return self.client.post(f"{path}/answer", data=form).status_code


@pytest.fixture
def desk(tmp_path: Path, redis_url: str) -> Counter:
    return Counter(tmp_path / "home", redis_url)


def show(desk: Desk, request: str) -> tuple[int, Any]:
    done = desk.run("project", "request", PROJECT, "--show", request, "--json")
    return done.exit_code, json.loads(done.stdout)


def test_a_walk_in_meets_the_conditions_and_only_a_statement_stays(desk: Counter) -> None:
    asked = desk.json("project", "request", PROJECT)
    assert show(desk, asked["request"]) == (1, {"request": asked["request"], "answer": "waiting"})

    assert desk.answer(asked["page"]) == 200

    code, said = show(desk, asked["request"])
    assert (code, said["answer"]) == (0, "meets")
    words = credentials.read_attestation(
        said["statement"], jwk=desk.node.issuer.jwk, now=desk.node.clock()
    )
    assert words["sub"] == did.from_jwk(jose.public_jwk(WALK_IN))
    assert words.keys() == {"iss", "sub", "project", "criteria_hash", "met", "iat", "exp"}
    path = urlsplit(asked["page"]).path
    assert desk.client.get(path).status_code == 404


def test_what_was_answered_at_a_desk_is_forgotten_after_a_month(desk: Counter) -> None:
    asked = desk.json("project", "request", PROJECT)
    assert desk.answer(asked["page"]) == 200
    now = desk.node.clock()

    with desk.node.sessions.begin() as db:
        asking.forget_questions(db, now=now + timedelta(days=WALLET_STATEMENT_DAYS))
    assert show(desk, asked["request"])[1]["answer"] == "meets"

    with desk.node.sessions.begin() as db:
        asking.forget_questions(db, now=now + timedelta(days=WALLET_STATEMENT_DAYS + 1))
    unknown = desk.refused("project", "request", PROJECT, "--show", asked["request"])
    assert "request_unknown" in unknown


def test_who_does_not_meet_them_is_told_apart_from_who_could_not_be_believed(desk: Counter) -> None:
    young, stranger = desk.kyc("2015-05-04"), desk.kyc(key=OTHER)
    asked = desk.json("project", "request", PROJECT)

    assert desk.answer(asked["page"], kyc=stranger) == 400
    assert show(desk, asked["request"])[1]["problem"] == "credential_refused subject"
    assert desk.answer(asked["page"], kyc=young) == 200

    code, said = show(desk, asked["request"])
    assert (code, said["answer"]) == (1, "does not meet")
    assert jose.parse(said["statement"]).payload["met"] is False


def test_the_code_is_text_a_drawing_or_the_bare_address_of_a_project_there_is(
    desk: Counter,
) -> None:
    text, svg, uri = (
        desk.run("project", "request", PROJECT, *kind).stdout for kind in ([], ["--svg"], ["--uri"])
    )

    assert "\u2584" in text
    assert svg.startswith("<svg")
    assert uri.startswith("openid4vp://?client_id=decentralized_identifier%3Adid%3Aweb%3A")
    assert "project_unknown" in desk.refused("project", "request", "Nothing")
    unknown = "00000000-0000-0000-0000-000000000000"
    assert "request_unknown" in desk.refused("project", "request", PROJECT, "--show", unknown)


def test_the_desk_can_wait_for_the_answer(desk: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    pages: list[str] = []

    def meanwhile(_: float) -> None:
        """What happens while the terminal waits: her wallet answers."""
        with desk.node.sessions() as db:
            found = db.scalars(select(PresentationRequest)).one()
            pages.append(asking.address(desk.node.keyring, found, desk.node.issuer))
        assert desk.answer(pages[-1]) == 200

    monkeypatch.setattr("time.sleep", meanwhile)

    done = desk.run("project", "request", PROJECT, "--wait", "--language", "sw")

    assert done.exit_code == 0
    assert "meets" in done.stdout
    assert len(pages) == 1
