"""`growr up` as an operator runs it: the main job in both languages, and with processes killed under it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.journey.running import (
    GROWR,
    PATIENCE_SECONDS,
    PIN,
    Handset,
    RunningNode,
    borrow,
    dial_home,
    prove_everything,
    register,
    until,
)

pytestmark = pytest.mark.xdist_group("running node")  # one node, its tests in their order

RECEIVED, OWED, CASH_BACK = 1_960, 2_000, 20
END = 1_000 + RECEIVED - OWED + CASH_BACK
FACTS = {
    "kyc": {"given_name": "Zawadi", "family_name": "Auma", "birthdate": "1992-02-02"},
    "community_membership": {
        "group_name": "Mavuno Coop",
        "member_since": "2020-01-01",
        "standing": "good",
    },
}


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningNode]:
    running = RunningNode(tmp_path_factory.mktemp("node") / "home", in_no_hurry=True)
    running.start()
    running.growr("demo")
    yield running
    if running.process and running.process.poll() is None:
        running.stop()


def insist(action: Callable[[], object], done: Callable[[], bool], what: str) -> None:
    """Do something again and again, as a person would, until it has worked."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not done():
        assert time.monotonic() < deadline, what
        action()
        again = time.monotonic() + 12
        while not done() and time.monotonic() < again:
            time.sleep(0.1)


def has_message(phone: Handset, pattern: str) -> Callable[[], bool]:
    return lambda: any(re.search(pattern, text) for text in phone.messages())


def pay_everything(phone: Handset) -> None:
    """Ask for a prompt for all that is owed, and answer it."""
    dial_home(phone)
    phone.type("2", "5", "2", "1")
    phone.hang_up()
    deadline = time.monotonic() + 15
    while not phone.prompts() and time.monotonic() < deadline:
        time.sleep(0.1)
    for prompt in phone.prompts():
        phone.answer_prompt(prompt)


@pytest.mark.parametrize(
    ("number", "sentences"),
    [
        (
            "+254711000111",
            ("Welcome Amina!", "1 Get a loan", "on its way", "1 Pay KES 687 now", "fully repaid", "Loan history"),
        ),
        (
            "+254722000222",
            ("Karibu Neema!", "1 Pata mkopo", "inakuja", "1 Lipa KES 687 sasa", "Umemaliza", "Historia ya mkopo"),
        ),
    ],
    ids=["english", "swahili"],
)  # fmt: skip
def test_the_main_job_from_invitation_to_credential(
    node: RunningNode, number: str, sentences: tuple[str, ...]
) -> None:
    welcome, offer, agreed, pay, repaid, history = sentences
    phone = Handset(node.sandbox, number)

    code = re.search(r"\b\d{6}\b", phone.wait_for_message(r"\b\d{6}\b"))
    assert code
    assert welcome in phone.dial()
    phone.type(code.group(), PIN, PIN)
    assert offer in phone.type("1")
    prove_everything(phone)
    assert agreed in borrow(phone)
    until(lambda: phone.balance() == 1_000 + RECEIVED, "the loan to be paid out")

    until(
        lambda: dial_home(phone) and pay in phone.type("2"),
        "the first payment on the phone",
    )
    phone.type("1")
    phone.answer_prompt(phone.wait_for_prompt())
    loan = re.search(r"\bL\d+[A-Z]\b", phone.wait_for_message(r"687.*\bL\d+[A-Z]\b"))
    assert loan
    phone.pay_bill("174379", loan.group(), 1_400)
    phone.wait_for_message(repaid)

    until(lambda: phone.balance() == END, "surplus and cash-back to come back")
    dial_home(phone)
    assert history in phone.type("3", "1")
    assert node.growr("loan", "show", loan.group())["status"] == "repaid"


