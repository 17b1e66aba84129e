"""Two nodes that speak to each other as they do in the world: over HTTPS, each with a database of its own."""

from __future__ import annotations

import re
import ssl
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from flask import Flask
from sqlalchemy import func, select
from werkzeug.serving import BaseWSGIServer, make_server

from config.neighbours import Neighbour
from core import credentials, people, sscr
from core.credentials import CredentialType
from core.jobs import handover, issuers
from core.jobs.outside import Outside
from core.keys import did
from core.messaging import Template
from core.onboarding.models import Arrival, HandOver
from gateway.app import create_app
from tests.conftest import NOW
from tests.core.credentials.made import FACTS
from tests.core.onboarding.circle import AMINA, PIN
from tests.gateway.wallet import holds
from tests.menus.custody_hall import CustodyHall, Reader

NEW_PIN = "502938"
MEMBER = credentials.claims.community_membership({"standing": "good"}, on=NOW.date())
Start = Callable[..., Iterable[bytes]]


class Address:
    """A server at https://<name>:<port>, before anybody knows what will answer there."""

    def __init__(self, name: str, certificate: Path) -> None:
        self.app: Flask | None = None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self.heard: list[str] = []
        self.server: BaseWSGIServer = make_server(
            "127.0.0.1", 0, self._serve, threaded=True, ssl_context=context
        )
        self.server.log = lambda *_: None  # type: ignore[method-assign]
        self.url = f"https://{name}:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def _serve(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        self.heard.append(environ["PATH_INFO"])
        if self.app is None:
            start("503 Service Unavailable", [("Content-Length", "0")])
            return []
        return self.app(environ, start)

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class Place(CustodyHall):
    """A node with an address; its people dial it, its worker speaks to the other one."""

    def __init__(
        self, home: Path, database_url: str, redis_url: str, address: Address, other: Neighbour, **more: Any
    ) -> None:  # fmt: skip
        super().__init__(
            home, database_url, redis_url, public_url=address.url, neighbours=[other], **more
        )
        self.address, self.other = address, other
        self.open()

    def open(self) -> None:
        self.address.app = self.client.application

    def alone(self) -> Flask:
        """The same node, had its operator written nobody down."""
        settings = self.node.settings.model_copy(update={"neighbours": []})
        return create_app(replace(self.node, settings=settings))

    def shut(self) -> None:
        """The node is away for a while."""
        self.address.app = None

    def gets_to_know(self, door: Outside) -> None:
        """What an operator does: the other one is believed, and its keys are fetched."""
        self.door = door
        with self.node.sessions.begin() as db:
            credentials.trust.add(
                db, did=self.other.did, name=self.other.name, now=self.node.clock()
            )
        issuers.refresh(self.node, door)

    def handover(self) -> None:
        """What its worker does about records on their way."""
        while handover.run(self.node, self.door):
            pass

    def read(self, phone: Reader, page: str) -> str:
        whole = page
        while "98 " in page:
            page = phone.type("98")
            whole += page
        return whole

    def count(self, table: Any, phone: str = AMINA) -> int:
        with self.node.sessions() as db:
            user = people.by_phone(db, phone)
            mine = table.owner_id == (user.id if user else None)
            return db.scalar(select(func.count()).select_from(table).where(mine)) or 0

    def last(self, table: type[HandOver | Arrival]) -> Any:
        with self.node.sessions() as db:
            return db.scalars(select(table).order_by(table.created_at.desc()).limit(1)).one()

    def held(self) -> list[str]:
        """The types in Amina's record here, without her PIN."""
        with self.node.sessions() as db:
            user = people.by_phone(db, AMINA)
            return sorted(one.type for one in sscr.holdings(db, user.id)) if user else []

    def opened(self, pin: str) -> list[str]:
        """The credentials in Amina's record here, with her PIN."""
        with self.node.sessions.begin() as db:
            user = people.by_phone(db, AMINA)
            assert user
            with sscr.unlock(
                db, custody=self.node.custody, owner_id=user.id, pin=pin, purpose="test", session_id="s",
                now=self.node.clock(),
            ) as unlocked:  # fmt: skip
                return [text for _, text in sscr.held(db, unlocked)]


