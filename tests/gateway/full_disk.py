"""A node's doors on a disk that really fills: run by `test_full_disk` in a process and on a disk of its own.

`python -m tests.gateway.full_disk FOLDER KIND`: tells pay-ins and texts until the disk takes no more, makes room, and
tells what was refused again. It prints what was answered and what is kept.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.orm import Session, sessionmaker

from core import keys
from core.db import connect
from core.messaging import InboundMessage
from core.payments import InboxMessage
from gateway import sms
from gateway.app import answer_calmly
from tests.conftest import NOW
from tests.databases import build_schema
from tests.fake_daraja import FakeDaraja
from tests.gateway.branch import Branch

LEFT_BYTES = 200_000  # how much room is left when the telling begins
MOST = 20_000  # so often it is told at most: a disk that never fills is a failure of the test
RLIMIT = "rlimit"  # no file system of our own: files may not grow instead
Ask = Callable[[FlaskClient, str, Branch], Any]


def main(folder: Path, kind: str) -> dict[str, Any]:
    """Fill it, make room, tell again; what became of both doors."""
    branch = _branch(folder)
    web, room = _web(branch), _fill(folder, kind)
    doors = {
        "provider": _until_full(web, branch, _pay_in),
        "carrier": _until_full(web, branch, _text),
    }
    room()
    for name, ask in (("provider", _pay_in), ("carrier", _text)):
        answer = ask(web, doors[name]["refused"], branch)
        doors[name] |= {"again": answer.status_code}
    with branch.sessions() as db:
        doors["provider"]["lost"] = _lost(db, InboxMessage.event_key, doors["provider"])
        doors["carrier"]["lost"] = _lost(db, InboundMessage.message_id, doors["carrier"])
        whole = db.scalar(text("PRAGMA integrity_check"))
    for door in doors.values():
        door["told"] = len(door.pop("kept"))
    return {**doors, "integrity": whole}


def _branch(folder: Path) -> Branch:
    url = f"sqlite:///{folder / 'growr.db'}"
    build_schema(url)
    sessions = sessionmaker(connect(url), expire_on_commit=False)
    daraja = FakeDaraja()
    settings = daraja.settings_at(folder, "http://provider.invalid")
    return Branch.with_settings(sessions, keys.create(folder / "keys"), daraja, settings)


def _web(branch: Branch) -> FlaskClient:
    app = Flask("full disk")
    app.register_blueprint(branch.door)
    app.register_blueprint(sms.blueprint(branch.node))
    answer_calmly(app)
    return app.test_client()


def _fill(folder: Path, kind: str) -> Callable[[], object]:
    """Leave little room; how to make room again."""
    if kind == RLIMIT:
        hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        biggest = max(path.stat().st_size for path in folder.glob("growr.db*"))
        resource.setrlimit(resource.RLIMIT_FSIZE, (biggest + LEFT_BYTES, hard))
        return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    ballast, free = folder / "ballast", _free(folder)
    ballast.write_bytes(bytes(free - LEFT_BYTES))
    return ballast.unlink


def _free(folder: Path) -> int:
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def _until_full(web: FlaskClient, branch: Branch, ask: Ask) -> dict[str, Any]:
    kept: list[str] = []
    for _ in range(MOST):
        name = f"R{uuid.uuid4().hex[:9].upper()}"
        answer = ask(web, name, branch)
        if answer.status_code != 200:
            return {
                "kept": kept, "refused": name, "status": answer.status_code,
                "retry_after": answer.headers.get("Retry-After"),
            }  # fmt: skip
        kept.append(name)
    raise AssertionError("the disk never filled")


def _pay_in(web: FlaskClient, name: str, branch: Branch) -> Any:
    body = branch.daraja.pay_in("L1042X", 700, NOW, name)
    return web.post(f"/cb/k/{branch.keyring.token('c2b')}/confirm", json=body)


def _text(web: FlaskClient, name: str, branch: Branch) -> Any:
    form = {
        "date": "2026-11-21 07:30:00", "from": "+254711000111", "id": name, "text": "BAL" + "." * 400, "to": "22141",
    }  # fmt: skip
    return web.post(f"/s/{branch.keyring.token('sms')}/in", data=form)


def _lost(db: Session, column: Any, door: Mapping[str, Any]) -> list[str]:
    """What was thanked for and is not there."""
    there = set(db.scalars(select(column)))
    return [
        name for name in (*door["kept"], door["refused"]) if not any(name in one for one in there)
    ]


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), sys.argv[2])))
