"""The way back in by phone: a new PIN with an agent's help, a new number, and the word that stops both."""

from __future__ import annotations

from core import onboarding, people
from core.errors import Refusal
from core.onboarding import Recovery, RecoveryState
from core.refusal_codes import RefusalCode
from menus.dialogs import Dialog
from menus.page import End, Page
from menus.screen import Guard, Retry, pick
from menus.screens.pin import due
from menus.screens.table import menu
from menus.world import World

NEW_PIN, STOP, GO_ON, KNOWN = "recovery.pin", "recovery.stop", "home", "number.pin"


def under_way(world: World) -> Recovery:
    """What was asked for in her name, from either number; refuses where it is over."""
    phone, mine = world.caller.phone, world.caller.user_id
    found = (
        onboarding.of_new_number(world.db, phone)
        if mine is None
        else onboarding.of_user(world.db, mine)
    )
    if found is None:
        raise Refusal(RefusalCode.RECOVERY_OVER)
    return found


def ways(world: World) -> dict[int, str]:
    """What she may do, by the number she types; a number means the same always."""
    recovery = under_way(world)
    if recovery.new_phone is None and recovery.state is RecoveryState.PRESENT:
        return {1: NEW_PIN, 2: STOP, 3: GO_ON}
    return {2: STOP, 3: GO_ON}


def read_recovery(world: World, _: Dialog, typed: str) -> str:
    return pick(typed, ways(world))


@menu.screen("recovery", read=read_recovery, home=True)
def show_recovery(world: World, _: Dialog) -> Page:
    recovery = under_way(world)
    agent = people.get(world.db, recovery.agent_id).given_name
    labels = {
        1: world.say("Choose a new PIN"),
        2: world.say("No: stop it"),
        3: world.say("Main menu"),
    }
    if recovery.new_phone is not None:
        text = world.say("{agent} asks to move your account to another number.", agent=agent)
    elif recovery.state is RecoveryState.PRESENT:
        text = world.say("{agent} helps you to a new PIN.", agent=agent)
    else:
        text = world.say(
            "Your new PIN works from {time}, sooner if a guardian helps.", time=due(world, recovery)
        )
    return Page(text, [(number, labels[number]) for number in ways(world)])


def stop(world: World, _: Dialog) -> End:
    onboarding.stop_recovery(world.db, user_id=under_way(world).user_id, now=world.now)
    return End(world.say("It is stopped. All stays as it was."))


@menu.confirmation("recovery.stop", yes=stop, guard=Guard.NONE)
def ask_stop(world: World, _: Dialog) -> Page:
    return Page(world.say("Stop it? Your PIN and your number stay as they are."))


def read_pin(world: World, _: Dialog, typed: str) -> str:
    recovery = under_way(world)
    onboarding.choose_pin_anew(
        world.db, keyring=world.node.keyring, custody=world.node.custody,
        user_id=recovery.user_id, pin=typed, under_way=recovery,
    )  # fmt: skip
    return "recovery.again"


@menu.screen("recovery.pin", read=read_pin, guard=Guard.PIN)
def ask_pin(world: World, _: Dialog) -> Page:
    return Page(world.say("Choose your new PIN of 6 digits. Tell nobody, not even us."))


@menu.screen("recovery.differs", read=read_pin, guard=Guard.PIN)
def ask_afresh(world: World, _: Dialog) -> Page:
    return Page(world.say("The two PINs were not the same. Choose a PIN of 6 digits once more."))


def read_again(world: World, _: Dialog, typed: str) -> str:
    recovery = under_way(world)
    same = onboarding.confirm_pin_anew(
        world.db, custody=world.node.custody, user_id=recovery.user_id, pin=typed, now=world.now,
        service_code=world.node.settings.service_code, under_way=recovery,
    )  # fmt: skip
    return "recovery.waits" if same else "recovery.differs"


@menu.screen("recovery.again", read=read_again, guard=Guard.PIN)
def ask_again(world: World, _: Dialog) -> Page:
    return Page(world.say("Type the same PIN again."))


@menu.screen("recovery.waits")
def show_waiting(world: World, _: Dialog) -> End:
    return End(
        world.say(
            "Thank you. Your new PIN works from {time}. A guardian can help sooner: then your record stays as it is. "
            "Without one it begins empty.",
            time=due(world, under_way(world)),
        )
    )


def read_arrived(_: World, __: Dialog, typed: str) -> str:
    return pick(typed, {1: KNOWN, 2: NEW_PIN})


@menu.screen("number.new", read=read_arrived, home=True)
def show_arrived(world: World, _: Dialog) -> Page | End:
    recovery = under_way(world)
    if recovery.state is RecoveryState.CHOSEN:
        return End(_still_waits(world, recovery))
    options = [(1, world.say("I know my PIN")), (2, world.say("I forgot my PIN"))]
    return Page(world.say("Welcome. This becomes your number."), options)


def _still_waits(world: World, recovery: Recovery) -> str:
    """With her record in her own wallet there is no PIN, and only the number waits."""
    time = due(world, recovery)
    if recovery.helps_at is None:
        return world.say(
            "This becomes your number on {time}, unless your old number says no.", time=time
        )
    return world.say("Your new PIN works from {time}, sooner if a guardian helps.", time=time)


def read_known(world: World, _: Dialog, typed: str) -> End:
    refused = onboarding.take_number(
        world.db, custody=world.node.custody, recovery=under_way(world), pin=typed,
        session_id=world.session_id, now=world.now,
    )  # fmt: skip
    if refused is not None:
        raise Retry(menu.explain(world.words, refused))
    return End(world.say("This is your number now. Please dial again."))


@menu.screen("number.pin", read=read_known, guard=Guard.PIN)
def ask_known(world: World, _: Dialog) -> Page:
    return Page(world.say("Type your PIN. From then on this is your number."))
