"""Random lives whose provider contradicts itself, on both databases: how often its books and ours disagree unsaid.

`python -m tests.bench.bench_contradictions [CONTRADICTIONS] [SEED] [sqlite|postgresql]`; exits 1 where anything
disagreed.
"""

from __future__ import annotations

import random
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.orm import Session, sessionmaker

from core import keys
from core.db import connect
from tests.core.payments import contradicting
from tests.core.payments.contradicting import STEPS, Life
from tests.databases import build_schema
from tests.servers import Postgres

LEAST = 2_000  # contradictions on each database
Steps = list[tuple[str, int]]


def main(least: int = LEAST, seed: int = 1, only: str = "") -> int:
    """Print one line for each database, or for one of them; how many lives disagreed."""
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="growr-contradictions-") as folder:
        for name, database in DATABASES.items():
            if only in ("", name):
                with database(Path(folder)) as url:
                    wrong += _measure(name, url, Path(folder) / name, least, seed)
    return wrong


def _measure(name: str, url: str, folder: Path, least: int, seed: int) -> int:
    chance, befell, begun = random.Random(seed), Counter[str](), time.monotonic()
    lives, named, wrong = 0, 0, 0
    with _place(url, folder) as (sessions, keyring, place):
        while sum(befell.values()) < least:
            lives += 1
            life = contradicting.newcomer(
                sessions, keyring, folder, place, number=lives, has_statement=chance.random() < 0.7
            )
            wrong += not _live(life, _steps(chance))
            befell += life.befell
            named += bool(life.named)
    seconds = time.monotonic() - begun
    print(
        f"contradictions, {name}: {sum(befell.values())} in {lives} lives, {wrong} disagreed unsaid, "
        f"{named} lives wait for a person, {seconds:.0f} s"
    )
    print("  " + ", ".join(f"{count} {what}" for what, count in befell.most_common()))
    return wrong


def _steps(chance: random.Random) -> Steps:
    return [(chance.choice(STEPS), chance.randrange(60)) for _ in range(chance.randint(6, 18))]


def _live(life: Life, steps: Steps) -> bool:
    """Whether it ended well; if not, the steps that led there are printed."""
    try:
        life.live([("apply", 0), ("pay_out", steps[0][1]), *steps])
        life.end()
        life.check()
    except Exception:  # noqa: BLE001 - whatever went wrong is counted and printed
        traceback.print_exc(limit=-4)
        print(life.has_statement, steps)
        return False
    return True


@contextmanager
def _place(
    url: str, folder: Path
) -> Iterator[tuple[sessionmaker[Session], keys.Keyring, contradicting.Place]]:
    folder.mkdir()
    keyring, engine = keys.create(folder / "keys"), connect(url)
    build_schema(url)
    sessions = sessionmaker(
        engine, expire_on_commit=False, info={"book_key": keyring.signing_key("books")}
    )
    yield sessions, keyring, contradicting.begin(sessions)
    engine.dispose()


@contextmanager
def _sqlite(folder: Path) -> Iterator[str]:
    yield f"sqlite:///{folder / 'lives.db'}"


@contextmanager
def _postgresql(_: Path) -> Iterator[str]:
    home = Path(tempfile.mkdtemp(prefix="growr-contradictions-pg-"))
    home.chmod(0o755)
    (home / "pg").mkdir()
    server = Postgres(home / "pg")
    try:
        yield server.start()
    finally:
        server.stop()
        shutil.rmtree(home, ignore_errors=True)


DATABASES = {"sqlite": _sqlite, "postgresql": _postgresql}

if __name__ == "__main__":
    least, seed, only = [*sys.argv[1:], "", "", ""][:3]
    sys.exit(min(1, main(int(least or LEAST), int(seed or 1), only)))
