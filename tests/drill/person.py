"""A borrower in a drill: she borrows, pays by prompt and by pay bill, declines now and then, and dials again."""

from __future__ import annotations

import random
import re
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from tests.drill.storm import NO_ANSWER
from tests.journey.running import Handset, borrow, dial_home

SHORT_CODE = "174379"
PROMPT_SECONDS = 15  # so long she looks at her phone for the prompt she asked for
LOAN_CODE = re.compile(r"\bL\d+[A-Z]\b")


class Person(threading.Thread):
    """Somebody who goes on as long as the storm does; she counts what she did."""

    def __init__(self, phone: Handset, over: threading.Event, seed: int) -> None:
        super().__init__(daemon=True)
        self.phone, self.over = phone, over
        self.chance, self.done = random.Random(seed), Counter[str]()

    def run(self) -> None:
        self.dare(self.take)
        acts = (self.take, self.text, self.text, self.menu, self.by_hand, self.answer)
        while not self.over.wait(self.chance.uniform(1, 4)):
            self.dare(self.chance.choice(acts))

    def dare(self, act: Callable[[], None]) -> None:
        """Whatever does not work in a storm is tried again some other time."""
        self.done["tries"] += 1
        with suppress(*NO_ANSWER):
            act()
            return
        self.done["tries that failed"] += 1

    def take(self) -> None:
        self.done["dials"] += 1
        try:
            borrow(self.phone, amount=self.chance.choice(("1000", "2000")), duration="3")
        finally:
            self.phone.hang_up()

    def menu(self) -> None:
        """Ask for a prompt for all she owes."""
        self.done["dials"] += 1
        try:
            dial_home(self.phone)
            self.phone.type("2", "5", "2", "1")
        finally:
            self.phone.hang_up()
        self.await_prompt()

    def text(self) -> None:
        self.done["texts"] += 1
        self.phone.sms("384", f"PAY {self.chance.choice((100, 300, 700, 2_100))}")
        self.await_prompt()

    def await_prompt(self) -> None:
        _within(PROMPT_SECONDS, self.phone.prompts)
        self.answer()

    def answer(self) -> None:
        for prompt in self.phone.prompts():
            pays = self.chance.random() < 0.8
            self.phone.answer_prompt(prompt, "1234" if pays else "0000")
            self.done["prompts answered"] += 1

    def by_hand(self) -> None:
        codes = LOAN_CODE.findall("\n".join(self.phone.messages()))
        if codes:
            self.phone.pay_bill(SHORT_CODE, codes[-1], self.chance.choice((100, 300, 700)))
            self.done["paid by hand"] += 1


def _within(seconds: float, found: Callable[[], Any]) -> None:
    deadline = time.monotonic() + seconds
    while not found() and time.monotonic() < deadline:
        time.sleep(0.2)
