"""Loans of every kind through the day end: whatever happens to them by itself or by an event, also one dated ahead."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from datetime import date

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from core.db import Session, is_sqlite
from core.ledger import Account, credit
from core.lending import Loan, account, day, day_accrual, movements
from core.lending.state import Event, EventKind
from core.lending.terms import Terms
from tests.core.lending import lives
from tests.core.lending import village as places
from tests.core.lending.books import check_book, check_days, check_done
from tests.core.lending.test_day_book import close, killed, today
from tests.core.lending.test_lives import may_happen
from tests.core.lending.village import Village

AHEAD = (  # events that may be told before their day
    EventKind.RATE_CHANGED, EventKind.INTEREST_PAUSED, EventKind.ARREARS_PAUSED, EventKind.RESCHEDULED,
    EventKind.FEE_CHARGED, EventKind.PENALTY_CHARGED,
)  # fmt: skip
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["day", "day", "killed", "tell", "tell", "tell"]),
        st.sampled_from([0, 1, 2, 9, 30]),  # days that pass before
        st.integers(0, 2),  # which loan
    ),
    min_size=3, max_size=9,
)  # fmt: skip
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)  # to shrink a book takes minutes


@dataclass
class Life:
    """A loan, what will be told of it, and under which number each event was told."""

    terms: Terms
    coming: list[Event]
    loan: Loan
    numbers: dict[int, int] = field(default_factory=dict)


@st.composite
def any_terms(draw: st.DrawFn) -> Terms:
    """A product of any kind, with days of grace and a tolerance."""
    return replace(
        draw(lives.any_terms()), grace_period=draw(st.integers(0, 4)), default_after_days=draw(st.integers(5, 90)),
        arrears_grace_days=draw(st.sampled_from([0, 0, 7])), arrears_tolerance=draw(st.sampled_from([0, 0, 5_000])),
    )  # fmt: skip


@st.composite
def plain(draw: st.DrawFn) -> tuple[Terms, list[Event]]:
    """A loan that only pays: its due dates pass without the fold."""
    terms = replace(draw(any_terms()), penalty=None, recalculation=None)
    events = draw(lives.life(terms))[:2]
    for amount in draw(st.lists(st.integers(1, terms.principal // 2 or 1), max_size=3)):
        events.append(Event(len(events), EventKind.REPAID, date.max, amount))
    return terms, events


TOLD = plain() | any_terms().flatmap(lambda terms: st.tuples(st.just(terms), lives.life(terms)))


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(day_accrual, "DAY_ROWS", 2)
    monkeypatch.setattr(day, "DAY_CHANGES", 2)


def test_whatever_a_loan_is_the_day_end_brings_it_where_the_fold_does(db: Session) -> None:
    many = settings(
        max_examples=10 if is_sqlite(db) else 2, deadline=None, suppress_health_check=list(HealthCheck), phases=PHASES
    )  # fmt: skip

    @many
    @given(st.lists(TOLD, min_size=3, max_size=3), STEPS)
    def book(told: list[tuple[Terms, list[Event]]], steps: list[tuple[str, int, int]]) -> None:
        with db.begin() as life:
            go_through(places.found(db), told, steps)
            life.rollback()

    book()


def go_through(
    village: Village, told: list[tuple[Terms, list[Event]]], steps: list[tuple[str, int, int]]
) -> None:
    """Days and events in turn; after each, all that is stored is the refold and the ledger its sums."""
    known = [begin(village, number, terms, events) for number, (terms, events) in enumerate(told)]
    for step, days, number in steps:
        village = village.at(days=days)
        take(village, step, known[number], number)
        check_book(village.db)
    close(village)
    check_done(village.db, today(village))
    check_book(village.db)
    for later in (1, 30):
        check_days(village.db, later)


def take(village: Village, step: str, one: Life, number: int) -> None:
    if step == "tell":
        tell(village, one)
    elif step == "killed":
        killed(village, number)
    else:
        close(village)
        check_done(village.db, today(village))


def begin(village: Village, number: int, terms: Terms, events: list[Event]) -> Life:
    """A loan approved and paid out."""
    loan = Loan(
        id=uuid.uuid4(), code=f"L{number}", idempotency_key=f"L{number}", project_id=village.project.id,
        organisation_id=village.project.organisation_id, user_id=village.borrower.id, rail="mpesa",
        user_did="", agreed=terms.to_json(), currency=terms.currency, contract_amount=terms.principal,
        interest_amount=0, commitment_amount=0, accepted_text="", accepted_language="en",
        accepted_at=village.now, accepted_hash="", as_of=today(village), events=0,
    )  # fmt: skip
    for name in (*movements.FIGURES, "provision_used"):
        if getattr(loan, name) is None and name not in (
            "status",
            "disbursed_on",
            "closed_on",
            "on_time",
        ):
            setattr(loan, name, 0)
    village.db.add(loan)
    village.db.flush()
    life = Life(terms, events, loan)
    for _ in range(2):
        tell(village, life)
    return life


def tell(village: Village, one: Life) -> None:
    """The next event of a loan, if it may happen; the money of it comes out of, or goes into, suspense."""
    if not one.coming:
        return
    event, on = one.coming.pop(0), today(village)
    number = one.numbers[event.number] = one.loan.events
    event = replace(
        event, number=number, on=event.on if event.kind in AHEAD else min(event.on, on),
        reverses=event.reverses and one.numbers.get(event.reverses),
    )  # fmt: skip
    stored = account.events(village.db, one.loan.id)
    if not may_happen(one.terms, stored, event):
        return
    account.record(
        village.db, one.loan, event.kind, event.on, amount=event.amount, reverses=event.reverses,
        payment_type=event.payment_type, principal=event.principal, part=event.part, due_on=event.due_on,
        until=event.until, rate=event.rate, instalments=event.instalments,
    )  # fmt: skip
    after = account.state(village.db, one.loan, on)
    rest = sum(line.money.minor for line in movements.difference(one.loan, after))
    money = credit(Account.SUSPENSE, one.loan.money(rest), one.loan.id)
    reference = f"{one.loan.id}:{number}"
    account.book(
        village.db,
        one.loan,
        kind="told",
        reference=reference,
        on=on,
        now=village.now,
        lines=[money],
    )
