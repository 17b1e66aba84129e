"""What a process that died left half done in custody, the sweep finishes; and it does so once."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core import onboarding, people, sscr
from core.errors import Busy, Refusal
from core.jobs import upkeep
from core.sscr.models import Record, Wrap
from tests.core.onboarding.circle import AMINA, NEW_PIN, PIN
from tests.menus.custody_hall import CustodyHall, on_sqlite


@pytest.fixture
def hall(databases: dict[str, Any], tmp_path: Path, redis_url: str) -> Iterator[CustodyHall]:
    with on_sqlite(CustodyHall, databases, tmp_path, redis_url) as made:
        yield made


def amina(hall: CustodyHall) -> uuid.UUID:
    with hall.node.sessions() as db:
        user = people.by_phone(db, AMINA)
        assert user
        return user.id


def erase(hall: CustodyHall) -> dict[Any, list[dict[str, Any]]]:
    """Erase her record and die before the key service is told; what a backup of the database held of her."""
    owner = amina(hall)
    with hall.node.sessions.begin() as db:
        backup = {
            table: [dict(row._mapping) for row in db.execute(table.select())]
            for table in (Record.__table__, Wrap.__table__)
        }
        onboarding.erase(
            db,
            organisation_id=people.get(db, owner).organisation_id,
            user_id=owner,
            request="letter",
            by="staff",
            now=hall.node.clock(),
        )
    return backup


def restore(hall: CustodyHall, backup: dict[Any, list[dict[str, Any]]]) -> None:
    with hall.node.sessions.begin() as db:
        for table, rows in backup.items():
            db.execute(table.delete())
            db.execute(table.insert(), rows)


def opens(hall: CustodyHall, pin: str) -> str:
    owner = amina(hall)
    try:
        with hall.node.sessions.begin() as db:
            sscr.unlock(
                db, custody=hall.node.custody, owner_id=owner, pin=pin, purpose="test", session_id="s",
                now=hall.node.clock(),
            ).close()  # fmt: skip
    except Refusal as refusal:
        return refusal.code
    return "opened"


def test_an_erasure_cut_off_before_the_key_service_heard_of_it_is_repeated(
    hall: CustodyHall,
) -> None:
    backup = erase(hall)

    upkeep.sweep(hall.node)

    restore(hall, backup)
    assert opens(hall, PIN) == "no_record"
    assert upkeep.tell_erased(hall.node) == 0, "told once"


def test_a_key_service_that_is_away_is_told_later(
    hall: CustodyHall, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup = erase(hall)

    def away(**_: object) -> None:
        raise Busy

    with monkeypatch.context() as patch:
        patch.setattr(hall.node.custody.service, "erase", away)
        with pytest.raises(Busy):
            upkeep.tell_erased(hall.node)

    assert upkeep.tell_erased(hall.node) == 1
    restore(hall, backup)
    assert opens(hall, PIN) == "no_record"


def test_the_repetition_does_not_hit_the_record_she_began_since(hall: CustodyHall) -> None:
    erase(hall)
    owner = amina(hall)
    with hall.node.sessions.begin() as db:
        sscr.open_record(
            db, custody=hall.node.custody, owner_id=owner, phone=AMINA, pin=NEW_PIN, birth_date=None,
            now=hall.node.clock(),
        )  # fmt: skip

    upkeep.tell_erased(hall.node)

    assert opens(hall, NEW_PIN) == "opened"
