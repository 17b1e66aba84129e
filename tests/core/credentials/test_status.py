"""What we issued can be taken back: a place of its own in a list, published in two formats, every change kept."""

from __future__ import annotations

import gzip
import uuid
import zlib
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config.limits import STATUS_DECOYS, STATUS_PLACES, STATUS_TTL_SECONDS
from core import credentials
from core.credentials import CredentialType, StatusAnswer, StatusRef, status, status_lists
from core.credentials.models import StatusEntry, StatusList, StatusValue
from core.credentials.status_reading import status_reader
from core.errors import Refusal
from core.keys import jose
from tests.conftest import NOW
from tests.core.credentials.made import (
    FACTS,
    HOLDER_JWK,
    ISSUER,
    URL,
    presentation,
    refused,
    verify,
)

OWNER = uuid.UUID(int=7)
LATER = NOW + timedelta(days=365)


def mint(db: Session, **changes: Any) -> str:
    asked: dict[str, Any] = {
        "issuer": ISSUER, "type": CredentialType.KYC, "owner_id": OWNER, "holder_jwk": HOLDER_JWK,
        "claims": credentials.claims.kyc(FACTS, on=NOW.date()), "now": NOW, "expires_at": LATER,
    }  # fmt: skip
    return credentials.mint(db, **(asked | changes))


def newest(db: Session) -> uuid.UUID:
    """The id of what was minted last."""
    entry = status.issued(db, OWNER)[0]
    assert entry.credential_id
    return entry.credential_id


def believed(db: Session, text: str) -> bool:
    reader = status_reader(db, issuer=ISSUER, now=NOW)
    try:
        verify(presentation(text), status=reader)
    except Refusal as refusal:
        return bool(refusal.facts["reason"] != "status")
    return True


def change(db: Session, verb: Any, id: uuid.UUID | None = None, reason: str = "lost card") -> None:
    verb(db, credential_id=id or newest(db), reason=reason, by="Mavuno", now=NOW)


def token_bits(db: Session, number: int = 1) -> bytes:
    text = status_lists.token_list(db, number=number, issuer=ISSUER, now=NOW)
    return zlib.decompress(jose.unb64u(jose.parse(text).payload["status_list"]["lst"]))


def test_a_minted_credential_is_believed_until_it_is_revoked(db: Session) -> None:
    text = mint(db)
    assert believed(db, text)

    change(db, status.revoke)

    assert not believed(db, text)


def test_a_suspended_one_comes_back(db: Session) -> None:
    text = mint(db)

    change(db, status.suspend)
    assert not believed(db, text)
    change(db, status.reinstate)

    assert believed(db, text)


def test_without_a_reader_a_credential_with_a_status_is_not_believed(db: Session) -> None:
    with refused("status"):
        verify(presentation(mint(db)))


def test_a_credential_from_before_there_were_lists_stays_valid(db: Session) -> None:
    verify(presentation(), status=status_reader(db, issuer=ISSUER, now=NOW))


TRANSITIONS = [
    (status.revoke, status.revoke, "credential_already_revoked"),
    (status.revoke, status.reinstate, "credential_already_revoked"),
    (status.revoke, status.suspend, "credential_already_revoked"),
    (None, status.reinstate, "credential_not_suspended"),
    (status.suspend, status.suspend, "credential_already_suspended"),
]


def test_revoked_is_for_ever_and_no_change_is_made_twice(db: Session) -> None:
    for number, (before, verb, code) in enumerate(TRANSITIONS):
        mint(db, reference=str(number), now=NOW + timedelta(seconds=number))
        if before:
            change(db, before)

        with pytest.raises(Refusal, match=code):
            change(db, verb)


def test_only_what_was_issued_can_be_taken_back(db: Session) -> None:
    mint(db)

    with pytest.raises(Refusal, match="credential_unknown"):
        change(db, status.revoke, uuid.uuid4())


def test_nothing_is_taken_back_without_a_reason(db: Session) -> None:
    mint(db)

    for reason in ("", "   ", "x" * 201):
        with pytest.raises(Refusal, match="reason_needed"):
            change(db, status.revoke, reason=reason)


def test_every_change_says_who_when_and_why(db: Session) -> None:
    mint(db)

    change(db, status.suspend, reason="phone stolen")
    change(db, status.reinstate, reason="phone found")

    said = [(one.value, one.reason, one.by, one.at) for one in status.changes(db, newest(db))]
    assert said == [
        (StatusValue.SUSPENDED, "phone stolen", "Mavuno", NOW),
        (StatusValue.VALID, "phone found", "Mavuno", NOW),
    ]


def test_a_newer_one_about_the_same_thing_revokes_the_older(db: Session) -> None:
    first, other = mint(db, reference="loan:1"), mint(db, reference="loan:2")

    second = mint(db, reference="loan:1")

    assert [believed(db, text) for text in (first, other, second)] == [False, True, True]


