"""Whoever races for an offer, one wallet gets it, and a guess is counted whatever happens beside it."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session, sessionmaker

from config.limits import CODE_TRIES
from core import credentials, onboarding, people, sscr
from core.credentials import CredentialType
from core.errors import Refusal
from core.keys import Keyring, jose
from core.messaging import Template
from core.onboarding import wallet_giving, wallet_settling, wallets
from core.onboarding.models import WalletOffer
from tests.core.credentials.made import FACTS, HOLDER, ISSUER
from tests.core.onboarding.circle import AMINA, CODE, PIN, Circle

AT_ONCE = 8


@pytest.fixture
def circle(db: Session, keyring: Keyring) -> Circle:
    made = Circle(db, keyring)
    owner_id, until = made.ids[AMINA], made.now + timedelta(days=30)
    text = credentials.mint(
        db, issuer=ISSUER, type=CredentialType.KYC, claims=credentials.claims.kyc(FACTS, on=made.now.date()),
        holder_jwk=sscr.holder_jwk(db, owner_id), owner_id=owner_id, now=made.now, expires_at=until,
    )  # fmt: skip
    sscr.deliver(
        db, owner_id=owner_id, credential=text, type="kyc", issuer="Mavuno", issued_at=made.now, expires_at=until,
        now=made.now,
    )  # fmt: skip
    db.commit()
    return made


def start(circle: Circle) -> tuple[WalletOffer, str]:
    """An offer to Amina, and the number she was texted."""
    with circle.unlock(AMINA, purpose=onboarding.WALLET) as unlocked:
        offer = wallets.start(
            circle.db, unlocked=unlocked, keyring=circle.keyring, issuer=ISSUER, now=circle.now
        )
    found = re.search(r"\d{6}", circle.texts(Template.WALLET_CODE)[-1].text)
    assert found
    circle.db.commit()
    return offer, found.group()


def redeemed(
    sessions: sessionmaker[Session], circle: Circle, offer: WalletOffer, number: str
) -> str:
    """The token, or what there was instead."""
    try:
        with sessions.begin() as db:
            mine = db.get_one(WalletOffer, offer.id)
            token = wallet_giving.redeem(
                db, keyring=circle.keyring, offer=mine, tx_code=number, now=circle.now
            )
            return token or "wrong"
    except Refusal as refusal:
        return refusal.code


def test_of_many_at_once_one_gets_the_token(
    circle: Circle, sessions: sessionmaker[Session]
) -> None:
    offer, number = start(circle)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        got = list(pool.map(lambda _: redeemed(sessions, circle, offer, number), range(AT_ONCE)))

    assert got.count("offer_over") == AT_ONCE - 1


def test_of_many_guesses_at_once_only_so_many_are_looked_at(
    circle: Circle, sessions: sessionmaker[Session]
) -> None:
    offer, number = start(circle)
    wrong = f"{(int(number) + 1) % 10**6:06d}"

    with ThreadPoolExecutor(AT_ONCE) as pool:
        got = list(pool.map(lambda _: redeemed(sessions, circle, offer, wrong), range(AT_ONCE)))

    assert sorted(got) == ["offer_over"] * (AT_ONCE - CODE_TRIES) + ["wrong"] * CODE_TRIES


def test_the_last_credential_tells_the_epoch_that_is_gone(circle: Circle) -> None:
    offer, number = start(circle)
    db, keyring = circle.db, circle.keyring
    token = wallet_giving.redeem(db, keyring=keyring, offer=offer, tx_code=number, now=circle.now)
    assert token

    given = wallet_giving.give(
        db, keyring=keyring, offer=wallet_giving.of_token(db, token, circle.now), name="growr_kyc",
        holder_jwk=jose.public_jwk(HOLDER), proof="p", issuer=ISSUER, now=circle.now,
    )  # fmt: skip
    assert given.epoch is None

    gone = wallet_settling.note_event(
        db, keyring=keyring, token=token, name=given.notification, event=wallet_settling.ACCEPTED,
        issuer=ISSUER, now=circle.now,
    )  # fmt: skip

    assert gone == (circle.ids[AMINA], 1)
    assert sscr.record_of(db, circle.ids[AMINA]) is None
    assert wallets.left(db, circle.ids[AMINA]) == circle.now
    assert circle.told(Template.WALLET_DONE) == [AMINA]


def test_by_invitation_she_may_begin_a_record_here_again(circle: Circle) -> None:
    offer, _ = start(circle)
    db, keyring, user_id = circle.db, circle.keyring, circle.ids[AMINA]
    wallet_giving.give(
        db, keyring=keyring, offer=offer, name="growr_kyc", holder_jwk=jose.public_jwk(HOLDER), proof="p",
        issuer=ISSUER, now=circle.now,
    )  # fmt: skip
    later = circle.now + timedelta(hours=1)
    assert wallet_settling.settle_ended(db, keyring=keyring, issuer=ISSUER, now=later, limit=9) == 1
    [(_, epoch)] = sscr.unconfirmed_erasures(db, 9)
    circle.custody.service.erase(owner=str(user_id), epoch=epoch)

    user = people.get(db, user_id)
    onboarding.invite(
        db, keyring=keyring, organisation_id=user.organisation_id, phone=AMINA, given_name="A", family_name="W",
        service_code=CODE, now=circle.now,
    )  # fmt: skip
    asked: dict[str, Any] = {"custody": circle.custody, "user_id": user_id, "pin": PIN}
    onboarding.choose_pin(db, keyring=keyring, now=circle.now, **asked)

    assert onboarding.confirm_pin(db, session_id="s", now=circle.now, **asked)
    assert wallets.left(db, user_id) is None


def test_an_empty_record_has_nothing_to_take(circle: Circle) -> None:
    start(circle)
    sscr.let_go(
        circle.db, owner_id=circle.ids[AMINA],
        credential_id=next(iter(sscr.stored_ids(circle.db, circle.ids[AMINA]))),
    )  # fmt: skip

    with pytest.raises(Refusal, match="nothing_to_take"):
        start(circle)


def test_an_erased_record_waits_for_no_wallet(circle: Circle) -> None:
    offer_id = start(circle)[0].id

    onboarding.erase(
        circle.db,
        organisation_id=people.get(circle.db, circle.ids[AMINA]).organisation_id,
        user_id=circle.ids[AMINA],
        request="letter",
        by="Ad Min",
        now=circle.now,
    )

    circle.db.expire_all()
    assert circle.db.get(WalletOffer, offer_id) is None


def test_an_offer_waits_until_what_it_gave_is_settled(circle: Circle) -> None:
    offer, _ = start(circle)
    db, later = circle.db, circle.now + timedelta(hours=1)
    wallet_giving.give(
        db, keyring=circle.keyring, offer=offer, name="growr_kyc", holder_jwk=jose.public_jwk(HOLDER), proof="p",
        issuer=ISSUER, now=circle.now,
    )  # fmt: skip

    wallets.forget_offers(db, now=later)

    db.refresh(offer)
    assert offer.sealed is not None
    assert (
        wallet_settling.settle_ended(db, keyring=circle.keyring, issuer=ISSUER, now=later, limit=9)
        == 1
    )
    wallets.forget_offers(db, now=later)
    db.refresh(offer)
    assert offer.sealed is None
    assert sscr.record_of(db, circle.ids[AMINA]) is None
