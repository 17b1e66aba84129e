"""What a thief has: the database opens nothing, and no PIN is anywhere in it."""

from __future__ import annotations

import logging
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from core import keys, sscr
from core.db.base import Base
from core.errors import Refusal
from core.keys import Keyring
from core.sscr import Custody
from core.sscr.models import Record, StoredCredential, Wrap
from tests.core.sscr.made import (
    OTHER_PIN,
    OWNER,
    PIN,
    change_pin,
    deliver,
    present,
    record,
    refusal_of,
    unlock,
)


def lived(sessions: sessionmaker[Session], custody: Custody, keyring: Keyring) -> None:
    """A record with a life: opened, filled, shown, guessed at, its PIN changed."""
    with sessions.begin() as db:
        record(db, custody)
        deliver(db, keyring)
        with unlock(db, custody) as unlocked:
            present(db, unlocked)
        change_pin(db, custody)
        deliver(db, keyring)
    with pytest.raises(Refusal), sessions.begin() as db:
        unlock(db, custody)


def cells(db: Session) -> list[Any]:
    tables = Base.metadata.sorted_tables
    return [cell for table in tables for row in db.execute(table.select()) for cell in row]


def test_a_stolen_database_opens_with_no_other_keyring_even_for_who_knows_the_pin(
    sessions: sessionmaker[Session], custody: Custody, keyring: Keyring, tmp_path: Path
) -> None:
    lived(sessions, custody, keyring)
    thief = Custody.of(keys.create(tmp_path / "thief"))

    with sessions() as db:
        assert refusal_of(db, thief, pin=OTHER_PIN) == ("pin_wrong", {"tries_left": 2})
        assert refusal_of(db, thief, pin=PIN)[0] == "pin_wrong"


def test_a_keyring_alone_opens_nothing(db: Session, custody: Custody, keyring: Keyring) -> None:
    assert refusal_of(db, Custody.of(keys.load(keyring.folder))) == ("no_record", {})


def test_a_database_without_its_wrap_is_noise_with_pin_and_keyring(
    sessions: sessionmaker[Session], custody: Custody, keyring: Keyring
) -> None:
    lived(sessions, custody, keyring)
    with sessions.begin() as db:
        db.execute(Wrap.__table__.delete())

    with sessions() as db:
        assert refusal_of(db, custody, pin=OTHER_PIN) == ("no_record", {})


def test_no_row_of_any_table_holds_a_pin(
    sessions: sessionmaker[Session], custody: Custody, keyring: Keyring
) -> None:
    lived(sessions, custody, keyring)

    with sessions() as db:
        found = cells(db)

    assert len(found) > 30
    for cell in found:
        shown = cell if isinstance(cell, bytes) else str(cell).encode()
        assert PIN.encode() not in shown
        assert OTHER_PIN.encode() not in shown


def test_nothing_of_a_credential_is_readable_in_the_database(
    sessions: sessionmaker[Session], custody: Custody, keyring: Keyring
) -> None:
    lived(sessions, custody, keyring)

    with sessions() as db:
        rows = db.query(StoredCredential).all()
        seeds = [row.holder_seed for row in db.query(Record)]

    assert {row.sealing for row in rows} == {"box", "key"}
    assert all(b"eyJ" not in row.sealed and b"Wanjiru" not in row.sealed for row in rows)
    assert all(len(seed) == 24 + 32 + 16 for seed in seeds)


def test_the_count_of_guesses_knows_no_pin(
    sessions: sessionmaker[Session], custody: Custody, keyring: Keyring
) -> None:
    lived(sessions, custody, keyring)

    with sqlite3.connect(keyring.folder / "attempts.db") as file:
        rows = file.execute("SELECT owner, tries, locked_until FROM guess").fetchall()
    file.close()

    files = [path for path in keyring.folder.rglob("*") if path.is_file()]
    assert rows == [(str(OWNER), 1, 0)]
    assert all(PIN.encode() not in path.read_bytes() for path in files)


def test_nothing_is_logged(
    sessions: sessionmaker[Session],
    custody: Custody,
    keyring: Keyring,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.DEBUG):
        lived(sessions, custody, keyring)

    assert PIN not in caplog.text


def test_what_is_shown_of_the_parts_holds_no_secret(db: Session, custody: Custody) -> None:
    record(db, custody)

    with unlock(db, custody) as unlocked:
        shown = f"{custody!r} {unlocked!r} {vars(custody)['keyring']!r}"
        dek = unlocked.dek

    assert repr(dek) not in shown
    assert repr(custody.keyring.seed) not in shown


def test_a_refusal_never_carries_the_pin(db: Session, custody: Custody) -> None:
    record(db, custody)

    for pin in (OTHER_PIN, "12345x", "839205 "):
        code, facts = refusal_of(db, custody, pin=pin)
        assert pin not in f"{code} {facts}"


def test_the_schema_has_no_place_for_a_pin(db: Session) -> None:
    columns = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
    }

    assert not {name for name in columns if name.startswith("sscr_") and "pin" in name}
    assert db.scalar(text("SELECT count(*) FROM sscr_wrap")) == 0


def wraps_of(db: Session) -> list[dict[str, Any]]:
    """What a backup of the database holds of her."""
    tables = (Record.__table__, Wrap.__table__)
    return [dict(row._mapping) for table in tables for row in db.execute(table.select())]


def restore(db: Session, rows: list[dict[str, Any]]) -> None:
    db.execute(Record.__table__.insert(), [row for row in rows if "did" in row])
    db.execute(Wrap.__table__.insert(), [row for row in rows if "salt" in row])


def test_a_backup_from_before_the_erasure_opens_nothing_here(
    sessions: sessionmaker[Session], custody: Custody
) -> None:
    with sessions.begin() as db:
        record(db, custody)
        backup = wraps_of(db)
        epoch = sscr.erase(db, owner_id=OWNER)
    custody.service.erase(owner=str(OWNER), epoch=epoch)

    with sessions.begin() as db:
        restore(db, backup)

    with sessions() as db:
        assert refusal_of(db, custody) == ("no_record", {})


def test_a_backup_from_before_a_destroyed_pepper_is_noise(
    sessions: sessionmaker[Session], custody: Custody
) -> None:
    with sessions.begin() as db:
        record(db, custody)
        backup = wraps_of(db)
        custody.service.rotate()
        unlock(db, custody).close()
        sscr.erase(db, owner_id=OWNER)
    custody.service.destroy("1")

    with sessions.begin() as db:
        restore(db, backup)

    with sessions() as db:
        assert refusal_of(db, custody) == ("pepper_unknown", {"kid": "1"})
