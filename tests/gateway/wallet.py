"""A wallet as the standard has it, plain HTTP and a key: it does right, or wrong on purpose."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from nacl.signing import SigningKey

from core import credentials, people, sscr
from core.credentials import CredentialType
from core.credentials.announcing import PRE_AUTHORIZED
from core.keys import jose
from core.keys.jose import PrivateKey
from core.messaging import Template
from core.onboarding import wallets
from tests.conftest import NOW
from tests.core.credentials.made import FACTS
from tests.core.onboarding.circle import AMINA, PIN
from tests.menus.custody_hall import CustodyHall

MEMBER = credentials.claims.community_membership({"standing": "good"}, on=NOW.date())


DROPPED = object()  # of a member that is not sent


class Home(CustodyHall):
    """The hall with a KYC credential and a membership in Amina's record."""

    def __init__(self, home: Path, database_url: str, redis_url: str, **settings: Any) -> None:
        super().__init__(home, database_url, redis_url, **settings)
        claims = credentials.claims.kyc(FACTS, on=self.node.clock().date())
        self.kyc = holds(self, CredentialType.KYC, claims)
        self.membership = holds(self, CredentialType.COMMUNITY_MEMBERSHIP, MEMBER)


def holds(hall: CustodyHall, type: CredentialType, claims: dict[str, Any], **changes: Any) -> str:
    """Put a credential of this node into Amina's record; its text."""
    now = hall.node.clock()
    asked = {"issuer": hall.node.issuer, "expires_at": now + timedelta(days=90)} | changes
    with hall.node.sessions.begin() as db:
        owner_id = amina(hall)
        text = credentials.mint(
            db, type=type, claims=claims, holder_jwk=sscr.holder_jwk(db, owner_id), owner_id=owner_id, now=now, **asked
        )  # fmt: skip
        sscr.deliver(
            db, owner_id=owner_id, credential=text, type=type, issuer="Mavuno Coop", issued_at=now,
            expires_at=asked["expires_at"], now=now,
        )  # fmt: skip
    return text


def amina(hall: CustodyHall) -> uuid.UUID:
    with hall.node.sessions() as db:
        found = people.by_phone(db, AMINA)
        assert found
        return found.id


def start(hall: CustodyHall, pin: str = PIN) -> str:
    """Amina moves her record, by phone; the last page."""
    phone = hall.phone(AMINA)
    phone.begin()
    page = phone.type("3", "1")
    while "98 " in page:
        page = phone.type("98")
    page = phone.type("1")
    while "98 " in page:
        page = phone.type("98")
    return phone.type("1", pin)


class Wallet:
    """A wallet with a key, and how it was told of the offer: by the two texts to Amina's phone."""

    offer_text, number_text = Template.WALLET_OFFER, Template.WALLET_CODE

    def __init__(self, hall: CustodyHall, key: PrivateKey | None = None) -> None:
        self.hall, self.client = hall, hall.client
        self.key = key or SigningKey.generate()
        self.address = found(r"http[^\s,]+", hall.texts(self.offer_text)[-1].text)
        self.number = found(r"\d{6}", hall.texts(self.number_text)[-1].text)
        self.access = ""
        self.held: dict[str, tuple[str, PrivateKey]] = {}  # what it has, each with its key

    @property
    def page(self) -> str:
        """The path of the offer's page."""
        return urlsplit(self.address).path

    def offer(self) -> dict[str, Any]:
        """The offer behind the QR code."""
        link = wallets.uri(self.address)
        [where] = parse_qs(urlsplit(link).query)["credential_offer_uri"]
        said: dict[str, Any] = self.client.get(urlsplit(where).path).get_json()
        return said

    def ask_token(self, **changes: Any) -> tuple[int, Any]:
        code = changes.pop("code", None) or self.code()
        form = {"grant_type": PRE_AUTHORIZED, "pre-authorized_code": code, "tx_code": self.number}
        said = {name: value for name, value in (form | changes).items() if value is not None}
        answer = self.client.post("/openid/token", data=said)
        return answer.status_code, answer.get_json()

    def code(self) -> str:
        return str(self.offer()["grants"][PRE_AUTHORIZED]["pre-authorized_code"])

    def enter(self) -> Any:
        status, said = self.ask_token()
        assert status == 200, said
        self.access = said["access_token"]
        return said

    def nonce(self) -> str:
        answer = self.client.post("/openid/nonce")
        assert answer.headers["Cache-Control"] == "no-store"
        return str(answer.get_json()["c_nonce"])

    def proof(self, header: dict[str, Any] | None = None, **changes: Any) -> str:
        jwk = jose.public_jwk(self.key)
        head = {"typ": "openid4vci-proof+jwt", "jwk": jwk} | (header or {})
        said = {
            "aud": self.hall.node.issuer.base_url, "iat": int(self.hall.node.clock().timestamp()),
            "nonce": changes.pop("nonce", None) or self.nonce(),
        } | changes  # fmt: skip
        head, said = ({k: v for k, v in one.items() if v is not None} for one in (head, said))
        return jose.sign(head, said, self.key)

    def ask(self, name: str, **changes: Any) -> tuple[int, Any]:
        kind = (
            "credential_configuration_id" if name.startswith("growr_") else "credential_identifier"
        )
        body = {
            kind: name,
            "proofs": {"jwt": [changes.pop("proof", None) or self.proof()]},
        } | changes
        body = {name: value for name, value in body.items() if value is not DROPPED}
        headers = {"Authorization": f"Bearer {self.access}"}
        answer = self.client.post("/openid/credential", json=body, headers=headers)
        assert answer.headers["Cache-Control"] == "no-store"
        return answer.status_code, answer.get_json()

    def take(self, name: str) -> str:
        """What it gets, and it says that it has it."""
        status, said = self.ask(name)
        assert status == 200, said
        assert self.tell(said["notification_id"]) == (204, None)
        return str(said["credentials"][0]["credential"])

    def tell(
        self, name: str, event: str = "credential_accepted", **changes: Any
    ) -> tuple[int, Any]:
        """What became of what it was given."""
        body = {"notification_id": name, "event": event} | changes
        headers = {"Authorization": f"Bearer {self.access}"}
        answer = self.client.post("/openid/notification", json=body, headers=headers)
        assert answer.headers["Cache-Control"] == "no-store"
        return answer.status_code, answer.get_json(silent=True)


class LaterWallet(Wallet):
    """The same wallet, told by two texts of what came after she left."""

    offer_text, number_text = Template.WALLET_NEWS, Template.WALLET_NEWS_CODE


def found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    assert match, text
    return match.group()
