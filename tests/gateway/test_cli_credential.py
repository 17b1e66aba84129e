"""`growr credential`, as typed: by an issuer at her node, and by a verifier who has none."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.asymmetric import ec
from nacl.signing import SigningKey

from config.settings import Settings
from core import credentials
from core.credentials import CredentialType, Format, Issuer, status, status_lists, trust
from core.credentials.status_ref import StatusRef
from core.errors import Refusal
from core.keys import jose
from core.node import build
from gateway.cli import main
from tests.conftest import NOW
from tests.core.credentials.made import ISSUER, TRUST, credential, presentation
from tests.oracles.made import private

FACTS = {"given_name": "Amina", "birthdate": "1990-04-12"}
HOLDER = SigningKey(b"h" * 32)
FORMATS = [format.value for format in Format]


@dataclass
class Desk:
    """A terminal in a folder, whose home need not exist."""

    folder: Path

    def run(self, *words: str, given: str | bytes | None = None) -> Result:
        home = {"GROWR_HOME": str(self.folder / "home")}
        done = CliRunner().invoke(main, ["credential", *words], input=given, env=home)
        assert "Traceback" not in done.output
        return done

    def file(self, name: str, content: object) -> str:
        path = self.folder / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return str(path)

    def said(self, *words: str, given: str | None = None) -> str:
        done = self.run(*words, given=given)
        assert done.exit_code == 0, done.output
        return done.stdout.strip()

    def judged(self, text: str | bytes, *more: str) -> tuple[int, dict[str, Any]]:
        """The exit code and what --json prints."""
        done = self.run("verify", "-", *more, "--json", given=text)
        return done.exit_code, json.loads(done.stdout)

    def issued(self, *more: str) -> str:
        claims, holder = self.file("claims", FACTS), self.file("holder", private(HOLDER))
        return self.said(
            "issue", "--type", "kyc", "--claims", claims, "--holder", holder, *more
        )  # fmt: skip

    def trust(self) -> str:
        return self.file("trust", self.said("keys"))


class Node(Desk):
    """The same beside a node with its database."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        home = {"GROWR_HOME": str(folder / "home")}
        assert CliRunner().invoke(main, ["db", "upgrade"], env=home).exit_code == 0

    def lists(self, name: str) -> list[str]:
        """The words that hand over the status lists of this node as they are now."""
        place = build(Settings(home=self.folder / "home"), wake=lambda _: None)
        asked: dict[str, Any] = {"number": 1, "issuer": place.issuer, "now": place.clock()}
        with place.sessions() as db:
            texts = [status_lists.token_list(db, **asked)]
            texts += [status_lists.bitstring_list(db, purpose=p, **asked) for p in status.PURPOSES]
        place.close()
        files = [self.file(f"{name}{n}", text) for n, text in enumerate(texts)]
        return [word for file in files for word in ("--status", file)]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return Node(tmp_path)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("alg", ["EdDSA", "ES256"])
def test_what_is_issued_is_shown_and_believed(desk: Desk, format: str, alg: str) -> None:
    if (format, alg) == ("di-jcs", "ES256"):
        return  # that suite is Ed25519
    text = desk.issued("--format", format, "--alg", alg)
    asked = ["--aud", "did:web:lender.example", "--nonce", "n-1"]

    shown = desk.said(
        "present", "-", "--key", desk.file("key", private(HOLDER)), *asked, given=text
    )

    trust = desk.trust()
    assert desk.judged(text, "--trust", trust)[0] == 0
    code, found = desk.judged(shown, "--trust", trust, *asked)
    claims = found["claims"].get("credentialSubject", found["claims"])
    assert (code, found["valid"], found["reason"]) == (0, True, None)
    assert (claims["given_name"], claims["age_over"]["18"]) == ("Amina", True)


@pytest.mark.parametrize("format", FORMATS)
def test_with_a_nonce_only_a_presentation_is_believed(desk: Desk, format: str) -> None:
    text, trust = desk.issued("--format", format), desk.trust()

    code, found = desk.judged(text, "--trust", trust, "--aud", "a", "--nonce", "n")

    assert (code, found) == (1, {"valid": False, "reason": "binding", "claims": None})


