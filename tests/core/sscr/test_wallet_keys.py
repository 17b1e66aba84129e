"""Only the wallet her record left to last speaks for her."""

from __future__ import annotations

from datetime import timedelta

from nacl.signing import SigningKey
from sqlalchemy.orm import Session

from core import sscr
from core.keys import jose
from core.sscr import Custody
from tests.conftest import NOW
from tests.core.sscr.made import OWNER, record

LOST, FIRST, SECOND = (jose.public_jwk(SigningKey(bytes([n]) * 32)) for n in (1, 2, 3))


def leaves(db: Session, *, days: int, jwk: jose.Jwk) -> None:
    thumbprint = jose.thumbprint(jwk)
    sscr.bind_wallet(db, owner_id=OWNER, thumbprint=thumbprint, now=NOW + timedelta(days=days))


def test_a_wallet_of_a_record_before_this_one_speaks_for_her_no_more(
    db: Session, custody: Custody
) -> None:
    record(db, custody)
    leaves(db, days=0, jwk=LOST)
    sscr.erase(db, owner_id=OWNER)
    assert sscr.is_in_wallet(db, OWNER)

    record(db, custody, now=NOW + timedelta(days=1))  # she lost that phone and began anew here
    leaves(db, days=2, jwk=FIRST)
    leaves(db, days=3, jwk=SECOND)
    sscr.erase(db, owner_id=OWNER)

    assert sscr.wallet_keys(db, OWNER) == {jose.thumbprint(FIRST), jose.thumbprint(SECOND)}


def test_what_her_wallet_gets_later_takes_no_key_from_it(db: Session, custody: Custody) -> None:
    record(db, custody)
    leaves(db, days=0, jwk=FIRST)
    sscr.erase(db, owner_id=OWNER)

    leaves(db, days=5, jwk=SECOND)

    assert len(sscr.wallet_keys(db, OWNER)) == 2
