"""The web side as a whole: which addresses there are, who may use them, and what bad input gets."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from structlog.testing import capture_logs

from config import blueprint
from config.limits import BODY_BYTES
from config.settings import Settings
from core import node
from core.errors import Busy
from gateway.app import create_app

OPEN = {  # addresses anybody may use, and why
    "/health": "tells only whether the node can work",
    "/.well-known/did.json": "the node's public keys",
    "/did.json": "the same, for a node under a path",
    "/.well-known/did.jsonl": "how they came to be so",
    "/did.jsonl": "the same, for a node under a path",
    "/issuer/did.json": "the issuer's public keys",
    "/verifier/did.json": "the verifier's public keys",
    "/.well-known/did-configuration.json": "that DID and address belong together",
    "/.well-known/jwt-vc-issuer": "the issuer's public keys, by its address",
    "/.well-known/jwt-vc-issuer/<path:path>": "the same, for a node under a path",
    "/.well-known/openid-credential-issuer": "what the node issues",
    "/.well-known/openid-credential-issuer/<path:path>": "the same, for a node under a path",
    "/.well-known/oauth-authorization-server": "where a wallet asks for its token",
    "/.well-known/oauth-authorization-server/<path:path>": "the same, for a node under a path",
    "/openid/token": "only the code of an offer and the number texted to its owner get one",
    "/openid/nonce": "a number that nobody can use but with a token",
    "/openid/credential": "only a token gets one",
    "/openid/notification": "only a token may say what became of one",
    "/wallet/<secret>": "the secret is the offer's own, and not enough to redeem it",
    "/wallet/<secret>/offer": "the same",
    "/wallet/<secret>/file": "the same; it wants the texted number",
    "/ask/<secret>": "the secret is the question's own, and tells nothing of her",
    "/ask/<secret>/request": "the same",
    "/ask/<secret>/answer": "only the key of her own wallet answers it",
    "/handover": "only a word signed by a neighbour is heard",
    "/handover/record": "only the token of an offer gets it",
    "/handover/taken": "the same; it wants a word of the key that has her copies",
    "/moved/<did>": "where the holder of a key has moved, for who knows that key",
    "/vct/<type>/1": "what a credential type is called",
    "/schemas/<type>/1.json": "what a credential type holds",
    "/schemas/<type>/1.vc.json": "the same for a credential of the W3C",
    "/status/<int:number>": "which credentials were taken back: nobody can tell whose",
    "/status/<int:number>/<purpose>": "the same in another format",
    "/status/es256/<int:number>": "the same, signed for wallets that know P-256 only",
    "/status/es256/<int:number>/<purpose>": "the same in another format",
    "/issuer/holders": "only a word signed by a known issuer is heard",
    "/issuer/credentials": "only a word signed by a known issuer is heard",
}
USSD = {"/u/<token>", "/u/<token>/end"}
SMS = {"/s/<token>/in", "/s/<token>/report", "/s/<token>/optout"}
SMS_RULE = "/s/<token>/<any(in, report, optout, sim):event>"
PAYMENTS = {
    "/cb/k/<token>",
    "/cb/k/<token>/late",
    "/cb/k/<token>/validate",
    "/cb/k/<token>/confirm",
}
ORIGINATOR = set(OPEN) | USSD | {SMS_RULE} | PAYMENTS
ROUTES = {
    "all_in_one": ORIGINATOR,
    "self_hosted_originator": ORIGINATOR,
    "cloud_originator": ORIGINATOR,
    "cloud_investor": {"/health"},
}


def application(home: Path, redis_url: str, name: str) -> Flask:
    settings = Settings(
        home=home, database_url=f"sqlite:///{home}/none.db", redis_url=redis_url, blueprint=name
    )
    home.mkdir(exist_ok=True)
    return create_app(node.build(settings, wake=lambda _: None))


@pytest.fixture
def client(tmp_path: Path, redis_url: str) -> FlaskClient:
    return application(tmp_path / "home", redis_url, "all_in_one").test_client()


def routes(app: Flask) -> set[str]:
    return {rule.rule for rule in app.url_map.iter_rules()}


@pytest.mark.parametrize("name", blueprint.names())
def test_a_blueprint_serves_exactly_its_addresses(
    tmp_path: Path, redis_url: str, name: str
) -> None:
    assert routes(application(tmp_path / "home", redis_url, name)) == ROUTES[name]


def test_every_address_has_a_token_or_a_reason_to_be_open(tmp_path: Path, redis_url: str) -> None:
    found = routes(application(tmp_path / "home", redis_url, "all_in_one"))

    assert {rule for rule in found if "<token>" not in rule} == set(OPEN)


@pytest.mark.parametrize("rule", sorted(USSD | SMS | PAYMENTS))
@pytest.mark.parametrize("token", ["wrong", "0" * 36, "x" * 2_000])
def test_a_wrong_token_finds_nothing(client: FlaskClient, rule: str, token: str) -> None:
    answer = client.post(rule.replace("<token>", token), data={"text": ""})

    assert answer.status_code in (403, 404)
    assert b"Traceback" not in answer.data


@pytest.mark.parametrize("rule", sorted(USSD | SMS | PAYMENTS))
def test_a_huge_body_is_refused_before_it_is_read(client: FlaskClient, rule: str) -> None:
    tokens = client.application.url_map  # the tokens are the node's; a wrong one is refused as well
    assert tokens

    answer = client.post(rule.replace("<token>", "wrong"), data=b"x" * (BODY_BYTES + 1))

    assert answer.status_code in (403, 404, 413)


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_another_method_is_refused_in_one_line(client: FlaskClient, method: str) -> None:
    answer = getattr(client, method)("/u/anything")

    assert answer.status_code == 405
    assert answer.json == {"error": "method not allowed"}


def test_every_answer_carries_the_safe_headers(client: FlaskClient) -> None:
    for path in ("/health", "/nothing", "/.well-known/did.json"):
        headers = client.get(path).headers

        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in headers["Content-Security-Policy"]


def test_not_now_is_no_bug_and_says_when_to_come_again(client: FlaskClient) -> None:
    @client.application.get("/busy")
    def busy() -> str:
        raise Busy

    answer = client.get("/busy")

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


def test_a_bug_is_logged_with_a_reference_and_told_without_a_trace(client: FlaskClient) -> None:
    @client.application.get("/broken")
    def broken() -> str:
        raise ValueError("secret detail")

    with capture_logs() as lines:
        answer = client.get("/broken")

    assert answer.status_code == 500
    assert answer.json is not None
    assert set(answer.json) == {"error", "reference"}
    assert "secret" not in answer.get_data(as_text=True)
    assert [line["reference"] for line in lines if line["event"] == "bug"] == [
        answer.json["reference"]
    ]


def test_health_says_what_is_away(tmp_path: Path) -> None:
    client = application(
        tmp_path / "home", f"unix://{tmp_path}/no-redis", "all_in_one"
    ).test_client()

    answer = client.get("/health")

    assert answer.status_code == 503
    assert answer.json == {"status": "degraded", "database": True, "redis": False, "disk": True}
