"""Her loan: what is owed and when, the statement, and paying from her phone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from core import lending
from core.errors import Refusal
from core.lending import Loan, LoanStatus, StatementKind, StatementLine
from core.money import Money
from core.refusal_codes import RefusalCode
from core.words import mark
from menus.dialogs import Dialog
from menus.page import End, Page, option
from menus.screen import Agreed, Retry, pick
from menus.screens import group
from menus.screens.entry import me
from menus.screens.say import near_day, short_day, typed_amount
from menus.screens.table import menu
from menus.world import World

KINDS = {
    StatementKind.DISBURSED: mark("received"),
    StatementKind.FEE: mark("fee"),
    StatementKind.DEPOSIT: mark("deposit"),
    StatementKind.INTEREST: mark("interest"),
    StatementKind.CHARGE: mark("charge"),
    StatementKind.PENALTY: mark("late charge"),
    StatementKind.REPAID: mark("paid"),
    StatementKind.REVERSED: mark("taken back"),
    StatementKind.CORRECTED: mark("corrected"),
    StatementKind.REFUNDED: mark("returned"),
    StatementKind.WRITTEN_OFF: mark("given up"),
    StatementKind.RECOVERED: mark("paid of it after all"),
    StatementKind.ROUNDED: mark("cents let go"),
    StatementKind.WAIVED: mark("let go"),
    StatementKind.CASH_BACK: mark("cash-back"),
    StatementKind.COMPENSATED: mark("paid by your group"),
    StatementKind.DEPOSIT_BACK: mark("deposit back"),
    StatementKind.TO_GROUP: mark("back to your group"),
}
SIGNS = {1: "+", 0: "", -1: "-"}
NEXT = 1  # of the ways to pay
STATEMENT_LINES = 12  # what came before is one sum


def my_loan(world: World) -> Loan:
    """The open loan, else the latest; refuses where there never was one."""
    loan = lending.open_loan(world.db, me(world))
    if loan is not None:
        return loan
    latest = lending.loans_of(world.db, me(world), limit=1)
    if not latest:
        raise Refusal(RefusalCode.NO_LOAN)
    return latest[0]


def doings(world: World, loan: Loan) -> dict[int, tuple[str, str]]:
    """What she can do with her loan, by the lasting number she types: its label and its screen."""
    found = {2: (world.say("Statement"), "statement")}
    if (money := ways(world).get(NEXT)) if _is_owed(loan) else None:
        found[1] = (world.say("Pay {money} now", money=money), "repay.confirm")
        found[5] = (world.say("Pay more or less"), "repay")
    elif group.owed(world, loan):
        found[1] = (world.say("Pay"), "repay")
    if not _is_owed(loan):
        return dict(sorted(found.items()))
    if lending.may_give_back(world.db, loan.id, on=today(world, loan)):
        found[3] = (world.say("Give the loan back"), "loan.give_back")
    else:
        found[4] = (world.say("I cannot pay now"), "loan.hardship")
    return dict(sorted(found.items()))


def today(world: World, loan: Loan) -> date:
    """The day it is where her loan was given."""
    return lending.today(world.db, loan.id, now=world.now)


def read_mine(world: World, dialog: Dialog, typed: str) -> str | Agreed:
    label, screen = pick(typed, doings(world, my_loan(world)))
    if screen != "repay.confirm":
        return screen
    money = ways(world)[NEXT]
    assert money is not None
    dialog.answers["pay"] = money.plain
    return Agreed(screen) if _has_read(dialog, option(1, label)) else screen


def _has_read(dialog: Dialog, line: str) -> bool:
    """Whether this very line was on her page: the amount may have changed since."""
    return any(line in part.split("\n") for part in dialog.parts)


@menu.screen("loan.mine", read=read_mine)
def show_mine(world: World, dialog: Dialog) -> Page:
    dialog.answers.pop("pay", None)  # nothing is begun: a dropped session is not offered again
    loan = my_loan(world)
    if loan.may_be_cancelled:
        return Page(
            world.say(
                "The money of loan {code} did not arrive. You owe nothing and can ask again.",
                code=loan.code,
            )
        )
    if loan.status is LoanStatus.APPROVED:
        return Page(world.say("Loan {code} is agreed. The money is on its way.", code=loan.code))
    options = [(number, label) for number, (label, _) in doings(world, loan).items()]
    lines = [_told(world, loan), group.debt(world, loan), group.standing(world, loan)]
    return Page("\n".join(line for line in lines if line), options)


def _told(world: World, loan: Loan) -> str:
    if _is_owed(loan):
        return _owed(world, loan, lending.standing(world.db, loan.id, on=today(world, loan)))
    if group.owed(world, loan):
        return world.say("Loan {code} has ended.", code=loan.code)
    return world.say("Loan {code} is repaid. Thank you!", code=loan.code)


def _owed(world: World, loan: Loan, now: lending.Standing) -> str:
    text = world.say(
        "Loan {code}: you owe {outstanding}.", code=loan.code, outstanding=now.outstanding
    )
    if now.days_late:
        late = world.words.many("{count} day late", "{count} days late", now.days_late)
        return f"{text} " + world.say("Due now: {money} ({late}).", money=now.due_now, late=late)
    if now.next_due_on is None:
        return text
    return f"{text} " + world.say(
        "Next: {money} by {day}.",
        money=now.next_due,
        day=near_day(world, now.next_due_on, today(world, loan)),
    )


def ways(world: World) -> dict[int, Money | None]:
    """What she may choose to pay, by number; None is an amount of her own."""
    loan = my_loan(world)
    on = today(world, loan)
    now, payoff = (
        lending.standing(world.db, loan.id, on=on),
        lending.payoff(world.db, loan.id, on=on),
    )
    if owed := group.owed(
        world, loan
    ):  # her group comes first, so that less than this ends nothing
        return {2: payoff + owed, 3: None}
    return {
        NEXT: min(now.next_due, payoff),
        2: payoff,
        3: None,
    }  # nobody pays more than ends it today


def read_way(world: World, dialog: Dialog, typed: str) -> str:
    money = pick(typed, ways(world))
    if money is None:
        return "repay.amount"
    dialog.answers["pay"] = money.plain
    return "repay.confirm"


@menu.screen("repay", read=read_way)
def ask_way(world: World, _: Dialog) -> Page:
    labels = {
        1: mark("Next payment"),
        2: mark("All of it today, and be done"),
        3: mark("Another amount"),
    }
    options = [
        (number, world.say(labels[number]) + (f": {money}" if money is not None else ""))
        for number, money in ways(world).items()
    ]
    return Page(world.say("What would you like to pay?"), options)


def read_amount(world: World, dialog: Dialog, typed: str) -> str:
    money, all_of_it = typed_amount(world, typed), ways(world)[2]
    if not money:
        raise Refusal(RefusalCode.AMOUNT_UNREADABLE)
    if all_of_it is not None and all_of_it < money:
        raise Retry(world.say("You owe {money} in all. Please type no more.", money=all_of_it))
    dialog.answers["pay"] = money.plain
    return "repay.confirm"


@menu.screen("repay.amount", read=read_amount)
def ask_amount(world: World, _: Dialog) -> Page:
    return Page(world.say("How much do you want to pay now? Whole shillings, e.g. 500."))


def ask_phone(world: World, money: Money) -> End:
    """Let a prompt for so much come to her phone as soon as the menu is out of its way, and say so."""
    loan = my_loan(world)
    lending.repay(
        world.db, loan_id=loan.id, amount=money, user_id=me(world), idempotency_key=world.key,
        now=world.now,
    )  # fmt: skip
    return End(
        world.say(
            "In a moment your phone asks for your M-PESA PIN. If it does not: Pay Bill {paybill}, account {code}.",
            paybill=world.node.settings.mpesa_short_code,
            code=loan.code,
        )
    )


def pay(world: World, dialog: Dialog) -> End:
    return ask_phone(world, typed_amount(world, dialog.answers["pay"]))


@menu.confirmation("repay.confirm", yes=pay)
def confirm(world: World, dialog: Dialog) -> Page:
    loan, money = my_loan(world), typed_amount(world, dialog.answers["pay"])
    return Page(
        world.say("Pay {money} for loan {code} from your M-PESA?", money=money, code=loan.code)
    )


def read_statement(world: World, _: Dialog, typed: str) -> str:
    if typed != "1" or not _is_owed(my_loan(world)):
        raise Retry
    return "repay"


@menu.screen("statement", read=read_statement)
def show_statement(world: World, _: Dialog) -> Page:
    loan = my_loan(world)
    on = today(world, loan)
    lines = lending.statement(world.db, loan.id, on=on)
    shown, before = lines[-STATEMENT_LINES:], lines[:-STATEMENT_LINES]
    text = [world.say("Statement of loan {code}", code=loan.code)]
    if before:
        carried = lending.owed(before, loan.currency)
        text.append(world.say("Before: {money}", money=carried))
    text += [_line(world, line) for line in shown]
    if not lines:
        text.append(world.say("Nothing yet."))
    options = [(1, world.say("Pay"))] if _is_owed(loan) else []
    return Page("\n".join([*text, *_sum(world, loan, lines, on)]), options)


def _line(world: World, line: StatementLine) -> str:
    return (
        f"{short_day(world, line.on)} {SIGNS[line.sign]}{line.money} {world.say(KINDS[line.kind])}"
    )


def _sum(world: World, loan: Loan, lines: Sequence[StatementLine], on: date) -> Iterator[str]:
    """What she owes so far, and what the schedule still adds."""
    owed = lending.owed(lines, loan.currency)
    if not _is_owed(loan):
        return
    yield world.say("You owe so far: {money}", money=owed)
    to_come = lending.standing(world.db, loan.id, on=on).outstanding - owed
    if to_come:
        yield world.say("Interest to come: {money}", money=to_come)


def _is_owed(loan: Loan) -> bool:
    return loan.status in (LoanStatus.DISBURSED, LoanStatus.DEFAULTED)
