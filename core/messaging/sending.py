"""How a node texts: by which sender to which network, whether one can answer it, and where its menu is dialled.

A short code receives; a name of letters only sends, so no text under it may ask for a reply. Every session of a node
carries its `Sending`, because whatever writes a text needs it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import phonenumbers
from phonenumbers import carrier

from config.settings import Settings
from core.db import Session

KEY = "sending"  # under which a session carries it
TO_PAY = "*2*1#"  # My loan, pay: dialled behind the code, it stops where she confirms


@dataclass(frozen=True, slots=True)
class Sending:
    """`senders` name the sender by network where it is another, e.g. {"Airtel": "GROWR"}."""

    sender: str = ""
    senders: Mapping[str, str] = field(default_factory=dict)
    service_code: str = ""

    @classmethod
    def of(cls, settings: Settings) -> Sending:
        return cls(settings.at_sender, settings.at_senders, settings.service_code)

    def sender_for(self, phone: str) -> str:
        """Who texts this phone."""
        network = network_of(phone) if self.senders else ""
        for name, sender in self.senders.items():
            if network.lower().startswith(name.lower()):
                return sender
        return self.sender

    def can_be_answered(self, phone: str) -> bool:
        """Whether what this phone replies reaches us."""
        sender = self.sender_for(phone).lstrip("+")
        return not sender or sender.isdecimal()

    @property
    def facts(self) -> dict[str, str]:
        """What every text may say."""
        pay_code = f"{self.service_code.removesuffix('#')}{TO_PAY}"
        return {"service_code": self.service_code, "pay_code": pay_code}


def of(db: Session) -> Sending:
    """How the node of this session texts."""
    found: Sending | None = db.info.get(KEY)
    return found or Sending()


@lru_cache(maxsize=10_000)
def network_of(phone: str) -> str:
    """The network that gave out this number, e.g. "Safaricom"; who moved to another with it is not known here."""
    return str(carrier.name_for_number(phonenumbers.parse(phone), "en"))