class TwoNodes:
    """Amina is at home with Mavuno (`a`), and Pwani (`b`) knows her not, unless she is a `member`."""

    def __init__(
        self, folder: Path, urls: list[str], redis_url: str, *, language: str = "en", member: bool = False
    ) -> None:  # fmt: skip
        certificate = _certificate(folder / "both.pem")
        self.addresses = [Address(f"{name}.example", certificate) for name in ("mavuno", "pwani")]
        mavuno, pwani = (
            Neighbour(number=n, name=name, did=did.web(address.url), service_code=code)
            for n, name, address, code in zip(
                (1, 2), ("Mavuno", "Pwani"), self.addresses, ("*384*77#", "*384*78#"), strict=True
            )
        )
        self.a = Place(
            folder / "a", urls[0], redis_url, self.addresses[0], pwani, language=language
        )
        with_people = [AMINA] if member else []
        self.b = Place(
            folder / "b", urls[1], redis_url, self.addresses[1], mavuno, people_here=with_people
        )
        self.door = Outside(
            resolve=lambda *_: ["127.0.0.1"], allows=lambda _: True, seconds=60,
            context=ssl.create_default_context(cafile=str(certificate)),
        )  # fmt: skip
        for place in (self.a, self.b):
            place.gets_to_know(self.door)
        self.kyc = holds(self.a, CredentialType.KYC, credentials.claims.kyc(FACTS, on=NOW.date()))
        self.membership = holds(self.a, CredentialType.COMMUNITY_MEMBERSHIP, MEMBER)

    def stop(self) -> None:
        for address in self.addresses:
            address.stop()
        for place in (self.a, self.b):
            place.close()

    def pass_time(self, **length: float) -> None:
        for place in (self.a, self.b):
            place.offset += timedelta(**length)

    def leave(self, pin: str = PIN, *, to: str = "2") -> str:
        """Amina moves, at the phone of `a`; the last page."""
        phone = self.a.phone(AMINA)
        phone.begin()
        self.a.read(phone, phone.type("3", "1"))
        self.a.read(phone, phone.type("2", to))
        return phone.type("1", pin)

    def announced(self) -> None:
        """The same, and both nodes know it."""
        self.leave()
        self.a.handover()

    @property
    def number(self) -> str:
        found = re.search(r": (\d{6})\.", self.a.texts(Template.HANDOVER_CODE)[-1].text)
        assert found
        return found[1]

    @property
    def wrong(self) -> str:
        return f"{(int(self.number) + 1) % 10**6:06d}"

    def dial(self) -> tuple[Reader, str]:
        phone = self.b.phone(AMINA)
        return phone, phone.begin()

    def type_number(self, number: str | None = None) -> Reader:
        """She dials Pwani and types the number; the worker has asked."""
        phone, _ = self.dial()
        phone.type("1", number or self.number)
        self.b.handover()
        return phone

    def arrive(self) -> str:
        """All of it at Pwani, for a person it does not know; the last page."""
        phone = self.type_number()
        return phone.type("1", NEW_PIN, NEW_PIN)

    def pin_again(self) -> None:
        """She was texted to dial once more."""
        phone, _ = self.dial()
        phone.type("1")
        self.b.handover()
        assert "Type your PIN" in phone.type("1")
        phone.type(NEW_PIN)
        self.b.handover()

    def moved(self) -> None:
        """From the first key to the last text."""
        self.announced()
        self.arrive()
        self.b.handover()


def _certificate(path: Path) -> Path:
    """One for both names, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "both")])
    now = datetime.now(UTC)
    hosts = [x509.DNSName(f"{one}.example") for one in ("mavuno", "pwani")]
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(hosts), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    return path