def test_another_home_on_the_same_ports_is_refused_and_this_node_goes_on(
    node: RunningNode, tmp_path: Path
) -> None:
    other = node.environment | {"GROWR_HOME": str(tmp_path / "other")}
    before = [node.pid(name) for name in ("redis", "sandbox", "keys", "web", "worker", "clock")]

    second = subprocess.run(
        [GROWR, "up"],
        check=False,
        env=other,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )

    assert second.returncode == 1
    assert f"port {node.environment['GROWR_PORT']} on 127.0.0.1 is taken" in second.stderr
    assert "set GROWR_PORT" in second.stderr
    assert "is running" not in second.stdout
    assert [
        node.pid(name) for name in ("redis", "sandbox", "keys", "web", "worker", "clock")
    ] == before


@pytest.mark.parametrize("victim", ["worker", "web", "redis", "keys"])
def test_a_killed_process_costs_a_while_and_never_money(
    node: RunningNode, tmp_path: Path, victim: str
) -> None:
    number = f"+2547450000{['worker', 'web', 'redis', 'keys'].index(victim):02d}"
    (tmp_path / "facts.json").write_text(json.dumps(FACTS))
    words = ["user", "invite", "--org", "Mavuno Coop", "--phone", number, "--name", "Zawadi Auma"]
    node.growr(*words, "--facts", str(tmp_path / "facts.json"))
    phone = Handset(node.sandbox, number)
    register(phone)
    prove_everything(phone)

    borrow(phone)
    node.kill(victim)
    insist(lambda: borrow(phone), lambda: phone.balance() == 1_000 + RECEIVED, "to be paid out")
    pay_everything(phone)
    node.kill(victim)
    insist(lambda: pay_everything(phone), has_message(phone, "fully repaid"), "to be repaid")
    node.kill(victim)

    until(lambda: phone.balance() == END, "the surplus and the cash-back")
    assert [entry["amount"] for entry in phone.entries()].count(RECEIVED) == 1
    until(
        lambda: "started again" in node.log() or "starting it again" in node.log(),
        "a word in the log",
    )


def test_a_second_up_says_what_is_already_running(node: RunningNode) -> None:
    second = subprocess.run(
        [GROWR, "up"],
        check=False,
        env=node.environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )

    assert second.returncode == 1
    assert "already running" in second.stderr
    assert "worker (process" in second.stderr


def test_nobody_else_can_read_what_a_node_writes(node: RunningNode) -> None:
    mine = [path for path in node.home.rglob("*") if path.name != "log"]  # the test's own

    assert node.home.stat().st_mode & 0o777 == 0o700
    names = {path.name for path in mine}
    assert {"growr.db", "growr.db-wal", "sandbox.db", "seed"} <= names
    assert any(name.startswith("appendonly.aof") for name in names)  # Redis 7 numbers its parts
    assert [path for path in mine if path.lstat().st_mode & 0o077] == []


def test_the_demo_of_a_running_node_promises_its_messages_now(node: RunningNode) -> None:
    done = subprocess.run(
        [GROWR, "demo"], check=False, env=node.environment, capture_output=True, text=True, timeout=PATIENCE_SECONDS
    )  # fmt: skip

    assert done.returncode == 0
    assert done.stderr == ""


def test_the_pin_is_in_no_file_of_the_node(node: RunningNode) -> None:
    pattern = re.compile(rf"(?<![0-9A-Za-z.]){PIN}(?![0-9A-Za-z])")

    found = [
        path.name
        for path in node.home.rglob("*")
        if path.is_file()
        and not path.name.startswith("sandbox")  # the telco's own
        and pattern.search(path.read_bytes().decode("latin-1"))
    ]

    assert found == []


def test_ctrl_c_stops_every_process(node: RunningNode) -> None:
    """The last test of this module, because it stops the node."""
    pids = [node.pid(name) for name in ("redis", "sandbox", "keys", "web", "worker", "clock")]

    assert node.stop() == 0

    until(lambda: not any(map(is_alive, pids)), "every process to end")


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return (
        Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z" if Path("/proc").is_dir() else True
    )
