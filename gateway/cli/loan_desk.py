"""What the staff may do to a running loan: `growr loan charge`, waive, reschedule, pause, rate, write-off and so on."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

import click

from config.limits import NOTICE_DAYS
from core import money
from core.lending import Loan, disbursing, servicing, servicing_end
from core.lending.state import Part
from gateway.cli.loan_orders import carry_out, order_options


def day(text: str) -> date | timedelta:
    """A day, 2027-03-31, or so many days from today, +30."""
    try:
        return timedelta(days=int(text)) if text[:1] in "+-" else date.fromisoformat(text)
    except (ValueError, OverflowError):
        said = f"{text} is neither a day (2027-03-31) nor so many days from today (+30)"
        raise click.BadParameter(said) from None


PARTS = {"interest": Part.INTEREST, "fees": Part.FEE, "penalties": Part.PENALTY}


@click.command()
@order_options
@click.option("--amount", required=True, help="Whole units of its currency.")
@click.option("--due", type=day, help=f"When it is owed; by default in {NOTICE_DAYS} days.")
@click.option("--penalty", is_flag=True, help="A penalty, not a fee.")
def charge(amount: str, due: date | timedelta | None, *, penalty: bool, **order: Any) -> None:
    """Add a fee or a penalty that was not agreed; she is told, and owes it in 30 days at the soonest."""
    verb = servicing.charge_penalty if penalty else servicing.charge_fee

    def given(loan: Loan, today: date) -> dict[str, Any]:
        due_on = _day(due or timedelta(days=NOTICE_DAYS), today)
        return {"amount": money.parse(loan.currency, amount), "due_on": due_on}

    carry_out(verb, given, order)


@click.command()
@order_options
@click.argument("part", type=click.Choice(list(PARTS)))
@click.option("--amount", required=True, help="Whole units of its currency.")
@click.option("--on", type=day, help="Its value date; by default today.")
def waive(part: str, amount: str, on: date | timedelta | None, **order: Any) -> None:
    """Let go of interest, fees or penalties she owes, the oldest first."""

    def given(loan: Loan, today: date) -> dict[str, Any]:
        asked = money.parse(loan.currency, amount)
        return {"part": PARTS[part], "amount": asked, "on": _day(on, today)}

    carry_out(servicing.waive, given, order)


@click.command()
@order_options
@click.option("--due", type=day, required=True, help="Date of the next instalment.")
@click.option(
    "--instalments", type=click.IntRange(1), help="Into so many; else as many as are left."
)
def reschedule(due: date | timedelta, instalments: int | None, **order: Any) -> None:
    """Put everything unpaid, overdue or not, on new dates; and into another number of instalments."""
    carry_out(
        servicing.reschedule,
        lambda _, today: {"due_on": _day(due, today), "instalments": instalments},
        order,
    )


@click.command()
@order_options
@click.argument("what", type=click.Choice(["arrears", "interest"]))
@click.option("--until", type=day, required=True, help="Its last day.")
@click.option("--from", "since", type=day, help="Its first day; by default today.")
def pause(what: str, until: date | timedelta, since: date | timedelta | None, **order: Any) -> None:
    """Let no day count as late (in hardship), or let no interest run."""
    verb = servicing.pause_arrears if what == "arrears" else servicing.pause_interest
    carry_out(verb, lambda _, today: {"until": _day(until, today), "on": _day(since, today)}, order)


@click.command()
@order_options
@click.argument("percent")
@click.option("--on", type=day, help="From which day; by default today.")
def rate(percent: str, on: date | timedelta | None, **order: Any) -> None:
    """Lower the rate of interest, percent a year; it is never raised."""
    try:
        wanted = Decimal(percent)
    except InvalidOperation:
        raise click.BadParameter(f"not a number: {percent}") from None
    carry_out(
        servicing.change_rate, lambda _, today: {"rate": wanted, "on": _day(on, today)}, order
    )


@click.command()
@order_options
@click.option("--amount", help="Less than the tranche; the rest of it is in the next one.")
def disburse(amount: str | None, **order: Any) -> None:
    """Send the next tranche of a loan, once you have seen the work of the last one."""

    def given(loan: Loan, _: date) -> dict[str, Any]:
        return {"amount": money.parse(loan.currency, amount) if amount else None}

    carry_out(disbursing.disburse, given, order)


@click.command("cancel-rest")
@order_options
def cancel_rest(**order: Any) -> None:
    """Cancel what was not paid out yet of a loan in tranches; she does not owe it."""
    carry_out(disbursing.cancel_rest, _nothing, order)


@click.command("write-off")
@order_options
def write_off(**order: Any) -> None:
    """Give up a loan in default; money that still comes in is a recovery."""
    carry_out(servicing_end.write_off, _nothing, order)


@click.command("close")
@order_options
def close_residue(**order: Any) -> None:
    """Close a loan of which only a few units are left."""
    carry_out(servicing_end.close_residue, _nothing, order)


@click.command()
@order_options
@click.argument("event", type=click.IntRange(0))
def reverse(event: int, **order: Any) -> None:
    """Take back a mistake of ours, by the number of its EVENT (growr loan show)."""
    carry_out(servicing_end.reverse, lambda _, __: {"number": event}, order)


def _nothing(_: Loan, __: date) -> dict[str, Any]:
    return {}


def _day(when: date | timedelta | None, today: date) -> date | None:
    return today + when if isinstance(when, timedelta) else when
