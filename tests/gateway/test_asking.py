"""She borrows again with a wallet of her own: her phone asks, her wallet answers, and nobody else's does."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from jwcrypto import jwe, jwk
from nacl.signing import SigningKey
from sqlalchemy import func, select

from config.limits import (
    BODY_BYTES,
    PRESENTATION_SECONDS,
    WALLET_QUESTION_SECONDS,
    WALLET_QUESTION_TRIES,
    WALLET_QUESTIONS_PER_DAY,
)
from core import credentials, lending, onboarding, people, sscr
from core.credentials import status_ref
from core.jobs import upkeep
from core.keys import jose
from core.lending import PresentationRequest
from core.lending.contract import contract
from core.messaging import Template
from gateway.app import create_app
from tests.gateway.asking import AMINA, KYC, Lender, Questioned, apply, moved, name_of
from tests.gateway.wallet import Wallet, amina, start
from tests.menus.custody_hall import on_sqlite
from tests.menus.hall import agree

STRANGER = SigningKey(b"s" * 32)


@pytest.fixture
def hall(databases: dict[str, Any], tmp_path: Path, redis_url: str) -> Iterator[Lender]:
    with on_sqlite(Lender, databases, tmp_path, redis_url) as made:
        yield made


@pytest.fixture
def wallet(hall: Lender) -> Wallet:
    return moved(hall)


def refusals(hall: Lender) -> list[str]:
    """What she was texted about answers that did not do."""
    return [one.text for one in hall.texts(Template.WALLET_REFUSED)]


def test_she_borrows_with_the_yes_of_her_wallet(
    database_url: str, tmp_path: Path, redis_url: str
) -> None:
    hall = Lender(tmp_path / "home", database_url, redis_url)
    wallet = moved(hall)
    page = apply(hall)
    assert "The loan is made when your wallet has said yes" in page
    assert hall.loans() == []
    asked = Questioned(hall, wallet)

    assert asked.answer() == (200, {})

    [loan] = hall.loans()
    assert loan.user_did == name_of(wallet.key)
    assert loan.eligibility
    key, now = hall.node.issuer.jwk, hall.node.clock()
    said = credentials.read_attestation(loan.eligibility, jwk=key, now=now)
    assert (said["met"], said["sub"]) == (True, name_of(wallet.key))
    assert loan.code in hall.texts(Template.LOAN_TERMS)[-1].text
    assert refusals(hall) == []
    hall.close()


def test_she_borrows_in_swahili_too(
    databases: dict[str, Any], tmp_path: Path, redis_url: str
) -> None:
    url = databases["sqlite"].fresh(tmp_path)
    hall = Lender(tmp_path / "home", url, redis_url, language="sw")
    wallet = moved(hall)

    page = apply(hall, language="sw")  # the phone checks the length of each

    assert "pochi yako ikikubali" in page
    asked = Questioned(hall, wallet)
    assert "inauliza pochi" in hall.client.get(asked.path).get_data(as_text=True)
    assert asked.answer(nonce="another")[0] == 400
    assert "Hatukuweza kutoa mkopo" in refusals(hall)[0]
    assert asked.answer() == (200, {})
    assert len(hall.loans()) == 1
    hall.close()
    databases["sqlite"].drop(url)


def test_the_question_is_the_project_s_and_the_terms_are_the_loan_s(
    hall: Lender, wallet: Wallet
) -> None:
    apply(hall)
    asked = Questioned(hall, wallet)
    said = asked.question()

    assert said["client_id"] == f"decentralized_identifier:{hall.node.issuer.did}:verifier"
    assert (said["response_mode"], said["aud"]) == ("direct_post", "https://self-issued.me/v2")
    [kyc, member] = said["dcql_query"]["credentials"]
    assert kyc["claims"] == [{"path": ["age_over", "18"], "values": [True]}]
    assert (member["id"], member["format"]) == ("community_membership", "dc+sd-jwt")
    [terms] = (json.loads(jose.unb64u(one)) for one in said["transaction_data"])
    asked.answer()
    [loan] = hall.loans()
    assert terms == {
        "type": "urn:growr:loan-terms:1", "credential_ids": ["kyc", "community_membership"],
        "project": "Harvest", "principal": "2000", "currency": "KES", "total": "2060",
        "due_dates": terms["due_dates"], "terms_hash": loan.accepted_hash,
    }  # fmt: skip
    assert len(terms["due_dates"]) == 3


def test_a_key_for_each_credential_is_hers_as_well(hall: Lender) -> None:
    p256 = ec.generate_private_key(ec.SECP256R1())
    wallet = moved(hall, other=p256)
    apply(hall)

    assert Questioned(hall, wallet).answer() == (200, {})

    assert [loan.user_did for loan in hall.loans()] == [name_of(wallet.key)]


def test_a_project_without_conditions_asks_for_any_one_credential_for_her_key_must_sign(
    hall: Lender, wallet: Wallet
) -> None:
    with hall.node.sessions.begin() as db:
        lending.projects.get(db, hall.project).eligibility_criteria = []
    apply(hall)
    asked = Questioned(hall, wallet)
    said = asked.question()
    [needed] = said["dcql_query"]["credential_sets"]
    assert ["kyc"] in needed["options"]

    theirs = of_a_stranger(asked, said)["community_membership"]
    assert asked.answer(said, token={"community_membership": theirs})[0] == 400
    assert asked.answer(said, token={"kyc": asked.present(said)["kyc"]}) == (200, {})

    assert len(hall.loans()) == 1


def test_a_loan_says_that_her_wallet_agreed_and_what_it_showed_is_kept_nowhere(
    hall: Lender, wallet: Wallet
) -> None:
    apply(hall)
    asked = Questioned(hall, wallet)
    shown = asked.present(asked.question())
    asked.answer(token=shown)

    kept = Path(hall.node.engine.url.database or "").read_bytes()

    for [text] in shown.values():
        assert text.encode() not in kept
        assert all(one.encode() not in kept for one in text.split("~") if one)
    with hall.node.sessions() as db:
        lines = [line for part in contract(db, hall.loans()[0]).sections for line in part.lines]
    assert any(line.startswith("Accepted in your own wallet on") for line in lines)


def test_the_page_tells_the_questions_and_nothing_of_her(hall: Lender, wallet: Wallet) -> None:
    apply(hall)
    asked = Questioned(hall, wallet)

    answer = hall.client.get(asked.path)

    whole = answer.get_data(as_text=True)
    page = re.sub(r"<(svg|style).*?</\1>|<[^>]+>", "", whole, flags=re.DOTALL)  # what one reads
    assert answer.headers["Cache-Control"] == "no-store"
    assert "<svg" in whole
    style = re.search(r"<style>(.*?)</style>", whole, re.DOTALL)
    assert style
    digest = b64encode(sha256(style[1].encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in answer.headers["Content-Security-Policy"]
    assert all(one in page for one in ("Mavuno Coop", "18 or older?", "Harvest"))
    assert not any(one in page for one in ("Amina", AMINA, "Wanjiku", "2,000", "2000"))
    for path in ("/ask/" + "A" * 43, "/ask/short", "/wallet/" + "A" * 43):
        over = hall.client.get(path)
        assert (over.status_code, over.mimetype) == (404, "text/html")
        assert "Ask for a new one by phone" in over.text
        assert "Omba mwingine kwa simu" in over.text


def test_a_question_can_be_answered_encrypted(hall: Lender, wallet: Wallet) -> None:
    settings = hall.node.settings.model_copy(update={"encrypted_presentations": True})
    hall.node = replace(hall.node, settings=settings)
    hall.client = create_app(hall.node).test_client()
    apply(hall)
    asked = Questioned(hall, wallet)
    said = asked.question()
    assert said["response_mode"] == "direct_post.jwt"
    [key] = said["client_metadata"]["jwks"]["keys"]
    words = {"vp_token": asked.present(said), "state": said["state"]}

    assert asked.answer() == (400, {"error": "invalid_request", "error_description": "malformed"})
    sealed = jwe.JWE(
        json.dumps(words), json.dumps({"alg": "ECDH-ES", "enc": "A256GCM", "kid": key["kid"]})
    )
    sealed.add_recipient(jwk.JWK(**key))

    assert asked.post(response=sealed.serialize(compact=True)) == (200, {})
    assert len(hall.loans()) == 1


def test_she_borrows_with_her_pin_while_her_record_is_here(hall: Lender) -> None:
    phone = hall.phone(AMINA)
    phone.begin()

    assert "Type your PIN" in agree(phone, phone.type("1", "1", "2000", "3"))


# --- attacks


def without_binding(asked: Questioned, said: dict[str, Any]) -> dict[str, Any]:
    shown = asked.present(said)
    return {name: [text.rpartition("~")[0] + "~"] for name, [text] in shown.items()}


def of_a_stranger(asked: Questioned, said: dict[str, Any]) -> dict[str, Any]:
    """The membership of somebody else beside her own identity."""
    text = credentials.issue(
        issuer=asked.hall.node.issuer, type=credentials.CredentialType.COMMUNITY_MEMBERSHIP,
        claims={"group_kind": "coop", "in_good_standing": True}, holder_jwk=jose.public_jwk(STRANGER),
        now=asked.hall.node.clock(), expires_at=asked.hall.node.clock() + timedelta(days=1),
    )  # fmt: skip
    kept, asked.wallet.held = (
        asked.wallet.held,
        {**asked.wallet.held, "community_membership": (text, STRANGER)},
    )
    shown = asked.present(said)
    asked.wallet.held = kept
    return shown


def stolen(asked: Questioned, said: dict[str, Any]) -> dict[str, Any]:
    """Her credentials, shown by somebody who has not her key."""
    kept = asked.wallet.held
    asked.wallet.held = {name: (text, STRANGER) for name, (text, _) in kept.items()}
    shown = asked.present(said)
    asked.wallet.held = kept
    return shown


def other_terms(asked: Questioned, said: dict[str, Any]) -> dict[str, Any]:
    [terms] = said["transaction_data"]
    words = json.loads(jose.unb64u(terms)) | {"total": "1"}
    return asked.present(said, transaction_data=[jose.b64u(jose.dumps(words).encode())])


Wrong = Callable[[Questioned, dict[str, Any]], dict[str, Any]]
WRONG: list[tuple[Wrong, str]] = [
    (lambda asked, said: asked.present(said, audience=said["client_id"].partition(":")[2]), "binding"),
    (lambda asked, said: asked.present(said, nonce="another"), "binding"),
    (lambda asked, said: asked.present(said, now=asked.hall.node.clock() - timedelta(seconds=PRESENTATION_SECONDS + 1)),
     "binding"),
    (lambda asked, said: asked.present(said, transaction_data=()), "binding"),
    (other_terms, "binding"),
    (without_binding, "binding"),
    (stolen, "binding"),
    (of_a_stranger, "subject"),
    (lambda asked, said: asked.present(said) | {"another": ["a~b"]}, "malformed"),
    (lambda asked, said: {name: texts * 2 for name, texts in asked.present(said).items()}, "malformed"),
    (lambda asked, said: {name: texts[0] for name, texts in asked.present(said).items()}, "malformed"),
    (lambda asked, said: {name: ["no.sd.jwt"] for name in asked.present(said)}, "malformed"),
    (lambda asked, said: {name: ["~"] for name in asked.present(said)}, "malformed"),
]  # fmt: skip


def test_an_answer_that_is_not_right_makes_no_loan(hall: Lender, wallet: Wallet) -> None:
    for number, (wrong, reason) in enumerate(WRONG):
        if number % WALLET_QUESTION_TRIES == 0:
            apply(hall)
        asked = Questioned(hall, wallet)
        said = asked.question()

        answer = asked.answer(said, token=wrong(asked, said))

        assert answer == (400, {"error": "invalid_request", "error_description": reason}), number
    assert hall.loans() == []
    assert asked.answer(asked.question()) == (200, {})


def test_what_is_no_answer_at_all_is_refused(hall: Lender, wallet: Wallet) -> None:
    apply(hall)
    asked = Questioned(hall, wallet)
    said = asked.question()
    forms: list[tuple[dict[str, str], str]] = [
        ({}, "binding"),
        ({"vp_token": "{not json", "state": said["state"]}, "malformed"),
        ({"vp_token": "{}", "state": said["state"]}, "malformed"),
        ({"vp_token": jose.dumps(asked.present(said)), "state": "another"}, "binding"),
    ]

    for form, reason in forms:
        assert asked.post(**form) == (
            400,
            {"error": "invalid_request", "error_description": reason},
        )
    large = hall.client.post(f"{asked.path}/answer", data={"vp_token": "a" * BODY_BYTES})

    assert large.status_code == 413
    assert hall.loans() == []


def test_another_s_wallet_and_a_missing_proof_are_refused_and_she_is_told_kindly(
    hall: Lender, wallet: Wallet
) -> None:
    apply(hall)
    asked = Questioned(hall, wallet)
    said = asked.question()

    def theirs(kind: str) -> str:
        return of_a_stranger(asked, said)[kind][0]

    shown = {"community_membership": [theirs("community_membership")]}
    answer = asked.answer(said, token=shown)

    assert answer == (400, {"error": "invalid_request", "error_description": "subject"})
    [told] = refusals(hall)
    assert "It came from another wallet: use the one your record moved to." in told
    asked.answer(said, token=shown)
    assert len(refusals(hall)) == 1  # each reason once
    half = {"kyc": asked.present(said)["kyc"]}
    assert asked.answer(said, token=half) == (400, {"error": "access_denied"})
    assert "member" in refusals(hall)[1]
    assert hall.loans() == []
    assert asked.answer(said) == (200, {})


def test_a_question_is_answered_once_and_then_silent(hall: Lender, wallet: Wallet) -> None:
    apply(hall)
    first = Questioned(hall, wallet)
    said = first.question()
    hall.offset += timedelta(seconds=1)
    apply(hall)
    second = Questioned(hall, wallet)
    shown = second.present(second.question())
    form = {"vp_token": jose.dumps(shown), "state": second.question()["state"]}
    assert second.post(**form) == (200, {})

    assert second.post(**form)[0] == 404
    assert first.post(vp_token="{}", state=said["state"])[0] == 404
    assert len(hall.loans()) == 1


def test_a_revoked_proof_makes_no_loan(hall: Lender, wallet: Wallet) -> None:
    apply(hall)
    text, _ = wallet.held["kyc"]
    [ref] = status_ref.of_sd_jwt(credentials.contents(text))
    with hall.node.sessions.begin() as db:
        entry = credentials.status.find(db, ref, hall.node.issuer.base_url)
        assert entry
        assert entry.credential_id
        credentials.status.revoke(
            db, credential_id=entry.credential_id, reason="wrong", by="staff", now=hall.node.clock()
        )

    answer = Questioned(hall, wallet).answer()

    assert answer == (400, {"error": "invalid_request", "error_description": "status"})
    assert "taken back" in refusals(hall)[0]


def test_two_answers_at_once_make_one_loan(
    databases: dict[str, Any], tmp_path: Path, redis_url: str
) -> None:
    url = databases["postgresql"].fresh(tmp_path)
    hall = Lender(tmp_path / "home", url, redis_url)
    wallet = moved(hall)
    apply(hall)
    asked = Questioned(hall, wallet)
    said = asked.question()
    form = {"vp_token": jose.dumps(asked.present(said)), "state": said["state"]}

    def post(_: int) -> int:
        return (
            hall.client.application.test_client()
            .post(f"{asked.path}/answer", data=form)
            .status_code
        )

    with ThreadPoolExecutor(4) as threads:
        codes = list(threads.map(post, range(4)))

    assert codes.count(200) == 1
    assert len(hall.loans()) == 1
    hall.close()
    databases["postgresql"].drop(url)


def test_a_question_is_good_for_a_while_and_for_few_tries(hall: Lender, wallet: Wallet) -> None:
    apply(hall)
    asked = Questioned(hall, wallet)
    said = asked.question()
    for _ in range(WALLET_QUESTION_TRIES):
        assert asked.post(vp_token="{}", state=said["state"])[0] == 400
    assert asked.answer(said)[0] == 404
    apply(hall)
    asked = Questioned(hall, wallet)
    said = asked.question()
    hall.offset += timedelta(seconds=WALLET_QUESTION_SECONDS + 1)

    assert asked.answer(said)[0] == hall.client.get(asked.path).status_code == 404

    hall.offset += timedelta(days=2)
    upkeep.sweep(hall.node)
    with hall.node.sessions() as db:
        assert db.scalar(select(func.count()).select_from(PresentationRequest)) == 0


def test_a_new_question_ends_the_one_before_and_a_day_has_an_end(
    hall: Lender, wallet: Wallet
) -> None:
    apply(hall)
    first = Questioned(hall, wallet)
    for _ in range(WALLET_QUESTIONS_PER_DAY - 1):
        hall.offset += timedelta(seconds=2)
        apply(hall)

    assert hall.client.get(first.path).status_code == 404
    hall.offset += timedelta(seconds=2)
    assert "asked often today" in apply(hall)
    assert len(hall.texts(Template.WALLET_ASKED)) == WALLET_QUESTIONS_PER_DAY


def test_terms_of_yesterday_are_not_agreed_today(hall: Lender, wallet: Wallet) -> None:
    """Just before midnight her phone shows due dates; her wallet answers in the next day."""
    local = hall.node.clock() + timedelta(hours=3)
    hall.offset += local.replace(hour=23, minute=50, second=0) - local
    apply(hall)
    asked = Questioned(hall, wallet)
    said = asked.question()
    hall.offset += timedelta(minutes=15)

    assert asked.answer(said) == (400, {"error": "access_denied"})

    assert "The terms have changed" in refusals(hall)[0]
    assert hall.loans() == []


def test_a_no_of_her_wallet_is_a_no(hall: Lender, wallet: Wallet) -> None:
    apply(hall)
    asked = Questioned(hall, wallet)
    said = asked.question()

    assert asked.post(error="access_denied", state=said["state"]) == (200, {})

    with hall.node.sessions() as db:
        found = db.scalars(select(PresentationRequest)).one()
        assert found.problem == "wallet_declined"
    assert hall.loans() == []
    assert refusals(hall) == []


def test_erasing_her_forgets_her_wallet(hall: Lender) -> None:
    start(hall)
    wallet, owner_id = Wallet(hall), amina(hall)
    wallet.enter()
    wallet.take(KYC)
    now = hall.node.clock()

    with hall.node.sessions.begin() as db:
        known = sscr.wallet_keys(db, owner_id)
        onboarding.erase(
            db,
            organisation_id=people.get(db, owner_id).organisation_id,
            user_id=owner_id,
            request="letter",
            by="Wairimu",
            now=now,
        )
        assert sscr.wallet_keys(db, owner_id) == frozenset()
    assert known == {jose.thumbprint(jose.public_jwk(wallet.key))}
