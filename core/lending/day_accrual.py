"""Interest of a day for a whole piece of the book in one statement: every loan that does nothing but move on its line.

The line is stored with the loan; SQL computes `Accrual.earned` with the same whole numbers, so the figure is what the
fold would give. Pieces are neighbours on disk (pages or rows of the table), so that a page is written once. The columns
written are in no index. A loan that a payment holds is passed over: that payment brings it to today by itself.
"""

from __future__ import annotations

import typing
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnClause,
    ColumnElement,
    Date,
    Table,
    Text,
    and_,
    case,
    cast,
    column,
    func,
    literal,
    literal_column,
    or_,
    select,
    text,
    update,
)  # fmt: skip
from sqlalchemy.types import UserDefinedType

from config.limits import DAY_PAGES, DAY_ROWS
from core import ledger
from core.db import Session, is_sqlite
from core.ledger import Account, credit, debit
from core.lending.day_sql import DaysBetween, Larger, Smaller
from core.lending.models import Loan
from core.lending.state import LoanStatus
from core.money import Money
from core.people import Organisation

_LOAN = typing.cast(Table, Loan.__table__)


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of the table of loans, those of one time zone in it, and the day they are brought to."""

    zone: str
    day: date
    begins: int
    ends: int


class _Moved(NamedTuple):
    """What the loans of one project earned, and how much of it was paid before; `first` is the least of their codes."""

    project_id: uuid.UUID
    currency: str
    loans: int
    grown: int
    prepaid: int
    first: str


def piece(db: Session, zone: str, day: date, begins: int) -> Piece:
    """The piece that begins at a page or, on SQLite, a row number."""
    return Piece(zone, day, begins, begins + (DAY_ROWS if is_sqlite(db) else DAY_PAGES))


def table_end(db: Session) -> int:
    """Where the table of loans ends: after its last row number, or its last page."""
    rows = "SELECT coalesce(max(rowid), 0) + 1 FROM lending_loan"
    pages = (
        "SELECT pg_relation_size('lending_loan') / CAST(current_setting('block_size') AS bigint)"
    )
    return int(db.scalar(text(rows if is_sqlite(db) else pages)) or 0)


def move(db: Session, piece: Piece, *, at: datetime) -> int:
    """Let the day pass for every steady loan of a piece and post what they earned; how many there were."""
    found = _move_sqlite(db, piece) if is_sqlite(db) else _move_postgres(db, piece)
    for row in found:
        _post(db, piece.day, row, at)
    return sum(row.loans for row in found)


def loans_that_change(db: Session, piece: Piece, limit: int) -> Sequence[uuid.UUID]:
    """Lock and name the loans of a piece for which the day is more than a step on their line."""
    query = select(Loan.id).where(*_place(db, piece), *_active(piece), _changes(piece.day))
    return db.scalars(query.limit(limit).with_for_update(skip_locked=True, key_share=True)).all()


def is_left(db: Session, piece: Piece) -> bool:
    """Whether any loan of the whole book still waits for the day, because it was held when we passed."""
    waits = or_(Loan.as_of < piece.day, _changes(piece.day))
    return db.scalar(select(Loan.id).where(*_active(piece), waits).limit(1)) is not None


def earned(day: date) -> ColumnElement[int]:
    """Interest earned by the end of a day: `Accrual.earned`."""
    length = DaysBetween(Loan.accrual_begins, Loan.accrual_ends)
    passed = Smaller(Larger(DaysBetween(Loan.accrual_begins, literal(day, Date())), 0), length)
    grows = Loan.accrued_at_end - Loan.accrued_at_begin
    on_line = Loan.accrued_at_begin + (2 * grows * passed + length) // (2 * length)
    return case(
        (Loan.accrual_begins.is_(None), Loan.interest_earned),
        (Loan.accrual_ends <= Loan.accrual_begins, Loan.accrued_at_end),
        else_=on_line,
    )  # fmt: skip


def _place(db: Session, piece: Piece) -> tuple[ColumnElement[bool], ...]:
    if is_sqlite(db):
        row = literal_column("lending_loan.rowid", BigInteger)
        return row >= piece.begins, row < piece.ends
    return _ctid >= _page(piece.begins), _ctid < _page(piece.ends)


class _RowPlace(UserDefinedType[str]):
    """Where a row lies: its page, and its place there."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "tid"


