"""Whatever comes in is believed or refused with one of the known reasons; it never breaks the verifier."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from core.credentials import Format
from core.errors import Refusal
from core.keys import jose
from tests.core.credentials.made import (
    ISSUER,
    bound,
    credential,
    disclosure,
    payload,
    presentation,
    signed,
    verify,
)

REASONS = {
    "malformed", "alg", "issuer", "signature", "disclosure", "time", "type", "binding", "status", "subject", "policy",
}  # fmt: skip
GOOD = presentation()
CHARACTERS = st.sampled_from('AZaz09-_~.={}"\n\u00e9\x00')

names = st.sampled_from(
    [
        "_sd",
        "_sd_alg",
        "...",
        "iss",
        "vct",
        "exp",
        "nbf",
        "iat",
        "aud",
        "cnf",
        "status",
        "a",
        "jwk",
        "kty",
        "crv",
        "x",
    ]
)
leaves = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "OKP", "EC", "Ed25519", "sha-256", jose.digest(disclosure("a", 1))]) | st.text(max_size=3)
)  # fmt: skip
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)
headers = st.dictionaries(st.sampled_from(["alg", "typ", "kid", "crit", "b64"]), values, max_size=2)
members = st.dictionaries(names, values, max_size=4)


def outcome(text: str, **changes: Any) -> str:
    try:
        verify(text, **changes)
    except Refusal as refusal:
        return (
            str(refusal.facts["reason"]) if refusal.code == "credential_refused" else refusal.code
        )
    return "believed"


@settings(max_examples=300, deadline=None)
@given(place=st.integers(0, len(GOOD) - 1), character=CHARACTERS)
def test_one_changed_character_is_always_refused(place: int, character: str) -> None:
    changed = GOOD[:place] + character + GOOD[place + 1 :]

    found = outcome(changed)

    assert found in REASONS if changed != GOOD else found == "believed"


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200) | st.text(alphabet="abcAQ.~=-_", max_size=200))
def test_any_text_is_refused(text: str) -> None:
    assert outcome(text) in REASONS


@settings(max_examples=300, deadline=None)
@given(
    claims=members,
    header=st.dictionaries(
        st.sampled_from(["alg", "typ", "kid", "crit", "b64"]), values, max_size=2
    ),
)
def test_anything_a_trusted_issuer_signs_is_believed_or_refused(
    claims: dict[str, Any], header: dict[str, Any]
) -> None:
    text = signed(payload() | claims, [disclosure("a", 1)], **header)

    assert outcome(bound(text)) in REASONS | {"believed"}


@settings(max_examples=200, deadline=None)
@given(
    words=st.dictionaries(
        st.sampled_from(["iat", "aud", "nonce", "sd_hash"]), values, min_size=1, max_size=3
    )
)
def test_a_binding_that_says_anything_else_is_refused(words: dict[str, Any]) -> None:
    assert outcome(bound(signed(payload()), **words)) in REASONS


@settings(max_examples=200, deadline=None)
@given(st.lists(values, max_size=4))
def test_any_disclosure_is_believed_or_refused(content: list[Any]) -> None:
    text = jose.b64u(jose.dumps(content).encode())

    assert outcome(bound(signed(payload(_sd=[jose.digest(text)]), [text]))) in REASONS | {
        "believed"
    }


W3C = jose.parse(credential(format=Format.VC_JWT)).payload
w3c_names = st.sampled_from([*W3C, "proof", "credentialStatus", "holder", "iss", "exp", "vc", "id"])


@settings(max_examples=80, deadline=None)
@given(
    st.dictionaries(w3c_names, values, min_size=1, max_size=3),
    st.sampled_from(["vc+jwt", "vp+jwt"]),
)
def test_any_w3c_credential_a_trusted_issuer_signs_is_believed_or_refused(
    changes: dict[str, Any], typ: str
) -> None:
    text = jose.sign({"typ": typ, "kid": ISSUER.jwk["kid"]}, W3C | changes, ISSUER.key)

    assert outcome(text) in REASONS
    assert outcome(text, require_binding=False) in REASONS | {"believed"}


@settings(max_examples=80, deadline=None)
@given(
    st.dictionaries(w3c_names, values, max_size=3),
    st.dictionaries(st.text(max_size=20), values, max_size=3),
)
def test_any_json_is_refused(changes: dict[str, Any], proof: dict[str, Any]) -> None:
    made = json.loads(credential(format=Format.DI_JCS))

    assert outcome(jose.dumps(made | changes | {"proof": made["proof"] | proof})) in REASONS
    assert outcome(jose.dumps(changes), require_binding=False) in REASONS
