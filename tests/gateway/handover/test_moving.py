"""She moves from the node of one cooperative to that of another, by phone at both ends."""

from __future__ import annotations

import json
from typing import Any

import pytest

from core import credentials, onboarding, people, sscr
from core.credentials import CredentialType, StatusAnswer
from core.keys import did, jose
from core.messaging import Template
from core.onboarding import wallets
from core.onboarding.models import Arrival
from core.people import UserState
from core.sscr.models import Record, StoredCredential, Wrap
from tests.core.onboarding.circle import AMINA, PIN, WRONG
from tests.gateway.handover.conftest import Make
from tests.gateway.handover.her import holder, others, status
from tests.gateway.wallet import MEMBER, amina, holds
from tests.two_nodes import NEW_PIN, Place, TwoNodes


@pytest.mark.parametrize(("kind", "language"), [("sqlite", "en"), ("postgresql", "sw")])
def test_she_moves_with_two_calls(make: Make, kind: str, language: str) -> None:
    nodes = make(kind, language=language)
    said = {
        "en": ("We tell Pwani", "Your record from Mavuno waits", "asking Mavuno", "Choose a PIN", "END Thank you"),
        "sw": ("Tunawajulisha Pwani", "kutoka Mavuno inakusubiri", "tunauliza Mavuno", "PIN", "END Asante"),
    }[language]  # fmt: skip

    assert said[0] in nodes.leave()  # the phone checks each page
    nodes.a.handover()
    phone, page = nodes.dial()
    assert said[1] in page
    assert said[2] in phone.type("1", nodes.number)
    nodes.b.handover()
    assert said[3] in phone.type("1")
    assert phone.type(NEW_PIN, NEW_PIN).startswith(said[4])
    nodes.b.handover()

    assert (nodes.a.held(), nodes.b.held()) == ([], ["community_membership", "kyc"])
    assert [one.to for one in nodes.a.texts(Template.HANDOVER_DONE)] == [AMINA]
    assert [one.to for one in nodes.b.texts(Template.ARRIVAL_DONE)] == [AMINA]
    with nodes.b.node.sessions() as db:
        user = people.by_phone(db, AMINA)
        assert user
        assert (user.state, user.given_name, user.language) == (UserState.ACTIVE, "Amina", language)


def test_her_credentials_are_made_out_to_a_new_key_and_the_old_ones_are_revoked(
    nodes: TwoNodes,
) -> None:
    old_key = holder(nodes.a)

    nodes.moved()

    found = nodes.b.opened(NEW_PIN)
    new_key = holder(nodes.b)
    assert new_key != old_key
    assert [credentials.contents(text)["cnf"]["jwk"] for text in found] == [new_key, new_key]
    assert [status(nodes.a, text) for text in found] == [StatusAnswer.VALID] * 2
    old = (nodes.kyc, nodes.membership)
    assert [status(nodes.a, text) for text in old] == [StatusAnswer.REVOKED] * 2


def test_only_receipts_stay_with_the_move_as_the_last_line(nodes: TwoNodes) -> None:
    nodes.moved()

    tables = (Record, Wrap, StoredCredential)
    assert [nodes.a.count(table) for table in tables] == [0, 0, 0]
    owner_id = amina(nodes.a)
    with nodes.a.node.sessions() as db:
        [last] = sscr.openings(db, owner_id, limit=1)
        assert (last.purpose, last.audience) == (onboarding.HANDOVER, "Pwani")
        assert sscr.openings_whole(db, owner_id)
    phone = nodes.a.phone(AMINA)
    phone.begin()
    assert "with Pwani since" in phone.type("3", "1")


def test_who_asks_for_the_old_key_is_told_the_new_one_and_can_check_it(nodes: TwoNodes) -> None:
    old_did = did.from_jwk(holder(nodes.a))
    assert nodes.a.client.get(f"/moved/{old_did}").status_code == 404

    nodes.moved()

    answer = nodes.a.client.get(f"/moved/{old_did}")
    word = jose.parse(answer.get_data(as_text=True))
    jose.verify(word, nodes.a.node.issuer.jwk)
    assert word.payload["sub"] == old_did
    assert word.payload["moved_to"] == did.from_jwk(holder(nodes.b))
    before, after = (jose.parse(text) for text in word.payload["statements"])
    jose.verify(before, did.to_jwk(old_did))
    jose.verify(after, holder(nodes.b))
    assert (before.payload["to"], after.payload["also_known_as"]) == (
        nodes.b.node.issuer.did,
        [old_did],
    )


