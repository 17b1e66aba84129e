"""Whatever comes in is believed or refused with one of the known reasons; it never breaks the verifier."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from core.credentials import Format, Issuer
from core.errors import Refusal
from core.keys import jose
from tests.core.credentials.made import (
    ISSUER,
    URL,
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
P256 = ec.derive_private_key(4711, ec.SECP256R1())
ISSUED = {
    **{str(format): credential(format=format) for format in Format},
    "sd-jwt of P-256": credential(issuer=Issuer(ISSUER.did, URL, P256)),
}
# each with whether it must be shown by its holder
GOOD = {f"{name}, issued": (text, False) for name, text in ISSUED.items()} | {
    f"{name}, shown": (presentation(text), True) for name, text in ISSUED.items()
}
CHARACTERS = 'AZaz09-_~.={}"\n\u00e9\x00'
BELIEVED = {ISSUER.did: [ISSUER.jwk, Issuer(ISSUER.did, URL, P256).jwk]}

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
        verify(text, trust=BELIEVED, **changes)
    except Refusal as refusal:
        return (
            str(refusal.facts["reason"]) if refusal.code == "credential_refused" else refusal.code
        )
    return "believed"


@pytest.mark.parametrize("name", GOOD)
def test_one_changed_character_is_always_refused(name: str) -> None:
    text, shown = GOOD[name]
    assert outcome(text, require_binding=shown) == "believed"

    for place, old in enumerate(text):
        new = CHARACTERS[place % len(CHARACTERS)]
        changed = text[:place] + (new if new != old else "?") + text[place + 1 :]
        assert outcome(changed, require_binding=shown) in REASONS, (place, new)


@pytest.mark.parametrize("name", [name for name, (_, shown) in GOOD.items() if shown])
@pytest.mark.parametrize("between", ["~", ".", ","])
def test_a_part_dropped_doubled_or_moved_is_always_refused(name: str, between: str) -> None:
    parts = GOOD[name][0].split(between)

    for place, part in enumerate(parts):
        rest = parts[:place] + parts[place + 1 :]
        doubled, moved = (
            [*parts[:place], part, *parts[place:]],
            [*rest[:-place], part, *rest[-place:]],
        )
        for changed in (rest, doubled, rest[::-1], [part, *rest], [*rest, part], moved):
            text = between.join(changed)
            assert text == GOOD[name][0] or outcome(text) in REASONS or _says_the_same(text, name)


def _says_the_same(text: str, name: str) -> bool:
    """JSON says the same whatever comes first; nothing else does."""
    return text.startswith("{") and json.loads(text) == json.loads(GOOD[name][0])


def test_of_what_was_issued_any_part_may_be_kept_back_but_none_added() -> None:
    issued, *disclosures, end = GOOD["sd-jwt, issued"][0].split("~")
    whole = verify(GOOD["sd-jwt, issued"][0], require_binding=False).claims

    for place, one in enumerate(disclosures):
        less = "~".join([issued, *disclosures[:place], *disclosures[place + 1 :], end])
        more = "~".join([issued, *disclosures[:place], one, *disclosures[place:], end])
        found = outcome(less, require_binding=False)

        assert found == "disclosure" or _is_part(verify(less, require_binding=False).claims, whole)
        assert outcome(more, require_binding=False) == "disclosure"


def _is_part(part: Any, whole: Any) -> bool:
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(name in whole and _is_part(value, whole[name]) for name, value in part.items())
    return bool(part == whole)


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
