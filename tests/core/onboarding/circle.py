"""Amina, her guardian Neema, her agent Juma and a stranger to her, Baraka: each with a record and a PIN."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import onboarding, people, sscr
from core.keys import Keyring, Stretch
from core.messaging import Message, Template
from core.onboarding import Recovery, SimState
from core.people import CodeCheck, Role, User, UserState
from core.sscr import Custody, Unlocked
from tests.conftest import NOW

AMINA, NEEMA, JUMA, BARAKA = "+254711000111", "+254722000222", "+254700111222", "+254733000333"
NEW = "+254744000444"
PIN, NEW_PIN, WRONG = "839205", "502938", "604218"
CHEAP = Stretch(memory_kib=64, rounds=1, lanes=1)
CODE = "*384*77#"


@dataclass
class Circle:
    """The people, and the verbs with what never changes filled in."""

    db: Session
    keyring: Keyring
    custody: Custody = field(init=False)
    ids: dict[str, uuid.UUID] = field(default_factory=dict)
    now: datetime = NOW

    def __post_init__(self) -> None:
        made = Custody.of(self.keyring, did="did:web:node.example")
        self.custody = replace(made, stretch=CHEAP)
        coop = people.create_organisation(
            self.db, name="Mavuno", country="KE", currency="KES", timezone="Africa/Nairobi",
            support_phone="+254700999888",
        )  # fmt: skip
        for phone in (AMINA, NEEMA, JUMA, BARAKA):
            role = Role.AGENT if phone == JUMA else Role.BORROWER
            self.ids[phone] = self._person(coop.id, phone, role)
        self.db.commit()

    def _person(self, organisation: uuid.UUID, phone: str, role: Role) -> uuid.UUID:
        user = User(
            organisation_id=organisation, role=role, state=UserState.ACTIVE, phone=phone, language="en",
            given_name=f"Name{phone[-3:]}", family_name="F", created_at=self.now,
        )  # fmt: skip
        self.db.add(user)
        self.db.flush()
        sscr.open_record(
            self.db, custody=self.custody, owner_id=user.id, phone=phone, pin=PIN, birth_date=None,
            now=self.now,
        )  # fmt: skip
        return user.id

    def unlock(self, phone: str, pin: str = PIN, purpose: str = "test") -> Unlocked:
        return sscr.unlock(
            self.db, custody=self.custody, owner_id=self.ids[phone], pin=pin, purpose=purpose,
            session_id="s", now=self.now,
        )  # fmt: skip

    def name_guardian(self, owner: str = AMINA, guardian: str = NEEMA) -> None:
        with self.unlock(owner) as unlocked:
            sscr.add_guardian(self.db, unlocked=unlocked, guardian_id=self.ids[guardian])

    def start(self, sim: SimState | None = SimState.SETTLED, **changes: Any) -> Recovery:
        """An agent begins; the carrier has vouched for her SIM unless said otherwise."""
        asked = {"agent_id": self.ids[JUMA], "user_id": self.ids[AMINA], "service_code": CODE}
        made = onboarding.start_recovery(
            self.db, keyring=self.keyring, now=self.now, **(asked | changes)
        )
        made.sim = sim if made.new_phone is None else None
        return made

    def carrier(self, recovery: Recovery, swapped_on: date | None) -> None:
        """The carrier's answer comes."""
        request = str(recovery.id)
        onboarding.note_sim_request(self.db, asked_for=recovery.id, request=request)
        onboarding.note_sim(self.db, request=request, swapped_on=swapped_on, now=self.now)

    def ask_guardians(self) -> int:
        return onboarding.ask_guardians(self.db, service_code=CODE, now=self.now, limit=10)

    def present(self, code: str | None = None, agent: str = JUMA) -> CodeCheck:
        return onboarding.be_present(
            self.db, keyring=self.keyring, agent_id=self.ids[agent], user_id=self.ids[AMINA],
            code=code or self.code(), now=self.now,
        )  # fmt: skip

    def choose(self, recovery: Recovery, pin: str = NEW_PIN, again: str | None = None) -> bool:
        asked: dict[str, Any] = {"custody": self.custody, "user_id": self.ids[AMINA]}
        onboarding.choose_pin_anew(
            self.db, keyring=self.keyring, pin=pin, under_way=recovery, **asked
        )
        return onboarding.confirm_pin_anew(
            self.db, pin=again or pin, now=self.now, service_code=CODE, under_way=recovery, **asked
        )

    def chosen(self, **changes: Any) -> Recovery:
        """A recovery in which only a guardian or time is missing."""
        recovery = self.start(**changes)
        assert self.present() is CodeCheck.RIGHT
        assert self.choose(recovery)
        return recovery

    def help_out(self, recovery: Recovery, guardian: str = NEEMA) -> None:
        with self.unlock(guardian, purpose=onboarding.GUARDIAN_HELP) as opened:
            onboarding.help_out(
                self.db, custody=self.custody, guardian=opened, recovery=recovery, now=self.now
            )

    def code(self) -> str:
        """The code in the newest text that holds one."""
        texts = [one.text for one in self.texts(Template.RECOVERY_CODE)]
        found = re.search(r"\d{6}", texts[-1])
        assert found
        return found.group()

    def texts(self, template: Template) -> list[Message]:
        query = select(Message).where(Message.template == template).order_by(Message.created_at)
        return list(self.db.scalars(query))

    def told(self, template: Template) -> list[str]:
        """Which numbers got this text."""
        return [one.to for one in self.texts(template)]
