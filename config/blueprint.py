"""A deployment blueprint says which services a process runs; code asks what it plays, never its name."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

FOLDER = Path(__file__).parent / "blueprints"


class Role(StrEnum):
    """One service of a node."""

    USSD = "ussd"
    SMS = "sms"
    CONSOLE = "console"
    INVESTOR = "investor"
    CUSTODY = "custody"
    CREDENTIALS = "credentials"
    REPLICATE = "replicate"
    SANDBOX = "sandbox"


@dataclass(frozen=True, slots=True)
class Blueprint:
    """Which roles and payment rails this node plays, and whether it hosts many organisations."""

    name: str
    hosted: bool
    roles: frozenset[Role]
    rails: tuple[str, ...]

    def plays(self, role: Role) -> bool:
        return role in self.roles


def load(name: str) -> Blueprint:
    """Read `config/blueprints/<name>.toml`. Raises FileNotFoundError naming the ones there are."""
    path = FOLDER / f"{name}.toml"
    if not path.is_file():
        raise FileNotFoundError(f"no blueprint {name!r}; there are: {', '.join(names())}")
    data = tomllib.loads(path.read_text())
    roles = frozenset(Role(role) for role in data["roles"])
    return Blueprint(name=name, hosted=data["hosted"], roles=roles, rails=tuple(data["rails"]))


def names() -> list[str]:
    """The blueprints there are."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))
