"""Her group: what standing in for each other means, her yes with her PIN, and how the deposits stand."""

from __future__ import annotations

import hashlib
import uuid
from decimal import Decimal

from core import people, sscr
from core.errors import Refusal
from core.lending import Loan, community, groups, projects
from core.money import Money
from core.onboarding import GROUP
from core.refusal_codes import RefusalCode
from menus.dialogs import Dialog
from menus.page import Page
from menus.screen import Guard, Retry
from menus.screens.entry import me
from menus.screens.loan_steps import next_step
from menus.screens.table import menu
from menus.world import World


def liability(world: World, dialog: Dialog) -> str:
    """What she agrees to, as she reads it; this very text is kept with her place in the group."""
    project_id = uuid.UUID(dialog.answers["project"])
    found = groups.of(world.db, project_id, me(world))
    if found is None:
        raise Refusal(RefusalCode.GROUP_NEEDED)
    names = [
        people.get(world.db, one.user_id).given_name
        for one in groups.members(world.db, found[0].id)
        if one.user_id != me(world)
    ]
    return "\n".join(
        [
            world.say("Group {group}. With you: {names}.", group=found[0].name, names=", ".join(names) or "-"),
            world.say(
                "When you get a loan, {rate}% of it is kept as your deposit.",
                rate=_plain(projects.get(world.db, project_id).risk_deposit_rate),
            ),
            world.say("If a member cannot pay back, the deposits pay: hers first, then a part of everybody's."),
            world.say("You answer with your deposit, never with more."),
            world.say("What is left of it comes back when the project ends, after those who lent the money are paid."),
            world.say("You may leave when no loan of the group runs."),
        ]
    )  # fmt: skip


def read_group(_: World, __: Dialog, typed: str) -> str:
    if typed != "1":
        raise Retry
    return "group.accept"


@menu.screen("group", read=read_group, guard=Guard.TERMS)
def show_group(world: World, dialog: Dialog) -> Page:
    text = liability(world, dialog)
    dialog.answers["group"] = _fingerprint(text)
    return Page(text, [(1, world.say("I agree"))])


def read_accept(world: World, dialog: Dialog, typed: str) -> str:
    text = liability(world, dialog)
    if _fingerprint(text) != dialog.answers["group"]:
        return "group"  # somebody came or went meanwhile: she agrees only to what she read
    with sscr.unlock(
        world.db, custody=world.node.custody, owner_id=me(world), pin=typed, purpose=GROUP,
        session_id=world.session_id, now=world.now,
    ):  # fmt: skip
        groups.agree(
            world.db, project_id=uuid.UUID(dialog.answers["project"]), user_id=me(world), text=text,
            language=world.words.language, now=world.now,
        )  # fmt: skip
    return "group.agreed"


@menu.screen("group.accept", read=read_accept, guard=Guard.PIN)
def ask_pin(world: World, _: Dialog) -> Page:
    return Page(world.say("Type your PIN to stand in for your group, and your group for you."))


def read_agreed(world: World, dialog: Dialog, typed: str) -> str:
    if typed != "1":
        raise Retry
    return next_step(world, dialog)


@menu.screen("group.agreed", read=read_agreed)
def tell_agreed(world: World, _: Dialog) -> Page:
    return Page(
        world.say("Thank you. You and your group stand in for each other now."),
        [(1, world.say("Get a loan"))],
    )


def standing(world: World, loan: Loan) -> str:
    """One line: what her deposits hold, and those of her group. Nobody is named."""
    found = groups.of(world.db, loan.project_id, me(world))
    if loan.group_id is None or found is None:
        return ""
    here = (Loan.group_id == loan.group_id,)
    all_of_it = community.held(world.db, loan.currency, *here)
    hers = community.held(world.db, loan.currency, *here, Loan.user_id == me(world))
    return world.say(
        "Your deposit {deposit}. Group {group}: {total} in all.",
        deposit=loan.money(sum(hers.values())),
        group=found[0].name,
        total=loan.money(sum(all_of_it.values())),
    )


def debt(world: World, loan: Loan) -> str:
    """One line: what she still owes to the deposits of her neighbours."""
    if not (found := owed(world, loan)):
        return ""
    return world.say("Your group paid for you: you owe it {owed}.", owed=found)


def owed(world: World, loan: Loan) -> Money:
    """What her neighbours' deposits paid for this loan and did not get back, in whole payable units."""
    found, step = community.owed_to_group(world.db, loan), loan.terms.step
    return loan.money(-(-found.minor // step) * step)


def _plain(rate: Decimal) -> str:
    return f"{rate.normalize():f}"


def _fingerprint(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
