"""Whoever announces somebody is one we know, says it now and to us, and brings what is hers; else nothing happens."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from nacl.signing import SigningKey
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from config.limits import CODE_TRIES, HANDOVER_SECONDS
from config.neighbours import Neighbour
from core import credentials, keys, people, sscr
from core.credentials import CredentialType, Issuer
from core.errors import Refusal
from core.keys import Keyring, did, jose
from core.messaging import Message
from core.onboarding import arrival_taking, arrival_word, arrivals, handovers
from core.onboarding.arrival_taking import Desk
from core.onboarding.models import Arrival, ArrivalState
from core.people import User
from core.sscr.custody import into_box
from tests.conftest import NOW
from tests.core.onboarding.circle import AMINA, NEW, Circle

HERS, MAVUNO_KEY, STRANGER = (SigningKey(bytes([n]) * 32) for n in (1, 2, 3))
MAVUNO = Issuer("did:web:mavuno.example", "https://mavuno.example", MAVUNO_KEY)
OTHER = Issuer("did:web:other.example", "https://other.example", STRANGER)
NEIGHBOUR = Neighbour(number=1, name="Mavuno", did=MAVUNO.did, service_code="*384*77#")
OLD_DID = did.from_jwk(jose.public_jwk(HERS))
ID = "0" * 31 + "1"


class Gate:
    """A node that knows Mavuno, and what Mavuno says, right or changed on purpose."""

    def __init__(self, db: Session, keyring: Keyring) -> None:
        self.db, self.keyring = db, keyring
        self.issuer = Issuer.of(keyring, "https://pwani.example")
        credentials.trust.add(db, did=MAVUNO.did, name="Mavuno", now=NOW)
        credentials.trust.keep(db, did=MAVUNO.did, keys=[MAVUNO.jwk], now=NOW)
        self.desk = Desk(keyring, self.issuer, [NEIGHBOUR], "*384*78#")

    def bundle(self, **changes: Any) -> bytes:
        offer = {
            "credential_issuer": MAVUNO.base_url, "credential_configuration_ids": ["growr_kyc"],
            "grants": {credentials.announcing.PRE_AUTHORIZED: {"pre-authorized_code": "c"}},
        }  # fmt: skip
        said = {
            "phone": NEW, "given_name": "Asha", "family_name": "Mwende", "language": "sw", "organisation": "",
            "offer": offer,
        }  # fmt: skip
        return jose.dumps(said | changes).encode()

    def word(
        self,
        *,
        sealed: bytes | None = None,
        statement: dict[str, Any] | None = None,
        signs: SigningKey = HERS,
        key: SigningKey = MAVUNO_KEY,
        header: dict[str, Any] | None = None,
        bundle: dict[str, Any] | None = None,
        **changes: Any,
    ) -> str:
        mine = bytes(self.keyring.signing_key("issuer").verify_key)
        sealed = sealed or into_box(mine, self.bundle(**(bundle or {})))
        hers = {
            "iss": OLD_DID, "record": OLD_DID, "from": MAVUNO.did, "to": self.issuer.did, "iat": stamp(),
            "bundle": handovers.digest(sealed),
        } | (statement or {})  # fmt: skip
        said = {
            "iss": MAVUNO.did, "aud": self.issuer.did, "jti": ID, "iat": stamp(), "exp": stamp(hours=1),
            "statement": jose.sign({"typ": handovers.STATEMENT_TYP}, hers, signs), "bundle": jose.b64u(sealed),
        } | changes  # fmt: skip
        head = {"typ": handovers.WORD_TYP, "kid": MAVUNO.jwk["kid"]} | (header or {})
        return jose.sign(head, said, key)

    def hear(self, word: str, db: Session | None = None) -> Arrival:
        return arrival_word.receive(
            db or self.db, word, neighbours=[NEIGHBOUR], keyring=self.keyring, issuer=self.issuer, now=NOW
        )  # fmt: skip


def stamp(**later: float) -> int:
    return int((NOW + timedelta(**later)).timestamp())


@pytest.fixture
def gate(db: Session, keyring: Keyring) -> Gate:
    people.create_organisation(
        db, name="Pwani", country="KE", currency="KES", timezone="Africa/Nairobi", support_phone="+254700999888"
    )  # fmt: skip
    made = Gate(db, keyring)
    db.commit()
    return made


def test_who_is_announced_is_expected_once_and_nobody_becomes_a_member_of_it(gate: Gate) -> None:
    first, again = gate.hear(gate.word()), gate.hear(gate.word())

    assert first.id == again.id
    assert (first.phone, first.old_did, first.state) == (NEW, OLD_DID, ArrivalState.WAITING)
    assert gate.db.scalar(select(func.count()).select_from(User)) == 0
    assert gate.db.scalar(select(func.count()).select_from(Message)) == 0


def test_what_is_kept_of_it_is_sealed(gate: Gate) -> None:
    arrival = gate.hear(gate.word())

    assert arrival.kept is not None
    assert b"Asha" not in arrival.kept
    assert arrivals.kept(gate.keyring, arrival)["given_name"] == "Asha"


def test_a_bundle_sealed_before_our_keys_were_rotated_still_opens(gate: Gate) -> None:
    word = gate.word()
    gate.keyring = keys.rotate(gate.keyring.folder, "issuer")

    assert gate.hear(word).phone == NEW


def sealed_to_another(gate: Gate) -> dict[str, Any]:
    return {"sealed": into_box(bytes(STRANGER.verify_key), gate.bundle())}


def tampered(gate: Gate) -> dict[str, Any]:
    return {"bundle": {}, "statement": {"bundle": handovers.digest(b"another")}}


REFUSED: list[tuple[str, str, Any]] = [
    ("credential_refused", "signature", {"key": STRANGER}),
    ("neighbour_unknown", "", {"iss": OTHER.did, "key": STRANGER}),
    ("credential_refused", "issuer", {"header": {"kid": OTHER.jwk["kid"]}}),
    ("word_refused", "typ", {"header": {"typ": "JWT"}}),
    ("word_refused", "audience", {"aud": "did:web:third.example"}),
    ("word_refused", "age", {"iat": stamp(hours=-1)}),
    ("word_refused", "age", {"iat": stamp(hours=1)}),
    ("word_refused", "end", {"exp": stamp(seconds=-1)}),
    ("word_refused", "end", {"exp": stamp(seconds=HANDOVER_SECONDS + 120)}),
    ("word_refused", "id", {"jti": "1"}),
    ("word_refused", "id", {"jti": None}),
    ("word_refused", "statement", {"signs": STRANGER}),
    ("word_refused", "statement", {"statement": {"to": "did:web:third.example"}}),
    ("word_refused", "statement", {"statement": {"from": OTHER.did}}),
    ("word_refused", "statement", {"statement": {"record": 7}}),
    ("word_refused", "statement", {"statement": {"iss": "did:web:hers.example"}}),
    ("word_refused", "statement", tampered),
    ("word_refused", "bundle", sealed_to_another),
    ("word_refused", "bundle", {"bundle": {"phone": None}}),
    ("word_refused", "phone", {"bundle": {"phone": "0711"}}),
    ("word_refused", "offer", {"bundle": {"offer": {"credential_issuer": "https://10.0.0.1"}}}),
    ("word_refused", "offer", {"bundle": {"offer": {"credential_issuer": "http://mavuno.example"}}}),
    ("word_refused", "offer", {"bundle": {"offer": {"credential_issuer": MAVUNO.base_url}}}),
    ("organisation_unknown", "", {"bundle": {"organisation": "Nobody"}}),
]  # fmt: skip


@pytest.mark.parametrize(("code", "detail", "changes"), REFUSED)
def test_anything_wrong_is_refused(gate: Gate, code: str, detail: str, changes: Any) -> None:
    word = gate.word(**(changes(gate) if callable(changes) else changes))

    with pytest.raises(Refusal) as refusal:
        gate.hear(word)

    assert refusal.value.code == code
    assert not detail or detail in refusal.value.facts.values()
    assert gate.db.scalar(select(func.count()).select_from(Arrival)) == 0


def test_a_word_heard_here_is_worth_nothing_at_a_third_node(gate: Gate) -> None:
    word = gate.word()
    gate.issuer = Issuer.of(gate.keyring, "https://third.example")

    with pytest.raises(Refusal, match="word_refused"):
        gate.hear(word)


def test_told_many_times_at_once_she_is_expected_once(
    gate: Gate, sessions: sessionmaker[Session]
) -> None:
    word = gate.word()

    def hear(_: int) -> uuid.UUID:
        with sessions.begin() as db:
            return gate.hear(word, db).id

    with ThreadPoolExecutor(4) as pool:
        found = set(pool.map(hear, range(4)))

    assert len(found) == 1


def test_many_numbers_at_once_are_asked_about_one_at_a_time(
    gate: Gate, sessions: sessionmaker[Session]
) -> None:
    arrival = gate.hear(gate.word())
    gate.db.commit()

    def guess(number: int) -> str:
        try:
            with sessions.begin() as db:
                mine = db.get_one(Arrival, arrival.id)
                arrivals.type_code(
                    db, keyring=gate.keyring, arrival=mine, code=f"{number:06d}", now=NOW
                )
        except Refusal as refusal:
            return refusal.code
        return "asked"

    with ThreadPoolExecutor(4) as pool:
        said = sorted(pool.map(guess, range(8)))

    assert said == ["arrival_over"] * 7 + ["asked"]


def test_each_wrong_number_is_counted_here_as_well(gate: Gate) -> None:
    arrival = gate.hear(gate.word())

    for number in range(CODE_TRIES):
        arrivals.type_code(
            gate.db, keyring=gate.keyring, arrival=arrival, code=f"{number:06d}", now=NOW
        )
        arrival_taking.wrong(gate.db, id=arrival.id, desk=gate.desk, now=NOW)

    assert arrival.state is ArrivalState.OVER
    assert arrival.kept is None


# --- a node that lies


@pytest.fixture
def signed(circle: Circle, gate_of_circle: Gate) -> Arrival:
    """Amina of here vouched for her key; what the other node sends is still to come."""
    arrival = gate_of_circle.hear(gate_of_circle.word(bundle={"phone": AMINA}))
    record = sscr.record_of(circle.db, circle.ids[AMINA])
    assert record
    arrival.new_did, arrival.state = record.did, ArrivalState.SIGNED
    circle.db.flush()
    return arrival


@pytest.fixture
def circle(db: Session, keyring: Keyring) -> Circle:
    return Circle(db, keyring)


@pytest.fixture
def gate_of_circle(circle: Circle) -> Gate:
    return Gate(circle.db, circle.keyring)


def member(holder: dict[str, Any], issuer: Issuer = MAVUNO, **changes: Any) -> str:
    claims = credentials.claims.community_membership({"standing": "good"}, on=NOW.date())
    asked = {"now": NOW, "expires_at": NOW + timedelta(days=9)} | changes
    return credentials.issue(
        issuer=issuer, type=CredentialType.COMMUNITY_MEMBERSHIP, claims=claims, holder_jwk=holder, **asked
    )  # fmt: skip


FILE = '{"credentials": []}'
LIES: dict[str, Callable[[dict[str, Any]], tuple[list[str], str]]] = {
    "of somebody else's key": lambda jwk: ([member(jose.public_jwk(STRANGER))], FILE),
    "in another's name": lambda jwk: ([member(jwk, OTHER)], FILE),
    "signed by another": lambda jwk: ([member(jwk, Issuer(MAVUNO.did, MAVUNO.base_url, STRANGER))], FILE),
    "past its time": lambda jwk: ([member(jwk, now=NOW - timedelta(days=9), expires_at=NOW)], FILE),
    "no credential": lambda jwk: (["x~y~"], FILE),
    "a file that is none": lambda jwk: ([member(jwk)], "<html>"),
    "a list that is none": lambda jwk: ([member(jwk)], '{"credentials": 7}'),
}  # fmt: skip


@pytest.mark.parametrize("lie", LIES)
def test_what_is_not_hers_is_not_taken(
    circle: Circle, gate_of_circle: Gate, signed: Arrival, lie: str
) -> None:
    owner_id = circle.ids[AMINA]
    texts, file = LIES[lie](sscr.holder_jwk(circle.db, owner_id))

    with pytest.raises(Refusal), circle.db.begin_nested():
        arrival_taking.arrived(
            circle.db, id=signed.id, texts=texts, file=file, desk=gate_of_circle.desk, now=NOW
        )
    arrival_taking.lost(circle.db, id=signed.id, problem="lie", desk=gate_of_circle.desk, now=NOW)

    assert sscr.stored_ids(circle.db, owner_id) == set()
    assert signed.state is ArrivalState.OVER


def test_a_lie_in_the_file_is_only_a_line_to_read(
    circle: Circle, gate_of_circle: Gate, signed: Arrival
) -> None:
    lines = [
        {"type": "made_up", "issuer": "x", "claims": {"iss": "did:web:x"}},
        {"type": "kyc", "issuer": "A\nB", "claims": {"iss": "did:web:x"}},
        {"type": "kyc", "issuer": "Bank", "claims": {"iss": "did:web:bank"}}, 7,
    ]  # fmt: skip
    text = member(sscr.holder_jwk(circle.db, circle.ids[AMINA]))

    arrival_taking.arrived(
        circle.db, id=signed.id, texts=[text], file=jose.dumps({"credentials": lines}),
        desk=gate_of_circle.desk, now=NOW,
    )  # fmt: skip

    assert signed.others == [{"type": "kyc", "issuer": "Bank"}]
    assert len(sscr.stored_ids(circle.db, circle.ids[AMINA])) == 1


def test_if_it_says_no_in_the_end_what_came_is_taken_out_again(
    circle: Circle, gate_of_circle: Gate, signed: Arrival
) -> None:
    text = member(sscr.holder_jwk(circle.db, circle.ids[AMINA]))
    desk = gate_of_circle.desk
    arrival_taking.arrived(circle.db, id=signed.id, texts=[text], file=FILE, desk=desk, now=NOW)

    arrival_taking.lost(circle.db, id=signed.id, problem="over", desk=desk, now=NOW)

    assert sscr.stored_ids(circle.db, circle.ids[AMINA]) == set()
    assert (signed.state, signed.file) == (ArrivalState.OVER, None)
