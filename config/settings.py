"""The typed settings of a node: every one is an environment variable that begins with GROWR_."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path
from typing import Annotated
from urllib.parse import quote, urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from config import blueprint
from config.blueprint import Blueprint, Role
from config.limits import CLOCK_LEEWAY_SECONDS, PIN_WRONG_PER_HOUR
from config.neighbours import Neighbour
from config.sockets import socket_at
from config.sources import Source

PREFIX = "GROWR_"
SANDBOX = "sandbox"  # the user name of everybody's play account at Africa's Talking
DATABASES = ("sqlite:///", "postgresql+psycopg://")
EVERYWHERE = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - of who listens on all addresses, one
REDISES = ("redis://", "rediss://", "unix://")
MPESA = (
    "url", "consumer_key", "consumer_secret", "short_code", "passkey", "payout_short_code", "initiator",
    "initiator_password", "certificate",
)  # fmt: skip
Port = Annotated[int, Field(ge=1, le=65_535)]
Days = Annotated[
    int, Field(ge=31, le=36_500)
]  # less would forget what a question of today is about


class Settings(BaseSettings):
    """Addresses and secrets. Behaviour belongs to the blueprint, not here."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    home: Path = Path("var")
    host: str = "127.0.0.1"
    port: Port = 8080
    sandbox_port: Port = 8090
    blueprint: str = "all_in_one"
    database_url: str = ""
    redis_url: str = ""
    public_url: str = ""
    log_format: str = "console"
    key_socket: Path | None = None
    key_service_users: list[int] = []
    pepper_folder: Path | None = None
    pin_wrong_per_hour: Annotated[int, Field(ge=1)] = PIN_WRONG_PER_HOUR
    vault_url: str = ""
    vault_token_file: Path | None = None
    vault_key: str = "growr-pepper"
    vault_mount: str = "transit"
    fence_port: Port = 8070
    fence_folder: Path | None = None
    encrypted_presentations: bool = False
    clock_leeway_seconds: Annotated[int, Field(ge=0, le=600)] = CLOCK_LEEWAY_SECONDS
    web_workers: int = 2
    web_threads: int = 8

    service_code: str = "*384*77#"
    support_phone: str = "+254700000000"
    regulator: str = ""
    screening_list: Path | None = None
    page_septets: dict[str, int] = {}
    carrier_addresses: list[str] = []
    provider_addresses: list[str] = []
    trusted_proxies: list[str] = []

    at_username: str = SANDBOX
    at_api_key: SecretStr = SecretStr("")
    at_url: str = ""
    at_sender: str = ""
    at_senders: dict[str, str] = {}

    mpesa_url: str = "https://sandbox.safaricom.co.ke"
    mpesa_consumer_key: str = ""
    mpesa_consumer_secret: SecretStr = SecretStr("")
    mpesa_short_code: str = "174379"
    mpesa_passkey: SecretStr = SecretStr("")
    mpesa_payout_short_code: str = "600992"
    mpesa_initiator: str = "apiuser"
    mpesa_initiator_password: SecretStr = SecretStr("")
    mpesa_certificate: Path | None = None
    mpesa_reversal_days: Annotated[int, Field(ge=2, le=366)] = 45

    keep_texts_days: Days = 730
    keep_inbound_days: Days = 90
    keep_sessions_days: Days = 365
    keep_callbacks_days: Days = 730

    sources: list[Source] = []
    neighbours: list[Neighbour] = []

    @field_validator("home")
    @classmethod
    def _absolute(cls, home: Path) -> Path:
        return home.absolute()

    @field_validator("blueprint")
    @classmethod
    def _there_is(cls, name: str) -> str:
        if name not in blueprint.names():
            raise ValueError(f"no blueprint {name!r}; there are: {', '.join(blueprint.names())}")
        return name

    @field_validator("vault_token_file", "screening_list")
    @classmethod
    def _is_there(cls, path: Path | None) -> Path | None:
        if path is not None and not path.is_file():
            raise ValueError("no such file")
        return path

    @field_validator("database_url")
    @classmethod
    def _database_we_know(cls, url: str) -> str:
        return _begins(url, DATABASES)

    @field_validator("redis_url")
    @classmethod
    def _redis_we_know(cls, url: str) -> str:
        return _begins(url, REDISES)

    @field_validator("carrier_addresses", "provider_addresses", "trusted_proxies")
    @classmethod
    def _networks(cls, addresses: list[str]) -> list[str]:
        for address in addresses:
            ip_network(address, strict=False)
        return addresses

    @property
    def database(self) -> str:
        """The address of the database: the given one, or a SQLite file at home."""
        return self.database_url or f"sqlite:///{quote(str(self.home / 'growr.db'))}"

    @property
    def redis(self) -> str:
        """The address of Redis: the given one, or the private server's socket at home."""
        return self.redis_url or f"unix://{quote(str(self.redis_socket))}"

    @property
    def redis_socket(self) -> Path:
        """Where the private Redis listens."""
        return socket_at(self.home, "redis.sock")

    @property
    def keys_socket(self) -> Path:
        """Where the key service listens: at the given path, or at home."""
        return self.key_socket or socket_at(self.home, "keys.sock")

    @property
    def bind(self) -> str:
        """Where the web server listens, as `host:port`."""
        return host_and_port(self.host, self.port)

    @property
    def own_url(self) -> str:
        """Where this machine itself reaches the web server."""
        return f"http://{host_and_port(EVERYWHERE.get(self.host, self.host), self.port)}"

    @property
    def url(self) -> str:
        """Where the outside reaches this node, without a slash at the end."""
        place = urlsplit((self.public_url or self.own_url).rstrip("/"))
        return place._replace(netloc=place.netloc.lower()).geturl()

    @property
    def sandbox_url(self) -> str:
        """Where the sandbox plays telco and mobile money."""
        return f"http://127.0.0.1:{self.sandbox_port}"

    def missing(self, plan: Blueprint) -> list[str]:
        """The variables a node of this plan needs and has not; in the sandbox every one has a default.

        What has a default for trying out must be set all the same: nobody pays real money from a short code by mistake.
        """
        if plan.plays(Role.SANDBOX):
            return []
        needed = {"public_url"}
        if plan.plays(Role.SMS):
            needed |= {"at_api_key", "at_username", "at_sender"}
        if "mpesa" in plan.rails:
            needed |= {f"mpesa_{name}" for name in MPESA}
        return [f"{PREFIX}{name.upper()}" for name in sorted(needed) if not self._has(name)]

    def _has(self, name: str) -> bool:
        """Whether somebody has given a usable value for this setting."""
        value = getattr(self, name)
        if isinstance(value, Path):
            return value.is_file()
        if isinstance(value, SecretStr):
            value = value.get_secret_value()
        is_play = name == "at_username" and value == SANDBOX
        return name in self.model_fields_set and bool(value) and not is_play

    def against_sandbox(self) -> Settings:
        """These settings with every provider replaced by the sandbox and its well-known test credentials."""
        return self.model_copy(update=self._of_sandbox())

    def unused(self, plan: Blueprint) -> list[str]:
        """The variables somebody has set and a node of this plan does not use, since its sandbox plays the provider."""
        if not plan.plays(Role.SANDBOX):
            return []
        replaced = self._of_sandbox()
        given = self.model_fields_set & replaced.keys()
        return [
            f"{PREFIX}{name.upper()}"
            for name in sorted(given)
            if getattr(self, name) != replaced[name]
        ]

    def _of_sandbox(self) -> dict[str, object]:
        return {
            "at_username": SANDBOX,
            "at_api_key": SecretStr("sandbox"),
            "at_url": f"{self.sandbox_url}/version1",
            "at_sender": self.at_sender
            or "384",  # it is for trying out what a sender of letters changes
            "mpesa_url": self.sandbox_url,
            "mpesa_consumer_key": "sandbox",
            "mpesa_consumer_secret": SecretStr("sandbox"),
            "mpesa_passkey": SecretStr("sandbox-passkey"),
            "mpesa_initiator_password": SecretStr("sandbox-password"),
            "mpesa_certificate": self.home / "sandbox-mpesa.cer",
            "sources": [Source.of_sandbox(self.sandbox_url)],
        }

    @property
    def keys(self) -> Path:
        """The folder of the keyring; back it up, and let nobody else read it."""
        return self.home / "keys"

    @property
    def peppers(self) -> Path:
        """The folder of what only the key service reads: the peppers and the count of guesses."""
        return self.pepper_folder or self.keys

    @property
    def fence_member(self) -> Path:
        """The folder of a member of others' fences: his keys, the nodes he admitted and the counts of guesses."""
        return self.fence_folder or self.home / "fence-member"


def host_and_port(host: str, port: int) -> str:
    """As addresses write it: an IPv6 host stands in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _begins(url: str, schemes: tuple[str, ...]) -> str:
    """The address if it is empty or begins with one of these; the complaint shows no password."""
    if url and not url.startswith(schemes):
        raise ValueError(f"must begin with {' or '.join(schemes)}")
    return url