def test_a_later_correction_revokes_what_she_has_elsewhere(nodes: TwoNodes) -> None:
    nodes.moved()
    found, owner_id = nodes.b.opened(NEW_PIN), amina(nodes.a)

    with nodes.a.node.sessions.begin() as db:
        for type in (CredentialType.KYC, CredentialType.COMMUNITY_MEMBERSHIP):
            credentials.status.supersede(
                db, owner_id=owner_id, type=type, reference="", reason="wrong", by="staff",
                now=nodes.a.node.clock(),
            )  # fmt: skip

    assert [status(nodes.a, text) for text in found] == [StatusAnswer.REVOKED] * 2


def test_what_others_issued_comes_to_be_read_and_she_is_told_to_prove_it_again(
    nodes: TwoNodes,
) -> None:
    text = others(nodes.a, holder(nodes.a))

    nodes.moved()

    assert "Savings." in nodes.b.texts(Template.ARRIVAL_PART)[0].text
    phone = nodes.b.phone(AMINA)
    phone.begin()
    page = nodes.b.read(phone, phone.type("3", "1"))
    assert "Savings by Kilimo Sacco: prove it again" in page
    file = file_of(nodes.b)
    assert text in [one["compact"] for one in file["before"][0]["credentials"]]
    assert [one["purpose"] for one in file["before"][0]["openings"]] == [onboarding.HANDOVER]


def file_of(place: Place) -> dict[str, Any]:
    """Her record as a file, as she gets it beside an offer to a wallet."""
    phone, owner_id = place.phone(AMINA), amina(place)
    phone.begin()
    place.read(phone, phone.type("3", "1"))
    place.read(phone, phone.type("1"))
    phone.type("1", NEW_PIN)
    with place.node.sessions() as db:
        offer = wallets.waiting(db, owner_id, place.node.clock())
    found: dict[str, Any] = json.loads(wallets.bundle(place.node.keyring, offer)["file"])
    return found


def test_it_joins_the_record_she_has_there_after_her_pin_of_there(make: Make) -> None:
    nodes = make(member=True)
    own = holds(nodes.b, CredentialType.COMMUNITY_MEMBERSHIP, MEMBER)
    nodes.announced()
    phone = nodes.type_number()

    assert "joins your record" in phone.type("1")
    assert "Wrong PIN" in phone.type(WRONG)
    assert phone.type(PIN).startswith("END ")
    nodes.b.handover()

    assert len(nodes.b.opened(PIN)) == 3
    assert own in nodes.b.opened(PIN)
    assert nodes.a.held() == []


def test_a_wallet_she_had_before_speaks_for_her_here_no_more(nodes: TwoNodes) -> None:
    owner_id = amina(nodes.a)
    with nodes.a.node.sessions.begin() as db:
        key = jose.thumbprint(holder(nodes.a))
        sscr.bind_wallet(db, owner_id=owner_id, thumbprint=key, now=nodes.a.node.clock())

    nodes.moved()

    with nodes.a.node.sessions() as db:
        assert not sscr.is_in_wallet(db, owner_id)


def test_from_there_she_moves_back_and_the_record_keeps_its_name(nodes: TwoNodes) -> None:
    first = did.from_jwk(holder(nodes.a))
    nodes.moved()
    holds(nodes.b, CredentialType.COMMUNITY_MEMBERSHIP, MEMBER)
    nodes.a, nodes.b = nodes.b, nodes.a  # now the other way
    nodes.leave(NEW_PIN, to="1")
    nodes.a.handover()

    page = nodes.arrive()
    nodes.b.handover()

    assert page.startswith("END Thank you")
    assert nodes.b.held() == ["community_membership"]
    assert nodes.b.last(Arrival).record == first
