"""The agent's own menu: he starts what he cannot finish. He types his own PIN and her code, never her PIN."""

from __future__ import annotations

import uuid

from config.limits import CODE_DIGITS
from core import onboarding, people
from core.errors import Refusal
from core.people import CodeCheck
from core.refusal_codes import RefusalCode
from core.words import mark
from menus.dialogs import Dialog
from menus.page import End, Page
from menus.refusals import SENTENCES
from menus.screen import Field, Guard, Retry
from menus.screens.entry import me
from menus.screens.guardians import a_number
from menus.screens.pin import opened
from menus.screens.say import initials
from menus.screens.table import menu
from menus.world import World

ALREADY = "phone_already_registered"
menu.choices(
    "agent",
    mark("Agent"),
    [
        (1, mark("Forgotten PIN"), "agent.pin"),
        (2, mark("New number"), "agent.number"),
        (3, mark("My own menu"), "home"),
    ],
    home=True,
)


def known(world: World, typed: str) -> str:
    """The id of the person with this number, if they have one organisation; of others nothing is told."""
    found = people.by_phone(world.db, a_number(world, typed))
    mine = people.get(world.db, me(world)).organisation_id
    if found is None or found.organisation_id != mine:
        raise Refusal(RefusalCode.USER_UNKNOWN)
    return str(found.id)


_MEMBER = Field("member", mark("Type the number we know her by. She must be with you."), known)
menu.form("agent.pin", [_MEMBER], then="agent.start")
menu.form(
    "agent.number",
    [_MEMBER, Field("new", mark("Type her new number. That phone must be with you."), a_number)],
    then="agent.start",
)


def read_start(world: World, dialog: Dialog, typed: str) -> str | End:
    try:
        with opened(world, typed, onboarding.AGENT_HELP):
            onboarding.start_recovery(
                world.db, keyring=world.node.keyring, agent_id=me(world), user_id=_member(dialog),
                service_code=world.node.settings.service_code, new_phone=dialog.answers.get("new"),
                now=world.now,
            )  # fmt: skip
    except Refusal as refusal:
        if refusal.code != ALREADY:
            raise
        return _already_with_us(world)
    return "agent.code"


def _already_with_us(world: World) -> End:
    """Told, and counted: else an agent could try number after number for whose customers they are."""
    world.db.rollback()
    mine = people.get(world.db, me(world)).organisation_id
    people.note_refused_number(world.db, organisation_id=mine, by=me(world), now=world.now)
    return End(world.say(SENTENCES[ALREADY]))


@menu.screen("agent.start", read=read_start, guard=Guard.PIN)
def ask_start(world: World, dialog: Dialog) -> Page:
    name = initials(world, _member(dialog))
    return Page(
        world.say(
            "You see {name} before you and know the person? Type your own PIN. We then text a code to that phone.",
            name=name,
        )
    )


def read_code(world: World, dialog: Dialog, typed: str) -> End:
    if not (typed.isascii() and typed.isdecimal() and len(typed) == CODE_DIGITS):
        raise Retry(world.say("The code is a number of 6 digits."))
    found = onboarding.be_present(
        world.db, keyring=world.node.keyring, agent_id=me(world), user_id=_member(dialog), code=typed,
        now=world.now,
    )  # fmt: skip
    if found is CodeCheck.WRONG:
        raise Retry(world.say("That is not the code from our SMS. Please look again."))
    if found is CodeCheck.VOID:
        return End(world.say("This code is no longer valid. Please begin again."))
    code = world.node.settings.service_code
    return End(world.say("Right. Now {name} dials {code} and goes on alone: look away from the PIN.",
                         name=people.get(world.db, _member(dialog)).given_name, code=code))  # fmt: skip


@menu.screen("agent.code", read=read_code)
def ask_code(world: World, _: Dialog) -> Page:
    return Page(world.say("Type the 6-digit code that came to that phone by SMS."))


def _member(dialog: Dialog) -> uuid.UUID:
    return uuid.UUID(dialog.answers["member"])
