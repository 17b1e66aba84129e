"""Peppers in the Transit engine of a Vault server: the pepper never leaves it, not even for the key service.

Its HMAC is ours: POST transit/hmac/<key>/sha2-256 {"input", "key_version"} -> {"data": {"hmac": "vault:v1:<base64>"}}.
The kid is the version of the key. To destroy a pepper is to raise `min_decryption_version` and trim the key.
"""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import requests
import structlog

from config.limits import VAULT_SECONDS
from config.settings import Settings
from core.errors import Busy, Refusal
from core.refusal_codes import RefusalCode

log = structlog.get_logger(__name__)


class VaultPeppers:
    """One named Transit key and its versions; the token is read from its file at every call, as agents renew it."""

    def __init__(self, url: str, key: str, token_file: Path, *, mount: str = "transit") -> None:
        self._base, self._key, self._token_file = f"{url.rstrip('/')}/v1/{mount}", key, token_file

    @classmethod
    def of(cls, settings: Settings) -> VaultPeppers:
        assert settings.vault_token_file is not None
        return cls(
            settings.vault_url, settings.vault_key, settings.vault_token_file,
            mount=settings.vault_mount,
        )  # fmt: skip

    def today(self) -> str:
        return str(self._read()["latest_version"])

    def kids(self) -> list[str]:
        key = self._read()
        oldest = max(key.get("min_available_version", 0), key.get("min_decryption_version", 1), 1)
        return [str(version) for version in range(oldest, key["latest_version"] + 1)]

    def mix(self, kid: str, data: bytes) -> bytes:
        body = {"input": base64.b64encode(data).decode(), "key_version": int(kid)}
        made = self._call("POST", f"hmac/{self._key}/sha2-256", body)["hmac"]
        prefix, version, digest = made.split(":", 2)
        if (prefix, version) != ("vault", f"v{kid}"):
            raise Refusal(RefusalCode.PEPPER_UNKNOWN, kid=kid)
        return base64.b64decode(digest, validate=True)

    def rotate(self) -> str:
        self._call("POST", f"keys/{self._key}/rotate", {})
        return self.today()

    def destroy(self, kid: str) -> None:
        if kid == self.today():
            raise Refusal(RefusalCode.PEPPER_IN_USE, kid=kid)
        least = int(kid) + 1
        self._call(
            "POST",
            f"keys/{self._key}/config",
            {"min_decryption_version": least, "min_encryption_version": least},
        )
        self._call("POST", f"keys/{self._key}/trim", {"min_available_version": least})

    def _read(self) -> dict[str, Any]:
        return self._call("GET", f"keys/{self._key}")

    def _call(self, verb: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """What Vault says. A server that is away or sealed is `busy`; what it refuses is a pepper it has not."""
        headers = {"X-Vault-Token": self._token_file.read_text().strip(), "X-Vault-Request": "true"}
        try:
            said = requests.request(
                verb, f"{self._base}/{path}", json=body, headers=headers, timeout=VAULT_SECONDS,
                allow_redirects=False,
            )  # fmt: skip
            data = said.json().get("data") if said.content else None
        except (requests.RequestException, ValueError) as error:
            log.warning("vault away", kind=type(error).__name__)
            raise Busy from None
        if said.ok:
            return data or {}
        log.warning("vault refused", status=said.status_code, path=path.split("/", 1)[0])
        if said.status_code != requests.codes.bad:
            raise Busy
        raise Refusal(RefusalCode.PEPPER_UNKNOWN, kid=str((body or {}).get("key_version", "")))
