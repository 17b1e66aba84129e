"""A neighbour: another node that a person may move her record to, and from which a record may come."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, field_validator


class Neighbour(BaseModel):
    """Who it is and how she dials it; `number` is its place in the menu, for ever.

    `organisation` is the one she joins there, "" where that node serves only one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int = Field(ge=1, le=9)
    name: str = Field(min_length=1, max_length=30)
    did: str = Field(pattern=r"^did:web:")
    service_code: str = Field(pattern=r"^[*0-9]{2,18}#$")
    organisation: str = Field(default="", max_length=60)

    @field_validator("did")
    @classmethod
    def _in_small_letters(cls, did: str) -> str:
        """A host is the same in any case."""
        host, colon, path = did.removeprefix("did:web:").partition(":")
        return f"did:web:{host.lower().replace('%3a', '%3A')}{colon}{path}"
