"""When it turns out differently: she gives the loan back at no cost while she may, or asks for time to pay."""

from __future__ import annotations

from core import lending
from core.errors import Refusal
from core.money import Money
from core.refusal_codes import RefusalCode
from menus.dialogs import Dialog
from menus.page import End, Page
from menus.screens.entry import me, support
from menus.screens.repay import ask_phone, my_loan, today
from menus.screens.say import day
from menus.screens.table import menu
from menus.world import World


def what_to_return(world: World) -> Money:
    """What ends the loan while she may change her mind: what she got, and no interest."""
    loan = my_loan(world)
    return lending.payoff(world.db, loan.id, on=today(world, loan))


def give_back(world: World, _: Dialog) -> End:
    loan = my_loan(world)
    if lending.may_give_back(world.db, loan.id, on=today(world, loan)) is None:
        raise Refusal(RefusalCode.LOAN_NOT_RETURNABLE)
    return ask_phone(world, what_to_return(world))


@menu.confirmation("loan.give_back", yes=give_back)
def confirm_give_back(world: World, _: Dialog) -> Page:
    loan = my_loan(world)
    until = lending.may_give_back(world.db, loan.id, on=today(world, loan))
    if until is None:
        raise Refusal(RefusalCode.LOAN_NOT_RETURNABLE)
    return Page(
        world.say(
            "You may give the loan back until {day}. You return {money}, no interest and no fee. Do it now?",
            day=day(world, until),
            money=what_to_return(world),
        )
    )


def ask_for_time(world: World, _: Dialog) -> End:
    asked = lending.hardship.ask_for_time(
        world.db, loan_id=my_loan(world).id, user_id=me(world), now=world.now
    )
    return End(
        world.say(
            "Thank you for telling us early. We look for a way and tell you by {day}. Or call {support}.",
            day=day(world, asked.due_on),
            support=support(world),
        )
    )


@menu.confirmation("loan.hardship", yes=ask_for_time)
def confirm_hardship(world: World, _: Dialog) -> Page:
    return Page(
        world.say(
            "It happens to many. Shall we ask the staff to give you more time? Asking costs nothing."
        )
    )
