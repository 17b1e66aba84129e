"""Her PIN: another one, the new one twice and the old one last; and the PIN that proves a silent number hers."""

from __future__ import annotations

from core import onboarding, people, sscr
from core.words import mark
from menus.dialogs import Dialog
from menus.page import End, Page
from menus.screen import Guard
from menus.screens.entry import me, support
from menus.screens.say import moment_here
from menus.screens.table import menu, start
from menus.world import World

menu.choices(
    "pin",
    mark("My PIN"),
    [
        (1, mark("Change my PIN"), "pin.new"),
        (2, mark("My guardians"), "guardians"),
        (3, mark("Help a friend"), "friend"),
    ],
)


def read_new(world: World, _: Dialog, typed: str) -> str:
    onboarding.choose_pin_anew(
        world.db,
        keyring=world.node.keyring,
        custody=world.node.custody,
        user_id=me(world),
        pin=typed,
    )
    return "pin.again"


@menu.screen("pin.new", read=read_new, guard=Guard.PIN)
def ask_new(world: World, _: Dialog) -> Page:
    return Page(world.say("Choose your new PIN of 6 digits. Tell nobody, not even us."))


@menu.screen("pin.differs", read=read_new, guard=Guard.PIN)
def ask_afresh(world: World, _: Dialog) -> Page:
    return Page(world.say("The two PINs were not the same. Choose a PIN of 6 digits once more."))


def read_again(world: World, _: Dialog, typed: str) -> str:
    same = onboarding.confirm_pin_anew(
        world.db, custody=world.node.custody, user_id=me(world), pin=typed, now=world.now
    )
    return "pin.old" if same else "pin.differs"


@menu.screen("pin.again", read=read_again, guard=Guard.PIN)
def ask_again(world: World, _: Dialog) -> Page:
    return Page(world.say("Type the same PIN again."))


def read_old(world: World, _: Dialog, typed: str) -> str:
    onboarding.change_pin(
        world.db, custody=world.node.custody, user_id=me(world), old_pin=typed,
        session_id=world.session_id, now=world.now,
    )  # fmt: skip
    return "pin.changed"


@menu.screen("pin.old", read=read_old, guard=Guard.PIN)
def ask_old(world: World, _: Dialog) -> Page:
    return Page(world.say("Now type your old PIN once more. From then on the new one counts."))


@menu.told("pin.changed")
def changed(world: World, _: Dialog) -> Page:
    return Page(world.say("Done. Your new PIN opens your record, the old one nothing."))


def opened(world: World, pin: str, purpose: str, *, for_guardian: bool = False) -> sscr.Unlocked:
    """The caller's own record, open for one purpose."""
    return sscr.unlock(
        world.db, custody=world.node.custody, owner_id=me(world), pin=pin, purpose=purpose,
        session_id=world.session_id, now=world.now, for_guardian=for_guardian,
    )  # fmt: skip


def read_check(world: World, _: Dialog, typed: str) -> str:
    with opened(world, typed, "number check"):
        people.note_seen(world.db, user_id=me(world), now=world.now)
    return start(world)


@menu.screen("number.check", read=read_check, guard=Guard.PIN, home=True)
def ask_check(world: World, _: Dialog) -> Page:
    return Page(
        world.say("This number has not dialled for long. Type your PIN, so that we know it is you.")
    )


@menu.screen("number.seen", home=True)
def show_seen(world: World, _: Dialog) -> End:
    return End(
        world.say(
            "This number has not dialled for long, and your PIN went with your record to your wallet. Please see your "
            "agent, or call {support}.",
            support=support(world),
        )
    )


def due(world: World, recovery: onboarding.Recovery) -> str:
    """When a new PIN works at the latest, on her clock."""
    assert recovery.ready_at is not None
    return moment_here(world, recovery.user_id, recovery.ready_at)