_ctid: ColumnClause[str] = column("ctid", _RowPlace())
_ctid.table = _LOAN


def _page(number: int) -> ColumnElement[Any]:
    return cast(literal(f"({number},0)", Text()), _RowPlace())


def _active(piece: Piece) -> tuple[ColumnElement[bool], ...]:
    there = select(Organisation.id).where(Organisation.timezone == piece.zone)
    open_ = Loan.status.in_((LoanStatus.DISBURSED, LoanStatus.DEFAULTED))
    aside = or_(Loan.set_aside_on.is_(None), Loan.set_aside_on < piece.day)
    return open_, Loan.organisation_id.in_(there), aside


def _changes(day: date) -> ColumnElement[bool]:
    defaults = and_(Loan.status == LoanStatus.DISBURSED, Loan.defaults_on <= day)
    return or_(and_(Loan.next_change_on <= day, Loan.as_of < day), defaults)


def _steady(db: Session, piece: Piece) -> tuple[ColumnElement[bool], ...]:
    no_change = or_(Loan.next_change_on.is_(None), Loan.next_change_on > piece.day)
    no_default = or_(Loan.defaults_on.is_(None), Loan.defaults_on > piece.day)
    return *_place(db, piece), *_active(piece), Loan.as_of < piece.day, no_change, no_default


def _move_postgres(db: Session, piece: Piece) -> list[_Moved]:
    """One statement: what is locked, what is written and what is summed are the same rows."""
    picked = (
        select(
            _ctid.label("place"),
            Loan.interest_earned.label("before"),
            earned(piece.day).label("after"),
        )
        .where(*_steady(db, piece))
        .with_for_update(skip_locked=True, key_share=True)
        .cte("picked")
    )
    moved = (
        update(_LOAN)
        .values(interest_earned=picked.c.after, as_of=piece.day)
        .where(_ctid == picked.c.place)  # a row that somebody moved since is left for later
        .returning(
            _LOAN.c.project_id, _LOAN.c.currency, _LOAN.c.code,
            (picked.c.after - picked.c.before).label("grown"),
            _prepaid(picked.c.before, picked.c.after).label("prepaid"),
        )
        .cte("moved")
    )  # fmt: skip
    return _sums(db, moved.c, moved.c.grown, moved.c.prepaid, ())


def _prepaid(before: ColumnElement[int], after: ColumnElement[int]) -> ColumnElement[int]:
    """How much of what was earned had been paid before: it is no longer owed to her."""
    billed = _LOAN.c.interest_billed
    return Larger(billed - before, 0) - Larger(billed - after, 0)


def _move_sqlite(db: Session, piece: Piece) -> list[_Moved]:
    """Two statements: in this transaction nobody else writes."""
    steady, after = _steady(db, piece), earned(piece.day)
    prepaid = _prepaid(_LOAN.c.interest_earned, after)
    found = _sums(db, _LOAN.c, after - Loan.interest_earned, prepaid, steady)
    if found:
        db.execute(update(_LOAN).values(interest_earned=after, as_of=piece.day).where(*steady))
    return found


def _sums(
    db: Session, of: Any, grown: ColumnElement[int], prepaid: ColumnElement[int], where: Any
) -> list[_Moved]:
    keys = (of.project_id, of.currency)
    sums = [cast(func.sum(each), BigInteger) for each in (grown, prepaid)]
    query = select(*keys, func.count(), *sums, func.min(of.code))
    found = db.execute(query.where(*where).group_by(*keys))
    return [_Moved._make(row) for row in found]


def _post(db: Session, day: date, row: _Moved, at: datetime) -> None:
    """One entry for a project: a loan is moved to a day once, so its code makes the reference unique."""
    grown, prepaid = Money(row.currency, row.grown), Money(row.currency, row.prepaid)
    if not grown:
        return
    lines = [
        debit(Account.INTEREST_ACCRUED, grown - prepaid, row.project_id),
        debit(Account.INTEREST_UNEARNED, prepaid, row.project_id),
        credit(Account.INTEREST_INCOME, grown, row.project_id),
    ]
    reference = f"{row.project_id}:{day.isoformat()}:{row.first}"
    entry = ledger.post(db, kind="loan.accrual", reference=reference, lines=lines, now=at)
    assert entry is not None, f"{reference}: posted, but the loans had not moved"
