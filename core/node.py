"""The running node: settings, blueprint, keys and the doors to the outside, built once per process."""

from __future__ import annotations

from dataclasses import dataclass

import redis
from sqlalchemy import Engine

from config import blueprint
from config.blueprint import Blueprint, Role
from config.limits import REDIS_SECONDS
from config.settings import Settings
from core import clock, keys, queue
from core.clock import Clock
from core.credentials import Issuer, Trust, times, trusted_keys
from core.db import Session, connect, sessionmaker
from core.keys import Keyring, KeyService
from core.keys.client import RemoteKeyService
from core.keys.server import service_of
from core.lending import screening
from core.lending.screening import Screen
from core.messaging import sending
from core.messaging.africastalking import AfricasTalking
from core.messaging.gateway import SimGateway, SmsGateway
from core.messaging.insights import Insights
from core.payments.rail import Rail
from core.payments.rails.mpesa import Mpesa
from core.sscr import Custody
from core.wakeups import Wake, waker


@dataclass(frozen=True)
class Node:
    """Everything a view, a job or a command needs to open a transaction and to reach the outside."""

    settings: Settings
    blueprint: Blueprint
    keyring: Keyring
    engine: Engine
    sessions: sessionmaker[Session]
    clock: Clock
    custody: Custody
    issuer: Issuer
    redis: redis.Redis
    rails: dict[str, Rail]
    sms: SmsGateway
    sims: SimGateway
    screen: Screen

    def close(self) -> None:
        """Let go of the database and of Redis."""
        self.engine.dispose()
        self.redis.close()

    @property
    def trust(self) -> Trust:
        """The issuers this node believes by itself: today its own; a project names others."""
        return dict(trusted_keys(self.keyring, self.settings.url))


def build(settings: Settings, *, wake: Wake | None = None, now: Clock = clock.now) -> Node:
    """The node these settings describe. `wake` replaces the RQ queue, `now` the clock (tests)."""
    plan = blueprint.load(settings.blueprint)
    if plan.plays(Role.SANDBOX):
        settings = settings.against_sandbox()
    keyring = keys.create(settings.keys)
    engine = connect(settings.database)
    connection = _redis(settings)
    times.set_leeway(settings.clock_leeway_seconds)
    issuer = Issuer.of(keyring, settings.url)
    sessions = sessionmaker(
        engine, expire_on_commit=False, info=_carried(settings, keyring, issuer)
    )
    queue.connect(sessions, wake or waker(connection))
    return Node(
        settings=settings, blueprint=plan, keyring=keyring, engine=engine, sessions=sessions, clock=now,
        custody=Custody.of(keyring, did=issuer.did, service=_key_service(settings, now)), issuer=issuer,
        redis=connection,
        rails={"mpesa": Mpesa.of(settings, keyring, connection)} if "mpesa" in plan.rails else {},
        sms=AfricasTalking.of(settings), sims=Insights.of(settings),
        screen=screening.from_file(settings.screening_list),
    )  # fmt: skip


def _key_service(settings: Settings, now: Clock) -> KeyService:
    """The key service: behind its socket, with a clock of its own, where one is set; else in this process."""
    if settings.key_socket is not None:
        return RemoteKeyService(settings.key_socket)
    return service_of(settings, now)


def _carried(settings: Settings, keyring: Keyring, issuer: Issuer) -> dict[str, object]:
    """What every session of this node carries, because whatever writes rows may need it."""
    return {
        "book_key": keyring.signing_key("books"),
        "issuer": issuer,
        "paybill": settings.mpesa_short_code,
        sending.KEY: sending.Sending.of(settings),
    }


def _redis(settings: Settings) -> redis.Redis:
    return redis.Redis.from_url(
        settings.redis, socket_timeout=REDIS_SECONDS, socket_connect_timeout=REDIS_SECONDS
    )
