"""A node as an operator runs it: `growr up` in a folder of its own, spoken to only through the sandbox's JSON."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from core import gsm7

ROOT = Path(__file__).parents[2]
GROWR = str(Path(sys.executable).parent / "growr")
PIN = "804219"
MOBILE_MONEY_PIN = "1234"
PATIENCE_SECONDS = 900  # as long as it gets there: a busy machine costs no test
PAGE_SEPTETS = 156  # 160 less the carrier's prefix


def free_ports(count: int) -> list[int]:
    """Ports nobody listens on just now."""
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [int(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    return ports


def until(found: Callable[[], Any], what: str, seconds: float = PATIENCE_SECONDS) -> Any:
    """Wait for something to become true; what it was is in the failure."""
    deadline = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        time.sleep(0.1)
    return value


@dataclass
class RunningNode:
    """`growr up` and the commands around it."""

    home: Path
    environment: dict[str, str] = field(default_factory=dict)
    program: str = GROWR
    in_no_hurry: bool = False  # it then sheds no turn because the machine is busy
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        port, sandbox_port = free_ports(2)
        self.environment = os.environ | {
            "GROWR_HOME": str(self.home),
            "GROWR_PORT": str(port),
            "GROWR_SANDBOX_PORT": str(sandbox_port),
            "GROWR_WEB_WORKERS": "1",
            "GROWR_SANDBOX_DELAY_SECONDS": "0.05",
        }
        if self.in_no_hurry:
            patient = os.pathsep.join((str(ROOT / "tests/patient"), str(ROOT)))
            self.environment["PYTHONPATH"] = patient
        self.home.mkdir(parents=True, exist_ok=True)
        self.spawn()

    def spawn(self) -> None:
        """Start `growr up` with what it prints going to a file at home."""
        with (self.home / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [self.program, "up"], env=self.environment, stdout=log, stderr=log
            )
        until(self.is_ready, f"the node to become ready; its log:\n{self.log()}")

    def is_ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log()
        return "The node is running" in self.log()

    def stop(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(PATIENCE_SECONDS)

    def log(self) -> str:
        path = self.home / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def growr(self, *words: str) -> Any:
        """Run a command with --json; what it printed."""
        done = subprocess.run(
            [self.program, *words, "--json"],
            check=False,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def pid(self, name: str) -> int:
        """The process id of one of the node's processes."""
        lines = (self.home / "up.children").read_text().split("\n")
        return int(next(line.split()[1] for line in lines if line.startswith(f"{name} ")))

    def kill(self, name: str) -> None:
        """What a power cut, or the kernel short of memory, does to one process."""
        os.kill(self.pid(name), signal.SIGKILL)

    @property
    def sandbox(self) -> str:
        return f"http://127.0.0.1:{self.environment['GROWR_SANDBOX_PORT']}"


@dataclass
class Handset:
    """A feature phone, by the sandbox's JSON alone."""

    sandbox: str
    msisdn: str
    service_code: str = "*384*77#"
    page: str = ""
    open: bool = False

    def dial(self, code: str = "") -> str:
        return self._turn("dial", {"code": code or self.service_code})

    def type(self, *texts: str) -> str:
        """Type one answer after the other; the page after the last."""
        for text in texts:
            self._turn("type", {"text": text})
        return self.page

    def hang_up(self) -> str:
        return self._turn("hangup", {})

    def sms(self, to: str, text: str) -> None:
        self._post("messages", {"to": to, "text": text})

    def messages(self) -> list[str]:
        """The texts she received, oldest first."""
        return [one["text"] for one in self._get("messages") if one["direction"] == "in"]

    def wait_for_message(self, pattern: str, seconds: float = PATIENCE_SECONDS) -> str:
        """The first message that matches."""

        def matching() -> list[str]:
            return [text for text in self.messages() if re.search(pattern, text)]

        found: list[str] = until(matching, f"an SMS like {pattern!r} in {self.messages()}", seconds)
        return found[0]

    def prompts(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._get("prompts")
        return found

    def wait_for_prompt(self) -> dict[str, Any]:
        """The payment prompt that comes."""
        prompt: dict[str, Any] = until(self.prompts, "a payment prompt")[0]
        return prompt

    def answer_prompt(self, prompt: dict[str, Any], pin: str = MOBILE_MONEY_PIN) -> None:
        """Type the mobile-money PIN."""
        self._post(f"prompts/{prompt['id']}", {"pin": pin})

    def entries(self) -> list[dict[str, Any]]:
        """What moved in her wallet."""
        found: list[dict[str, Any]] = self._get("wallet")["entries"]
        return found

    def balance(self) -> int:
        return int(self._get("wallet")["balance"])

    def pay_bill(self, to: str, account: str, amount: int) -> str:
        """Pay a bill from her own menu; the receipt."""
        paid = self._post("wallet/pay", {"to": to, "account": account, "amount": amount})
        return str(paid["receipt"])

    def _turn(self, verb: str, body: dict[str, str]) -> str:
        """One keystroke; typing on a phone whose session has dropped shows nothing."""
        reply = self._send(verb, body)
        answer = {"page": "", "open": False} if reply.status_code == 409 else reply.json()
        self.page, self.open = answer["page"], answer["open"]
        assert gsm7.units(self.page) <= PAGE_SEPTETS, self.page
        return self.page

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        reply = self._send(path, body)
        assert reply.ok, (path, reply.status_code, reply.text)
        return reply.json()

    def _send(self, path: str, body: dict[str, Any]) -> requests.Response:
        url = f"{self.sandbox}/phones/{self.msisdn.removeprefix('+')}/{path}"
        return requests.post(url, json=body, timeout=PATIENCE_SECONDS)

    def _get(self, path: str) -> Any:
        url = f"{self.sandbox}/phones/{self.msisdn.removeprefix('+')}/{path}"
        return requests.get(url, timeout=PATIENCE_SECONDS).json()


def dial_home(phone: Handset) -> str:
    """Dial, and start again if a dropped session is offered."""
    phone.dial()
    return phone.page if "5 " in phone.page else phone.type("2")


def read_on(phone: Handset) -> None:
    """Turn to the last part of a long page."""
    while "98 " in phone.page:
        phone.type("98")


def register(phone: Handset, pin: str = PIN) -> None:
    """From the invitation's SMS to the main menu."""
    code = re.search(r"\b\d{6}\b", phone.wait_for_message(r"\b\d{6}\b"))
    assert code
    phone.dial()
    phone.type(code.group(), pin, pin, "1")


def prove_everything(phone: Handset) -> None:
    """Identity and membership, from the main menu and back to it."""
    phone.type("3", "2", "1", "1", "1", "2", "1", "00")


def borrow(phone: Handset, amount: str = "2000", duration: str = "3", pin: str = PIN) -> str:
    """Take a loan from the first offer; the page that says it is agreed."""
    dial_home(phone)
    phone.type("1", "1", amount, duration)
    agree(phone)
    return phone.type(pin)


def agree(phone: Handset) -> None:
    """Read the terms, agree, and say what the first loan costs in all if that is asked; then the PIN is asked."""
    terms = phone.page
    while "98 " in phone.page:
        terms += phone.type("98")
    if not re.search(r"\bPIN\b.*\n0 ", terms):  # below the terms, for who had a loan before
        phone.type("1")
    total = re.search(r"(?:Total|Jumla) (KES [\d,]*\d)", terms)
    if total is None:
        return  # the session has dropped: there is nothing to agree to
    if answer := re.search(rf"^(\d) {total[1]}$", phone.page, re.MULTILINE):
        phone.type(answer[1])
    read_on(phone)
