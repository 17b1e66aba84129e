"""What a type was when a credential of it was issued: the hash of its Type Metadata, signed beside its address.

Version 1 of a type is the same at every node but for the address, so that we know the document without fetching it.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from functools import lru_cache

from core.credentials import schemas
from core.credentials.catalogue import CredentialType
from core.credentials.errors import refused
from core.credentials.types import vct
from core.keys import jose

CLAIM = "vct#integrity"
_HASHES = ("sha256", "sha384", "sha512")  # of W3C Subresource Integrity
_DOCUMENTS = 64


def of(type: CredentialType, base_url: str) -> str:
    """The value of `vct#integrity`: the hash of what the node of `base_url` serves at the `vct`."""
    return _known(type, base_url)[0]


def check(type: CredentialType, name: str, said: object) -> None:
    """Refuse `type` for a credential that was issued for another document than the one we know under its `vct`."""
    known = _known(type, name.removesuffix(vct("", type)))
    if not isinstance(said, str) or not set(said.split()) & set(known):
        raise refused("type", "integrity")


@lru_cache(_DOCUMENTS)
def _known(type: CredentialType, base_url: str) -> tuple[str, ...]:
    text = jose.dumps(schemas.metadata(type, base_url)).encode()
    digests = {name: hashlib.new(name, text).digest() for name in _HASHES}
    return tuple(f"{name}-{b64encode(digest).decode()}" for name, digest in digests.items())
