"""Nobody comes back into a record by one person's word alone, and the number of before may always say no."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from config.limits import (
    CODE_TRIES,
    NUMBER_PIN_DAYS,
    NUMBER_PIN_TRIES,
    RECOVERIES_BY_AGENT,
    RECOVERY_DAYS,
    RECOVERY_HOURS,
    REFUSED_NUMBERS_PER_DAY,
    SIM_ASK_AGAIN_SECONDS,
    SIM_ASK_HOURS,
    SIM_SWAP_HOURS,
    SIM_UNKNOWN_HOURS,
)
from core import onboarding, people, sscr
from core.errors import Refusal
from core.keys import Keyring
from core.messaging import Template
from core.onboarding import Recovery, RecoveryState, SimState
from core.onboarding.models import WalletOffer
from core.people import CodeCheck, Role
from tests.conftest import NOW
from tests.core.onboarding.circle import (
    AMINA,
    BARAKA,
    JUMA,
    NEEMA,
    NEW,
    NEW_PIN,
    PIN,
    WRONG,
    Circle,
)

LONG_AGO = date(1900, 1, 1)


@pytest.fixture
def circle(db: Session, keyring: Keyring) -> Circle:
    return Circle(db, keyring)


def did(circle: Circle) -> str:
    record = sscr.record_of(circle.db, circle.ids[AMINA])
    assert record
    return record.did


def finish(circle: Circle) -> int:
    return onboarding.finish_recoveries(circle.db, now=circle.now, limit=10)


def test_an_agent_and_a_guardian_give_her_a_new_pin_and_her_whole_record(circle: Circle) -> None:
    circle.name_guardian()
    before = did(circle)
    recovery = circle.chosen()

    circle.help_out(recovery)

    assert recovery.state is RecoveryState.DONE
    assert did(circle) == before
    with circle.unlock(AMINA, NEW_PIN) as unlocked:
        assert unlocked.holder_key
    with pytest.raises(Refusal, match="pin_wrong"):
        circle.unlock(AMINA, PIN)
    assert circle.told(Template.RECOVERY_HELP) == [NEEMA]
    assert circle.told(Template.RECOVERY_ASKED) == circle.told(Template.RECOVERY_DONE) == [AMINA]


def test_without_a_guardian_time_gives_her_a_record_that_begins_anew(circle: Circle) -> None:
    before = did(circle)
    circle.chosen()

    circle.now += timedelta(hours=RECOVERY_HOURS, seconds=-1)
    assert finish(circle) == 0
    circle.now += timedelta(seconds=1)
    assert finish(circle) == 1
    assert finish(circle) == 0

    assert did(circle) != before
    circle.unlock(AMINA, NEW_PIN).close()
    assert circle.told(Template.RECOVERY_ANEW) == [AMINA]
    assert sscr.openings_whole(circle.db, circle.ids[AMINA])


def test_a_lone_guardian_can_do_nothing(circle: Circle) -> None:
    circle.name_guardian()

    assert onboarding.waiting_for(circle.db, circle.ids[NEEMA]) == []
    with pytest.raises(Refusal, match="agent_unfit"):
        circle.start(agent_id=circle.ids[NEEMA])
    recovery = circle.start()
    with pytest.raises(Refusal, match="recovery_over"):
        circle.help_out(recovery)
    with pytest.raises(Refusal, match="pin_not_chosen"):
        sscr.hand_over(circle.db, circle.ids[AMINA], b"k" * 32)
    circle.unlock(AMINA, PIN).close()


def test_a_lone_agent_can_do_nothing(circle: Circle) -> None:
    circle.name_guardian()
    circle.start()

    assert [circle.present("000000") for _ in range(CODE_TRIES + 1)] == [
        *[CodeCheck.WRONG] * (CODE_TRIES - 1), CodeCheck.VOID, CodeCheck.VOID,
    ]  # fmt: skip
    assert circle.present() is CodeCheck.VOID
    with pytest.raises(Refusal, match="recovery_over"):
        circle.choose(onboarding.of_user(circle.db, circle.ids[AMINA]) or circle.start())
    circle.unlock(AMINA, PIN).close()


def test_an_agent_who_is_her_guardian_as_well_is_one_person_in_two_coats(circle: Circle) -> None:
    circle.name_guardian(guardian=JUMA)
    recovery = circle.chosen()

    with pytest.raises(Refusal, match="guardian_unfit"):
        circle.help_out(recovery, JUMA)


def test_who_is_not_her_guardian_opens_nothing(circle: Circle) -> None:
    circle.name_guardian()
    recovery = circle.chosen()

    with pytest.raises(Refusal, match="guardian_unfit"):
        circle.help_out(recovery, BARAKA)


def test_a_guardian_who_was_removed_opens_nothing(circle: Circle) -> None:
    circle.name_guardian()
    with circle.unlock(AMINA) as unlocked:
        sscr.remove_guardian(circle.db, unlocked=unlocked, guardian_id=circle.ids[NEEMA])

    with pytest.raises(Refusal, match="guardian_unfit"):
        circle.help_out(circle.chosen())


def test_the_number_of_before_stops_it_at_any_time(circle: Circle) -> None:
    circle.name_guardian()
    recovery = circle.chosen()

    assert onboarding.stop_recovery(circle.db, user_id=circle.ids[AMINA], now=circle.now)

    with pytest.raises(Refusal, match="recovery_over"):
        circle.help_out(recovery)
    circle.now += timedelta(days=5)
    assert finish(circle) == 0
    circle.unlock(AMINA, PIN).close()
    assert circle.told(Template.RECOVERY_STOPPED) == [AMINA]
    assert not onboarding.stop_recovery(circle.db, user_id=circle.ids[AMINA], now=circle.now)


def helps(circle: Circle, recovery: Recovery) -> bool:
    """Whether her guardian may help now; he tries, and takes it back."""
    with circle.db.begin_nested() as attempt:
        try:
            circle.help_out(recovery)
        except Refusal as refusal:
            if refusal.code != "recovery_waits":
                raise
            return False
        finally:
            attempt.rollback()
    circle.db.expire_all()
    return True


@pytest.mark.parametrize(
    ("sim", "hours"),
    [(None, 24), (SimState.ASKED, 24), (SimState.UNKNOWN, 24), (SimState.SWAPPED, 72)],
)  # fmt: skip
def test_a_guardian_waits_as_long_as_nobody_vouches_for_her_sim(
    circle: Circle, sim: SimState | None, hours: int
) -> None:
    circle.name_guardian()
    recovery = circle.chosen(sim=sim)

    circle.now += timedelta(hours=hours, seconds=-1)
    assert not helps(circle, recovery)
    circle.now += timedelta(seconds=1)
    assert finish(circle) == 0, "her record is not given up while her guardian may come"
    circle.help_out(recovery)

    circle.unlock(AMINA, NEW_PIN).close()


def test_a_guardian_waits_at_a_new_number_too(circle: Circle) -> None:
    circle.name_guardian()
    recovery = circle.chosen(new_phone=NEW)
    circle.now += timedelta(hours=1)
    circle.carrier(recovery, LONG_AGO)

    circle.now += timedelta(hours=23, seconds=-1)
    assert not helps(circle, recovery), "the carrier vouches for the number of before only"
    circle.now += timedelta(seconds=1)
    assert helps(circle, recovery)


def test_a_new_number_is_no_way_around_the_wait_for_a_new_sim(circle: Circle) -> None:
    circle.name_guardian()
    recovery = circle.chosen(new_phone=NEW)

    assert onboarding.unasked_sims(circle.db, 5, now=circle.now) == [(recovery.id, AMINA)]
    circle.carrier(recovery, circle.now.date())

    circle.now += timedelta(hours=SIM_SWAP_HOURS, seconds=-1)
    assert not helps(circle, recovery), (
        "who has the number of before by a new SIM says no to nothing"
    )
    circle.now += timedelta(seconds=1)
    assert helps(circle, recovery)


@pytest.mark.parametrize("sim", [None, SimState.ASKED, SimState.UNKNOWN])
def test_who_begins_again_does_not_make_us_forget_that_the_sim_is_new(
    circle: Circle, sim: SimState | None
) -> None:
    circle.name_guardian()
    circle.carrier(circle.start(), circle.now.date())

    recovery = circle.chosen(sim=sim)

    circle.now += timedelta(hours=SIM_SWAP_HOURS, seconds=-1)
    assert not helps(circle, recovery)
    circle.now += timedelta(seconds=1)
    assert helps(circle, recovery)


def test_a_carrier_that_vouches_later_is_believed(circle: Circle) -> None:
    circle.name_guardian()
    circle.carrier(circle.start(), circle.now.date())
    circle.now += timedelta(hours=1)

    recovery = circle.chosen(sim=SimState.ASKED)
    circle.carrier(recovery, LONG_AGO)

    assert helps(circle, recovery)


def test_a_word_of_days_ago_vouches_for_nobody_today(circle: Circle) -> None:
    circle.name_guardian()
    recovery = circle.start(sim=SimState.SETTLED)
    circle.present()

    circle.now += timedelta(hours=SIM_UNKNOWN_HOURS)
    circle.choose(recovery)

    assert not helps(circle, recovery)
    circle.now += timedelta(hours=SIM_UNKNOWN_HOURS)
    assert helps(circle, recovery)


def leave(circle: Circle) -> None:
    """Her record goes to a wallet of her own; nothing of it is here."""
    gone = WalletOffer(
        id=uuid.uuid4(), user_id=circle.ids[AMINA], code_hash=b"", tries=0, taken=[], left_at=circle.now,
        expires_at=circle.now, created_at=circle.now,
    )  # fmt: skip
    circle.db.add(gone)
    sscr.erase(circle.db, owner_id=circle.ids[AMINA])


@pytest.mark.parametrize(("swapped_on", "hours"), [(None, 72), (NOW.date(), 144)])
def test_who_has_her_record_in_her_wallet_gets_a_new_number_when_the_old_one_says_nothing(
    circle: Circle, swapped_on: date | None, hours: int
) -> None:
    leave(circle)
    recovery = circle.start(new_phone=NEW)
    assert circle.told(Template.NUMBER_ASKED) == [AMINA]
    assert circle.present() is CodeCheck.RIGHT
    circle.carrier(recovery, swapped_on)
    assert [circle.ask_guardians(), onboarding.of_new_number(circle.db, NEW)] == [0, recovery]

    circle.now += timedelta(hours=hours, seconds=-1)
    assert finish(circle) == 0
    circle.now += timedelta(seconds=1)
    assert finish(circle) == 1

    assert people.get(circle.db, circle.ids[AMINA]).phone == NEW
    assert circle.told(Template.NUMBER_CHANGED) == [AMINA, NEW]


def test_the_old_number_of_who_has_a_wallet_stops_the_move(circle: Circle) -> None:
    leave(circle)
    circle.start(new_phone=NEW)
    circle.present()

    assert onboarding.stop_recovery(circle.db, user_id=circle.ids[AMINA], now=circle.now)

    circle.now += timedelta(days=10)
    assert finish(circle) == 0
    assert people.get(circle.db, circle.ids[AMINA]).phone == AMINA


def test_a_record_that_left_meanwhile_takes_no_number_with_it(circle: Circle) -> None:
    circle.chosen(new_phone=NEW)
    leave(circle)

    circle.now += timedelta(hours=RECOVERY_HOURS)
    finish(circle)

    assert people.get(circle.db, circle.ids[AMINA]).phone == AMINA


def test_guardians_are_told_at_once_and_asked_when_they_may_help(circle: Circle) -> None:
    circle.name_guardian()
    recovery = circle.chosen(sim=SimState.ASKED)
    assert circle.told(Template.RECOVERY_SOON) == [NEEMA]
    assert "22 Nov, 10:30" in circle.texts(Template.RECOVERY_SOON)[0].text
    assert circle.ask_guardians() == 0

    circle.carrier(recovery, date(1900, 1, 1))

    assert [circle.ask_guardians(), circle.ask_guardians()] == [1, 0]
    assert circle.told(Template.RECOVERY_HELP) == [NEEMA]
    circle.help_out(recovery)


def test_without_an_answer_they_are_asked_after_a_day(circle: Circle) -> None:
    circle.name_guardian()
    circle.carrier(circle.chosen(sim=SimState.ASKED), None)
    assert circle.ask_guardians() == 0

    circle.now += timedelta(hours=24)

    assert circle.ask_guardians() == 1


def test_a_late_word_of_a_new_sim_makes_all_wait_and_gives_guardians_their_time(
    circle: Circle,
) -> None:
    circle.name_guardian()
    recovery = circle.chosen(sim=SimState.ASKED)
    circle.carrier(recovery, circle.now.date())

    circle.now += timedelta(hours=SIM_SWAP_HOURS, seconds=-1)
    assert not helps(circle, recovery)
    circle.now += timedelta(hours=RECOVERY_HOURS)
    assert finish(circle) == 0
    assert helps(circle, recovery)
    circle.now += timedelta(seconds=1)

    assert finish(circle) == 1, "nobody came: she begins anew"


def test_a_question_about_a_sim_that_nobody_answers_is_asked_once_more(circle: Circle) -> None:
    recovery = circle.start(sim=None)

    def asked() -> list[tuple[uuid.UUID, str]]:
        return onboarding.unasked_sims(circle.db, 5, now=circle.now)

    assert asked() == [(recovery.id, AMINA)]
    assert asked() == []
    circle.now += timedelta(seconds=SIM_ASK_AGAIN_SECONDS + 1)
    assert asked() == [(recovery.id, AMINA)]
    onboarding.note_sim_request(circle.db, asked_for=recovery.id, request=None)
    circle.now += timedelta(seconds=SIM_ASK_AGAIN_SECONDS + 1)
    assert recovery.sim is SimState.UNKNOWN
    recovery.sim = SimState.ASKED
    circle.now += timedelta(hours=SIM_ASK_HOURS)
    assert asked() == [], "nor for ever"
    recovery.sim = SimState.UNKNOWN
    assert asked() == [], "a carrier that takes no question is not asked again"


@pytest.mark.parametrize(
    ("swapped_on", "state"),
    [(date(1900, 1, 1), SimState.SETTLED), (date(2026, 11, 17), SimState.SETTLED),
     (date(2026, 11, 18), SimState.SWAPPED), (None, SimState.UNKNOWN)],
)  # fmt: skip
def test_of_the_carriers_answer_only_the_decision_is_kept(
    circle: Circle, swapped_on: date | None, state: SimState
) -> None:
    recovery = circle.start()
    onboarding.note_sim_request(circle.db, asked_for=recovery.id, request="r-1")

    onboarding.note_sim(circle.db, request="nobody's", swapped_on=swapped_on, now=circle.now)
    onboarding.note_sim(circle.db, request="r-1", swapped_on=swapped_on, now=circle.now)

    assert recovery.sim is state


def test_a_new_number_is_hers_with_the_agent_the_code_and_her_pin(circle: Circle) -> None:
    recovery = circle.start(new_phone=NEW)
    assert circle.told(Template.RECOVERY_CODE) == [NEW]
    assert circle.told(Template.NUMBER_ASKED) == [AMINA]
    circle.present()

    refused = take_number(circle, recovery, WRONG)
    assert refused is not None
    assert refused.code == "pin_wrong"

    assert people.by_phone(circle.db, NEW) is None


def take_number(circle: Circle, recovery: Recovery, pin: str) -> Refusal | None:
    return onboarding.take_number(
        circle.db,
        custody=circle.custody,
        recovery=recovery,
        pin=pin,
        session_id="s",
        now=circle.now,
    )


def test_an_agent_with_a_phone_of_his_own_cannot_use_up_her_guesses(circle: Circle) -> None:
    """He starts a new number for her, at his phone, and guesses her PIN there: too few to lock it, for a month."""
    recovery = circle.start(new_phone=NEW)
    circle.present()
    for _ in range(NUMBER_PIN_TRIES):
        refused = take_number(circle, recovery, WRONG)
        assert refused is not None
        assert refused.code == "pin_wrong"
    for _ in range(5):
        with pytest.raises(Refusal, match="pin_not_here"):
            take_number(circle, recovery, PIN)

    circle.now += timedelta(days=NUMBER_PIN_DAYS - 1)
    recovery = circle.start(new_phone=NEW)
    circle.present()
    with pytest.raises(Refusal, match="pin_not_here"):
        take_number(circle, recovery, WRONG)

    circle.unlock(AMINA, PIN).close()
    assert circle.told(Template.PIN_LOCKED) == []


def test_after_the_move_the_old_number_is_nobodys(circle: Circle) -> None:
    recovery = circle.start(new_phone=NEW)
    circle.present()
    assert onboarding.of_new_number(circle.db, NEW) == recovery

    assert take_number(circle, recovery, PIN) is None

    user = people.by_phone(circle.db, NEW)
    assert user
    assert user.id == circle.ids[AMINA]
    assert people.by_phone(circle.db, AMINA) is None
    assert circle.told(Template.NUMBER_CHANGED) == [AMINA, NEW]


def test_a_new_number_without_the_pin_waits_like_a_new_pin(circle: Circle) -> None:
    circle.chosen(new_phone=NEW)
    assert circle.told(Template.RECOVERY_ASKED) == [AMINA], "the number of before may say no"

    circle.now += timedelta(hours=RECOVERY_HOURS)
    finish(circle)

    user = people.by_phone(circle.db, NEW)
    assert user
    assert user.id == circle.ids[AMINA]
    circle.unlock(AMINA, NEW_PIN).close()


@pytest.mark.parametrize("who", [AMINA, BARAKA])
def test_only_an_agent_begins_and_never_for_himself(circle: Circle, who: str) -> None:
    with pytest.raises(Refusal, match="agent_unfit"):
        circle.start(agent_id=circle.ids[who])
    with pytest.raises(Refusal, match="agent_unfit"):
        circle.start(user_id=circle.ids[JUMA])


def test_an_agent_of_another_organisation_does_not_know_her(circle: Circle) -> None:
    other = people.create_organisation(
        circle.db, name="Other", country="KE", currency="KES", timezone="Africa/Nairobi",
        support_phone="+254700999889",
    )  # fmt: skip
    people.get(circle.db, circle.ids[JUMA]).organisation_id = other.id
    circle.db.flush()

    with pytest.raises(Refusal, match="user_unknown"):
        circle.start()


def test_she_is_not_texted_codes_all_day(circle: Circle) -> None:
    for _ in range(RECOVERIES_BY_AGENT):
        circle.start()
    with pytest.raises(Refusal, match="recovery_too_often"):
        circle.start()

    for agent in (NEEMA, BARAKA):  # other agents can still help her, up to a limit of all
        people.get(circle.db, circle.ids[agent]).role = Role.AGENT
        for _ in range(RECOVERIES_BY_AGENT):
            circle.start(agent_id=circle.ids[agent])
    with pytest.raises(Refusal, match="recovery_too_often"):
        circle.start(agent_id=circle.ids[BARAKA])


def test_a_number_somebody_has_is_not_taken(circle: Circle) -> None:
    with pytest.raises(Refusal, match="phone_already_registered"):
        circle.start(new_phone=BARAKA)


def test_an_agent_who_was_told_so_too_often_learns_of_no_other_number(circle: Circle) -> None:
    mine = people.get(circle.db, circle.ids[JUMA]).organisation_id
    for _ in range(REFUSED_NUMBERS_PER_DAY):
        people.note_refused_number(
            circle.db, organisation_id=mine, by=circle.ids[JUMA], now=circle.now
        )

    for number in (BARAKA, NEW):
        with pytest.raises(Refusal, match="invitations_paused"):
            circle.start(new_phone=number)
    circle.start()
    circle.now += timedelta(days=1, seconds=1)
    circle.start(new_phone=NEW)


def test_what_nobody_goes_on_with_is_forgotten(circle: Circle) -> None:
    recovery = circle.start()
    circle.now += timedelta(days=RECOVERY_DAYS, seconds=1)

    finish(circle)

    assert recovery.state is RecoveryState.EXPIRED


def test_whoever_holds_a_phone_of_hers_cannot_put_his_pin_in_the_place_of_the_one_she_chose(
    circle: Circle,
) -> None:
    circle.name_guardian()
    asked = {"custody": circle.custody, "user_id": circle.ids[AMINA]}
    onboarding.choose_pin_anew(circle.db, keyring=circle.keyring, pin=WRONG, **asked)
    recovery = circle.start(new_phone=NEW)
    onboarding.choose_pin_anew(circle.db, keyring=circle.keyring, pin=WRONG, **asked)
    circle.present()

    for state in (RecoveryState.PRESENT, RecoveryState.CHOSEN):
        with pytest.raises(Refusal, match="recovery_first"):
            onboarding.choose_pin_anew(circle.db, keyring=circle.keyring, pin=WRONG, **asked)
        with pytest.raises(Refusal, match="recovery_first"):
            onboarding.confirm_pin_anew(circle.db, pin=NEW_PIN, now=circle.now, **asked)
        with pytest.raises(Refusal, match="recovery_first"):
            onboarding.change_pin(circle.db, old_pin=PIN, session_id="s", now=circle.now, **asked)
        assert recovery.state is state
        if state is RecoveryState.PRESENT:
            assert circle.choose(recovery)
    with pytest.raises(Refusal, match="recovery_over"):
        circle.choose(recovery, WRONG)

    circle.now += timedelta(hours=SIM_UNKNOWN_HOURS)
    circle.help_out(recovery)
    circle.unlock(AMINA, NEW_PIN).close()


def test_a_recovery_that_cannot_be_finished_holds_up_no_other(circle: Circle) -> None:
    taken = circle.chosen(new_phone=NEW)
    people.change_phone(circle.db, user_id=circle.ids[BARAKA], phone=NEW, now=circle.now)
    circle.now += timedelta(hours=RECOVERY_HOURS, seconds=1)
    before = did(circle)

    finish(circle)

    assert taken.state is RecoveryState.EXPIRED
    assert did(circle) == before
    circle.unlock(AMINA, PIN).close()
    assert circle.told(Template.RECOVERY_STOPPED) == [AMINA]
    with pytest.raises(Refusal, match="pin_not_chosen"):
        sscr.hand_over(circle.db, circle.ids[AMINA], b"k" * 32)


def test_with_a_record_that_is_destroyed_ends_the_way_back_into_it(circle: Circle) -> None:
    recovery = circle.chosen()

    onboarding.erase(
        circle.db,
        organisation_id=people.get(circle.db, circle.ids[AMINA]).organisation_id,
        user_id=circle.ids[AMINA],
        request="letter",
        by="staff",
        now=circle.now,
    )

    assert recovery.state is RecoveryState.CANCELLED
    circle.now += timedelta(hours=RECOVERY_HOURS, seconds=1)
    assert finish(circle) == 0


def test_two_pins_that_differ_are_chosen_again(circle: Circle) -> None:
    recovery = circle.start()
    circle.present()

    assert not circle.choose(recovery, again=WRONG)
    assert recovery.state is RecoveryState.PRESENT
    assert circle.choose(recovery)


def test_a_guardian_helps_after_the_pepper_was_rotated(circle: Circle) -> None:
    circle.name_guardian()
    old = circle.custody.service.kids()[-1]
    circle.custody.service.rotate()
    circle.unlock(AMINA).close()  # her wrap and her guardian's share follow
    circle.unlock(NEEMA).close()
    circle.custody.service.destroy(old)

    circle.help_out(circle.chosen())

    circle.unlock(AMINA, NEW_PIN).close()


def test_a_pin_is_changed_with_the_old_one_last(circle: Circle) -> None:
    asked = {"custody": circle.custody, "user_id": circle.ids[AMINA]}
    onboarding.choose_pin_anew(circle.db, keyring=circle.keyring, pin=NEW_PIN, **asked)
    assert onboarding.confirm_pin_anew(circle.db, pin=NEW_PIN, now=circle.now, **asked)
    with pytest.raises(Refusal, match="pin_wrong"):
        onboarding.change_pin(circle.db, old_pin=WRONG, session_id="s", now=circle.now, **asked)

    onboarding.change_pin(circle.db, old_pin=PIN, session_id="s", now=circle.now, **asked)

    circle.unlock(AMINA, NEW_PIN).close()
    assert circle.told(Template.PIN_CHANGED) == [AMINA]
    with pytest.raises(Refusal, match="pin_not_chosen"):
        onboarding.change_pin(circle.db, old_pin=NEW_PIN, session_id="s", now=circle.now, **asked)


def test_an_agent_who_types_her_pin_opens_his_own_record_or_none(circle: Circle) -> None:
    circle.name_guardian()
    with circle.unlock(AMINA, PIN) as hers:
        her_did = hers.did

    with circle.unlock(JUMA, PIN) as his:
        assert his.did != her_did
        with pytest.raises(Refusal, match="guardian_unfit"):
            sscr.data_key_by_guardian(
                circle.db, custody=circle.custody, guardian=his, owner_id=circle.ids[AMINA],
                receipt=sscr.new_receipt(circle.custody, purpose="x", session_id="s", now=circle.now),
            )  # fmt: skip


def test_erasing_destroys_the_record_for_ever_and_keeps_that_she_asked(circle: Circle) -> None:
    user = circle.ids[AMINA]
    with pytest.raises(Refusal, match="request_missing"):
        onboarding.erase(
            circle.db,
            organisation_id=people.get(circle.db, user).organisation_id,
            user_id=user,
            request=" ",
            by="staff",
            now=circle.now,
        )

    epoch = onboarding.erase(
        circle.db,
        organisation_id=people.get(circle.db, user).organisation_id,
        user_id=user,
        request="letter of 3 May",
        by="staff",
        now=circle.now,
    )
    circle.custody.service.erase(owner=str(user), epoch=epoch)

    assert sscr.record_of(circle.db, user) is None
    with pytest.raises(Refusal, match="no_record"):
        circle.unlock(AMINA)
    assert circle.told(Template.RECORD_ERASED) == [AMINA]
    assert people.get(circle.db, user).role is Role.BORROWER
    with pytest.raises(Refusal, match="no_record"):
        onboarding.erase(
            circle.db,
            organisation_id=people.get(circle.db, user).organisation_id,
            user_id=user,
            request="again",
            by="staff",
            now=circle.now,
        )


def test_every_text_of_custody_can_be_written(circle: Circle) -> None:
    circle.name_guardian()
    onboarding.tell_locked(
        circle.db, user_id=circle.ids[AMINA], at=circle.now, minutes=15, now=circle.now
    )
    onboarding.tell_locked(
        circle.db, user_id=circle.ids[AMINA], at=circle.now, minutes=15, now=circle.now
    )
    onboarding.tell_locked(
        circle.db,
        user_id=circle.ids[AMINA],
        at=circle.now + timedelta(hours=1),
        minutes=1440,
        now=circle.now,
    )
    onboarding.tell_locked(
        circle.db,
        user_id=circle.ids[AMINA],
        at=circle.now + timedelta(days=1),
        minutes=0,
        now=circle.now,
    )

    locked = [one.text for one in circle.texts(Template.PIN_LOCKED)]
    assert ["15 minutes" in locked[0], "24 hours" in locked[1], len(locked)] == [True, True, 2]
    assert circle.told(Template.PIN_BLOCKED) == [AMINA]
