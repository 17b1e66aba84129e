"""She moves from the node of one cooperative to that of another, by phone at both ends, and nothing is ever lost."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from nacl.signing import SigningKey

from config.limits import CODE_TRIES, HANDOVER_SECONDS
from core import credentials, onboarding, people, sscr
from core.credentials import CredentialType, Issuer, StatusAnswer
from core.errors import Refusal
from core.keys import did, jose
from core.messaging import Template
from core.onboarding import wallets
from core.onboarding.models import Arrival, ArrivalState, HandOver, HandOverState
from core.people import UserState
from core.sscr.models import Record, StoredCredential, Wrap
from tests.core.onboarding.circle import AMINA, PIN, WRONG
from tests.gateway.wallet import MEMBER, amina, holds
from tests.two_nodes import NEW_PIN, Place, TwoNodes

SACCO = Issuer("did:web:sacco.example", "https://sacco.example", SigningKey(b"s" * 32))
Make = Callable[..., TwoNodes]


@pytest.fixture
def make(databases: dict[str, Any], tmp_path: Path, redis_url: str) -> Iterator[Make]:
    """Makes two nodes, on databases of a kind."""
    made: list[TwoNodes] = []

    def two(kind: str = "sqlite", **more: Any) -> TwoNodes:
        urls = [databases[kind].fresh(tmp_path) for _ in range(2)]
        made.append(TwoNodes(tmp_path, urls, redis_url, **more))
        dropped.extend((kind, url) for url in urls)
        return made[-1]

    dropped: list[tuple[str, str]] = []
    yield two
    for nodes in made:
        nodes.stop()
    for kind, url in dropped:
        databases[kind].drop(url)


@pytest.fixture
def nodes(make: Make) -> TwoNodes:
    return make()


def others(place: Place, jwk: dict[str, Any]) -> str:
    """A credential of a Sacco in her record."""
    now, owner_id = place.node.clock(), amina(place)
    until = now + timedelta(days=9)
    text = credentials.issue(
        issuer=SACCO, type=CredentialType.SAVINGS_HISTORY, holder_jwk=jwk, now=now, expires_at=until,
        claims={"scheme": "sacco", "cycle": "monthly", "since": "2024-01-01"},
    )  # fmt: skip
    with place.node.sessions.begin() as db:
        sscr.deliver(
            db, owner_id=owner_id, credential=text, type="savings_history", issuer="Kilimo Sacco", issued_at=now,
            expires_at=until, now=now,
        )  # fmt: skip
    return text


def holder(place: Place) -> dict[str, Any]:
    owner_id = amina(place)
    with place.node.sessions() as db:
        return sscr.holder_jwk(db, owner_id)


def status(place: Place, text: str) -> StatusAnswer:
    """What the issuer's own list says."""
    [ref] = credentials.status_ref.of_sd_jwt(credentials.contents(text))
    with place.node.sessions() as db:
        return credentials.status_reader(db, issuer=place.node.issuer, now=place.node.clock())(ref)


def is_whole(nodes: TwoNodes) -> bool:
    """Whether her record is at home as it was, and opens with her PIN; what she had holds."""
    old = (nodes.kyc, nodes.membership)
    still = all(status(nodes.a, text) is StatusAnswer.VALID for text in old)
    return still and set(old) <= set(nodes.a.opened(PIN))


# --- the whole way


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


def test_from_there_she_moves_back_and_the_record_keeps_its_name(nodes: TwoNodes) -> None:
    first = did.from_jwk(holder(nodes.a))
    nodes.moved()
    holds(nodes.b, CredentialType.COMMUNITY_MEMBERSHIP, MEMBER)
    phone = nodes.b.phone(AMINA)
    phone.begin()
    nodes.b.read(phone, phone.type("3", "1"))
    nodes.b.read(phone, phone.type("2", "1"))
    phone.type("1", NEW_PIN)
    nodes.b.handover()
    nodes.a, nodes.b = nodes.b, nodes.a  # now the other way

    page = nodes.arrive()
    nodes.b.handover()

    assert page.startswith("END Thank you")
    assert nodes.b.held() == ["community_membership"]
    assert nodes.b.last(Arrival).record == first


# --- what may go wrong: until all is there, all is here


def test_a_wrong_pin_moves_nothing(nodes: TwoNodes) -> None:
    assert "Wrong PIN" in nodes.leave(WRONG)

    nodes.a.handover()
    assert nodes.b.phone(AMINA).begin().startswith("END ")


