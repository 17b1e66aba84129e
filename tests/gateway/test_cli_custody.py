"""What an operator may do about PINs, numbers, peppers and keys; none of it opens a record."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import select

from core import keys, node, onboarding, people, sscr
from core.credentials import CredentialType
from core.keys import did, jose
from core.messaging import Message, Template
from core.node import Node
from core.onboarding import wallets
from core.people import Role, UserState
from tests.gateway.test_cli import Desk

AMINA, JUMA, NEW, PIN = "+254711000111", "+254700111222", "+254744000444", "839205"
HIS = f"{PIN}\n"  # what the agent types


@pytest.fixture
def desk(tmp_path: Path, redis_url: str) -> Desk:
    made = Desk(tmp_path / "home", redis_url)
    made.json("org", "create", "--name", "Mavuno", "--country", "KE", "--currency", "KES", "--timezone",
              "Africa/Nairobi", "--support-phone", JUMA, "--admin-phone",
              "+254755000555", "--admin-name", "Ad Min")  # fmt: skip
    for phone, role in ((AMINA, "borrower"), (JUMA, "agent")):
        made.json("user", "invite", "--phone", phone, "--name", "Amina W", "--role", role)
    running = of(made)
    with running.sessions.begin() as db:
        for phone in (AMINA, JUMA):
            user = people.by_phone(db, phone)
            assert user
            user.state = UserState.ACTIVE
            sscr.open_record(
                db, custody=running.custody, owner_id=user.id, phone=phone, pin=PIN, birth_date=None,
                now=running.clock(),
            )  # fmt: skip
    running.close()
    return made


def of(desk: Desk) -> Node:
    return node.build(desk.settings, wake=lambda _: None)


def code(desk: Desk) -> str:
    running = of(desk)
    with running.sessions() as db:
        query = select(Message.text).where(Message.template == Template.RECOVERY_CODE)
        found = re.search(r"\d{6}", db.scalars(query).all()[-1])
    running.close()
    assert found
    return found.group()


def test_a_reset_and_a_move_begin_with_the_code_of_her_phone(desk: Desk) -> None:
    reset = ["user", "reset-pin", "--phone", AMINA, "--by", JUMA]
    assert desk.json(*reset, given=HIS)["state"] == "started"
    assert "code_wrong" in desk.refused(*reset, "--code", "000000", given=HIS)
    assert desk.json(*reset, "--code", code(desk), given=HIS)["state"] == "present"
    assert "code_void" in desk.refused(*reset, "--code", code(desk), given=HIS)

    move = ["user", "change-number", "--phone", AMINA, "--to", NEW, "--by", JUMA]
    assert desk.json(*move, given=HIS)["state"] == "started"
    assert desk.json("user", "stop-reset", "--phone", AMINA)["stopped"] is True
    assert "nothing was stopped" in desk.refused("user", "stop-reset", "--phone", AMINA)
    assert "user_unknown" in desk.refused(
        "user", "reset-pin", "--phone", NEW, "--by", JUMA, given=HIS
    )
    assert "agent_unfit" in desk.refused(
        "user", "reset-pin", "--phone", JUMA, "--by", AMINA, given=HIS
    )


def test_the_name_of_an_agent_without_his_pin_begins_nothing(desk: Desk) -> None:
    reset = ["user", "reset-pin", "--phone", AMINA, "--by", JUMA]

    assert "pin_format" in desk.refused(*reset, given="")
    assert "tries_left=2" in desk.refused(*reset, given="604218\n")
    assert "tries_left=1" in desk.refused(*reset, "--code", "000000", given="604218\n")
    assert "pin_locked" in desk.refused(*reset, given="604218\n")
    refused = desk.refused(*reset, given=HIS)

    assert "pin_locked" in refused, "his own PIN is counted as by phone"
    assert PIN not in refused
    running = of(desk)
    with running.sessions() as db:
        texts = select(Message).where(Message.template == Template.RECOVERY_CODE)
        assert db.scalars(texts).all() == []
    running.close()


def test_erasing_asks_twice_and_is_for_ever(desk: Desk) -> None:
    words = ["user", "erase", "--phone", AMINA, "--request", "letter of 3 May", "--by", "Wairimu"]
    desk.refused(*words, given="n\n")

    assert desk.json(*words, "--yes")["record"] == "erased"

    running = of(desk)
    with running.sessions() as db:
        user = people.by_phone(db, AMINA)
        assert user
        assert sscr.record_of(db, user.id) is None
        assert user.role is Role.BORROWER
    running.close()


def test_a_pepper_is_destroyed_only_when_no_record_needs_it(desk: Desk) -> None:
    facts = desk.json("node", "rotate-pepper")
    assert facts == {"today": "2", "records_under_1": 2, "records_under_2": 0}
    assert "records=2" in desk.refused("node", "rotate-pepper", "--destroy", "1")
    running = of(desk)
    for phone in (AMINA, JUMA):
        with running.sessions.begin() as db:
            user = people.by_phone(db, phone)
            assert user
            sscr.unlock(
                db, custody=running.custody, owner_id=user.id, pin=PIN, purpose="test", session_id="s",
                now=running.clock(),
            ).close()  # fmt: skip
    running.close()

    assert desk.json("node", "rotate-pepper", "--destroy", "1") == {
        "today": "2",
        "records_under_2": 2,
    }


def test_rotated_keys_sign_and_the_old_ones_are_still_believed(desk: Desk) -> None:
    before = of(desk)
    old = before.issuer.jwk

    assert desk.json("node", "rotate-keys", "issuer")["generation"] == 2
    assert desk.json("node", "rotate-keys", "books")["generation"] == 2

    after = of(desk)
    [every] = after.trust.values()
    assert after.issuer.jwk != old
    assert {old["kid"], after.issuer.jwk["kid"]} <= {key["kid"] for key in every}
    keyring = keys.load(desk.settings.keys)
    assert len({bytes(key) for key in keyring.signing_keys("books")}) == 2
    assert keyring.signing_key("verifier") == before.keyring.signing_key("verifier")
    assert (
        did.key_id(after.issuer.did, jose.public_jwk(after.issuer.key)) == after.issuer.jwk["kid"]
    )
    before.close()
    after.close()


def test_the_code_for_her_wallet_is_shown_once_she_asked_for_it(desk: Desk) -> None:
    assert "offer_over" in desk.refused("user", "offer", AMINA)
    running = of(desk)
    with running.sessions.begin() as db:
        user = people.by_phone(db, AMINA)
        assert user
        onboarding.confirm(
            db, organisation_id=user.organisation_id,
            keyring=running.keyring, issuer=running.issuer, user_id=user.id,
            facts={"community_membership": {"standing": "good"}}, now=running.clock(),
        )  # fmt: skip
        onboarding.prove(
            db, keyring=running.keyring, issuer=running.issuer, user_id=user.id,
            type=CredentialType.COMMUNITY_MEMBERSHIP, now=running.clock(),
        )  # fmt: skip
        with sscr.unlock(
            db, custody=running.custody, owner_id=user.id, pin=PIN, purpose=onboarding.WALLET, session_id="s",
            now=running.clock(),
        ) as unlocked:  # fmt: skip
            wallets.start(
                db,
                unlocked=unlocked,
                keyring=running.keyring,
                issuer=running.issuer,
                now=running.clock(),
            )
    running.close()

    assert desk.run("user", "offer", AMINA, "--uri").stdout.startswith("openid-credential-offer://")
    assert desk.run("user", "offer", AMINA, "--svg").stdout.startswith("<svg")
    assert "\u2588" in desk.run("user", "offer", AMINA).stdout
