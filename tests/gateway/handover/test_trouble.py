"""Whatever goes wrong on the way: until all is there, all is here."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from config.limits import CODE_TRIES, HANDOVER_SECONDS, HANDOVER_TELL_DAYS, NUMBER_DAYS
from core import credentials, onboarding, people, sscr
from core.credentials import CredentialType, StatusAnswer
from core.errors import Refusal
from core.messaging import Template
from core.onboarding import handovers, wallets
from core.onboarding.models import Arrival, ArrivalState, HandOver, HandOverState, WalletOffer
from tests.core.onboarding.circle import AMINA, PIN, WRONG
from tests.gateway.handover.conftest import Make
from tests.gateway.handover.her import answer_lost, holder, is_whole, others, status
from tests.gateway.wallet import amina, holds
from tests.menus.test_busy import NOT_NOW, away
from tests.two_nodes import MEMBER, NEW_PIN, TwoNodes


def is_stranger(page: str) -> bool:
    """Whoever has nothing here is asked for a language, and for nothing else."""
    return page.startswith("CON Welcome to Growr.") and "1 English" in page


def test_a_wrong_pin_moves_nothing(nodes: TwoNodes) -> None:
    assert "Wrong PIN" in nodes.leave(WRONG)

    nodes.a.handover()
    assert is_stranger(nodes.b.phone(AMINA).begin())


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
    nodes.b.address.app = nodes.b.alone()

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

    assert is_stranger(nodes.dial()[1])
    assert nodes.b.last(Arrival).state is ArrivalState.OVER
    assert is_whole(nodes)
    nodes.moved()
    assert nodes.a.held() == []


def test_a_number_that_is_too_old_opens_nothing(nodes: TwoNodes) -> None:
    nodes.announced()
    number = nodes.number
    nodes.pass_time(seconds=HANDOVER_SECONDS + 1)

    assert is_stranger(nodes.dial()[1])
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


def test_a_yes_that_never_comes_costs_her_nothing(
    nodes: TwoNodes, monkeypatch: pytest.MonkeyPatch
) -> None:
    nodes.announced()
    nodes.arrive()
    answer_lost(nodes, monkeypatch, "/handover/taken")
    nodes.b.handover()
    monkeypatch.undo()
    nodes.a.shut()

    nodes.pass_time(days=HANDOVER_TELL_DAYS + 2)
    nodes.b.handover()

    assert len(nodes.b.opened(NEW_PIN)) == 2


def test_who_has_her_record_erased_there_has_nothing_of_it_left(nodes: TwoNodes) -> None:
    others(nodes.a, holder(nodes.a))
    nodes.moved()
    owner_id = amina(nodes.b)

    with nodes.b.node.sessions.begin() as db:
        onboarding.erase(
            db,
            organisation_id=people.get(db, owner_id).organisation_id,
            user_id=owner_id,
            request="letter",
            by="Ad Min",
            now=nodes.b.node.clock(),
        )

    arrival = nodes.b.last(Arrival)
    assert (arrival.file, arrival.others, nodes.b.held()) == (None, [], [])


def begins_there(nodes: TwoNodes) -> None:
    """She lets it wait, and is registered by an invitation instead."""
    place, owner_id = nodes.b, amina(nodes.b)
    words = {"custody": place.node.custody, "user_id": owner_id, "pin": PIN, "now": place.node.clock()}  # fmt: skip
    with place.node.sessions.begin() as db:
        onboarding.choose_pin(db, keyring=place.node.keyring, **words)
        assert onboarding.confirm_pin(db, session_id="s", **words)


def test_a_record_she_began_there_meanwhile_is_not_destroyed_by_what_waits(nodes: TwoNodes) -> None:
    nodes.announced()
    nodes.type_number()
    begins_there(nodes)
    own = holds(nodes.b, CredentialType.COMMUNITY_MEMBERSHIP, MEMBER)

    phone, _ = nodes.dial()
    assert "joins your record" in phone.type("1")
    nodes.pass_time(seconds=HANDOVER_SECONDS + 1)
    nodes.b.handover()

    assert nodes.b.last(Arrival).state is ArrivalState.OVER
    assert nodes.b.opened(PIN) == [own]


def test_of_two_moves_that_wait_for_her_the_second_does_not_destroy_what_the_first_brought(
    nodes: TwoNodes,
) -> None:
    nodes.announced()
    nodes.type_number()
    nodes.announced()
    phone = nodes.type_number()
    phone.type("1", NEW_PIN, NEW_PIN)
    nodes.b.handover()
    assert len(nodes.b.opened(NEW_PIN)) == 2

    nodes.pass_time(seconds=HANDOVER_SECONDS + 1)
    nodes.b.handover()

    assert len(nodes.b.opened(NEW_PIN)) == 2


def test_a_number_that_was_silent_for_long_joins_nobody_s_past_there(make: Make) -> None:
    nodes = make(member=True)
    owner_id = amina(nodes.b)
    with nodes.b.node.sessions.begin() as db:  # she left long ago; the carrier sold her number
        sscr.erase(db, owner_id=owner_id)
        people.note_seen(
            db, user_id=owner_id, now=nodes.b.node.clock() - timedelta(days=NUMBER_DAYS)
        )

    nodes.announced()

    assert nodes.dial()[1].startswith("END This number has not dialled for long")


def test_who_comes_back_after_long_is_known_by_the_key_she_left_with(nodes: TwoNodes) -> None:
    nodes.moved()
    nodes.a, nodes.b = nodes.b, nodes.a
    with nodes.b.node.sessions.begin() as db:
        long_ago = nodes.b.node.clock() - timedelta(days=NUMBER_DAYS)
        people.note_seen(db, user_id=amina(nodes.b), now=long_ago)

    nodes.leave(NEW_PIN, to="1")
    nodes.a.handover()

    assert "waits for you" in nodes.dial()[1]


def test_a_move_that_somebody_acts_on_is_left_alone_by_the_clock(make: Make) -> None:
    nodes = make("postgresql")
    nodes.announced()
    late = nodes.a.node.clock() + timedelta(days=2)
    mine = select(WalletOffer).where(WalletOffer.id == nodes.a.last(HandOver).id).with_for_update()

    with nodes.a.node.sessions() as web, nodes.a.node.sessions.begin() as clock:
        web.scalars(mine).one()
        assert handovers.claim(clock, issuer=nodes.a.node.issuer, now=late) is False

    with nodes.a.node.sessions.begin() as clock:
        assert handovers.claim(clock, issuer=nodes.a.node.issuer, now=late) is True


def test_nothing_comes_to_where_she_was_blocked_meanwhile(make: Make) -> None:
    nodes = make(member=True)
    nodes.announced()
    phone = nodes.type_number()
    assert "joins your record" in phone.type("1")
    owner_id = amina(nodes.b)
    with nodes.b.node.sessions.begin() as db:
        organisation_id = people.get(db, owner_id).organisation_id
        people.block(db, organisation_id=organisation_id, user_id=owner_id)

    assert "comes now" not in phone.type(PIN)
    nodes.b.handover()

    assert nodes.b.held() == []
    assert is_whole(nodes)


def test_a_key_service_that_is_away_does_not_undo_the_record_she_began(nodes: TwoNodes) -> None:
    nodes.announced()
    phone = nodes.type_number()
    phone.type("1", NEW_PIN)

    with away(nodes.b):
        assert NOT_NOW in phone.type(NEW_PIN)
    assert phone.type(NEW_PIN).startswith("END Thank you")
    nodes.b.handover()

    assert len(nodes.b.opened(NEW_PIN)) == 2