def test_places_are_never_given_away_twice(db: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    mint(db)
    taken = status.issued(db, OWNER)[0].place
    draws = iter([taken] * 15 + [taken + 1] + [taken] * 100)
    monkeypatch.setattr(status.secrets, "randbelow", lambda _: next(draws))

    mint(db, reference="second")

    assert {entry.place for entry in status.issued(db, OWNER)} == {taken, taken + 1}


def test_a_crowded_list_is_followed_by_another(
    db: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    mint(db)
    taken = status.issued(db, OWNER)[0].place
    draws = iter([taken] * 16 + [taken, 3] * 100)
    monkeypatch.setattr(status.secrets, "randbelow", lambda _: next(draws))

    mint(db, reference="second")

    assert {entry.list_number for entry in status.issued(db, OWNER)} == {1, 2}


def test_from_outside_nobody_can_count_what_we_revoked(db: Session) -> None:
    mint(db)
    mint(db, reference="second")
    change(db, status.revoke)

    plain = token_bits(db)

    values = [byte >> shift & 3 for byte in plain for shift in (0, 2, 4, 6)]
    assert len(values) == STATUS_PLACES
    assert sum(value != 0 for value in values) in (STATUS_DECOYS, STATUS_DECOYS + 1)
    decoys = db.scalar(
        select(func.count()).select_from(StatusEntry).where(StatusEntry.credential_id.is_(None))
    )
    assert decoys == STATUS_DECOYS


def test_a_decoy_is_no_credential_of_ours(db: Session) -> None:
    mint(db)
    decoy = db.scalars(select(StatusEntry).where(StatusEntry.credential_id.is_(None))).first()
    assert decoy

    ref = StatusRef("token", f"{URL}/status/1", decoy.place, issuer=ISSUER.did)

    assert status_reader(db, issuer=ISSUER, now=NOW)(ref) is StatusAnswer.UNKNOWN


def test_an_address_of_ours_that_there_is_not_tells_nothing(db: Session) -> None:
    mint(db)
    place, read = status.issued(db, OWNER)[0].place, status_reader(db, issuer=ISSUER, now=NOW)

    for tail in ("2", "1/x", "x", "", "1/", "1/revocation/", "01", "9" * 40, "\u0663"):
        ref = StatusRef("token", f"{URL}/status/{tail}", place, issuer=ISSUER.did)
        assert read(ref) is StatusAnswer.UNKNOWN, tail


def test_another_issuer_cannot_hide_behind_our_list(db: Session) -> None:
    mint(db)
    place = status.issued(db, OWNER)[0].place
    ref = StatusRef("token", f"{URL}/status/1", place, issuer="did:web:other.example")

    assert status_reader(db, issuer=ISSUER, now=NOW)(ref) is StatusAnswer.UNKNOWN


def test_both_lists_are_signed_and_say_how_long_they_hold(db: Session) -> None:
    mint(db)

    token = jose.parse(status_lists.token_list(db, number=1, issuer=ISSUER, now=NOW))
    bitstring = jose.parse(
        status_lists.bitstring_list(db, number=1, purpose="revocation", issuer=ISSUER, now=NOW)
    )

    for one in (token, bitstring):
        jose.verify(one, ISSUER.jwk)
    assert token.header["typ"] == "statuslist+jwt"
    assert token.payload["sub"] == f"{URL}/status/1"
    assert token.payload["ttl"] == STATUS_TTL_SECONDS
    assert token.payload["exp"] > NOW.timestamp() + STATUS_TTL_SECONDS
    assert bitstring.payload["id"] == f"{URL}/status/1/revocation"
    assert bitstring.payload["credentialSubject"]["statusPurpose"] == "revocation"


def test_an_unchanged_list_is_the_same_text_for_some_minutes(db: Session) -> None:
    mint(db)

    texts = {
        status_lists.token_list(db, number=1, issuer=ISSUER, now=NOW + timedelta(seconds=at))
        for at in (0, 100, 299)
    }

    assert len(texts) == 1


def test_a_list_there_is_not_is_refused(db: Session) -> None:
    mint(db)

    for number, purpose in ((2, "revocation"), (1, "refresh")):
        with pytest.raises(Refusal, match="status_list_unknown"):
            status_lists.bitstring_list(db, number=number, purpose=purpose, issuer=ISSUER, now=NOW)


def test_the_example_of_the_specification_is_packed_as_it_says() -> None:
    # draft-ietf-oauth-status-list, section 4.1, in two bits: https://datatracker.ietf.org/doc/draft-ietf-oauth-status-list/
    # ... without its application-specific values at 3, 10 and 11, which we never write
    revoked = [(place, StatusValue.REVOKED) for place in (0, 5, 7, 8)]
    suspended = [(place, StatusValue.SUSPENDED) for place in (1, 9)]

    plain = zlib.decompress(jose.unb64u(status_lists.pack(12, revoked + suspended)))

    assert plain.hex() == "094409"


def test_the_bitstring_begins_at_the_highest_bit() -> None:
    packed = status_lists.pack_bitstring(16, [0, 9])

    assert gzip.decompress(jose.unb64u(packed.removeprefix("u"))).hex() == "8040"


@settings(max_examples=30, deadline=None)
@given(places=st.dictionaries(st.integers(0, 4_095), st.sampled_from(list(status_lists.CODES))))
def test_what_is_packed_is_what_is_unpacked(places: dict[int, StatusValue]) -> None:
    plain = zlib.decompress(jose.unb64u(status_lists.pack(4_096, places.items())))

    found = {
        place: plain[place // 4] >> place % 4 * 2 & 3
        for place in range(4_096)
        if plain[place // 4] >> place % 4 * 2 & 3
    }
    assert found == {place: status_lists.CODES[value] for place, value in places.items()}


def test_two_that_begin_a_list_at_once_begin_one(db: Session) -> None:
    status._new_list(db, 1, NOW)
    status._new_list(db, 1, NOW)

    assert db.scalar(select(func.count()).select_from(StatusList)) == 1
    decoys = db.scalar(select(func.count()).select_from(StatusEntry))
    assert decoys == STATUS_DECOYS
