"""After a whole journey the PIN is nowhere, and a thief with the database has nothing."""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
import structlog
from sqlalchemy import MetaData, select

from core import keys, people, sscr
from core.errors import Refusal
from core.sscr import Custody
from gateway.cli import demo
from tests.journey.running import PIN, agree, borrow
from tests.village import Village, registered, village

WRONG_PIN = "604218"


def stands_in(text: str, digits: str) -> bool:
    """Whether these digits stand in a text as a number of their own: no part of a time, a longer number, a digest."""
    text = re.sub(r"\d\d:\d\d:\d\d\.\d+", "", text)
    return re.search(rf"(?<![0-9A-Za-z]){digits}(?![0-9A-Za-z])", text) is not None


def rows(place: Village) -> Iterator[str]:
    """Every value of every table."""
    schema = MetaData()
    schema.reflect(place.node.engine)
    with place.node.engine.connect() as connection:
        for table in schema.sorted_tables:
            for row in connection.execute(select(table)):
                yield from (f"{table.name}: {value}" for value in row)


def redis_values(client: redis.Redis) -> Iterator[str]:
    """Every key and value of Redis."""
    for key in client.scan_iter("*"):
        kind = client.type(key)
        read = {
            b"string": client.get,
            b"hash": client.hgetall,
            b"list": lambda name: client.lrange(name, 0, -1),
            b"set": client.smembers,
            b"zset": lambda name: client.zrange(name, 0, -1, withscores=True),
        }[kind]
        yield f"{key!r}: {read(key)!r}"


def files(home: Path) -> Iterator[str]:
    """Every file of the node; the sandbox's is the outside world."""
    for path in home.rglob("*"):
        if path.is_file() and not path.name.startswith(("sandbox", "growr.db")):
            yield f"{path.name}: {path.read_bytes().decode('latin-1')}"


def test_the_pin_is_in_no_row_no_redis_value_no_file_and_no_log_line(
    tmp_path: Path,
    database_url: str,
    redis_url: str,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    structlog.configure(
        logger_factory=structlog.stdlib.LoggerFactory(), cache_logger_on_first_use=False
    )
    caplog.set_level(logging.DEBUG)
    with village(tmp_path / "home", database_url, redis_url) as place:
        phone = registered(place, PIN)
        phone.dial()
        phone.type("1", "1", "2000", "3")
        agree(phone)
        phone.type(WRONG_PIN)
        phone.hang_up()
        borrow(phone)
        phone.dial("*384*77*1*1*2000#")
        phone.hang_up()
        phone.sms("384", f"PIN {PIN}")
        place.live()

        seen = [
            *rows(place),
            *redis_values(place.node.redis),
            *files(tmp_path / "home"),
            *caplog.messages,
        ]

        assert len(seen) > 500, "there was something to search"
        assert place.loan(phone) is not None
        for digits in (PIN, WRONG_PIN):
            assert [text for text in seen if stands_in(text, digits)] == []


def test_what_was_confirmed_about_a_person_is_in_no_row(
    tmp_path: Path, database_url: str, redis_url: str
) -> None:
    with village(tmp_path / "home", database_url, redis_url) as place:
        phone = registered(place, PIN)
        borrow(phone)
        place.live()

        seen = [*rows(place), *redis_values(place.node.redis)]

        assert place.loan(phone) is not None
        assert any("Wanjiku" in text for text in seen), "there was something to search"
        for fact in confirmed():
            assert [text for text in seen if fact.lower() in text.lower()] == []


def confirmed() -> Iterator[str]:
    """What the cooperative confirmed about its people, in the words of the demo: birthdays, homes, memberships.

    Their names and the name of the cooperative are its own address book and stay readable (docs/adr/0009).
    """
    for one in demo.BORROWERS:
        facts = demo.facts(one)
        kyc, member = facts["kyc"], facts["community_membership"]
        yield from (kyc["birthdate"], kyc["birthdate"].replace("-", ""), kyc["residence"]["region"])
        yield from (member["member_since"], "member_since", "birthdate", "residence")


def test_a_stolen_database_opens_no_record(
    tmp_path: Path, database_url: str, redis_url: str
) -> None:
    with village(tmp_path / "home", database_url, redis_url) as place:
        phone = registered(place, PIN)
        thief = Custody.of(keys.create(tmp_path / "elsewhere"))

        with place.node.sessions() as db:
            user = people.by_phone(db, phone.msisdn)
            assert user is not None
            with pytest.raises(Refusal, match="pin_wrong"), unlocked(place, thief, user.id, db):
                pass
            with unlocked(place, place.node.custody, user.id, db) as record:
                assert record.did.startswith("did:key:z6Mk")


def unlocked(place: Village, custody: Custody, owner: uuid.UUID, db: object) -> sscr.Unlocked:
    """Try the right PIN with these keys."""
    return sscr.unlock(
        db, custody=custody, owner_id=owner, pin=PIN, purpose="theft", session_id="s", now=place.now()  # type: ignore[arg-type]
    )  # fmt: skip
