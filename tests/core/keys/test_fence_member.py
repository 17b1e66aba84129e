"""A member counts before he evaluates, believes only admitted nodes, and forgets only for who made the right key."""

from __future__ import annotations

import hashlib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from nacl.public import PublicKey, SealedBox
from nacl.signing import SigningKey

from core.errors import Refusal
from core.keys import fence_wire, jose, oprf
from core.keys import ristretto as group
from core.keys.fence_member import Member
from tests.conftest import NOW
from tests.core.keys.made import refusal


@dataclass
class Node:
    """A node, one box it has sealed to a member, and the token that box is forgotten for."""

    member: Member
    key: SigningKey = field(default_factory=SigningKey.generate)
    part: bytes = field(default_factory=group.random_scalar)
    seed: bytes = b"s" * 32
    box: bytes = b""

    def __post_init__(self) -> None:
        self.member.admit(f"node {self.key.verify_key.encode().hex()}", jose.public_jwk(self.key))
        shown = hashlib.sha256(self.token).digest()
        self.box = SealedBox(PublicKey(self.public)).encrypt(self.part + shown)

    @property
    def public(self) -> bytes:
        return self.member.public("1")

    @property
    def token(self) -> bytes:
        return fence_wire.token(self.seed, self.public)

    def question(self, verb: str, now: datetime = NOW, to: bytes = b"", **words: bytes) -> str:
        asked = {"box": self.box, **words}
        return fence_wire.question(self.key, to=to or self.public, verb=verb, words=asked, now=now)

    def guess(self, now: datetime = NOW) -> dict[str, bytes]:
        _, blinded = oprf.blind(b"guess")
        said = self.member.answer(self.question("evaluate", now, blinded=blinded), now=now)
        assert oprf.is_proven(group.times(self.part), [blinded], [said["evaluated"]], said["proof"])
        return said

    def right(self, token: bytes, now: datetime = NOW) -> int:
        said = self.member.answer(self.question("right", now, token=token), now=now)
        return int.from_bytes(said["counted"])


@pytest.fixture
def member(tmp_path: Path) -> Member:
    return Member(tmp_path)


@pytest.fixture
def node(member: Member) -> Node:
    return Node(member)


def outcome(node: Node) -> str:
    try:
        node.guess()
    except Refusal as refused:
        return refused.code
    return "evaluated"


def test_two_hundred_guesses_at_once_are_three_evaluations(node: Node) -> None:
    with ThreadPoolExecutor(50) as pool:
        found = Counter(pool.map(lambda _: outcome(node), range(200)))

    assert found == {"evaluated": 3, "pin_locked": 197}


def test_locks_grow_and_end_in_a_block(node: Node) -> None:
    now = NOW
    for minutes in (15, 60, 1440):
        for _ in range(3):
            node.guess(now)
        with refusal("pin_locked", minutes=minutes):
            node.guess(now)
        now += timedelta(minutes=minutes)
    for _ in range(3):
        node.guess(now)

    with refusal("pin_blocked"):
        node.guess(now + timedelta(days=1000))


def test_the_right_token_and_no_other_makes_him_forget(node: Node) -> None:
    for _ in range(3):
        node.guess()

    for forged in (b"f" * 32, node.seed, hashlib.sha256(node.token).digest(), b""):
        with refusal("fence_token_wrong"):
            node.right(forged)
    with refusal("pin_locked", minutes=15):
        node.guess()

    assert node.right(node.token) == 3
    node.guess()
    assert node.right(node.token) == 1
    assert node.right(node.token) == 0


def test_a_box_of_his_own_makes_him_forget_nothing_of_hers(node: Node, member: Member) -> None:
    for _ in range(3):
        node.guess()
    his = Node(member, key=node.key, seed=b"t" * 32)

    his.guess()
    his.right(his.token)
    with refusal("fence_token_wrong"):
        node.right(his.token)

    with refusal("pin_locked", minutes=15):
        node.guess()


def test_another_node_that_brings_her_box_wins_no_guess(node: Node, member: Member) -> None:
    for _ in range(3):
        node.guess()
    other = Node(member, part=node.part)
    other.box = node.box

    with refusal("pin_locked", minutes=15):
        other.guess()


def test_the_token_shown_to_one_member_is_worth_nothing_to_another(tmp_path: Path) -> None:
    one, other = Node(Member(tmp_path / "1")), Node(Member(tmp_path / "2"))

    with refusal("fence_token_wrong"):
        other.right(one.token)


def test_the_counts_outlive_the_process(node: Node, tmp_path: Path) -> None:
    for _ in range(3):
        node.guess()

    node.member = Member(tmp_path)

    with refusal("pin_locked", minutes=15):
        node.guess()


