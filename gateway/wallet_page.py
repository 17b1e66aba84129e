"""The page of an offer to her wallet: a code for a camera or a printer, and her record as a file, once."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, request

from core import people
from core.db import Session
from core.errors import Refusal
from core.keys import jose
from core.node import Node
from core.onboarding import wallet_giving, wallets
from core.onboarding.models import OfferKind, WalletOffer
from core.onboarding.wallet_giving import Given
from core.words import Words, words
from gateway import paper, qr
from gateway.openid import private, told

JSON = "application/json"
_WRONG = 403


def blueprint(node: Node) -> Blueprint:
    """GET /wallet/<secret>, /wallet/<secret>/offer (what the code points to); POST /wallet/<secret>/file."""
    pages = Blueprint("wallet_page", __name__, template_folder="templates")

    @pages.get("/wallet/<secret>")
    def page(secret: str) -> Response:
        with node.sessions() as db:
            offer = _offer(db, node, secret)
            return _page(db, node, offer) if offer else paper.gone()

    @pages.get("/wallet/<secret>/offer")
    def offer(secret: str) -> Response:
        with node.sessions() as db:
            found = _offer(db, node, secret)
            if found is None:  # a wallet asks, and no person reads the answer
                abort(404)
            said = wallets.document(node.keyring, found, node.issuer)
        return private(jose.dumps(said), JSON)

    @pages.post("/wallet/<secret>/file")
    def file(secret: str) -> Response:
        return _file(node, secret, request.form.get("number", "").strip())

    return pages


def _file(node: Node, secret: str, number: str) -> Response:
    """The file for the right number; a wrong one is counted and the page comes again."""
    with node.sessions.begin() as db:
        offer = _offer(db, node, secret)
        if offer is None:
            return paper.gone()
        owner_id = offer.user_id
        try:
            taken = wallet_giving.take_file(
                db, keyring=node.keyring, offer=offer, tx_code=number, now=node.clock()
            )
        except Refusal:
            return paper.gone()
        if taken is None:
            again = _page(db, node, offer, is_wrong=True)
    if taken is None:
        return again
    text, epoch = taken
    told(node, Given("", owner_id, epoch))
    return private(
        text, JSON, **{"Content-Disposition": 'attachment; filename="credit-record.json"'}
    )


def _offer(db: Session, node: Node, secret: str) -> WalletOffer | None:
    """The offer behind this address, while it lasts."""
    try:
        return wallets.find(
            db, keyring=node.keyring, secret=secret, use=wallets.PAGE, now=node.clock()
        )
    except Refusal:
        return None


def _page(db: Session, node: Node, offer: WalletOffer, *, is_wrong: bool = False) -> Response:
    tongue = words(people.get(db, offer.user_id).language)
    link = None
    if offer.token_hash is None and wallets.identifiers(node.keyring, offer):
        link = wallets.uri(wallets.address(node.keyring, offer, node.issuer))
    is_news = offer.kind is OfferKind.NEWS
    answer = paper.page(
        "wallet.html", say=_sentences(tongue, is_news=is_news), language=tongue.language, link=link,
        qr=qr.svg(link) if link else None, is_wrong=is_wrong, has_file=not is_news and offer.exported_at is None,
    )  # fmt: skip
    answer.status_code = _WRONG if is_wrong else 200
    return answer


def _sentences(tongue: Words, *, is_news: bool) -> dict[str, Any]:
    say = tongue.say
    scan = say("Scan this with the wallet app of its owner, within half an hour of her call.")
    if is_news:
        scan = say("Scan this with the wallet app that has her record; no other can take it.")
    return {
        "title": say("A record for its owner's wallet"),
        "scan": scan,
        "number": say(
            "The wallet asks for the number that was texted to her. Nobody else needs it."
        ),
        "open": say("Open in the wallet of this phone"),
        "used": say("The code of this page was used."),
        "file": say(
            "All of her record as a file to read and to keep: once, with the texted number."
        ),
        "wrong": say("That was not the number in the text."),
        "download": say("Download"),
    }