def test_another_node_that_is_away_is_tried_again(nodes: TwoNodes) -> None:
    nodes.b.shut()
    nodes.announced()
    assert nodes.a.texts(Template.HANDOVER_CODE) == []

    nodes.b.open()
    nodes.pass_time(minutes=1)
    nodes.a.handover()

    assert len(nodes.a.texts(Template.HANDOVER_CODE)) == 1
    assert nodes.arrive().startswith("END Thank you")


def test_one_that_stays_away_is_given_up_and_she_is_told(nodes: TwoNodes) -> None:
    nodes.b.shut()
    nodes.announced()

    nodes.pass_time(seconds=HANDOVER_SECONDS + 1)
    nodes.a.handover()

    assert len(nodes.a.texts(Template.HANDOVER_OVER)) == 1
    assert is_whole(nodes)


def test_one_that_does_not_know_us_refuses_and_she_stays(nodes: TwoNodes) -> None:
    nodes.b.node = nodes.b.without_neighbours()
    nodes.b.open()

    nodes.announced()

    assert nodes.a.last(HandOver).problem == "neighbour_unknown"
    assert len(nodes.a.texts(Template.HANDOVER_OVER)) == 1
    assert is_whole(nodes)


def test_a_wrong_number_is_told_and_the_right_one_works_then(nodes: TwoNodes) -> None:
    nodes.announced()
    phone = nodes.type_number(nodes.wrong)

    page = phone.type("1")
    assert "Type the number" in page
    phone.type(nodes.number)
    nodes.b.handover()

    assert "Choose a PIN" in phone.type("1")


def test_after_a_few_wrong_numbers_it_is_over_and_she_may_begin_again(nodes: TwoNodes) -> None:
    nodes.announced()
    for _ in range(CODE_TRIES):
        nodes.type_number(nodes.wrong)

    assert nodes.dial()[1].startswith("END ")
    assert nodes.b.last(Arrival).state is ArrivalState.OVER
    assert is_whole(nodes)
    nodes.moved()
    assert nodes.a.held() == []


def test_a_number_that_is_too_old_opens_nothing(nodes: TwoNodes) -> None:
    nodes.announced()
    number = nodes.number
    nodes.pass_time(seconds=HANDOVER_SECONDS + 1)

    assert nodes.dial()[1].startswith("END ")
    nodes.a.handover()
    nodes.b.handover()

    assert number
    assert nodes.b.last(Arrival).state is ArrivalState.OVER
    assert len(nodes.a.texts(Template.HANDOVER_OVER)) == 1
    assert is_whole(nodes)


def test_she_may_let_it_wait(nodes: TwoNodes) -> None:
    nodes.announced()

    phone, _ = nodes.dial()

    assert "It waits for you here" in phone.type("2")
    assert nodes.arrive().startswith("END Thank you")


def test_two_different_pins_are_no_pin(nodes: TwoNodes) -> None:
    nodes.announced()
    phone = nodes.type_number()

    assert "not the same" in phone.type("1", NEW_PIN, WRONG)
    assert phone.type(NEW_PIN, NEW_PIN).startswith("END Thank you")
    nodes.b.handover()

    assert len(nodes.b.opened(NEW_PIN)) == 2


def test_a_session_that_drops_before_the_pin_costs_nothing(nodes: TwoNodes) -> None:
    nodes.announced()
    nodes.type_number().type("1", NEW_PIN)
    nodes.pass_time(minutes=20)

    phone, page = nodes.dial()
    assert "asking Mavuno" in page
    phone.type("1")
    nodes.b.handover()
    assert "Choose a PIN" in phone.type("1")
    assert phone.type(NEW_PIN, NEW_PIN).startswith("END Thank you")
    nodes.b.handover()

    assert len(nodes.b.opened(NEW_PIN)) == 2


def test_what_she_vouched_for_too_early_she_vouches_for_again(nodes: TwoNodes) -> None:
    nodes.announced()
    nodes.arrive()
    nodes.a.shut()
    nodes.b.handover()
    nodes.pass_time(minutes=20)
    nodes.a.open()
    nodes.b.handover()
    assert len(nodes.b.texts(Template.ARRIVAL_WAITS)) == 1

    nodes.pin_again()

    assert (len(nodes.b.opened(NEW_PIN)), nodes.a.held()) == (2, [])


