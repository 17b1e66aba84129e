"""The terms of a loan in a person's words: the same lines on the phone, in the text she gets, and in the contract.

She reads, before she agrees: what she gets, every payment and its day, the total, what it costs in money and as a
yearly rate, what paying early or late costs, what she may take back, and where she can complain.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import partial
from itertools import groupby

from babel.dates import format_date

from core.lending.offers import Quote
from core.lending.terms import Payoff, Terms
from core.money import Money
from core.words import Words, mark

NEARLY_A_YEAR = timedelta(days=330)  # a day without its year would be doubtful
# a flat rate is on the whole loan to its end: beside another it looks half as dear
_FLAT, _OF_THE_REST = mark("Interest {rate}% a year, flat."), mark("Interest {rate}% a year.")
_FLAT_AND_APR = mark("Interest {rate}% a year, flat. Yearly cost (APR) {apr}%.")
_OF_THE_REST_AND_APR = mark("Interest {rate}% a year. Yearly cost (APR) {apr}%.")
ROWS_SHOWN = 3  # more payments than this are told by the amounts that repeat


def lines(words: Words, quote: Quote, *, support: str) -> list[str]:
    """Everything she must know before she agrees, a sentence each."""
    return [
        _what_she_gets(words, quote),
        *_deposit(words, quote),
        *_in_parts(words, quote),
        *payments(words, quote.instalments),
        _total(words, quote),
        *_price(words, quote),
        *_early_and_late(words, quote),
        *_kept_and_given(words, quote),
        words.say("Complaints: Help, or {support}.", support=support),
    ]


def payments(words: Words, dues: Sequence[tuple[date, Money]]) -> list[str]:
    """Each payment and its day; where there are many, equal ones in a row are told together."""
    is_long = dues[-1][0] - dues[0][0] >= NEARLY_A_YEAR
    say_day = partial(
        format_date, format="d MMM yyyy" if is_long else "d MMM", locale=words.language
    )
    if len(dues) <= ROWS_SHOWN:
        return [f"{say_day(on)} {money}" for on, money in dues]
    told = []
    for money, run in groupby(dues, key=lambda due: due[1]):
        days = [say_day(on) for on, _ in run]
        many = f"{days[0]} - {days[-1]}: {len(days)} x {money}"
        told.append(many if len(days) > 1 else f"{days[0]} {money}")
    return told


def _what_she_gets(words: Words, quote: Quote) -> str:
    facts = {"amount": quote.amount, "fee": quote.fee, "received": quote.received}
    if deposit := quote.terms.deposit:
        return words.say(
            "Loan {amount} less fee {fee} and deposit {deposit}: you get {received}.",
            deposit=deposit,
            **facts,
        )
    if quote.fee:
        return words.say("Loan {amount} less fee {fee}: you get {received}.", **facts)
    return words.say("You get {received}.", received=quote.received)


def _deposit(words: Words, quote: Quote) -> Iterator[str]:
    if quote.terms.deposit:
        yield words.say(
            "The deposit stays yours: it comes back when the project ends, unless it had to pay for your group."
        )


def _in_parts(words: Words, quote: Quote) -> Iterator[str]:
    """Where the money comes in parts, its payments are known for certain only when the last has come."""
    if len(quote.parts) == 1:
        yield words.say("You pay back:")
        return
    yield parts(words, quote)
    yield words.say(
        "Each part is divided over the payments still to come. If all came today you pay back:"
    )


def parts(words: Words, quote: Quote) -> str:
    """What comes now, and what comes later."""
    first, *later = quote.parts
    return words.say(
        "It comes in parts: {first} now; {later} once we have seen the work.",
        first=first,
        later=", ".join(str(part) for part in later),
    )


def _total(words: Words, quote: Quote) -> str:
    """What she pays, and what of it the loan costs her: its parts add up."""
    if fees := quote.fee + quote.fees:
        return words.say(
            "Total {total}. Cost {cost}: interest {interest}, fees {fees}.",
            total=quote.total,
            cost=quote.cost,
            interest=quote.interest,
            fees=fees,
        )
    return words.say(
        "Total {total}. Cost: interest {interest}.", total=quote.total, interest=quote.interest
    )


def _price(words: Words, quote: Quote) -> Iterator[str]:
    rate = f"{quote.terms.interest_rate.normalize():f}"
    if quote.apr is None:
        yield words.say(_FLAT if quote.terms.is_flat else _OF_THE_REST, rate=rate)
    else:
        said = _FLAT_AND_APR if quote.terms.is_flat else _OF_THE_REST_AND_APR
        yield words.say(said, rate=rate, apr=quote.apr)


def _early_and_late(words: Words, quote: Quote) -> Iterator[str]:
    late = late_charge(words, quote.terms)
    if quote.terms.payoff is Payoff.AGREED:
        yield words.say("Paying early saves no interest.")
        yield late or words.say("No charge for paying late.")
    elif late:
        yield words.say("No charge for paying early.")
        yield late
    else:
        yield words.say("Early or late: no charge.")


def late_charge(words: Words, terms: Terms) -> str:
    """What being late costs, in one sentence; nothing where it costs nothing."""
    penalty = terms.penalty
    if penalty is None:
        return ""
    percent = words.say("{rate}% of what is late", rate=f"{penalty.percent.normalize():f}")
    charge = str(Money(terms.currency, penalty.amount)) if penalty.amount else percent
    said = words.say(
        "Late by {days}: plus {charge}", days=_days(words, penalty.after_days + 1), charge=charge
    )
    if penalty.every_days:
        said += words.say(", again every {days}", days=_days(words, penalty.every_days))
    if penalty.most is not None:
        said += words.say(
            ", at most {most} for each payment", most=Money(terms.currency, penalty.most)
        )
    return f"{said}."


def _days(words: Words, count: int) -> str:
    return words.many("{count} day", "{count} days", count)


def _kept_and_given(words: Words, quote: Quote) -> Iterator[str]:
    """What she may take back, and what she may earn."""
    days = quote.terms.cooling_off_days
    if days and len(quote.parts) > 1:
        yield words.many(
            "Changed your mind? Give back what came within {count} day: it costs nothing.",
            "Changed your mind? Give back what came within {count} days: it costs nothing.",
            days,
        )
    elif days:
        yield words.many(
            "Changed your mind? Give back {money} within {count} day: it costs nothing.",
            "Changed your mind? Give back {money} within {count} days: it costs nothing.",
            days,
            money=quote.amount - quote.fee,
        )
    if days and quote.terms.deposit:
        yield words.say("Your deposit then comes back at once.")
    if quote.cash_back:
        yield words.say("All paid on time: {cash_back} back.", cash_back=quote.cash_back)
