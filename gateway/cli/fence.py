"""`growr fence`: be a member of others' fences, or put one around the PINs of this node (docs/fence.md).

What people send each other are cards: one line of JSON without any secret. They compare its fingerprint by phone.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import click

from config import start
from core import clock, sscr
from core.errors import Busy, Refusal
from core.keys import jose
from core.keys.fence import Fence
from core.keys.fence_folder import FolderFences, card_of, place_of
from core.keys.fence_line import Place
from core.keys.fence_member import Member
from core.refusal_codes import RefusalCode
from gateway.cli.common import as_json, tell, tell_rows, this_node

a_card = click.argument("card", type=click.Path(exists=True, dir_okay=False, path_type=Path))
cards = click.argument(
    "cards", nargs=3, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)


@click.command()
@click.option("--name", required=True, help="What your organisation is called.")
@click.option("--url", required=True, help="Where nodes reach you, e.g. https://fence.example.org")
@click.option("--rotate", is_flag=True, help="Make a new key first; the older ones stay until destroyed.")  # fmt: skip
def card(name: str, url: str, rotate: bool) -> None:
    """As a member: print your card for the operator of a node. The first time, your key is made."""
    member = _member()
    if rotate:
        member.rotate()
    public = member.public(member.kids()[-1])
    _print_card(card_of(place_of(card_of(Place(name, url, public)))))


@click.command()
@a_card
@as_json
def admit(card: Path, as_json: bool) -> None:
    """As a member: let the node of this card ask you (growr fence node)."""
    said = _read(card)
    try:
        name, key = str(said["name"]), {"kty": "OKP", "crv": "Ed25519", "x": said["key"]}
        _member().admit(name, key)
    except (KeyError, ValueError) as error:
        raise Refusal(RefusalCode.FENCE_CARD_MALFORMED) from error
    tell({"admitted": name, "fingerprint": _fingerprint(said)}, as_json=as_json)


@click.command()
@click.argument("name")
@as_json
def dismiss(name: str, as_json: bool) -> None:
    """As a member: answer this node no more. Its people then need both other members."""
    _member().dismiss(name)
    tell({"dismissed": name}, as_json=as_json)


@click.command()
@as_json
def show(as_json: bool) -> None:
    """As a member: show your keys and the nodes you admitted."""
    member = _member()
    tell({"keys": ", ".join(member.kids()), "nodes": ", ".join(member.admitted())}, as_json=as_json)


@click.command()
@click.argument("kid")
@as_json
def destroy(kid: str, as_json: bool) -> None:
    """As a member: destroy an older key, once the nodes say (growr fence check) that no record needs it."""
    member = _member()
    member.destroy(kid)
    tell({"keys": ", ".join(member.kids())}, as_json=as_json)


@click.command()
def serve() -> None:
    """As a member: answer the nodes, on GROWR_HOST and GROWR_FENCE_PORT. Put a TLS proxy before it."""
    _member()
    words = ["-m", "gunicorn", "--config", "python:config.gunicorn_fence", "gateway.fence:served()"]
    os.execv(sys.executable, [sys.executable, *words])  # noqa: S606 - our own words, and no shell


@click.command()
@click.option("--name", required=True, help="What your organisation is called.")
def node(name: str) -> None:
    """As a node: print your card for the three members."""
    public = jose.public_jwk(_fences().key())["x"]
    _print_card({"name": name, "key": public})


@click.command()
@cards
@as_json
def join(cards: tuple[Path, ...], as_json: bool) -> None:
    """As a node: put a fence of the three members of these cards around every PIN; records follow when opened."""
    read = [_read(path) for path in cards]
    name = _fences().join(read)
    facts = {str(one["name"]): _fingerprint(one) for one in read}
    tell({"fence": name, **facts}, as_json=as_json)


@click.command()
@as_json
def leave(as_json: bool) -> None:
    """As a node: make new wraps without a fence; records follow when opened, and need it until then."""
    _fences().join([])
    tell({"fence": "none"}, as_json=as_json)


@click.command()
@as_json
def check(as_json: bool) -> None:
    """As a node: ask each member of each fence, and count the records that need it."""
    running = this_node()
    fences = FolderFences(running.settings.peppers, running.clock)
    with running.sessions() as db:
        left = sscr.wraps_by_fence(db)
    rows = [
        {"fence": name, "today": name == fences.today(), "records": left.get(name, 0), **said}
        for name in fences.names()
        for said in _probed(fences.fence(name))
    ]
    outside = {"fence": "none", "today": not fences.today(), "records": left.get("", 0)}
    tell_rows([*rows, outside], empty="", as_json=as_json)


def _probed(fence: Fence) -> list[dict[str, Any]]:
    found = []
    for at, place in enumerate(fence.places):
        began = time.perf_counter()
        try:
            fence.probe(at)
            answers = "yes"
        except Busy:
            answers = "no"
        except Refusal as refusal:
            answers = refusal.code
        took = round((time.perf_counter() - began) * 1_000)
        found.append({"member": place.name, "url": place.url, "answers": answers, "ms": took})
    return found


def _member() -> Member:
    settings = start.read()
    start.open_home(settings)
    settings.fence_member.mkdir(parents=True, exist_ok=True, mode=0o700)
    return Member(settings.fence_member)


def _fences() -> FolderFences:
    settings = start.read()
    start.open_home(settings)
    return FolderFences(settings.peppers, clock.now)


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text())
        if isinstance(found, dict):
            return found
    except ValueError:
        pass
    raise Refusal(RefusalCode.FENCE_CARD_MALFORMED, file=path.name)


def _print_card(card: dict[str, str]) -> None:
    click.echo(jose.dumps(card))
    click.echo(f"fingerprint {_fingerprint(card)}: read it out by phone", err=True)


def _fingerprint(card: dict[str, Any]) -> str:
    """Of the key: short enough to be read out."""
    digits = hashlib.sha256(str(card["key"]).encode()).hexdigest()[:16]
    return " ".join(digits[start : start + 4] for start in range(0, 16, 4))
