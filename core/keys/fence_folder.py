"""The fences of a node: numbered files in a folder that only the key service reads; the last one is today's.

fence/1.json   {"members": [{"name": …, "url": …, "key": …}, …]}        no members = no fence from here on
fence/seed     what the key is derived from by which the members know the node
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from nacl.exceptions import RuntimeError as NaclError
from nacl.public import PublicKey, SealedBox
from nacl.signing import SigningKey

from core.clock import Clock
from core.errors import Refusal
from core.keys import jose, keyring
from core.keys.fence import NOTE_BYTES, Fence
from core.keys.fence_line import Place
from core.keys.fences import Guess
from core.keys.threshold import MEMBERS
from core.refusal_codes import RefusalCode

FOLDER = "fence"
KEY_BYTES = 32
LOCAL = ("127.0.0.1", "::1")  # needs no TLS
_NAME_CHARACTERS = 12  # of a fence's name; with a pepper's number it fits the column of kids


class FolderFences:
    """See `Fences`. Files are read when needed, so that a fence that was just joined needs no restart."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder, self._clock = folder / FOLDER, clock
        self._ready: dict[tuple[Place, ...], Fence] = {}

    def today(self) -> str:
        files = self._files()
        return name_of(_read(files[-1])) if files else ""

    def lock(self, name: str, secret: bytes) -> tuple[bytes, bytes]:
        return self.fence(name).lock(secret) if name else (secret, b"")

    def note(self, name: str, sealed: bytes) -> bytes:
        return sealed[:NOTE_BYTES] if name else b""

    def guess(self, name: str, secret: bytes, note: bytes) -> Guess:
        if not name:
            return Guess(secret, lambda: 0)
        if len(note) != NOTE_BYTES:
            raise Refusal(RefusalCode.PEPPER_UNKNOWN, kid=name)
        return self.fence(name).guess(secret, note)

    def names(self) -> list[str]:
        """All there are, the oldest first; a fence that was left and joined again is one."""
        return [
            name for name in dict.fromkeys(name_of(_read(path)) for path in self._files()) if name
        ]

    def fence(self, name: str) -> Fence:
        """The fence of this name; refuses `pepper_unknown`."""
        for path in reversed(self._files()):
            places = _read(path)
            if places and name_of(places) == name:
                if places not in self._ready:
                    self._ready[places] = Fence(places, self.key(), self._clock)
                return self._ready[places]
        raise Refusal(RefusalCode.PEPPER_UNKNOWN, kid=name)

    def join(self, cards: Sequence[dict[str, Any]]) -> str:
        """Let new wraps go through these three members; the name of the fence. None = through no fence.

        Refuses fence_card_malformed, fence_members_alike, fence_members_three.
        """
        places = tuple(sorted((place_of(card) for card in cards), key=lambda one: one.public))
        if len(places) not in (0, MEMBERS):
            raise Refusal(RefusalCode.FENCE_MEMBERS_THREE)
        if any(len({getattr(p, what) for p in places}) != len(places) for what in Place.__slots__):
            raise Refusal(RefusalCode.FENCE_MEMBERS_ALIKE)
        for place in places:
            _check_sealing(place)
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        last = self._files()
        fresh = self._folder / f"fresh.{secrets.token_hex(4)}"
        fresh.write_text(jose.dumps({"members": [card_of(place) for place in places]}))
        fresh.replace(self._folder / f"{int(last[-1].stem) + 1 if last else 1}.json")
        return name_of(places)

    def key(self) -> SigningKey:
        """The key by which the members know this node; made when first asked for."""
        return keyring.create(self._folder).signing_key(FOLDER)

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob("[0-9]*.json"), key=lambda path: int(path.stem))


def name_of(places: Sequence[Place]) -> str:
    """A fence is named after the keys of its members, who keep it when they move to another address."""
    if not places:
        return ""
    keys = b"".join(place.public for place in places)
    return hashlib.sha256(keys).hexdigest()[:_NAME_CHARACTERS]


def card_of(place: Place) -> dict[str, str]:
    """A member as he writes himself on a card."""
    return {"name": place.name, "url": place.url, "key": jose.b64u(place.public)}


def place_of(card: object) -> Place:
    """The member a card is from; refuses fence_card_malformed, also where others could listen."""
    try:
        said: dict[str, Any] = dict(card)  # type: ignore[call-overload]
        place = Place(str(said["name"]), str(said["url"]).rstrip("/"), jose.unb64u(said["key"]))
        url = urlsplit(place.url)
    except (TypeError, KeyError, AttributeError, ValueError) as error:
        raise Refusal(RefusalCode.FENCE_CARD_MALFORMED) from error
    is_private = (bool(url.hostname) and url.scheme == "https") or url.hostname in LOCAL
    if not is_private or len(place.public) != KEY_BYTES:
        raise Refusal(RefusalCode.FENCE_CARD_MALFORMED)
    return place


def _check_sealing(place: Place) -> None:
    """A key to which nothing can be sealed would break every new PIN."""
    try:
        SealedBox(PublicKey(place.public)).encrypt(b"")
    except NaclError as error:
        raise Refusal(RefusalCode.FENCE_CARD_MALFORMED, member=place.name) from error


def _read(path: Path) -> tuple[Place, ...]:
    return tuple(place_of(card) for card in jose.loads(path.read_bytes())["members"])
