"""A source outside confirms what she wants to prove: asked by a worker, believed only if its own key signed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast, get_args

import pytest
from nacl.signing import SigningKey
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from config.limits import SOURCE_ANSWER_SECONDS, SOURCE_TRIES
from config.settings import Settings
from config.sources import Confirmable, Source
from core import sscr
from core.credentials import Issuer
from core.errors import Refusal
from core.jobs import sources as jobs
from core.keys import Keyring, jose
from core.messaging import Message, Template
from core.node import Node
from core.onboarding import CREDENTIAL_YEARS, sources
from core.onboarding.models import SourceRequest, SourceState
from core.people import Organisation, User
from core.sscr import Custody
from gateway.sandbox import Sandbox, SandboxSettings, create_sandbox, faults, kilimo
from tests.conftest import NOW
from tests.core.credentials.made import ISSUER
from tests.core.onboarding.test_onboarding import amina, custody, mavuno

__all__ = ["amina", "custody", "mavuno"]  # fixtures
PIN = "804219"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    made = create_sandbox(SandboxSettings(home=None, port=0))
    made.start(0)
    yield made
    made.stop()


@pytest.fixture
def source(sandbox: Sandbox) -> Source:
    return Source.of_sandbox(sandbox.url)


class Desk:
    """As much of a node as asking needs, with a hand on its clock."""

    def __init__(self, sessions: sessionmaker[Session], source: Source) -> None:
        self.now = NOW
        self.sessions, self.issuer = sessions, ISSUER
        self.settings = SimpleNamespace(sources=[source])

    def clock(self) -> Any:
        return self.now

    def work(self, seconds: float = 0) -> int:
        self.now += timedelta(seconds=seconds)
        return jobs.ask(cast(Node, self))


@pytest.fixture
def desk(sessions: sessionmaker[Session], source: Source, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(kilimo, "time", SimpleNamespace(time=NOW.timestamp))
    return Desk(sessions, source)


@pytest.fixture
def asks(db: Session, custody: Custody, amina: User, source: Source) -> Callable[[], SourceRequest]:
    """She has a record, and asks; what she asked is committed."""
    sscr.open_record(
        db, custody=custody, owner_id=amina.id, phone=amina.phone, pin=PIN, birth_date=None, now=NOW
    )

    def ask() -> SourceRequest:
        made = sources.ask(db, user_id=amina.id, source=source, now=NOW)
        db.commit()
        return made

    return ask


def texts(db: Session) -> list[str]:
    query = select(Message.template).order_by(Message.created_at)
    db.expire_all()
    return [one.value for one in db.scalars(query) if one is not Template.INVITATION]


def order(sandbox: Sandbox, kind: str, count: int = 1) -> None:
    with sandbox.world.store.begin() as db:
        faults.add(db, "kilimo", kind, count, None)


def test_a_member_of_the_register_gets_her_credential_and_a_text(
    db: Session, desk: Desk, asks: Callable[[], SourceRequest], amina: User
) -> None:
    request = asks()

    assert desk.work() == 1

    db.refresh(request)
    assert request.state is SourceState.CONFIRMED
    held = sscr.holdings(db, amina.id)
    assert [(one.type, one.issuer) for one in held] == [("community_membership", "Kilimo register")]
    assert texts(db) == ["credential_added"]
    db.rollback()
    assert desk.work(9_999) == 0


def test_whom_the_register_does_not_know_is_told_so(
    db: Session, desk: Desk, asks: Callable[[], SourceRequest], amina: User
) -> None:
    amina.phone = "+254799920001"
    asks()

    desk.work()

    assert sscr.holdings(db, amina.id) == []
    assert texts(db) == ["source_unknown"]


def test_an_answer_that_somebody_else_signed_is_worth_nothing(
    db: Session, desk: Desk, asks: Callable[[], SourceRequest], amina: User, sandbox: Sandbox
) -> None:
    order(sandbox, "forged")
    request = asks()

    desk.work()

    db.refresh(request)
    assert (request.state, request.problem) == (SourceState.FAILED, "signature")
    assert sscr.holdings(db, amina.id) == []
    assert texts(db) == ["source_silent"]


@pytest.mark.parametrize("kind", ["error", "not_acted", "lost_acknowledgement", "rate_limited"])
def test_a_source_that_stumbles_is_asked_again(
    db: Session, desk: Desk, asks: Callable[[], SourceRequest], sandbox: Sandbox, kind: str
) -> None:
    order(sandbox, kind)
    request = asks()

    desk.work()
    assert desk.work(5) == 0
    assert desk.work(6) == 1

    db.refresh(request)
    assert request.state is SourceState.CONFIRMED


def test_a_source_that_stays_silent_is_given_up_and_she_is_told(
    db: Session, desk: Desk, asks: Callable[[], SourceRequest], sandbox: Sandbox
) -> None:
    order(sandbox, "error", SOURCE_TRIES)
    request = asks()

    tries = sum(desk.work(4_000) for _ in range(SOURCE_TRIES + 2))

    db.refresh(request)
    assert (tries, request.state, request.problem) == (
        SOURCE_TRIES, SourceState.FAILED, "status_500"
    )  # fmt: skip
    assert texts(db) == ["source_silent"]


def test_one_question_at_a_time(db: Session, asks: Callable[[], SourceRequest], desk: Desk) -> None:
    asks()
    with pytest.raises(Refusal, match="source_asked"):
        asks()
    db.rollback()

    desk.work()

    assert asks().state is SourceState.ASKED


def test_who_has_no_record_asks_nobody(db: Session, amina: User, source: Source) -> None:
    with pytest.raises(Refusal, match="no_record"):
        sources.ask(db, user_id=amina.id, source=source, now=NOW)


def test_a_source_that_was_taken_away_is_not_asked(
    db: Session, desk: Desk, asks: Callable[[], SourceRequest]
) -> None:
    request = asks()
    desk.settings.sources = []

    desk.work()

    db.refresh(request)
    assert (request.state, request.problem) == (SourceState.FAILED, "no_such_source")


# --- what a signed answer must say
QUESTION = sources.Question(
    cast(Any, None), "kilimo", "community_membership", "+254711000111", "n-1"
)
HERE = Source.of_sandbox("http://127.0.0.1:1")


def answer(key: SigningKey | None = None, typ: str = sources.ANSWER_TYP, **changes: Any) -> str:
    words = {
        "iss": HERE.did, "aud": ISSUER.did, "nonce": "n-1", "type": QUESTION.type, "phone": QUESTION.phone,
        "iat": int(NOW.timestamp()), "facts": {"standing": "good"},
    } | changes  # fmt: skip
    return jose.sign({"typ": typ}, words, key or kilimo.key())


def read(text: str) -> dict[str, Any] | None:
    return sources.read_answer(text, source=HERE, question=QUESTION, audience=ISSUER.did, now=NOW)


def test_the_facts_of_an_answer_to_this_question_are_taken() -> None:
    assert read(answer()) == {"standing": "good"}
    assert read(answer(facts=None)) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("nonsense", "malformed"),
        (answer(typ="JWT"), "malformed"),
        (answer(facts=["x"]), "malformed"),
        (answer(SigningKey(b"x" * 32)), "signature"),
        (answer(nonce="n-2"), "binding"),
        (answer(phone="+254711000112"), "binding"),
        (answer(type="kyc"), "binding"),
        (answer(aud="did:web:other.example"), "binding"),
        (answer(iss="did:web:other.example"), "binding"),
        (answer(iat=NOW.timestamp() - SOURCE_ANSWER_SECONDS - 1), "time"),
        (answer(iat=NOW.timestamp() + 120), "time"),
        (answer(iat=None), "time"),
    ],
)
def test_any_other_answer_is_refused(text: str, reason: str) -> None:
    with pytest.raises(Refusal) as refusal:
        read(text)

    assert refusal.value.facts["reason"] == reason


def test_the_sandbox_node_knows_the_key_of_its_register(keyring: Keyring) -> None:
    settings = Settings().against_sandbox()

    assert settings.sources[0].did == HERE.did
    assert Issuer.of(keyring, "http://x").did != HERE.did
    assert read(answer()) is not None


def test_a_source_confirms_what_an_organisation_may_confirm() -> None:
    assert set(get_args(Confirmable)) == {type.value for type in CREDENTIAL_YEARS}


def test_what_she_holds_from_a_source_is_not_offered_again(mavuno: Organisation) -> None:
    assert sources.offered([HERE], {"community_membership": mavuno.name}) == [HERE]
    assert sources.offered([HERE], {"community_membership": HERE.name}) == []
