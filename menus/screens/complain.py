"""Help: whom to call, how to complain, and what became of it."""

from __future__ import annotations

from core import lending, messaging
from core.lending import About, Complaint, ComplaintState
from core.messaging import Sending
from core.words import mark
from menus.dialogs import Dialog
from menus.page import End, Page
from menus.screen import Guard, Retry, pick
from menus.screens.entry import me, support
from menus.screens.say import day
from menus.screens.table import menu
from menus.world import World

SUBJECTS = {
    1: (About.PAYMENT, mark("A payment")),
    2: (About.COST, mark("A cost or a fee")),
    3: (About.TREATMENT, mark("How I was treated")),
    4: (About.DATA, mark("My data")),
    5: (About.OTHER, mark("Something else")),
}  # for ever
NO_WORDS = "1"
REMINDERS = {False: mark("No more reminders"), True: mark("Reminders again")}


def read_help(world: World, _: Dialog, typed: str) -> str:
    target = pick(typed, {1: "complain", 2: "complaint.mine", 3: "reminders"})
    if target == "reminders":
        _change_reminders(world)
    return target


def _change_reminders(world: World) -> None:
    """What STOP and START do by text, for who cannot or would not text us."""
    phone = world.caller.phone
    if messaging.is_opted_out(world.db, phone):
        messaging.opt_in(world.db, phone=phone, now=world.now)
    else:
        messaging.opt_out(world.db, phone=phone, source="menu", now=world.now)


@menu.screen("help", read=read_help)
def tell_help(world: World, _: Dialog) -> Page:
    lines = [world.say("Help: call {support}.", support=support(world))]
    sending = Sending.of(world.node.settings)
    sender = sending.sender_for(world.caller.phone)
    if sender and sending.can_be_answered(world.caller.phone):
        lines.append(
            world.say(
                "SMS to {sender}: BAL your balance, PAY how to pay, STOP no reminders.",
                sender=sender,
            )
        )
    return Page(
        "\n".join(lines),
        [
            (1, world.say("Complain")),
            (2, world.say("My complaint")),
            (3, world.say(REMINDERS[messaging.is_opted_out(world.db, world.caller.phone)])),
        ],
    )


@menu.told("reminders")
def tell_reminders(world: World, _: Dialog) -> Page:
    if not messaging.is_opted_out(world.db, world.caller.phone):
        return Page(world.say("You will get payment reminders again."))
    return Page(world.say("You will get no more payment reminders. Receipts and codes still come."))


def read_subject(_: World, dialog: Dialog, typed: str) -> str:
    dialog.answers["about"] = pick(
        typed, {number: about for number, (about, _) in SUBJECTS.items()}
    )
    return "complain.words"


@menu.screen("complain", read=read_subject)
def ask_subject(world: World, _: Dialog) -> Page:
    options = [(number, world.say(label)) for number, (_, label) in SUBJECTS.items()]
    return Page(world.say("What is it about?"), options)


def read_words(world: World, dialog: Dialog, typed: str) -> str | End:
    made = lending.complaints.complain(
        world.db, user_id=me(world), about=About(dialog.answers["about"]),
        words="" if typed == NO_WORDS else typed, idempotency_key=world.key, now=world.now,
    )  # fmt: skip
    return End(
        world.say(
            "Thank you for telling us. Your ticket is {ticket}. You get an answer by {day}; it costs you nothing.",
            ticket=made.ticket,
            day=day(world, made.due_on),
        )
    )


@menu.screen("complain.words", read=read_words, guard=Guard.MONEY)
def ask_words(world: World, _: Dialog) -> Page:
    return Page(
        world.say("Tell us in a few words what happened, or type 1 to send it without words.")
    )


def read_mine(world: World, _: Dialog, typed: str) -> str:
    found = lending.complaints.newest(world.db, me(world))
    if found is None:
        return pick(typed, {1: "complain"})
    if found.state is not ComplaintState.ANSWERED:
        raise Retry
    is_content = pick(typed, {1: True, 2: False})
    lending.complaints.content(
        world.db, user_id=me(world), ticket=found.ticket, is_content=is_content, now=world.now
    )
    return "complaint.mine"


@menu.screen("complaint.mine", read=read_mine)
def show_mine(world: World, _: Dialog) -> Page:
    found = lending.complaints.newest(world.db, me(world))
    if found is None:
        return Page(world.say("You have no complaint with us."), [(1, world.say("Complain"))])
    if found.state is ComplaintState.ANSWERED:
        options = [(1, world.say("I am content")), (2, world.say("I am not content"))]
        return Page(f"{found.ticket}: {found.answer}", options)
    return Page(_where(world, found))


def _where(world: World, found: Complaint) -> str:
    if found.state is ComplaintState.CLOSED:
        return world.say("Complaint {ticket} is closed. Thank you.", ticket=found.ticket)
    said = mark("We have complaint {ticket}. You get an answer by {day}.")
    if found.state is ComplaintState.ESCALATED:
        said = mark("Complaint {ticket} is with the manager, who answers by {day}.")
    text = world.say(said, ticket=found.ticket, day=day(world, found.due_on))
    regulator = world.node.settings.regulator
    if not regulator:
        return text
    above = world.say("You may also turn to {regulator}.", regulator=regulator)
    return f"{text} {above}"