def test_only_an_admitted_node_may_ask(node: Node) -> None:
    stranger = SigningKey.generate()
    admitted, node.key = node.key, stranger
    with refusal("fence_node_unknown"):
        node.guess()

    node.key = admitted
    [name] = node.member.admitted()
    node.member.dismiss(name)
    with refusal("fence_node_unknown"):
        node.guess()
    with refusal("fence_node_unknown", name=name):
        node.member.dismiss(name)


def test_a_strangers_signature_under_an_admitted_name_is_refused(node: Node) -> None:
    _, blinded = oprf.blind(b"guess")
    head, body, _ = node.question("evaluate", blinded=blinded).split(".")
    forged = jose.b64u(SigningKey.generate().sign(f"{head}.{body}".encode()).signature)

    with refusal("fence_malformed"):
        node.member.answer(f"{head}.{body}.{forged}", now=NOW)


def test_a_question_is_answered_once(node: Node) -> None:
    node.guess()
    right = node.question("right", token=node.token)
    evaluate = node.question("evaluate", blinded=oprf.blind(b"x")[1])
    for text in (right, evaluate):
        node.member.answer(text, now=NOW)

    for text in (right, evaluate):
        with refusal("fence_replayed"):
            node.member.answer(text, now=NOW + timedelta(seconds=59))


@pytest.mark.parametrize("seconds", [-61, 61])
def test_a_question_is_answered_only_while_it_is_fresh(node: Node, seconds: int) -> None:
    text = node.question("evaluate", blinded=oprf.blind(b"x")[1])

    with refusal("fence_stale"):
        node.member.answer(text, now=NOW + timedelta(seconds=seconds))


def test_a_question_for_another_member_is_not_answered(node: Node, tmp_path: Path) -> None:
    other = Member(tmp_path / "other")
    other.admit("node", jose.public_jwk(node.key))

    with refusal("fence_key_unknown"):
        other.answer(node.question("evaluate", blinded=oprf.blind(b"x")[1]), now=NOW)
    with refusal("fence_malformed"):
        asked = node.question("evaluate", to=other.public("1"), blinded=oprf.blind(b"x")[1])
        other.answer(asked, now=NOW)


@pytest.mark.parametrize("blinded", [b"", b"\xff" * 32, bytes(32), b"x" * 64])
def test_what_is_no_element_is_counted_and_not_evaluated(node: Node, blinded: bytes) -> None:
    for _ in range(3):
        with refusal("fence_malformed"):
            node.member.answer(node.question("evaluate", blinded=blinded), now=NOW)

    with refusal("pin_locked", minutes=15):
        node.guess()


@pytest.mark.parametrize("text", ["", "a.b.c", "é", "e30.e30.AAAA", "x" * 60_000])
def test_what_is_no_question_is_refused(node: Node, text: str) -> None:
    with pytest.raises(Refusal, match="fence_"):
        node.member.answer(text, now=NOW)


@pytest.mark.parametrize(
    "change",
    [{"iat": 10**400}, {"iat": "now"}, {"iat": None}, {"do": ["evaluate"]}, {"do": "open"}, {"jti": 5},
     {"box": ["a", "b", "c", "d"]}, {"blinded": {}}, {"aud": "!"}],
)  # fmt: skip
def test_a_signed_question_of_the_wrong_shape_is_refused(
    node: Node, change: dict[str, object]
) -> None:
    token = jose.parse(node.question("evaluate", blinded=oprf.blind(b"x")[1]))

    text = jose.sign(token.header, token.payload | change, node.key)

    with refusal("fence_malformed"):
        node.member.answer(text, now=NOW)


def test_a_node_that_guesses_at_many_is_paused_and_others_are_not(tmp_path: Path) -> None:
    member = Member(tmp_path, open_per_hour=4)
    key = SigningKey.generate()
    for _ in range(4):
        Node(member, key=key).guess()
    honest = Node(member)

    with refusal("pin_paused"):
        Node(member, key=key).guess()
    for _ in range(10):
        honest.guess()
        honest.right(honest.token)

    Node(member, key=key).guess(NOW + timedelta(hours=1, seconds=1))


def test_a_node_has_one_name_so_that_who_is_dismissed_is_not_answered(
    member: Member, node: Node
) -> None:
    (name,) = member.admitted()

    with refusal("fence_name_taken", name=name):
        member.admit("the same under another name", jose.public_jwk(node.key))
    member.admit(name, jose.public_jwk(node.key))

    member.dismiss(name)
    with refusal("fence_node_unknown"):
        node.guess()


def test_nobody_else_reads_his_files(node: Node, tmp_path: Path) -> None:
    node.guess()

    secret = [
        path
        for path in tmp_path.rglob("*")
        if path.parent.name == "peppers" or path.name == "attempts.db"
    ]
    assert secret
    assert [path for path in secret if path.is_file() and path.stat().st_mode & 0o077] == []
