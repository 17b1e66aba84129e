"""Amina has left with her record in a wallet of her own, and her cooperative lends: the world of these tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from core import credentials, lending
from core.credentials import openid_vp
from core.keys import did, jose
from core.keys.jose import PrivateKey
from core.lending import Loan
from core.messaging import Template
from gateway.cli import demo
from tests.core.onboarding.circle import AMINA
from tests.gateway.wallet import Home, Wallet, amina, found, start
from tests.menus.hall import agree

KYC, MEMBERSHIP = "growr_kyc", "growr_community_membership"


class Lender(Home):
    """The hall whose cooperative lends."""

    server: Any = None

    def __init__(self, home: Path, database_url: str, redis_url: str, **settings: Any) -> None:
        super().__init__(home, database_url, redis_url, **settings)
        with self.node.sessions.begin() as db:
            project = lending.create_project(
                db, organisation_id=self.organisation, data=demo.project_terms(self.node), now=self.node.clock()
            )  # fmt: skip
            lending.activate(
                db,
                organisation_id=project.organisation_id,
                project_id=project.id,
                now=self.node.clock(),
            )
            self.project = project.id

    def loans(self) -> list[Loan]:
        """What Amina borrowed."""
        with self.node.sessions() as db:
            return lending.loans_of(db, amina(self), limit=5)


def moved(
    hall: Lender, key: PrivateKey | None = None, *, other: PrivateKey | None = None
) -> Wallet:
    """Amina's wallet, with her whole record; her membership is bound to an `other` key if there is one."""
    start(hall)
    wallet = Wallet(hall, key)
    wallet.enter()
    wallet.held = {"kyc": (wallet.take(KYC), wallet.key)}
    first, wallet.key = wallet.key, other or wallet.key
    wallet.held["community_membership"] = (wallet.take(MEMBERSHIP), wallet.key)
    wallet.key = first
    return wallet


def apply(hall: Lender, *, language: str = "en") -> str:
    """Amina takes a loan by phone up to where her wallet must speak; the last page."""
    phone = hall.phone(AMINA)
    phone.begin()
    page = agree(phone, phone.type("1", "1", "2000", "3"))
    assert ("1 Confirm in my wallet" if language == "en" else "1 Thibitisha") in page, page
    return phone.type("1")


class Questioned:
    """A wallet before a question: it fetches, checks as the standard says, and answers right, or wrong on purpose."""

    def __init__(self, hall: Lender, wallet: Wallet, address: str = "") -> None:
        self.hall, self.wallet, self.client = hall, wallet, hall.client
        self.address = address or found(
            r"http\S+?(?=,? |$)", hall.texts(Template.WALLET_ASKED)[-1].text
        )
        self.path = urlsplit(self.address).path

    @property
    def uri(self) -> str:
        """What stands in the code on the page."""
        page = self.client.get(self.path).get_data(as_text=True)
        return found(r'openid4vp://[^"]+', page).replace("&amp;", "&")

    @property
    def link(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.uri).query)

    def question(self) -> dict[str, Any]:
        """The signed question, believed by the DID document of the verifier."""
        [where] = self.link["request_uri"]
        answer = self.client.get(urlsplit(where).path)
        assert answer.content_type == "application/oauth-authz-req+jwt"
        assert answer.headers["Cache-Control"] == "no-store"
        token = jose.parse(answer.get_data(as_text=True))
        document = self.client.get("/verifier/did.json").get_json()
        keys = {one["id"]: one["publicKeyJwk"] for one in document["verificationMethod"]}
        jose.verify(token, keys[token.header["kid"]])
        assert token.header["typ"] == openid_vp.TYP
        assert [token.payload["client_id"]] == self.link["client_id"]
        return token.payload

    def present(self, asked: dict[str, Any], **changes: Any) -> dict[str, list[str]]:
        """The presentations that the question asks for, with what is wrong on purpose."""
        words = {
            "audience": asked["client_id"], "nonce": asked["nonce"], "now": self.hall.node.clock(),
            "transaction_data": asked.get("transaction_data", ()),
        } | changes  # fmt: skip
        token = {}
        held = self.wallet.held
        for one in (one for one in asked["dcql_query"]["credentials"] if one["id"] in held):
            text, key = held[one["id"]]
            paths = [claim["path"] for claim in one.get("claims", [])]
            token[one["id"]] = [credentials.present(text, paths=paths, key=key, **words)]
        return token

    def post(self, **form: str) -> tuple[int, Any]:
        answer = self.client.post(f"{self.path}/answer", data=form)
        return answer.status_code, answer.get_json()

    def answer(self, asked: dict[str, Any] | None = None, **changes: Any) -> tuple[int, Any]:
        """Answer the question; `changes` are of the key binding, `token` and `state` of the form."""
        asked = asked or self.question()
        state = changes.pop("state", asked["state"])
        token = changes.pop("token", None) or self.present(asked, **changes)
        return self.post(vp_token=jose.dumps(token), state=state)


def name_of(key: PrivateKey) -> str:
    return did.from_jwk(jose.public_jwk(key))
