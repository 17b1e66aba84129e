"""The contract of a loan as a document: what she read and accepted, every payment, the true cost, and her rights.

Nothing here is composed anew that she agreed to: the text is the one she read, and its seal shows that it is unchanged.
Both yearly rates are given, because readers of one kind compare by the European, of the other by the American.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime

from core import clock, people
from core.db import Session
from core.lending.applications import seal
from core.lending.apr_us import unit_period_apr
from core.lending.asking import by_wallet
from core.lending.disclosure import late_charge, parts
from core.lending.models import Loan, Project
from core.lending.offers import Quote, make_quote
from core.lending.schedule import schedule
from core.words import Words, mark, words

PLACES = 2
COLUMNS = (mark("Day"), mark("Principal"), mark("Interest"), mark("Fees"), mark("To pay"))


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with lines under it, and a table of which the first row names the columns."""

    heading: str
    lines: tuple[str, ...] = ()
    table: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Contract:
    """The document, in the language she agreed in."""

    title: str
    language: str
    sections: tuple[Section, ...]


def contract(db: Session, loan: Loan) -> Contract:
    """The contract of a loan. The payments are those of the day it was paid out, or of the day it was accepted."""
    said = words(loan.accepted_language)
    zone = people.organisation(db, loan.organisation_id).timezone
    begins_on = loan.disbursed_on or clock.local_day(loan.accepted_at, zone)
    quote = make_quote(loan.terms, begins_on)
    sections = (
        _parties(db, said, loan),
        _accepted(said, loan, zone, in_wallet=by_wallet(db, loan)),
        Section(said.say("Payments"), table=tuple(_rows(said, loan, begins_on))),
        Section(said.say("What it costs"), tuple(_costs(said, quote, begins_on))),
        Section(said.say("Your rights"), tuple(_rights(db, said, loan))),
    )
    return Contract(said.say("Loan contract {code}", code=loan.code), said.language, sections)


def is_unchanged(loan: Loan) -> bool:
    """Whether text, language and terms are those that were sealed when she agreed."""
    return seal(loan.accepted_text, loan.accepted_language, loan.agreed) == loan.accepted_hash


def _parties(db: Session, said: Words, loan: Loan) -> Section:
    lender = people.organisation(db, loan.organisation_id)
    borrower = people.get(db, loan.user_id)
    project = db.get_one(Project, loan.project_id)
    name = f"{borrower.given_name} {borrower.family_name}"
    return Section(
        said.say("Who agrees"),
        (
            said.say("Lender: {name}, {phone}", name=lender.name, phone=lender.support_phone),
            said.say("Borrower: {name}, {phone}", name=name, phone=borrower.phone),
            said.say("Approved under: {reference}", reference=project.approval_reference),
        ),
    )


def _accepted(said: Words, loan: Loan, zone: str, *, in_wallet: bool) -> Section:
    at = format_datetime(
        loan.accepted_at.astimezone(ZoneInfo(zone)), "d MMM yyyy, HH:mm", locale=said.language
    )
    sealed = {"seal": loan.accepted_hash}
    unchanged = said.say("Sealed: {seal}, unchanged", **sealed)
    changed = said.say("Sealed: {seal}, CHANGED SINCE", **sealed)
    return Section(
        said.say("What you read and accepted"),
        (
            *loan.accepted_text.split("\n"),
            said.say("Accepted in your own wallet on {time}.", time=at)
            if in_wallet
            else said.say("Accepted with your PIN on {time}.", time=at),
            unchanged if is_unchanged(loan) else changed,
        ),
    )


def _rows(said: Words, loan: Loan, begins_on: date) -> Iterator[tuple[str, ...]]:
    yield tuple(said.say(name) for name in COLUMNS)
    for row in schedule(loan.terms, begins_on):
        fees = row.due - row.principal - row.interest
        amounts = (row.principal, row.interest, fees, row.due)
        day = format_date(row.due_on, "d MMM yyyy", locale=said.language)
        yield (day, *(loan.money(amount).plain for amount in amounts))


def _costs(said: Words, quote: Quote, begins_on: date) -> Iterator[str]:
    flows = [(begins_on, -quote.received.minor)]
    flows += [(on, money.minor) for on, money in quote.instalments]
    yield said.say("You get {received}.", received=quote.received)
    if len(quote.parts) > 1:
        yield parts(said, quote)
    yield said.say("You pay {total} in all.", total=quote.total)
    yield said.say("The loan costs you {cost} in all.", cost=quote.cost)
    if quote.apr is not None:
        yield said.say("Yearly cost, method of the EU and the UK (APR): {rate}%", rate=quote.apr)
    if american := unit_period_apr(flows, places=PLACES):
        yield said.say("Yearly cost, method of the US (APR): {rate}%", rate=american.nominal)


def _rights(db: Session, said: Words, loan: Loan) -> Iterator[str]:
    support = people.organisation(db, loan.organisation_id).support_phone
    if late := late_charge(said, loan.terms):
        yield late
    yield said.say("You may pay early at any time: interest runs to that day only.")
    yield said.say("These terms do not change. What is better for you may be agreed later.")
    yield said.say("Your statement is free at any time: dial, then My loan.")
    yield said.say("Complaints: Help, or {support}.", support=support)
