"""A source: somebody outside who can confirm facts about a person, and signs what it says."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

# The key of the sandbox's register is made of this word: play, as everything there is.
SANDBOX_SECRET = b"growr sandbox: kilimo register.."
Confirmable = Literal[
    "kyc", "community_membership", "financial_data", "savings_history", "business_activity", "ownership",
    "social_endorsement", "financial_health",
]  # fmt: skip
_SANDBOX_DID = "did:key:z6MkqbFBzj3tYV7eTdo4DpdxsKxPAvPKcsUc6nsCsmT9Lr7i"


class Source(BaseModel):
    """Where a source answers, with which key, and what it confirms; `number` is its place in the menu, for ever."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z0-9-]{1,30}$")
    number: int = Field(ge=1, le=9)
    name: str = Field(min_length=1, max_length=30)
    url: str = Field(pattern=r"^https?://")
    did: str = Field(pattern=r"^did:(key|jwk):")
    type: Confirmable

    @classmethod
    def of_sandbox(cls, url: str) -> Source:
        """The Kilimo cooperative register, played by the sandbox."""
        return cls(
            id="kilimo", number=1, name="Kilimo register", url=f"{url}/kilimo/v1/confirm",
            did=_SANDBOX_DID, type="community_membership",
        )  # fmt: skip
