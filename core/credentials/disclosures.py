"""Selective disclosure (RFC 9901): hide claims behind salted hashes, choose which to show, put shown ones back.

`Hider` and `choose` serve issuer and holder; `Processed` is the verifier's side and repairs nothing.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from config.limits import CREDENTIAL_DEPTH
from core.credentials.errors import refused
from core.keys import jose
from core.keys.jose import Broken

SD, ALG, SPOT = "_sd", "_sd_alg", "..."
SALT_BYTES, DECOY_BYTES = 16, 32  # a decoy looks like the SHA-256 of something
FETCHED_BYTES = 512
NESTED = 4  # an object inside a claim has its hashes filled up to a multiple of this

HASHES = {"sha-256": hashlib.sha256, "sha-384": hashlib.sha384, "sha-512": hashlib.sha512}
DIGEST_CHARACTERS = {"sha-256": 43, "sha-384": 64, "sha-512": 86}

Path = Sequence[str | int | None]
Book = Mapping[str, tuple[str, list[Any]]]  # disclosures by their hash, each as (text, content)
_NAMED, _ELEMENT = 3, 2  # lengths of the two kinds of disclosure


class Hider:
    """Hides claims and collects their disclosures."""

    def __init__(self) -> None:
        self.disclosures: list[str] = []
        self._random = b""

    def object(self, claims: Mapping[str, Any], *, size: int = 0) -> dict[str, Any]:
        """An object in whose place only hashes are seen; never fewer than `size`, so that nobody can count."""
        digests = [self._hash([name, self._within(value)]) for name, value in claims.items()]
        size = max(size, -(-len(digests) // NESTED) * NESTED)
        decoys = [self._fresh(DECOY_BYTES) for _ in range(size - len(digests))]
        return {SD: sorted(digests + decoys)}

    def _within(self, value: Any) -> Any:
        if isinstance(value, dict):
            return self.object(value)
        if isinstance(value, list):
            return [{SPOT: self._hash([self._within(item)])} for item in value]
        return value

    def _hash(self, content: list[Any]) -> str:
        text = jose.b64u(jose.dumps([self._fresh(SALT_BYTES), *content]).encode())
        self.disclosures.append(text)
        return jose.digest(text)

    def _fresh(self, count: int) -> str:
        """Random bytes nobody saw before, fetched many at once: asking the system costs more than hashing."""
        if len(self._random) < count:
            self._random = secrets.token_bytes(FETCHED_BYTES)
        taken, self._random = self._random[:count], self._random[count:]
        return jose.b64u(taken)


class Processed:
    """A payload with the shown disclosures put back; `disclosed` are the names of those at the top."""

    def __init__(self, payload: Mapping[str, Any], book: Book) -> None:
        self._open = book
        self._characters = DIGEST_CHARACTERS[hash_of(payload)]
        self._seen: set[str] = set()
        self.disclosed: set[str] = set()
        top = {name: value for name, value in payload.items() if name != ALG}
        self.payload = self._object(top, 0)
        if not self._open.keys() <= self._seen:
            raise refused("disclosure", "not_referenced")

    def _value(self, value: Any, depth: int) -> Any:
        if depth > CREDENTIAL_DEPTH:
            raise refused("malformed", "too_deep")
        if isinstance(value, dict):
            return self._object(value, depth)
        return self._array(value, depth) if isinstance(value, list) else value

    def _object(self, found: Mapping[str, Any], depth: int) -> dict[str, Any]:
        if ALG in found or SPOT in found:
            raise refused("malformed", "reserved_name")
        result = {
            name: self._value(value, depth + 1) for name, value in found.items() if name != SD
        }
        for digest in _digests(found):
            content = self._look_up(digest, _NAMED)
            if content is not None:
                self._put(result, content[1], content[2], depth)
        return result

    def _put(self, result: dict[str, Any], name: str, value: Any, depth: int) -> None:
        if name in (SD, SPOT):
            raise refused("disclosure", "reserved_name")
        if name in result:
            raise refused("disclosure", "name_taken")
        result[name] = self._value(value, depth + 1)
        if depth == 0:
            self.disclosed.add(name)

    def _array(self, found: list[Any], depth: int) -> list[Any]:
        result = []
        for item in found:
            if not isinstance(item, dict) or SPOT not in item:
                result.append(self._value(item, depth + 1))
                continue
            if len(item) != 1:
                raise refused("malformed", "placeholder")
            content = self._look_up(item[SPOT], _ELEMENT)
            if content is not None:
                result.append(self._value(content[1], depth + 1))
        return result

    def _look_up(self, digest: object, length: int) -> list[Any] | None:
        if not isinstance(digest, str):
            raise refused("malformed", "digests")
        if len(digest) != self._characters:
            raise refused("alg", "hash_cut_short")
        if digest in self._seen:
            raise refused("disclosure", "digest_twice")
        self._seen.add(digest)
        found = self._open.get(digest)
        if found is not None and len(found[1]) != length:
            raise refused("malformed", "disclosure")
        return found[1] if found else None


def hides(value: object) -> bool:
    """Whether something within a value stands behind a hash."""
    if isinstance(value, list):
        return any(map(hides, value))
    return isinstance(value, dict) and (
        not value.keys().isdisjoint((SD, SPOT)) or any(map(hides, value.values()))
    )


def hash_of(payload: Mapping[str, Any]) -> str:
    """The name of the hash a payload uses; refuses `alg` for one that is weak or unknown."""
    algorithm = payload.get(ALG, "sha-256")
    if not isinstance(algorithm, str) or algorithm not in HASHES:
        raise refused("alg", "hash_not_allowed")
    return algorithm


def digest(text: str, algorithm: str = "sha-256") -> str:
    """The base64url hash of a text exactly as it was received."""
    return jose.b64u(HASHES[algorithm](text.encode()).digest())


def opened(disclosures: Sequence[str], algorithm: str = "sha-256") -> Book:
    """Disclosures by their hash; refuses a wrong shape and the same one twice."""
    book = {digest(text, algorithm): (text, _content(text)) for text in disclosures}
    if len(book) != len(disclosures):
        raise refused("disclosure", "twice")
    return book


def _content(text: str) -> list[Any]:
    try:
        content = jose.loads(jose.unb64u(text))
    except Broken as broken:
        raise refused("malformed", "disclosure") from broken
    if not isinstance(content, list) or len(content) not in (_ELEMENT, _NAMED):
        raise refused("malformed", "disclosure")
    if not isinstance(content[0], str) or not isinstance(
        content[-2], str
    ):  # salt; name, or salt again
        raise refused("malformed", "disclosure")
    return content


def choose(payload: Mapping[str, Any], book: Book, paths: Iterable[Path]) -> list[str]:
    """The disclosures that show the claims at `paths` with all that is in them, and no others."""
    chosen: set[str] = set()
    _walk(payload, [tuple(path) for path in paths], book, chosen)
    return [text for text, _ in book.values() if text in chosen]


def _walk(node: Any, paths: Sequence[Path], book: Book, chosen: set[str]) -> bool:
    # A disclosure is chosen only once the rest of a path was found beneath it. A path that has ended means everything.
    whole, found = () in paths, False
    steps = {path[0] for path in paths if path}
    for key, value, text in _children(node, book):
        if not whole and key not in steps and None not in steps:
            continue
        rest = [path[1:] for path in paths if not path or path[0] is None or path[0] == key]
        if _walk(value, rest, book, chosen) or () in rest:
            found = True
            chosen.update([text] if text else [])
    return found


def _children(node: Any, book: Book) -> Iterable[tuple[str | int, Any, str | None]]:
    if isinstance(node, dict):
        yield from ((name, value, None) for name, value in node.items() if name != SD)
        for digest in _digests(node):
            text, content = book.get(digest, ("", []))
            if len(content) == _NAMED:
                yield content[1], content[2], text
    elif isinstance(node, list):
        for place, item in enumerate(node):
            spot = item.get(SPOT) if isinstance(item, dict) else None
            text, content = book.get(spot, ("", [])) if isinstance(spot, str) else ("", [])
            if len(content) == _ELEMENT:
                yield place, content[1], text
            elif spot is None:
                yield place, item, None


def _digests(node: Mapping[str, Any]) -> list[str]:
    found = node.get(SD, [])
    if not isinstance(found, list) or not set(map(type, found)) <= {str}:
        raise refused("malformed", "digests")
    return found
