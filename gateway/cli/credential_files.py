"""What the commands of `growr credential` read: a file, or standard input for `-`; what does not fit is wrong usage."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any

import click
from nacl.signing import SigningKey

from core.credentials import Trust
from core.keys import jose
from core.keys.jose import Jwk

_WORDS = ("kty", "crv", "kid", "alg", "use")  # members of a JWK that are plain text


class FileOf(click.ParamType[Any]):
    """A file whose text `read` understands; where it raises ValueError, the file holds no `wanted`."""

    name = "file"

    def __init__(self, wanted: str, read: Callable[[str], Any]) -> None:
        self._wanted, self._read = wanted, read

    def convert(
        self, value: Any, param: click.Parameter | None, context: click.Context | None
    ) -> Any:
        """What the file holds."""
        try:
            with click.open_file(value, "rb") as file:
                # what is no UTF-8 is kept as it is: whoever judges it refuses it
                text = file.read().decode(errors="surrogateescape").strip()
        except OSError as error:
            self.fail(f"{value}: {error.strerror}", param, context)
        except ValueError:
            self.fail(f"{value!r} is no name of a file", param, context)
        try:
            return self._read(text)
        except ValueError:
            self.fail(f"{value} holds no {self._wanted}", param, context)


def _object(text: str) -> dict[str, Any]:
    found = jose.loads(text)
    if not isinstance(found, dict):
        raise ValueError(text)  # noqa: TRY004 - of a file, not of our code
    return found


def _trust(text: str) -> Trust:
    return {issuer: _keys(said) for issuer, said in _object(text).items()}


def _keys(said: object) -> list[Jwk]:
    keys = said.get("keys") if isinstance(said, dict) else None
    if not isinstance(keys, list) or not all(_is_key(key) for key in keys):
        raise ValueError(said)
    return keys


def _is_key(key: object) -> bool:
    """Whether it has the shape of a JWK; of which kind it is, is asked when it is used (RFC 7517, section 5)."""
    if not isinstance(key, dict) or not isinstance(key.get("key_ops", []), list):
        return False
    return all(isinstance(key.get(name, ""), str) for name in _WORDS)


TEXT = FileOf("text", str)
JSON = FileOf("JSON object", _object)
TRUST = FileOf('{"<issuer>": {"keys": [JWK, ...]}}', _trust)
PUBLIC_KEY = FileOf("JWK of Ed25519 or P-256", lambda text: jose.only_public(jose.loads(text)))
PRIVATE_KEY = FileOf(
    "private JWK of Ed25519 or P-256", lambda text: jose.private_key(jose.loads(text))
)


def one_of(names: type[StrEnum]) -> click.Choice[str]:
    """The values of an enumeration, as they are typed."""
    return click.Choice([name.value for name in names])


def fresh_key() -> Jwk:
    """A new private key of Ed25519."""
    key = SigningKey.generate()
    return {**jose.public_jwk(key), "d": jose.b64u(bytes(key))}
