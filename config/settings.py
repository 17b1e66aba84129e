"""The typed settings of a node: every one is an environment variable that begins with GROWR_."""

from __future__ import annotations

from pathlib import Path

from pydantic import SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Addresses and secrets. Behaviour belongs to the blueprint, not here."""

    model_config = SettingsConfigDict(env_prefix="GROWR_", frozen=True, extra="ignore")

    home: Path = Path("var")
    host: str = "127.0.0.1"
    port: int = 8080
    sandbox_port: int = 8090
    blueprint: str = "all_in_one"
    database_url: str = ""
    redis_url: str = ""
    public_url: str = ""
    log_format: str = "console"
    web_workers: int = 2
    web_threads: int = 8

    service_code: str = "*384*77#"
    support_phone: str = "+254700000000"
    page_septets: dict[str, int] = {}
    carrier_addresses: list[str] = []
    provider_addresses: list[str] = []
    trusted_proxies: list[str] = []

    at_username: str = "sandbox"
    at_api_key: SecretStr = SecretStr("")
    at_url: str = ""
    at_sender: str = ""

    mpesa_url: str = "https://sandbox.safaricom.co.ke"
    mpesa_consumer_key: str = ""
    mpesa_consumer_secret: SecretStr = SecretStr("")
    mpesa_short_code: str = "174379"
    mpesa_passkey: SecretStr = SecretStr("")
    mpesa_payout_short_code: str = "600992"
    mpesa_initiator: str = "apiuser"
    mpesa_initiator_password: SecretStr = SecretStr("")
    mpesa_certificate: Path | None = None

    @field_validator("home")
    @classmethod
    def _absolute(cls, home: Path) -> Path:
        return home.absolute()

    @property
    def database(self) -> str:
        """The address of the database: the given one, or a SQLite file at home."""
        return self.database_url or f"sqlite:///{self.home / 'growr.db'}"

    @property
    def redis(self) -> str:
        """The address of Redis: the given one, or the private server's socket at home."""
        return self.redis_url or f"unix://{self.home / 'redis.sock'}"

    @property
    def url(self) -> str:
        """Where the outside reaches this node, without a slash at the end."""
        return (self.public_url or f"http://127.0.0.1:{self.port}").rstrip("/")

    @property
    def sandbox_url(self) -> str:
        """Where the sandbox plays telco and mobile money."""
        return f"http://127.0.0.1:{self.sandbox_port}"

    def against_sandbox(self) -> Settings:
        """These settings with every provider replaced by the sandbox and its well-known test credentials."""
        return self.model_copy(
            update={
                "at_username": "sandbox",
                "at_api_key": SecretStr("sandbox"),
                "at_url": f"{self.sandbox_url}/version1",
                "mpesa_url": self.sandbox_url,
                "mpesa_consumer_key": "sandbox",
                "mpesa_consumer_secret": SecretStr("sandbox"),
                "mpesa_passkey": SecretStr("sandbox-passkey"),
                "mpesa_initiator_password": SecretStr("sandbox-password"),
                "mpesa_certificate": self.home / "sandbox-mpesa.cer",
            }
        )

    @property
    def keys(self) -> Path:
        """The folder of the keyring; back it up, and let nobody else read it."""
        return self.home / "keys"
