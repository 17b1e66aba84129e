"""A program that is not ours opens the journal and finds no error in it."""

from __future__ import annotations

import subprocess
import sys
import uuid
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from core import ledger
from core.ledger import Account, Line
from core.money import Money
from tests.core.ledger.make import kes, move
from tests.journey.running import PIN
from tests.journey.test_village import repay, take_loan
from tests.village import registered, village

BEAN_CHECK = Path(sys.executable).parent / "bean-check"
NAIROBI = "Africa/Nairobi"


def write(db: Session, path: Path) -> list[str]:
    lines = list(ledger.export(db, zone=NAIROBI))
    path.write_text("\n".join(lines) + "\n")
    return lines


def bean_check(path: Path) -> str:
    """What bean-check has to say; nothing is best."""
    done = subprocess.run(
        [BEAN_CHECK, "--no-cache", path], check=False, capture_output=True, text=True, timeout=60
    )
    return done.stdout + done.stderr + ("" if done.returncode == 0 else f"exit {done.returncode}")


def test_the_journal_of_a_whole_project_is_accepted(
    tmp_path: Path, database_url: str, redis_url: str
) -> None:
    with village(tmp_path / "home", database_url, redis_url) as place:
        phone = registered(place, PIN)
        take_loan(place, phone)
        repay(place, phone)
        place.live()
        with place.node.sessions() as db:
            text = "\n".join(write(db, tmp_path / "journal.beancount"))

    assert bean_check(tmp_path / "journal.beancount") == ""
    for kind in ("funding.opening", "payment.hold", "loan.disbursement", "loan.repayment"):
        assert f'* "{kind}"' in text


def test_currencies_reversals_and_odd_words_are_accepted(
    db: Session, now: datetime, tmp_path: Path
) -> None:
    for number, account in enumerate(Account):
        if account is not Account.CASH_MPESA:
            move(db, now + timedelta(hours=number), kes(number + 1), into=account)
    move(db, now, Money("UGX", 1_500), reference='a "quoted" \\ word', subject=uuid.uuid4())
    entry = move(db, now, Money("KES", 1))
    assert entry is not None
    ledger.reverse(db, entry=entry, reference="back", now=now + timedelta(days=40))

    text = "\n".join(write(db, tmp_path / "journal.beancount"))

    assert bean_check(tmp_path / "journal.beancount") == ""
    assert "1500 UGX" in text
    assert f'reverses: "{entry.id}"' in text


def test_an_empty_journal_is_accepted(db: Session, tmp_path: Path) -> None:
    write(db, tmp_path / "journal.beancount")

    assert bean_check(tmp_path / "journal.beancount") == ""


def test_a_journal_somebody_changed_is_not(db: Session, now: datetime, tmp_path: Path) -> None:
    path = tmp_path / "journal.beancount"
    move(db, now, kes(1_500))
    move(db, now, kes(20))
    lines = write(db, path)

    path.write_text("\n".join(lines).replace("-20.00 KES", "-21.00 KES"))

    assert "does not balance" in bean_check(path)


def test_a_journal_somebody_shortened_is_not(db: Session, now: datetime, tmp_path: Path) -> None:
    path = tmp_path / "journal.beancount"
    move(db, now, kes(1_500))
    move(db, now, kes(20))
    lines = write(db, path)
    begins = lines.index('2026-11-21 * "move"')

    path.write_text("\n".join(lines[:begins] + lines[begins + 8 :]))

    assert "Balance failed" in bean_check(path)


def test_a_day_is_a_day_where_the_lender_lives(db: Session) -> None:
    late = datetime.fromisoformat("2026-11-21T22:30:00+00:00")  # half past one at night in Nairobi
    move(db, late, kes(1))

    lines = list(ledger.export(db, zone=NAIROBI))

    assert '2026-11-22 * "move"' in lines
    assert lines[-1].startswith("2026-11-23 balance")


def test_the_journal_can_end_at_an_instant(db: Session, now: datetime, tmp_path: Path) -> None:
    move(db, now, kes(5))
    move(db, now + timedelta(days=1), kes(7))

    lines = list(ledger.export(db, zone=NAIROBI, until=now + timedelta(days=1)))

    assert sum(" * " in line for line in lines) == 1
    assert lines[-1].endswith("5.00 KES")


def test_lines_of_an_entry_stay_together(db: Session, now: datetime) -> None:
    lines = [
        Line(Account.CASH_MPESA, kes(3)),
        Line(Account.SUSPENSE, kes(-1)),
        Line(Account.FEE_INCOME, kes(-2)),
    ]
    for number in range(5):
        ledger.post(db, kind="three", reference=str(number), lines=lines, now=now)

    entries = [line.entry_id for line in ledger.journal(db)]

    assert [entries[3 * k : 3 * k + 3] for k in range(5)] == [
        [entries[3 * k]] * 3 for k in range(5)
    ]