def test_a_replayed_presentation_is_refused(desk: Desk) -> None:
    text, key = desk.issued(), desk.file("key", private(HOLDER))
    shown = desk.said("present", "-", "--key", key, "--aud", "a", "--nonce", "n", given=text)

    for words in (["--aud", "b", "--nonce", "n"], ["--aud", "a", "--nonce", "m"]):
        assert desk.judged(shown, "--trust", desk.trust(), *words)[1]["reason"] == "binding"


def test_only_what_is_named_is_shown(desk: Desk) -> None:
    text, key = desk.issued(), desk.file("key", private(HOLDER))
    asked = ["--aud", "a", "--nonce", "n"]

    shown = desk.said("present", "-", "--key", key, "--show", "age_over.18", *asked, given=text)

    claims = desk.judged(shown, "--trust", desk.trust(), *asked)[1]["claims"]
    assert claims["age_over"] == {"18": True}
    assert "given_name" not in claims


def test_a_credential_of_anybody_is_judged_without_a_node(desk: Desk, tmp_path: Path) -> None:
    name, key = "https://issuer.example", ec.generate_private_key(ec.SECP256R1())
    issuer = Issuer(name, name, key)
    trust = desk.file("trust", {issuer.did: {"keys": [issuer.jwk, {"kty": "RSA", "n": "AQAB"}]}})
    text = credential(issuer=issuer, now=NOW.replace(year=2020), expires_at=NOW.replace(year=2999))

    done = desk.run("verify", desk.file("theirs", text + "\n"), "--trust", trust)

    assert done.exit_code == 0
    assert done.stdout.startswith("valid: signed by https://issuer.example")
    assert not (tmp_path / "home").exists()


def test_a_refusal_is_one_line_with_its_reason(desk: Desk) -> None:
    trust = {issuer: {"keys": keys} for issuer, keys in TRUST.items()}
    old = credential(now=NOW.replace(year=2020), expires_at=NOW.replace(year=2021))

    done = desk.run("verify", "-", "--trust", desk.file("trust", trust), given=old)

    assert (done.exit_code, done.stderr) == (1, "refused: time (expired)\n")


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", "a.b.c", "a~b~", "\u0000", "é" * 100])
def test_rubbish_is_refused_and_no_more(desk: Desk, text: str) -> None:
    code, found = desk.judged(text, "--trust", desk.file("trust", {}))

    assert (code, found["reason"]) == (1, "malformed")


NOT_EVEN_JSON = {
    "no UTF-8": b"\xff\xfe",
    "no UTF-8 in JSON": b'{"a":"\xff"}',
    "a name twice": b'{"type":1,"type":2}',
    "no number": b'{"a":NaN}',
    "a number beyond all": b'{"a":1e999}',
    "a number of many digits": b'{"a":' + b"9" * 9_000 + b"}",
    "lists without end": b'{"a":' + b"[" * 30_000,
    "objects without end": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "half a character": rb'{"a":"\ud800"}',
    "half a character by itself": '{"a":"\ud800"}'.encode("utf-8", "surrogatepass"),
    "a text without end": b"A" * 1_000_000,
    "disclosures without end": b"a.b.c" + b"~x" * 20_000,
    "a list": b"[1]",
    "nothing": b"",
}


@pytest.mark.parametrize("name", NOT_EVEN_JSON)
def test_whatever_json_can_be_abused_for_is_refused_and_no_more(desk: Desk, name: str) -> None:
    head, body = (
        jose.b64u(one) for one in (b'{"alg":"EdDSA","typ":"dc+sd-jwt"}', NOT_EVEN_JSON[name])
    )
    seal = jose.b64u(ISSUER.key.sign(f"{head}.{body}".encode()).signature)

    for text in (
        NOT_EVEN_JSON[name],
        f"{head}.{body}.{seal}~",
        f"{head}.{body}.{seal}",
        f"{body}.{body}.{seal}~",
    ):
        code, found = desk.judged(text, "--trust", desk.file("trust", {}))

        assert (code, found) == (1, {"valid": False, "reason": "malformed", "claims": None})


