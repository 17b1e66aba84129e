"""Lists of others: believed only as they were fetched and checked, and only as long as they say."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from nacl.signing import SigningKey
from sqlalchemy.orm import Session

from config.limits import STATUS_BYTES, STATUS_STALE_SECONDS
from core.credentials import Issuer, StatusAnswer, StatusRef, status_reading
from core.credentials.models import StatusCached
from core.credentials.status_reading import ReadList, read_bitstring_list, read_token_list
from core.keys import jose
from tests.conftest import NOW
from tests.core.credentials.made import AT, ISSUER, refused

OTHER = Issuer("did:web:sacco.example", "https://sacco.example", SigningKey(b"o" * 32))
TRUST = {OTHER.did: [OTHER.jwk]}
URI = "https://sacco.example/lists/7"
PLACES = 131_072


def token_list(values: dict[int, int] | None = None, bits: int = 2, **changes: Any) -> str:
    plain = bytearray(PLACES * bits // 8)
    for place, value in (values or {}).items():
        byte, shift = divmod(place, 8 // bits)
        plain[byte] |= value << shift * bits
    words: dict[str, Any] = {
        "sub": URI, "iat": AT, "exp": AT + 3_600, "ttl": 600,
        "status_list": {"bits": bits, "lst": jose.b64u(zlib.compress(bytes(plain)))},
    } | changes  # fmt: skip
    words = {name: value for name, value in words.items() if value is not None}
    return jose.sign({"typ": "statuslist+jwt", "kid": OTHER.jwk["kid"]}, words, OTHER.key)


def bitstring_list(places: tuple[int, ...] = (), size: int = PLACES, **changes: Any) -> str:
    plain = bytearray(size // 8)
    for place in places:
        plain[place // 8] |= 0x80 >> place % 8
    subject = {
        "type": "BitstringStatusList", "statusPurpose": "revocation",
        "encodedList": "u" + jose.b64u(gzip.compress(bytes(plain))), "ttl": 600_000,
    } | changes.pop("subject", {})  # fmt: skip
    words: dict[str, Any] = {
        "@context": ["https://www.w3.org/ns/credentials/v2"], "id": URI,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"], "issuer": OTHER.did,
        "validUntil": "2026-11-22T00:00:00Z", "credentialSubject": subject,
    } | changes  # fmt: skip
    return jose.sign({"typ": "vc+jwt", "kid": OTHER.jwk["kid"]}, words, OTHER.key)


def read_token(text: str, **changes: Any) -> ReadList:
    asked: dict[str, Any] = {"uri": URI, "issuer": OTHER.did, "trust": TRUST, "now": NOW}
    return read_token_list(text, **(asked | changes))


def read_bitstring(text: str, **changes: Any) -> ReadList:
    asked: dict[str, Any] = {
        "uri": URI, "issuer": OTHER.did, "trust": TRUST, "now": NOW, "purpose": "revocation"
    }  # fmt: skip
    return read_bitstring_list(text, **(asked | changes))


def ref(index: int = 5, **changes: Any) -> StatusRef:
    named: dict[str, Any] = {
        "kind": "token", "uri": URI, "index": index, "purpose": None, "issuer": OTHER.did
    }  # fmt: skip
    return StatusRef(**(named | changes))


def fetched(db: Session, read: ReadList, wanted: StatusRef) -> None:
    """As the background job does it."""
    status_reading.want(db, [wanted], base_url=ISSUER.base_url, now=NOW)
    status_reading.keep(db, of=wanted, read=read, now=NOW)
    db.flush()


def answer(db: Session, asked: StatusRef, at: timedelta = timedelta()) -> StatusAnswer:
    return status_reading.status_reader(db, issuer=ISSUER, now=NOW + at)(asked)


def test_a_token_list_answers_by_its_bits(db: Session) -> None:
    told = [
        (1, 0, "valid"), (1, 1, "revoked"), (2, 0, "valid"), (2, 1, "revoked"), (2, 2, "suspended"),
        (2, 3, "revoked"), (4, 9, "revoked"), (8, 0, "valid"), (8, 2, "suspended"), (8, 200, "revoked"),
    ]  # fmt: skip
    for bits, value, said in told:
        fetched(db, read_token(token_list({5: value}, bits)), ref())

        assert answer(db, ref()) == said, (bits, value)
        assert answer(db, ref(4)) is StatusAnswer.VALID


def test_the_example_of_the_specification_is_read_as_it_says(db: Session) -> None:
    # draft-ietf-oauth-status-list, "Compressed Byte Array", two bits per status
    text = token_list(status_list={"bits": 2, "lst": "eNo76fITAAPfAgc"})
    fetched(db, read_token(text), ref())

    values = [answer(db, ref(place)).value for place in range(12)]

    told = {0: "valid", 1: "revoked", 2: "suspended", 3: "revoked"}
    assert values == [told[value] for value in (1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3)]
    assert answer(db, ref(12)) is StatusAnswer.UNKNOWN


@pytest.mark.parametrize(
    ("purpose", "said"), [("revocation", "revoked"), ("suspension", "suspended")]
)
def test_a_bitstring_list_answers_for_its_purpose(db: Session, purpose: str, said: str) -> None:
    text = bitstring_list((5,), subject={"statusPurpose": purpose})
    entry = ref(kind="bitstring", purpose=purpose)

    fetched(db, read_bitstring(text, purpose=purpose), entry)

    assert answer(db, entry) == said
    assert answer(db, ref(6, kind="bitstring", purpose=purpose)) is StatusAnswer.VALID


def test_what_was_not_fetched_yet_is_unknown(db: Session) -> None:
    assert answer(db, ref()) is StatusAnswer.UNKNOWN
    status_reading.want(db, [ref()], base_url=ISSUER.base_url, now=NOW)

    assert answer(db, ref()) is StatusAnswer.UNKNOWN
    assert [one.uri for one in status_reading.due(db, now=NOW, limit=9)] == [URI]


def test_a_list_says_nothing_about_what_is_not_its_own(db: Session) -> None:
    others = (
        {"index": PLACES}, {"issuer": "did:web:another.example"}, {"uri": URI + "8"},
        {"kind": "bitstring", "purpose": "revocation"},
    )  # fmt: skip
    fetched(db, read_token(token_list()), ref())

    for other in others:
        assert answer(db, ref(**other)) is StatusAnswer.UNKNOWN, other


def test_two_issuers_may_name_one_address_and_neither_answers_for_the_other(db: Session) -> None:
    theirs = ref(issuer="did:web:another.example")
    status_reading.want(db, [theirs], base_url=ISSUER.base_url, now=NOW)

    fetched(db, read_token(token_list({5: 1})), ref())
    status_reading.keep_problem(db, of=theirs, problem="another_list", now=NOW)

    assert answer(db, ref()) is StatusAnswer.REVOKED
    assert answer(db, theirs) is StatusAnswer.UNKNOWN


def test_a_list_is_looked_for_again_after_its_ttl_and_served_until_it_ends(db: Session) -> None:
    fetched(db, read_token(token_list()), ref())

    assert status_reading.due(db, now=NOW + timedelta(seconds=599), limit=9) == []
    assert len(status_reading.due(db, now=NOW + timedelta(seconds=600), limit=9)) == 1
    assert answer(db, ref(), timedelta(seconds=3_599)) is StatusAnswer.VALID
    assert answer(db, ref(), timedelta(seconds=3_600)) is StatusAnswer.UNKNOWN


def test_a_list_without_an_end_is_believed_no_longer_than_our_own_limit(db: Session) -> None:
    fetched(db, read_token(token_list(exp=None)), ref())

    limit = timedelta(seconds=STATUS_STALE_SECONDS)
    assert answer(db, ref(), limit - timedelta(seconds=1)) is StatusAnswer.VALID
    assert answer(db, ref(), limit) is StatusAnswer.UNKNOWN


def test_a_list_that_cannot_be_had_leaves_the_old_one_until_it_ends(db: Session) -> None:
    fetched(db, read_token(token_list()), ref())

    status_reading.keep_problem(db, of=ref(), problem="timeout", now=NOW)

    assert answer(db, ref()) is StatusAnswer.VALID
    assert db.get_one(StatusCached, (URI, OTHER.did, "")).problem == "timeout"


def test_lists_of_ours_are_never_fetched(db: Session) -> None:
    ours = StatusRef("token", f"{ISSUER.base_url}/status/1", 1, issuer=ISSUER.did)

    status_reading.want(db, [ours, ref(), ref()], base_url=ISSUER.base_url, now=NOW)

    assert [one.uri for one in status_reading.due(db, now=NOW, limit=9)] == [URI]


BOMB = jose.b64u(zlib.compress(bytes(STATUS_BYTES + 1)))


@pytest.mark.parametrize(
    "made",
    [
        lambda: token_list(sub=URI + "8"),
        lambda: token_list(iss="did:web:another.example"),
        lambda: token_list(status_list={"bits": 3, "lst": "eNoDAAAAAAE"}),
        lambda: token_list(status_list={"bits": 1, "lst": "AAAA"}),
        lambda: token_list(status_list={"bits": 1, "lst": BOMB}),
        lambda: token_list(status_list={"bits": True, "lst": "eNo76fITAAPfAgc"}),
        lambda: token_list(status_list={"bits": 1.0, "lst": "eNo76fITAAPfAgc"}),
        lambda: token_list(status_list=None),
        lambda: token_list(iat=None),
        lambda: token_list(ttl=0),
        lambda: token_list(ttl="600"),
        lambda: token_list(
            status_list={"bits": 1, "lst": jose.b64u(zlib.compress(b"x") + b"more")}
        ),
    ],
)
def test_a_token_list_that_is_wrong_is_refused(made: Callable[[], str]) -> None:
    with refused("status"):
        read_token(made())


def test_a_token_list_that_has_ended_is_refused() -> None:
    with refused("time"):
        read_token(token_list(exp=AT))


def test_a_list_that_somebody_else_signed_is_refused() -> None:
    forged = {OTHER.did: [jose.public_jwk(SigningKey(b"x" * 32))]}

    with refused("issuer"):
        read_token(token_list(), trust={})
    with refused("issuer"):
        read_token(token_list(), trust={OTHER.did: [{**forged[OTHER.did][0], "kid": "x"}]})
    with refused("signature"):
        read_token(
            token_list(), trust={OTHER.did: [{**forged[OTHER.did][0], "kid": OTHER.jwk["kid"]}]}
        )


@pytest.mark.parametrize(
    "made",
    [
        lambda: bitstring_list(id=URI + "8"),
        lambda: bitstring_list(size=1_024),
        lambda: bitstring_list(subject={"statusPurpose": "suspension"}),
        lambda: bitstring_list(subject={"encodedList": "z1"}),
        lambda: bitstring_list(subject={"encodedList": "u" + BOMB}),
        lambda: bitstring_list(subject={"type": "StatusList2021"}),
        lambda: bitstring_list(type=["VerifiableCredential"]),
        lambda: bitstring_list(subject={"statusSize": 2}),
        lambda: bitstring_list(status={"status_list": {"idx": 1, "uri": URI}}),
    ],
)
def test_a_bitstring_list_that_is_wrong_is_refused(made: Callable[[], str]) -> None:
    with refused("status"):
        read_bitstring(made())
