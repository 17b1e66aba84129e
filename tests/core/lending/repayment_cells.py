"""What our loan says otherwise than a published table, cell by cell; a cell that was not published is not compared.

Left out are conventions of the tables: marks that move no money, the order of movements of one day, numbers and days of
rows that were put off, what a row asked for before it was written off, and in our rows what was waived.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from core.lending.allocation import Part, PaymentType
from core.lending.state import Event, EventKind, LoanState
from tests.core.lending.repayment_tables import Told, day
from tests.core.lending.repayment_terms import Case, Unsupported, minor

SUMS = ("interest", "fees", "penalties", "due", "paid", "in_advance", "late", "outstanding")
PARTS = {
    "principal": Part.PRINCIPAL, "interest": Part.INTEREST, "fees": Part.FEE, "penalties": Part.PENALTY,
}  # fmt: skip
MOVES = {
    "Disbursement": "paid out", "Repayment": "paid", "Down Payment": "down payment", "Goodwill Credit": "goodwill",
    "Interest Payment Waiver": "goodwill", "Merchant Issued Refund": "refund", "Payout Refund": "refund",
    "Credit Balance Refund": "given back", "Chargeback": "charged back",
}  # fmt: skip
OURS = {
    EventKind.DISBURSED: "paid out", EventKind.REPAID: "paid", EventKind.REFUND_PAID: "given back",
    EventKind.CHARGED_BACK: "charged back",
}  # fmt: skip
TYPES = {
    PaymentType.DOWN_PAYMENT: "down payment", PaymentType.GOODWILL: "goodwill", PaymentType.REFUND: "refund",
}  # fmt: skip
AFTER_WRITE_OFF = {"paid", "outstanding", "in_advance", "late", "date", "nr"}


def differences(told: Told, point: Case) -> list[str]:
    """What our loan says otherwise than this table. Raises Unsupported."""
    if any(on > told.today for on in told.planned.values()):
        raise Unsupported("planned for a day that has not come")
    state, drawn = _seen(told, point)
    lines = _payouts(drawn, point)
    rows = list(_rows(told, state, drawn))
    wanted = [row for row in point["rows"] if row["kind"] == "installment"]
    if told.is_reshaped and not told.is_written_off:  # theirs keep rows that ask for nothing
        rows = [row for row in rows if row["due"] or row["paid"]]
        wanted = [row for row in wanted if minor(row["due"]) or minor(row["paid"])]
    lines += _table(told, rows, wanted, complete=point["complete"])
    lines += _total(told, rows, point)
    return lines + (_movements(told, state, point) if "transactions" in point else [])


def _seen(told: Told, point: Case) -> tuple[LoanState, list[tuple[date, int]]]:
    """The loan as the table saw it: on the day it was last looked at, or before it was paid out."""
    if told.drawn:
        on = max([day(point.get("as_of") or point["on"]), *told.planned.values()])
        return told.state(on), sorted((at, amount) for at, amount, _ in told.drawn)
    shown = [row for row in point["rows"] if row["kind"] == "disbursement"]
    if len(shown) != 1:
        raise Unsupported("a preview of several payouts")
    on, amount = day(shown[0]["date"]), minor(shown[0]["amount"])
    event = Event(len(told.events), EventKind.DISBURSED, on, amount, principal=amount)
    return told.state(on, [*told.events, event]), [(on, amount)]


def _payouts(drawn: list[tuple[date, int]], point: Case) -> list[str]:
    """Each line of theirs is a payout of ours, or all of a day; a line may stand twice."""
    lines = [row for row in point["rows"] if row["kind"] == "disbursement"]
    shown = [(day(row["date"]), minor(row.get("amount", 0))) for row in lines]
    ours, theirs = sum(amount for _, amount in drawn), sum(amount for _, amount in shown)
    if theirs > ours:
        raise Unsupported("payouts to come are part of the table")
    days: Counter[date] = Counter()
    for on, amount in drawn:
        days[on] += amount
    known = set(drawn) | set(days.items())
    fits = set(shown) <= known and (ours == theirs or not point["complete"])
    return [] if fits else [f"payouts {drawn} instead of {shown}"]


def _rows(told: Told, state: LoanState, drawn: list[tuple[date, int]]) -> Iterator[Case]:
    """Our rows with the columns of the table; debt that is new lifts the balance from its day on."""
    lifts = sorted([*drawn, *_new_debt(told, state.on)])
    balance = 0
    for row in state.rows:
        while lifts and (lifts[0][0] < row.due_on or not balance):
            balance += lifts.pop(0)[1]
        balance = max(0, balance - row.principal)
        pieces = [piece for piece in state.portions if piece.due_on == row.due_on]
        yield {
            "date": row.due_on.isoformat(), "nr": row.number, "days": (row.due_on - row.begins_on).days,
            "principal": row.principal, "interest": row.interest, "fees": row.fee, "penalties": row.penalty,
            "due": row.due, "paid": row.paid, "outstanding": row.outstanding, "balance": balance,
            "in_advance": sum(piece.amount for piece in pieces if piece.on < row.due_on),
            "late": sum(piece.amount for piece in pieces if piece.on > row.due_on),
            "paid_date": row.paid_on.isoformat() if row.paid_on else None,
        }  # fmt: skip


def _new_debt(told: Told, on: date) -> list[tuple[date, int]]:
    kinds = (EventKind.CHARGED_BACK, EventKind.REFUND_PAID)
    undone = {event.reverses for event in told.events if event.kind is EventKind.REVERSED}
    there = [e for e in told.events if e.kind in kinds and e.number not in undone and e.on <= on]
    return [(event.on, _owed_again(told, event)) for event in there]


def _owed_again(told: Told, event: Event, until: int | None = None) -> int:
    """Principal that is owed since this event; more than her credit went back, or was taken back."""
    known = [
        other for other in told.events[:until]
        if (other.on, other.number) <= (event.on, event.number) or other.kind is EventKind.REVERSED
    ]  # fmt: skip
    before = [other for other in known if other.number != event.number]
    states = [told.state(event.on, events) for events in (known, before)]
    return states[0].charged_back - states[1].charged_back


def _table(told: Told, rows: list[Case], wanted: list[Case], *, complete: bool) -> list[str]:
    if complete:
        lines = [] if len(rows) == len(wanted) else [f"{len(rows)} rows instead of {len(wanted)}"]
        pairs = list(zip(rows, wanted, strict=False))
    else:
        there = {row["date"]: row for row in reversed(rows)}
        lines = [f"no row of {row['date']}" for row in wanted if row["date"] not in there]
        pairs = [(there[row["date"]], row) for row in wanted if row["date"] in there]
    skip = ("kind", "waived") if complete else ("kind", "waived", "nr")
    for ours, theirs in pairs:
        lines += _cells(told, f"row {theirs.get('nr')}", ours, _net(theirs), skip)
    return lines


def _net(row: Case) -> Case:
    """Without what was waived; of which part that was is not always told."""
    waived = Decimal(row.get("waived", 0))
    if not waived:
        return row
    could = [name for name in ("penalties", "fees") if Decimal(row.get(name, 0)) >= waived]
    left = {name: value for name, value in row.items() if name not in ("penalties", "fees")}
    if len(could) == 1:
        left |= {name: row[name] for name in ("penalties", "fees")}
        left[could[0]] = str(Decimal(row[could[0]]) - waived)
    return left | {"due": str(Decimal(row["due"]) - waived)}


def _total(told: Told, rows: list[Case], point: Case) -> list[str]:
    """The sums, less the fees kept from payouts, which are in no row of ours."""
    theirs = dict(point.get("total", {}))
    if not theirs or Decimal(theirs.get("waived", 0)):
        return []
    kept = [row for row in point["rows"] if row["kind"] == "disbursement"]
    for name in ("fees", "due", "paid"):
        if name in theirs:
            at_payout = sum(minor(row.get(name, 0)) for row in kept)
            theirs[name] = str(Decimal(theirs[name]) - Decimal(at_payout) / 100)
    ours = {name: sum(row[name] for row in rows) for name in SUMS}
    ours["principal_due"] = sum(row["principal"] for row in rows)
    return _cells(told, "total", ours, theirs, ("waived",))


def _movements(told: Told, state: LoanState, point: Case) -> list[str]:
    """Movements of money, day by day."""
    theirs = [line for line in point["transactions"] if line["type"] in MOVES]
    ours = list(_moved(told, state))
    marks = point.get("reverted_published", True)
    mine, other = (sorted(map(_place, lines)) for lines in (ours, theirs))
    if mine != other:
        return [f"movements {mine} instead of {other}"]
    many = Counter(line["date"] for line in theirs)
    lines: list[str] = []
    for own, line in zip(_in_order(ours), _in_order(theirs), strict=True):
        skip = ["date", "type", "amount", *([] if marks else ["reverted"])]
        if own["balance"] is None or many[line["date"]] > 1 or line.get("reverted") or not marks:
            skip.append("balance")
        lines += _cells(told, f"{line['date']} {line['type']}", own, line, tuple(skip))
    return lines


def _in_order(lines: list[Case]) -> list[Case]:
    return sorted(lines, key=lambda line: (_place(line), line.get("reverted", False)))


def _place(line: Case) -> tuple[str, str, int]:
    amount = line["amount"] if isinstance(line["amount"], int) else minor(line["amount"])
    return line["date"], MOVES.get(line["type"], line["type"]), amount


def _moved(told: Told, state: LoanState) -> Iterator[Case]:
    undone = {event.reverses: event.number for event in told.events if event.kind is EventKind.REVERSED}  # fmt: skip
    balance = 0
    for event in sorted(told.events, key=lambda event: (event.on, event.number)):
        if event.kind not in OURS or _never_paid_out(told, event):
            continue
        until = undone.get(event.number)
        at = state if until is None else told.state(events=told.events[:until])
        pieces = [piece for piece in at.portions if piece.number == event.number]
        parts = {name: sum(p.amount for p in pieces if p.part is part) for name, part in PARTS.items()}  # fmt: skip
        if event.kind in (EventKind.REFUND_PAID, EventKind.CHARGED_BACK):
            parts["principal"] = _owed_again(told, event, until)
        if until is None:
            by_kind = {EventKind.DISBURSED: event.amount, EventKind.REPAID: -parts["principal"]}
            balance += by_kind.get(event.kind, parts["principal"])
        kind = OURS[event.kind]
        if event.kind is EventKind.REPAID:
            kind = TYPES.get(event.payment_type, kind)
        yield {
            "date": event.on.isoformat(), "type": kind, "amount": event.amount, **parts,
            "balance": balance if until is None else None, "reverted": until is not None,
        }  # fmt: skip


def _never_paid_out(told: Told, event: Event) -> bool:
    """A payout that was undone, with its down payment, is not listed at all."""
    there = {n for _, _, n in told.drawn}
    paid_out = {e["n"] for e in told.case["events"] if e["event"] == "disburse"} - there
    names = [(n, what) for n in paid_out for what in (None, "down_payment")]
    return any(told.ours.get(name) == event.number for name in names)


def _cells(told: Told, name: str, ours: Case, theirs: Case, skip: tuple[str, ...]) -> list[str]:
    if told.is_written_off and name.partition(" ")[0] in ("row", "total"):
        theirs = {cell: text for cell, text in theirs.items() if cell in AFTER_WRITE_OFF}
    found = []
    for cell, text in theirs.items():
        if cell in skip or cell not in ours or (cell in ("days", "nr") and told.is_reshaped):
            continue
        if ours[cell] != _read(cell, text):
            found.append(f"{name} {cell}: {ours[cell]} instead of {text}")
    return found


def _read(cell: str, text: Any) -> Any:
    if cell in ("date", "paid_date") or isinstance(text, bool):
        return text
    return int(text) if cell in ("days", "nr") else minor(text)