@pytest.mark.parametrize(
    "trust",
    [
        "", "[]", "x", '{"a": []}', '{"a": {}}', '{"a": {"keys": {}}}', '{"a": {"keys": ["x"]}}',
        '{"a": {"keys": [{"alg": []}]}}', '{"a": {"keys": [{"key_ops": 1}]}}', '{"a": {"keys": [{"kid": {}}]}}',
    ],
)  # fmt: skip
def test_a_trust_file_that_is_none_is_wrong_usage(desk: Desk, trust: str) -> None:
    assert desk.run("verify", "-", "--trust", desk.file("trust", trust), given="x").exit_code == 2


@pytest.mark.parametrize(
    "words",
    [
        ["verify", "-"], ["verify", "no-such-file", "--trust", "TRUST"], ["verify", "--trust", "TRUST"],
        ["verify", "-", "--trust", "no-such-file"], ["verify", "-", "--trust", "TRUST", "--aud", "a"],
        ["verify", "-", "--trust", "TRUST", "--nonce", "n"], ["present", "-", "--key", "KEY", "--aud", "a"],
        ["present", "-", "--key", "TRUST", "--aud", "a", "--nonce", "n"], ["issue", "--type", "shoes"],
        ["issue", "--type", "kyc", "--claims", "TRUST", "--holder", "TRUST"], ["schemas", "shoes"], ["revoke"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_wrong_usage_ends_with_two(desk: Desk, words: list[str]) -> None:
    files = {"TRUST": desk.file("trust", {}), "KEY": desk.file("key", private(HOLDER))}

    assert desk.run(*(files.get(word, word) for word in words), given="x").exit_code == 2


def test_standard_input_serves_one_file_only(desk: Desk) -> None:
    assert desk.run("verify", "-", "--trust", "-", given="{}").exit_code in (1, 2)


def test_claims_a_type_does_not_know_are_refused_by_name(desk: Desk) -> None:
    claims, holder = desk.file("claims", {"shoe_size": 40}), desk.file("holder", private(HOLDER))

    done = desk.run("issue", "--type", "kyc", "--claims", claims, "--holder", holder)

    assert done.exit_code == 1
    assert "claim_unknown" in done.stderr
    assert "shoe_size" in done.stderr


def test_the_private_half_of_a_holders_key_goes_nowhere(desk: Desk) -> None:
    secret = private(HOLDER)["d"]

    text = desk.issued()

    assert secret not in json.dumps(credentials.contents(text))


def test_a_fresh_key_is_a_key(desk: Desk) -> None:
    one, two = (json.loads(desk.said("new-holder")) for _ in range(2))

    assert one != two
    assert jose.private_key(one)


def test_the_schemas_of_all_types_are_printed(desk: Desk) -> None:
    every = json.loads(desk.said("schemas"))

    assert set(every) == set(CredentialType)
    assert json.loads(desk.said("schemas", "kyc")) == every["kyc"]
    assert every["kyc"]["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_our_keys_are_those_of_both_curves(desk: Desk) -> None:
    ((issuer, said),) = json.loads(desk.said("keys")).items()

    assert issuer == "did:web:127.0.0.1%3A8080"
    assert [key["crv"] for key in said["keys"]] == ["Ed25519", "P-256"]
    assert all("d" not in key and key["kid"].startswith(issuer) for key in said["keys"])


def test_in_the_name_of_our_address_we_sign_as_haip_wants(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert desk.run("keys", "--profile", "haip").exit_code == 0
    monkeypatch.setenv("GROWR_PUBLIC_URL", "https://coop.example")

    text = desk.issued("--profile", "haip")

    token = jose.parse(text.partition("~")[0])
    ((issuer, said),) = json.loads(desk.said("keys", "--profile", "haip")).items()
    assert (token.payload["iss"], issuer) == ("https://coop.example", "https://coop.example")
    [key] = [key for key in said["keys"] if key["kid"] == token.header["kid"]]
    assert (token.header["alg"], key["crv"]) == ("ES256", "P-256")
    trust = desk.file("trust", {issuer: said})
    assert desk.judged(text, "--trust", trust)[1]["valid"]
    assert desk.run("issue", "--profile", "haip", "--format", "vc-jwt").exit_code == 2


def test_an_address_without_https_is_no_name(desk: Desk) -> None:
    claims, holder = desk.file("claims", FACTS), desk.file("holder", private(HOLDER))

    done = desk.run(
        "issue", "--type", "kyc", "--claims", claims, "--holder", holder, "--profile", "haip"
    )

    assert (done.exit_code, "GROWR_PUBLIC_URL" in done.output) == (2, True)


# --- beside a node


@pytest.mark.parametrize("format", FORMATS)
def test_what_is_taken_back_is_refused_from_then_on(node: Node, format: str) -> None:
    text, trust = node.issued("--format", format), node.trust()
    assert node.judged(text, "--trust", trust)[0] == 0

    for verb, reason, code in (("--suspend", "status", 1), ("--reinstate", None, 0)):
        node.said("revoke", "-", verb, given=text)
        found = node.judged(text, "--trust", trust)
        assert (found[0], found[1]["reason"]) == (code, reason)

    node.said("revoke", "-", "--reason", "lost", given=text)
    assert node.judged(text, "--trust", trust)[1]["reason"] == "status"
    assert node.run("revoke", "-", "--reinstate", given=text).exit_code == 1


def test_a_corrected_credential_replaces_the_old_one(node: Node) -> None:
    old = node.issued()

    new = node.issued("--corrects", node.file("old", old))

    trust = node.trust()
    assert node.judged(old, "--trust", trust)[1]["reason"] == "status"
    assert node.judged(new, "--trust", trust)[0] == 0


def test_nobody_takes_back_what_another_issued(node: Node) -> None:
    for text in (credential(), credential(status=[StatusRef("token", "https://x.example/1", 7)])):
        done = node.run("revoke", "-", given=text)
        assert done.exit_code == 1
        assert "credential_unknown" in done.stderr


def test_nobody_takes_a_credential_back_with_a_paper_that_names_its_place(node: Node) -> None:
    text, trust = node.issued(), node.trust()
    claims = jose.parse(text.partition("~")[0]).payload
    forged = jose.sign({"typ": "dc+sd-jwt"}, claims, HOLDER) + "~"

    done = node.run("revoke", "-", given=forged)

    assert done.exit_code == 1
    assert "credential_unknown" in done.stderr
    assert node.judged(text, "--trust", trust)[0] == 0


def test_elsewhere_nobody_knows_whether_it_still_holds(node: Node, tmp_path: Path) -> None:
    text, trust = node.issued(), node.trust()
    elsewhere = Desk(tmp_path / "elsewhere")
    elsewhere.folder.mkdir()

    done = elsewhere.run("verify", "-", "--trust", trust, given=text)

    assert (done.exit_code, done.stderr) == (1, "refused: status (unknown)\n")


@pytest.mark.parametrize("format", ["sd-jwt", "vc-jwt"])
def test_elsewhere_a_list_that_was_handed_over_tells(
    node: Node, tmp_path: Path, format: str
) -> None:
    text, trust = node.issued("--format", format), node.trust()
    before = node.lists("before")
    node.said("revoke", "-", given=text)
    after = node.lists("after")
    elsewhere = Desk(tmp_path / "elsewhere")
    elsewhere.folder.mkdir()

    assert elsewhere.judged(text, "--trust", trust, *before)[0] == 0
    assert elsewhere.judged(text, "--trust", trust, *after)[1]["reason"] == "status"
    assert elsewhere.judged(text, "--trust", trust, "--status", trust)[1]["reason"] == "status"


def test_a_list_is_fetched_from_the_host_of_its_issuer_only() -> None:
    assert trust.host_of("did:web:Node.Example:a") == "node.example"
    assert trust.host_of("did:web:node.example%3A8443") == "node.example:8443"
    assert trust.host_of("https://Issuer.example:443/x") == "issuer.example"
    for nowhere in ("did:web:", "did:key:z6Mk", ""):
        with pytest.raises(Refusal):
            trust.host_of(nowhere)


def test_a_presentation_of_another_holder_is_refused(desk: Desk) -> None:
    text = desk.issued()
    stranger = desk.file("stranger", private(SigningKey(b"s" * 32)))
    asked = ["--aud", "a", "--nonce", "n"]

    shown = desk.said("present", "-", "--key", stranger, *asked, given=text)

    assert desk.judged(shown, "--trust", desk.trust(), *asked)[1]["reason"] == "binding"


def test_a_presentation_is_not_presented_again(desk: Desk) -> None:
    key = desk.file("key", private(HOLDER))

    done = desk.run(
        "present", "-", "--key", key, "--aud", "a", "--nonce", "n", given=presentation()
    )

    assert done.exit_code == 1
    assert "malformed" in done.stderr


def statement(at: datetime) -> str:
    met = credentials.Eligibility(
        holder_did="did:key:z6Mk", criteria_hash="h", met=True, at=at.replace(microsecond=0)
    )
    return credentials.attest(met, issuer=ISSUER, project_id="harvest")


def test_a_statement_of_eligibility_is_judged_by_the_keys_of_the_node_that_signed_it(
    desk: Desk,
) -> None:
    trust = desk.file("trust", {name: {"keys": list(keys)} for name, keys in TRUST.items()})
    now = datetime.now(UTC)
    old, fresh = statement(now - timedelta(days=2)), statement(now)
    other = desk.file("other", {"did:web:other.example": {"keys": [ISSUER.jwk]}})
    forged = fresh[:-4] + ("AAAA" if fresh[-4:] != "AAAA" else "BBBB")

    code, said = desk.judged(fresh, "--trust", trust)

    assert (code, said["valid"], said["claims"]["project"]) == (0, True, "harvest")
    for text, believed, reason in (
        (old, trust, "time"), (fresh, other, "issuer"), (forged, trust, "signature"),
    ):  # fmt: skip
        code, said = desk.judged(text, "--trust", believed)
        assert (code, said["reason"]) == (1, reason)
    assert desk.judged(fresh, "--trust", trust, "--aud", "a", "--nonce", "n")[0] == 1, (
        "nobody presents a statement"
    )


@pytest.mark.parametrize("format", FORMATS)
def test_a_claim_it_does_not_have_is_not_shown_in_silence(desk: Desk, format: str) -> None:
    text, key = desk.issued("--format", format), desk.file("key", private(HOLDER))
    words = ["present", "-", "--key", key, "--aud", "a", "--nonce", "n", "--show"]

    refused = desk.run(*words, "nosuchclaim", "--show", "age_over.17", given=text)

    assert refused.exit_code == 2
    assert "this credential has no nosuchclaim, age_over.17" in refused.output
    assert desk.run(*words, "age_over.18", given=text).exit_code == 0


def test_the_leeway_of_clocks_is_a_setting(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    ahead = credential(
        now=datetime.now(UTC) + timedelta(seconds=100),
        expires_at=datetime.now(UTC) + timedelta(days=9),
    )
    trust = desk.file("trust", {issuer: {"keys": keys} for issuer, keys in TRUST.items()})

    assert desk.judged(ahead, "--trust", trust)[1]["reason"] == "time"
    monkeypatch.setenv("GROWR_CLOCK_LEEWAY_SECONDS", "300")
    assert desk.judged(ahead, "--trust", trust)[1]["valid"]
    monkeypatch.delenv("GROWR_CLOCK_LEEWAY_SECONDS")
    assert desk.judged(ahead, "--trust", trust)[1]["reason"] == "time"
