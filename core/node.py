"""The running node: settings, blueprint, keys and the doors to the outside, built once per process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Engine

from config.blueprint import Blueprint
from config.settings import Settings
from core.clock import Clock
from core.db import Session, sessionmaker
from core.keys import Keyring

if TYPE_CHECKING:
    from redis import Redis

    from core.credentials import Issuer
    from core.messaging.gateway import SmsGateway
    from core.payments.rail import Rail
    from core.sscr import Custody


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
    redis: Redis
    rails: dict[str, Rail]
    sms: SmsGateway
