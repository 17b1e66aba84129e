"""Leaving custody: her credentials go to a wallet of her own, for her alone, and nothing of them stays."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from nacl.signing import SigningKey
from sqlalchemy import func, select

from config.limits import CODE_TRIES, PRESENTATION_SECONDS, WALLET_OFFER_SECONDS
from core import credentials, keys, onboarding, sscr
from core.credentials import CredentialType, Issuer, StatusAnswer
from core.credentials.announcing import PRE_AUTHORIZED
from core.errors import Refusal
from core.jobs import upkeep
from core.keys import did, jose
from core.messaging import Template
from core.onboarding import wallet_proofs, wallets
from core.onboarding.models import WalletCopy, WalletOffer
from core.sscr.models import Opening, Record, StoredCredential, Wrap
from tests.core.onboarding.circle import AMINA, PIN, WRONG
from tests.gateway.wallet import DROPPED, MEMBER, Home, Wallet, amina, holds, start
from tests.menus.custody_hall import on_sqlite

KYC, MEMBERSHIP = "growr_kyc", "growr_community_membership"
SACCO = Issuer("did:web:sacco.example", "https://sacco.example", SigningKey(b"s" * 32))


@pytest.fixture
def hall(databases: dict[str, Any], tmp_path: Path, redis_url: str) -> Iterator[Home]:
    with on_sqlite(Home, databases, tmp_path, redis_url) as made:
        yield made


@pytest.fixture
def wallet(hall: Home) -> Wallet:
    start(hall)
    return Wallet(hall)


def status(hall: Home, text: str) -> StatusAnswer:
    """What our list says of a credential."""
    [ref] = credentials.status_ref.of_sd_jwt(credentials.contents(text))
    with hall.node.sessions() as db:
        return credentials.status_reader(db, issuer=hall.node.issuer, now=hall.node.clock())(ref)


def count(hall: Home, table: Any) -> int:
    with hall.node.sessions() as db:
        mine = table.owner_id == amina(hall)
        return db.scalar(select(func.count()).select_from(table).where(mine)) or 0


def opens(hall: Home) -> str:
    """The code with which her PIN is refused, empty if it opens her record."""
    with hall.node.sessions() as db:
        try:
            sscr.unlock(
                db, custody=hall.node.custody, owner_id=amina(hall), pin=PIN, purpose="test", session_id="s",
                now=hall.node.clock(),
            ).close()  # fmt: skip
        except Refusal as refusal:
            return refusal.code
    return ""


def test_she_moves_with_her_pin_and_two_texts_come(hall: Home) -> None:
    page = start(hall)

    assert "Two texts are coming" in page
    assert len(hall.texts(Template.WALLET_OFFER)) == len(hall.texts(Template.WALLET_CODE)) == 1
    wallet = Wallet(hall)
    assert wallet.number not in hall.texts(Template.WALLET_OFFER)[0].text


def test_every_page_on_the_way_fits_in_swahili_too(
    databases: dict[str, Any], tmp_path: Path, redis_url: str
) -> None:
    url = databases["sqlite"].fresh(tmp_path)
    hall = Home(tmp_path / "home", url, redis_url, language="sw")

    page = start(hall)  # the phone checks each page

    assert "SMS mbili zinakuja" in page
    wallet = Wallet(hall)
    assert "Pakua" in hall.client.get(wallet.page).get_data(as_text=True)
    hall.close()
    databases["sqlite"].drop(url)


def test_a_wrong_pin_starts_nothing(hall: Home) -> None:
    page = start(hall, WRONG)

    assert "Wrong PIN" in page
    assert hall.texts(Template.WALLET_OFFER) == []


def test_the_offer_names_what_she_holds_and_wants_the_number(wallet: Wallet) -> None:
    said = wallet.offer()

    assert said["credential_issuer"] == wallet.hall.node.issuer.base_url
    assert said["credential_configuration_ids"] == [MEMBERSHIP, KYC]
    assert said["grants"][PRE_AUTHORIZED]["tx_code"] == {"input_mode": "numeric", "length": 6}


@pytest.mark.parametrize("key", [SigningKey(b"w" * 32), ec.generate_private_key(ec.SECP256R1())])
def test_each_credential_is_made_out_to_her_key_and_the_old_one_is_revoked(
    hall: Home, wallet: Wallet, key: Any
) -> None:
    wallet.key = key
    wallet.enter()

    text = wallet.take(KYC)

    new, old = (credentials.contents(one) for one in (text, hall.kyc))
    assert new["cnf"]["jwk"] == jose.public_jwk(key)
    same = ("given_name", "birthdate", "age_over", "as_of", "exp", "vct", "iss")
    assert [new[name] for name in same] == [old[name] for name in same]
    assert status(hall, text) is StatusAnswer.VALID
    assert status(hall, hall.kyc) is StatusAnswer.REVOKED


def test_what_the_wallet_has_is_believed_by_a_verifier(hall: Home, wallet: Wallet) -> None:
    wallet.enter()
    text = wallet.take(KYC)
    now = hall.node.clock()

    shown = credentials.present(
        text, paths=[("age_over", "18")], key=wallet.key, audience="did:web:lender.example", nonce="n", now=now
    )  # fmt: skip

    with hall.node.sessions() as db:
        reader = credentials.status_reader(db, issuer=hall.node.issuer, now=now)
        found = credentials.verify(
            shown, trust=hall.node.trust, type=CredentialType.KYC, audience="did:web:lender.example", nonce="n",
            now=now, status=reader,
        )  # fmt: skip
    assert found.claims["age_over"] == {"18": True}


def test_a_did_names_her_key_as_well(wallet: Wallet) -> None:
    wallet.enter()
    name = did.from_jwk(jose.public_jwk(wallet.key))

    code, said = wallet.ask(KYC, proof=wallet.proof({"jwk": None, "kid": did.method(name)}))

    assert code == 200, said


def test_when_the_last_is_hers_only_receipts_stay(hall: Home, wallet: Wallet) -> None:
    wallet.enter()
    wallet.take(KYC)
    assert count(hall, Wrap) == 1

    wallet.take(MEMBERSHIP)

    assert [count(hall, table) for table in (Record, Wrap, StoredCredential)] == [0, 0, 0]
    assert count(hall, Opening) == 1
    assert [one.to for one in hall.texts(Template.WALLET_DONE)] == [AMINA]
    assert opens(hall) == "no_record"


def test_her_phone_says_where_her_record_is(hall: Home, wallet: Wallet) -> None:
    wallet.enter()
    for name in (KYC, MEMBERSHIP):
        wallet.take(name)

    phone = hall.phone(AMINA)
    phone.begin()

    assert "in your own wallet since" in phone.type("3", "1")


def test_a_stolen_backup_opens_nothing_once_she_has_left(hall: Home, wallet: Wallet) -> None:
    with hall.node.sessions() as db:
        owner_id = amina(hall)
        wrap = db.scalars(select(Wrap).where(Wrap.owner_id == owner_id)).one()
        kept = {column.name: getattr(wrap, column.name) for column in Wrap.__table__.columns}
        record = db.get_one(Record, owner_id)
        whole = {column.name: getattr(record, column.name) for column in Record.__table__.columns}
    wallet.enter()
    for name in (KYC, MEMBERSHIP):
        wallet.take(name)

    with hall.node.sessions.begin() as db:
        db.add_all([Wrap(**kept), Record(**whole)])
    assert opens(hall) == "no_record"


def test_several_of_one_type_have_names_of_their_own(hall: Home) -> None:
    holds(hall, CredentialType.COMMUNITY_MEMBERSHIP, MEMBER, reference="another")
    start(hall)
    wallet = Wallet(hall)

    details = wallet.enter()["authorization_details"]

    names = {one["credential_configuration_id"]: one["credential_identifiers"] for one in details}
    assert {name: len(ids) for name, ids in names.items()} == {KYC: 1, MEMBERSHIP: 2}
    for ids in names.values():
        for name in ids:
            wallet.take(name)
    assert count(hall, Wrap) == 0


def test_what_came_meanwhile_keeps_her_record_open(hall: Home, wallet: Wallet) -> None:
    holds(hall, CredentialType.COMMUNITY_MEMBERSHIP, MEMBER, reference="another")
    wallet.enter()

    for name in (KYC, MEMBERSHIP):
        wallet.take(name)

    assert count(hall, Wrap) == count(hall, StoredCredential) == 1


def test_a_revoked_credential_is_not_made_good_by_moving(hall: Home, wallet: Wallet) -> None:
    wallet.enter()
    [ref] = credentials.status_ref.of_sd_jwt(credentials.contents(hall.kyc))
    with hall.node.sessions.begin() as db:
        entry = credentials.status.find(db, ref, hall.node.issuer.base_url)
        assert entry
        assert entry.credential_id
        credentials.status.revoke(
            db, credential_id=entry.credential_id, reason="wrong", by="staff", now=hall.node.clock()
        )

    assert wallet.ask(KYC) == (400, {"error": "credential_request_denied"})

    start(hall)
    assert Wallet(hall).offer()["credential_configuration_ids"] == [MEMBERSHIP]


# --- attacks


def test_a_code_is_good_once(wallet: Wallet) -> None:
    code = wallet.code()
    wallet.enter()

    assert wallet.ask_token(code=code) == (400, {"error": "invalid_grant"})


def test_a_wrong_number_is_counted_until_the_offer_is_void(wallet: Wallet) -> None:
    wrong = f"{(int(wallet.number) + 1) % 10**6:06d}"

    for _ in range(CODE_TRIES):
        assert wallet.ask_token(tx_code=wrong) == (400, {"error": "invalid_grant"})

    assert wallet.ask_token() == (400, {"error": "invalid_grant"})


WRONG_TOKENS: list[tuple[dict[str, Any], str]] = [
    ({"tx_code": None}, "invalid_request"),
    ({"grant_type": "authorization_code"}, "unsupported_grant_type"),
    ({"code": "A" * 43}, "invalid_grant"),
    ({"code": "not base64!"}, "invalid_grant"),
]


def test_a_token_is_given_for_the_right_words_only(wallet: Wallet) -> None:
    for changes, error in WRONG_TOKENS:
        assert wallet.ask_token(**changes) == (400, {"error": error}), changes


def test_the_address_of_the_page_is_no_code(wallet: Wallet) -> None:
    secret = wallet.address.rpartition("/")[2]

    assert wallet.ask_token(code=secret) == (400, {"error": "invalid_grant"})


def test_an_offer_that_is_over_gives_nothing(hall: Home, wallet: Wallet) -> None:
    code = wallet.code()
    hall.offset += timedelta(seconds=WALLET_OFFER_SECONDS + 1)

    assert wallet.ask_token(code=code) == (400, {"error": "invalid_grant"})
    assert hall.client.get(wallet.page).status_code == 404
    upkeep.sweep(hall.node)
    with hall.node.sessions() as db:
        assert db.scalars(select(WalletOffer.sealed)).all() == [None]


def test_a_token_ends_with_its_offer(hall: Home, wallet: Wallet) -> None:
    wallet.enter()
    hall.offset += timedelta(seconds=WALLET_OFFER_SECONDS + 1)

    assert wallet.ask(KYC) == (401, {"error": "invalid_token"})


def test_a_new_offer_ends_the_one_before(hall: Home, wallet: Wallet) -> None:
    wallet.enter()

    start(hall)

    assert wallet.ask(KYC) == (401, {"error": "invalid_token"})


def test_nobody_gets_anything_without_a_token(wallet: Wallet) -> None:
    assert wallet.ask(KYC) == (401, {"error": "invalid_token"})


# --- answers that get lost


def test_a_lost_answer_is_given_again_to_the_same_key_and_costs_nothing(
    hall: Home, wallet: Wallet
) -> None:
    wallet.enter()
    proof = wallet.proof()
    lost = wallet.ask(KYC, proof=proof)
    assert lost[0] == 200

    assert wallet.ask(KYC, proof=proof) == lost  # the line broke, and the same is said again
    assert wallet.ask(KYC) == lost  # with another proof
    assert wallet.ask(MEMBERSHIP)[0] == 200

    text = lost[1]["credentials"][0]["credential"]
    assert status(hall, text) is status(hall, hall.kyc) is StatusAnswer.VALID
    assert (count(hall, Wrap), count(hall, StoredCredential), opens(hall)) == (1, 2, "")


def test_what_was_given_is_hers_when_the_offer_ends(hall: Home, wallet: Wallet) -> None:
    wallet.enter()
    given = [wallet.ask(name)[1]["credentials"][0]["credential"] for name in (KYC, MEMBERSHIP)]
    upkeep.sweep(hall.node)
    assert count(hall, Wrap) == 1

    hall.offset += timedelta(seconds=WALLET_OFFER_SECONDS + 1)
    upkeep.sweep(hall.node)

    assert [count(hall, table) for table in (Record, Wrap, StoredCredential)] == [0, 0, 0]
    assert {status(hall, text) for text in given} == {StatusAnswer.VALID}
    assert status(hall, hall.kyc) is status(hall, hall.membership) is StatusAnswer.REVOKED
    assert [one.to for one in hall.texts(Template.WALLET_DONE)] == [AMINA]
    assert opens(hall) == "no_record"
    with hall.node.sessions() as db:
        assert db.scalar(select(func.count()).select_from(WalletCopy)) == 0


def test_what_was_not_asked_for_stays_when_the_offer_ends(hall: Home, wallet: Wallet) -> None:
    wallet.enter()
    wallet.ask(KYC)

    hall.offset += timedelta(seconds=WALLET_OFFER_SECONDS + 1)
    upkeep.sweep(hall.node)

    assert (count(hall, Wrap), count(hall, StoredCredential), opens(hall)) == (1, 1, "")
    start(hall)
    assert Wallet(hall).offer()["credential_configuration_ids"] == [MEMBERSHIP]


def test_a_wallet_with_a_key_for_each_request_gets_it_again_as_well(
    hall: Home, wallet: Wallet
) -> None:
    wallet.enter()
    first = wallet.ask(KYC)[1]["credentials"][0]["credential"]
    wallet.key = SigningKey.generate()

    second = wallet.take(KYC)

    assert credentials.contents(second)["cnf"]["jwk"] == jose.public_jwk(wallet.key)
    assert status(hall, first) is StatusAnswer.REVOKED
    assert status(hall, second) is StatusAnswer.VALID


def test_what_it_said_it_has_is_not_given_again(hall: Home, wallet: Wallet) -> None:
    wallet.enter()
    wallet.take(KYC)

    assert wallet.ask(KYC) == (400, {"error": "credential_request_denied"})
    assert status(hall, hall.kyc) is StatusAnswer.REVOKED


def test_two_of_one_type_are_given_one_after_the_other(hall: Home) -> None:
    holds(hall, CredentialType.COMMUNITY_MEMBERSHIP, MEMBER, reference="another")
    start(hall)
    wallet = Wallet(hall)
    wallet.enter()

    given = [wallet.ask(MEMBERSHIP)[1]["credentials"][0]["credential"] for _ in range(4)]

    assert given[0] != given[1]
    assert given[2:] == given[:2]  # both again, should one have been lost
    wallet.take(KYC)
    for _ in range(2):
        wallet.take(MEMBERSHIP)
    assert count(hall, Wrap) == 0


def test_a_wallet_that_could_not_store_it_changes_nothing(hall: Home, wallet: Wallet) -> None:
    wallet.enter()
    said = wallet.ask(KYC)[1]
    text, name = said["credentials"][0]["credential"], said["notification_id"]

    assert wallet.tell(name, "credential_failure") == (204, None)
    assert wallet.tell(name, "credential_failure") == (204, None)

    assert status(hall, text) is StatusAnswer.REVOKED
    assert status(hall, hall.kyc) is StatusAnswer.VALID
    assert wallet.take(KYC) != text


def test_it_may_say_again_that_it_has_it_and_nobody_else_may(hall: Home, wallet: Wallet) -> None:
    wallet.enter()
    names = [wallet.ask(name)[1]["notification_id"] for name in (KYC, MEMBERSHIP)]

    for name in (*names, *names):
        assert wallet.tell(name) == (204, None)
    assert count(hall, Wrap) == 0

    assert wallet.tell("x") == (400, {"error": "invalid_notification_id"})
    assert wallet.tell(names[0], "eaten") == (400, {"error": "invalid_notification_request"})
    assert wallet.tell(names[0], event=5) == (400, {"error": "invalid_notification_request"})
    wallet.access = "another"
    assert wallet.tell(names[0]) == (401, {"error": "invalid_token"})


def test_who_begins_again_loses_nothing_of_what_was_given(hall: Home, wallet: Wallet) -> None:
    wallet.enter()
    given = [wallet.ask(name)[1]["credentials"][0]["credential"] for name in (KYC, MEMBERSHIP)]

    start(hall)

    assert {status(hall, text) for text in given} == {StatusAnswer.REVOKED}
    assert status(hall, hall.kyc) is StatusAnswer.VALID
    again = Wallet(hall)
    again.enter()
    for name in (KYC, MEMBERSHIP):
        again.take(name)
    assert count(hall, Wrap) == 0
    with hall.node.sessions() as db:
        mine = {jose.thumbprint(jose.public_jwk(again.key))}
        assert sscr.wallet_keys(db, amina(hall)) == mine


def test_a_wallet_of_p_256_keys_gets_what_it_can_check(hall: Home, wallet: Wallet) -> None:
    wallet.enter()
    assert jose.parse(wallet.take(KYC).partition("~")[0]).header["alg"] == "EdDSA"
    wallet.key = ec.generate_private_key(ec.SECP256R1())

    text = wallet.take(MEMBERSHIP)

    token = jose.parse(text.partition("~")[0])
    assert token.header["alg"] == "ES256"
    found = credentials.verify(
        text, trust=hall.node.trust, type=None, audience=None, nonce=None, now=hall.node.clock(),
        require_binding=False, status=lambda _: StatusAnswer.VALID,
    )  # fmt: skip
    assert found.issuer == hall.node.issuer.did


WRONG_PROOFS: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"typ": "JWT"}, {}, "invalid_proof"),
    ({"jwk": None}, {}, "invalid_proof"),
    ({"kid": "did:key:z6Mk"}, {}, "invalid_proof"),
    ({"jwk": None, "kid": "did:key:z6Mk"}, {}, "invalid_proof"),
    ({"jwk": {**jose.public_jwk(SigningKey(b"x" * 32))}}, {}, "invalid_proof"),
    ({}, {"aud": "https://other.example"}, "invalid_proof"),
    ({}, {"aud": None}, "invalid_proof"),
    ({}, {"iat": 1}, "invalid_proof"),
    ({}, {"iat": None}, "invalid_proof"),
    ({}, {"aud": ["https://other.example"]}, "invalid_proof"),
    ({}, {"nonce": "1.abc.def"}, "invalid_nonce"),
    ({}, {"nonce": 7}, "invalid_nonce"),
]


def test_a_proof_that_is_not_right_is_refused(wallet: Wallet) -> None:
    wallet.enter()

    for header, changes, error in WRONG_PROOFS:
        answer = wallet.ask(KYC, proof=wallet.proof(header, **changes))
        assert answer == (400, {"error": error}), (header, changes)


def test_a_nonce_is_good_once_for_a_while_and_here(
    hall: Home, wallet: Wallet, tmp_path: Path
) -> None:
    wallet.enter()
    used = wallet.nonce()
    assert wallet.ask(KYC, proof=wallet.proof(nonce=used))[0] == 200
    late = wallet.nonce()
    foreign = wallet_proofs.new_nonce(keys.create(tmp_path / "other"), hall.node.clock())

    hall.offset += timedelta(seconds=PRESENTATION_SECONDS + 1)

    for nonce in (used, late, foreign):
        answer = wallet.ask(MEMBERSHIP, proof=wallet.proof(nonce=nonce))
        assert answer == (400, {"error": "invalid_nonce"})


WRONG_REQUESTS: list[tuple[dict[str, Any], str]] = [
    ({"proofs": None}, "invalid_proof"),
    ({"proofs": {"jwt": []}}, "invalid_proof"),
    ({"proofs": {"jwt": ["a", "b"]}}, "invalid_proof"),
    ({"proofs": {"jwt": ["no.jws"]}}, "invalid_proof"),
    ({"proofs": {"jwt": ["no.jws"], "attestation": ["x"]}}, "invalid_proof"),
    ({"proof": {"proof_type": "jwt", "jwt": "no.jws"}}, "invalid_proof"),
    (
        {"credential_response_encryption": {"jwk": {}, "enc": "A128GCM"}},
        "invalid_encryption_parameters",
    ),
    ({"credential_identifier": "x"}, "invalid_credential_request"),
    ({"credential_configuration_id": 7}, "invalid_credential_request"),
    ({"credential_configuration_id": "growr_x"}, "unknown_credential_configuration"),
    (
        {"credential_configuration_id": DROPPED, "credential_identifier": "x"},
        "unknown_credential_identifier",
    ),
    (
        {"credential_configuration_id": None, "credential_identifier": "x"},
        "invalid_credential_request",
    ),
]


def test_a_request_that_is_not_right_is_refused(wallet: Wallet) -> None:
    wallet.enter()

    for changes, error in WRONG_REQUESTS:
        assert wallet.ask(KYC, **changes) == (400, {"error": error}), changes


def test_the_database_alone_does_not_tell_what_waits(
    hall: Home, wallet: Wallet, tmp_path: Path
) -> None:
    with hall.node.sessions() as db:
        offer = db.scalars(select(WalletOffer)).one()
        assert offer.sealed
        assert b"Wanjiru" not in offer.sealed

        with pytest.raises(Exception, match="Decryption failed"):
            wallets.bundle(keys.create(tmp_path / "other"), offer)


# --- the page


def test_the_page_shows_the_code_and_no_secret_of_hers(hall: Home, wallet: Wallet) -> None:
    answer = hall.client.get(wallet.page)

    assert answer.headers["Cache-Control"] == "no-store"
    page = answer.get_data(as_text=True)
    assert "<svg" in page
    assert "openid-credential-offer://" in page
    assert not any(secret in page for secret in (wallet.number, "Wanjiru"))


def test_her_record_is_a_file_to_read_once_for_the_right_number(hall: Home, wallet: Wallet) -> None:
    wrong = hall.client.post(f"{wallet.page}/file", data={"number": "0"})
    right = hall.client.post(f"{wallet.page}/file", data={"number": wallet.number})

    assert wrong.status_code == 403
    assert "not the number" in wrong.get_data(as_text=True)
    said = json.loads(right.get_data())
    assert [one["compact"] for one in said["credentials"]] == [hall.kyc, hall.membership]
    assert said["credentials"][0]["claims"]["given_name"] == "Wanjiru"
    assert [one["purpose"] for one in said["openings"]] == [onboarding.WALLET]
    again = hall.client.post(f"{wallet.page}/file", data={"number": wallet.number})
    assert again.status_code == 404
    assert count(hall, Wrap) == 1  # a copy alone moves nothing


def test_the_file_says_rightly_how_its_openings_hang_together(hall: Home) -> None:
    for _ in range(2):
        assert opens(hall) == ""
        upkeep.sweep(hall.node)
    start(hall)
    wallet = Wallet(hall)
    answer = hall.client.post(f"{wallet.page}/file", data={"number": wallet.number})
    said = json.loads(answer.get_data())

    before = bytes(32)
    for one in said["openings"]:
        assert one["previous_hash"] == before.hex()
        told = [before, one["record"], one["number"], one["ticket"], one["purpose"],
                bytes.fromhex(one["session_hash"]), one["at"], *filter(None, [one["for"]])]  # fmt: skip
        parts = [part.encode() if isinstance(part, str) else part for part in told]
        before = hashlib.sha256(b"".join(len(part).to_bytes(4) + part for part in parts)).digest()
        assert one["hash"] == before.hex()
    assert said["openings"][-1]["purpose"] == onboarding.WALLET
    assert len(said["openings"]) == 3


def test_credentials_of_others_wait_for_the_file(hall: Home) -> None:
    with hall.node.sessions() as db:
        jwk = sscr.holder_jwk(db, amina(hall))
    now = hall.node.clock()
    text = credentials.issue(
        issuer=SACCO, type=CredentialType.SAVINGS_HISTORY, holder_jwk=jwk, now=now, expires_at=now + timedelta(days=9),
        claims={"scheme": "sacco", "cycle": "monthly", "since": "2024-01-01"},
    )  # fmt: skip
    with hall.node.sessions.begin() as db:
        sscr.deliver(
            db, owner_id=amina(hall), credential=text, type="savings_history", issuer="Sacco", issued_at=now,
            expires_at=now + timedelta(days=9), now=now,
        )  # fmt: skip
    start(hall)
    wallet = Wallet(hall)
    wallet.enter()
    for name in (KYC, MEMBERSHIP):
        wallet.take(name)
    assert count(hall, Wrap) == 1

    answer = hall.client.post(f"{wallet.page}/file", data={"number": wallet.number})

    assert text in [one["compact"] for one in json.loads(answer.get_data())["credentials"]]
    assert count(hall, Wrap) == 0
