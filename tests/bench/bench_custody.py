"""How many records open in a second beside bare Argon2id, in how much memory, and whether a million of them are slower.

The million is made of one real record copied under other owners' ids, and one real record in its middle that is opened.
`GROWR_BENCH_RECORDS` is how many there are at the end.
"""

from __future__ import annotations

import os
import resource
import statistics
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from argon2 import low_level
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session, sessionmaker

from config.limits import PIN_HASHES_AT_ONCE
from core import keys, sscr
from core.clock import now
from core.db import connect
from core.db.base import Base
from core.keys import LocalKeyService, Stretch
from core.keys.client import RemoteKeyService
from core.keys.server import Server
from core.sscr import Custody
from core.sscr.models import Record, Wrap
from tests.bench.fence import fenced

RECORDS = int(os.environ.get("GROWR_BENCH_RECORDS", "1000000"))
PIN = "839205"
SECONDS = 3.0
ROWS = 20_000
TABLES = [table for name, table in Base.metadata.tables.items() if name.startswith("sscr_")]


@contextmanager
def served(folder: Path) -> Iterator[RemoteKeyService]:
    """A key service behind its socket, in this process, so that its memory can be read."""
    with Server(folder / "keys.sock", LocalKeyService.of(keys.create(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield RemoteKeyService(folder / "keys.sock")
        server.shutdown()
        thread.join()


def a_second(work: Callable[[], object], threads: int) -> float:
    """How often `threads` threads do a thing in a second."""
    until = time.monotonic() + SECONDS

    def busy(_: int) -> int:
        done = 0
        while time.monotonic() < until:
            work()
            done += 1
        return done

    with ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(busy, range(threads))) / SECONDS


def bare() -> bytes:
    """What no unlock can be faster than."""
    cost = Stretch()
    return low_level.hash_secret_raw(
        PIN.encode(), b"s" * 16, cost.rounds, cost.memory_kib, cost.lanes, 32, low_level.Type.ID
    )


def unlock(sessions: sessionmaker[Session], custody: Custody, owner: uuid.UUID) -> None:
    with sessions.begin() as db:
        sscr.unlock(
            db, custody=custody, owner_id=owner, pin=PIN, purpose="bench", session_id="s", now=now()
        ).close()


def fill(sessions: sessionmaker[Session], pattern: uuid.UUID, records: int) -> None:
    """Copy a record under so many other owners that there are `records`."""
    with sessions.begin() as db:
        have = db.scalar(select(func.count()).select_from(Record)) or 0
        row = {
            c.name: getattr(db.get_one(Record, pattern), c.key) for c in Record.__table__.columns
        }
        wrap = db.scalars(select(Wrap).where(Wrap.owner_id == pattern)).one()
        wrapped = {c.name: getattr(wrap, c.key) for c in Wrap.__table__.columns}
        for start in range(have, records, ROWS):
            owners = [uuid.uuid4() for _ in range(min(ROWS, records - start))]
            db.execute(
                insert(Record), [{**row, "owner_id": o, "did": f"did:key:z{o}"} for o in owners]
            )
            db.execute(insert(Wrap), [{**wrapped, "owner_id": owner} for owner in owners])


def milliseconds(work: Callable[[], object], times: int) -> float:
    took = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        took.append((time.perf_counter() - began) * 1_000)
    return statistics.median(took)


def alternating(
    one: Callable[[], object], other: Callable[[], object], times: int
) -> tuple[float, float]:
    """Two things measured in turn, so that a busy machine is unfair to neither."""
    took = [(milliseconds(one, 1), milliseconds(other, 1)) for _ in range(times)]
    ones, others = zip(*took, strict=True)
    return statistics.median(ones), statistics.median(others)


def sizes() -> list[int]:
    return sorted({1_000, RECORDS // 10, RECORDS})


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="growr-bench-") as name, served(Path(name)) as service:
        engine = connect(f"sqlite:///{name}/bench.db")
        Base.metadata.create_all(engine, tables=TABLES)
        sessions = sessionmaker(engine, expire_on_commit=False)
        custody = Custody.of(keys.load(Path(name)), service=service)
        owners = [uuid.uuid4() for _ in range(PIN_HASHES_AT_ONCE * 2)]
        with sessions.begin() as db:
            for owner in owners:
                sscr.open_record(
                    db, custody=custody, owner_id=owner, phone="+254711000111", pin=PIN, birth_date=None, now=now()
                )  # fmt: skip
        _rates(sessions, custody, owners)
        _fence(Path(name), sessions, custody, owners[0])
        _growth(sessions, custody, owners[0])
        engine.dispose()


def _rates(sessions: sessionmaker[Session], custody: Custody, owners: list[uuid.UUID]) -> None:
    turn = iter(range(10**9))
    unlocks = a_second(
        lambda: unlock(sessions, custody, owners[next(turn) % len(owners)]), len(owners)
    )
    bound = a_second(bare, PIN_HASHES_AT_ONCE)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"Custody: unlock by PIN over the socket, receipt and commit, {len(owners)} at once")
    print(
        f"  unlocks a second {unlocks:6.1f}   bare Argon2id {bound:6.1f}   {unlocks / bound:4.2f} of it"
    )
    print(f"  memory of service, client and bench together {memory} MiB at most")


def _fence(
    folder: Path, sessions: sessionmaker[Session], custody: Custody, owner: uuid.UUID
) -> None:
    """The same unlock with three members of a fence beside it, over loopback: a journey to them comes on top, twice."""
    fenced_owner, home = uuid.uuid4(), folder / "fenced"
    keyring = keys.create(home)
    with fenced(folder / "members", home) as fences:
        behind = Custody.of(keyring, service=LocalKeyService.of(keyring, fences=fences))
        plain = Custody.of(custody.keyring, service=LocalKeyService.of(custody.keyring))
        with sessions.begin() as db:
            sscr.open_record(
                db, custody=behind, owner_id=fenced_owner, phone="+254711000222", pin=PIN, birth_date=None, now=now()
            )  # fmt: skip
        unlock(sessions, behind, fenced_owner)
        with_fence, without = alternating(
            lambda: unlock(sessions, behind, fenced_owner),
            lambda: unlock(sessions, plain, owner),
            40,
        )
    print(
        f"  one unlock, median: {with_fence:.1f} ms with a fence of three, {without:.1f} ms without, "
        f"{with_fence / without:.2f} x"
    )


def _growth(sessions: sessionmaker[Session], custody: Custody, owner: uuid.UUID) -> None:
    print(
        "  one at a time, median; bare Argon2id in the same minute shows how busy the machine was"
    )
    print(f"  {'records':>12}{'look-up ms':>12}{'unlock ms':>12}{'bare ms':>10}")
    for size in sizes():
        fill(sessions, owner, size)
        os.sync()  # or what was just filled in is still being written while we measure

        def look() -> None:
            with sessions() as db:
                assert sscr.record_of(db, owner)
                sscr.holdings(db, owner)

        found = [
            milliseconds(look, 200),
            *alternating(lambda: unlock(sessions, custody, owner), bare, 30),
        ]
        print(f"  {size:>12,}{found[0]:>12.2f}{found[1]:>12.1f}{found[2]:>10.1f}")


if __name__ == "__main__":
    main()
