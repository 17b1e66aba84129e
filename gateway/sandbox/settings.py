"""Where the sandbox listens, whom it calls, and which credentials it accepts."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class SandboxSettings(BaseSettings):
    """The sandbox's settings: environment variables that begin with GROWR_SANDBOX_, and GROWR_HOME."""

    model_config = SettingsConfigDict(
        env_prefix="GROWR_SANDBOX_", frozen=True, extra="ignore", populate_by_name=True
    )

    home: Path | None = Field(default=Path("var"), validation_alias="GROWR_HOME")  # None = memory
    port: int = 8090

    ussd_url: str = ""
    end_url: str = ""
    inbound_url: str = ""
    report_url: str = ""
    optout_url: str = ""
    sim_url: str = ""

    service_code: str = "*384*77#"
    delay_seconds: float = 0.3  # how long "asynchronous" takes here
    prompt_seconds: float = 60.0  # an unanswered payment prompt is given up then
    ussd_seconds: float = 180.0  # the telco ends a USSD session then
    ussd_turn_seconds: float = 10.0  # Africa's Talking waits this long for a page
    callback_seconds: float = 8.0  # M-PESA waits this long for an answer to a callback
    inbound_tries: int = 20  # Africa's Talking repeats an inbound message until it is answered 200

    at_username: str = "sandbox"
    at_api_key: str = "sandbox"

    mpesa_consumer_key: str = "sandbox"
    mpesa_consumer_secret: str = "sandbox"  # noqa: S105 - play money
    mpesa_passkey: str = "sandbox-passkey"
    mpesa_short_code: str = "174379"
    mpesa_payout_short_code: str = "600992"
    mpesa_initiator: str = "apiuser"
    mpesa_initiator_password: str = "sandbox-password"  # noqa: S105 - play money
    mpesa_organisation: str = "GROWR"
    mpesa_c2b_validation: bool = True  # Safaricom switches it on by e-mail

    phone_balance: int = 1_000  # whole shillings in the wallet of a new phone
    payout_float: int = 1_000_000  # whole shillings on the payout short code at the start
    phone_pin: str = "1234"  # the mobile-money PIN of every phone

    @property
    def database(self) -> str:
        """The SQLite file, or memory when there is no home."""
        return ":memory:" if self.home is None else str(self.home.absolute() / "sandbox.db")

    @property
    def certificate(self) -> Path | None:
        """Where the M-PESA certificate is written for the node to find."""
        return None if self.home is None else self.home.absolute() / "sandbox-mpesa.cer"