def test_a_copy_whose_answer_was_lost_is_given_again(
    nodes: TwoNodes, monkeypatch: pytest.MonkeyPatch
) -> None:
    nodes.announced()
    nodes.arrive()
    answer_lost(nodes, monkeypatch, "/openid/credential")
    nodes.b.handover()
    assert (nodes.b.held(), is_whole(nodes)) == ([], True)

    monkeypatch.undo()
    nodes.pass_time(minutes=1)
    nodes.b.handover()
    nodes.pin_again()

    found = nodes.b.opened(NEW_PIN)
    assert len(found) == 2
    assert [status(nodes.a, text) for text in found] == [StatusAnswer.VALID] * 2


def test_a_yes_that_was_lost_is_asked_for_again(
    nodes: TwoNodes, monkeypatch: pytest.MonkeyPatch
) -> None:
    nodes.announced()
    nodes.arrive()
    answer_lost(nodes, monkeypatch, "/handover/taken")
    nodes.b.handover()
    assert nodes.a.last(HandOver).state is HandOverState.MOVED
    assert nodes.b.last(Arrival).state is ArrivalState.TAKEN

    monkeypatch.undo()
    nodes.pass_time(seconds=HANDOVER_SECONDS)
    nodes.b.handover()

    assert nodes.b.last(Arrival).state is ArrivalState.DONE
    assert len(nodes.b.opened(NEW_PIN)) == 2


def answer_lost(nodes: TwoNodes, patch: pytest.MonkeyPatch, path: str) -> None:
    """From now on the network drops each answer from this address, after it was heard."""
    app = nodes.a.address.app
    assert app

    def deaf(environ: dict[str, Any], start: Any) -> Any:
        body = b"".join(app(environ, start if environ["PATH_INFO"] != path else lambda *_: None))
        if environ["PATH_INFO"] == path:
            start("502 Bad Gateway", [("Content-Length", "0")])
            return []
        return [body]

    patch.setattr(nodes.a.address, "app", deaf)


def test_half_taken_is_not_taken(nodes: TwoNodes, monkeypatch: pytest.MonkeyPatch) -> None:
    nodes.announced()
    nodes.arrive()
    answer_lost(nodes, monkeypatch, "/handover/record")
    nodes.b.handover()
    monkeypatch.undo()
    given = list(nodes.a.last(HandOver).given)
    assert len(given) == 2

    nodes.pass_time(seconds=HANDOVER_SECONDS + 1)
    nodes.a.handover()
    nodes.b.handover()

    assert (nodes.b.held(), is_whole(nodes)) == ([], True)
    assert (
        len(nodes.a.texts(Template.HANDOVER_OVER)) == len(nodes.b.texts(Template.ARRIVAL_OVER)) == 1
    )
    owner_id = amina(nodes.a)
    with nodes.a.node.sessions() as db:
        assert len(credentials.status.issued(db, owner_id)) == 2  # the copies count for nobody


def test_what_comes_meanwhile_keeps_her_here(nodes: TwoNodes) -> None:
    nodes.announced()
    nodes.arrive()
    others(nodes.a, holder(nodes.a))

    nodes.b.handover()

    assert (nodes.b.held(), len(nodes.b.texts(Template.ARRIVAL_OVER))) == ([], 1)
    assert is_whole(nodes)


def test_what_was_taken_back_meanwhile_is_not_made_good(nodes: TwoNodes) -> None:
    nodes.announced()
    nodes.arrive()
    owner_id = amina(nodes.a)
    with nodes.a.node.sessions.begin() as db:
        credentials.status.supersede(
            db, owner_id=owner_id, type=CredentialType.KYC, reference="", reason="wrong", by="staff",
            now=nodes.a.node.clock(),
        )  # fmt: skip

    nodes.b.handover()

    assert (nodes.b.held(), nodes.a.held()) == (["community_membership"], [])


def test_beginning_again_ends_the_move_before(nodes: TwoNodes) -> None:
    nodes.announced()
    old = nodes.number
    nodes.announced()
    assert nodes.number != old

    nodes.type_number(old)
    nodes.type_number()
    phone, _ = nodes.dial()
    phone.type("1", NEW_PIN, NEW_PIN)
    nodes.b.handover()

    assert len(nodes.b.opened(NEW_PIN)) == 2


def test_who_moves_gets_no_code_for_a_wallet(nodes: TwoNodes) -> None:
    nodes.announced()
    owner_id = amina(nodes.a)

    with nodes.a.node.sessions() as db, pytest.raises(Refusal, match="offer_over"):
        wallets.waiting(db, owner_id, nodes.a.node.clock())
