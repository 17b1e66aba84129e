"""Run a sample of the tests on days that have broken programs before.

Every process that a test starts, PostgreSQL and Redis among them, believes it is that day: `shift.c` moves its wall
clock. Whoever names a moment (`python -m tests.days 2027-01-31T23:45+03:00 tests/menus`) runs those tests then.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

HERE = Path(__file__).parent
CARE = "tests/menus/test_care.py"  # what a borrower reads and when, in both languages: on every day
LENDING = tuple(
    f"tests/core/lending/test_{name}.py" for name in ("day", "contract", "statement", "terms_page")
)
PAYMENTS = tuple(
    f"tests/core/payments/test_{name}.py" for name in ("payouts", "prompts", "pay_ins", "statement")
)
ONBOARDING = "tests/core/onboarding"
JOURNEY = "tests/journey/test_running_node.py::test_the_main_job_from_invitation_to_credential"


@dataclass(frozen=True)
class Day:
    """A moment, the zone the machine is set to, and what is run then."""

    name: str
    moment: str
    tests: tuple[str, ...]
    zone: str = "UTC"


DAYS = (
    Day("the last of January, before midnight", "2027-01-31T23:45+03:00", ("tests/menus",)),
    Day("29 February", "2028-02-29T12:00+03:00", (CARE, *LENDING)),
    Day("the last minutes of the year", "2026-12-31T23:50+03:00", (CARE, "tests/core/messaging")),
    Day("the night summer time begins", "2027-03-28T00:55+00:00", (CARE, JOURNEY, ONBOARDING), "Europe/Berlin"),
    Day("the first of a month", "2027-02-01T09:00+03:00", (CARE, *PAYMENTS)),
)  # fmt: skip


def main(words: Sequence[str]) -> int:
    """Run what was asked for, else every day; returns how many days had a failing test."""
    days = (Day(words[0], words[0], tuple(words[1:])),) if words else DAYS
    with tempfile.TemporaryDirectory(prefix="growr-days-") as folder:
        Path(folder).chmod(0o755)  # PostgreSQL runs as another user and loads it too
        library = Path(folder) / "shift.so"
        subprocess.run(
            ["gcc", "-shared", "-fPIC", "-O1", "-o", library, HERE / "shift.c"], check=True
        )
        return sum(failed(day, library) for day in days)


def failed(day: Day, library: Path) -> bool:
    """Run one day's tests and say how it went."""
    print(f"\n== {day.name}: {day.moment}, {' '.join(day.tests)}", flush=True)
    started = time.monotonic()
    shift = int(datetime.fromisoformat(day.moment).timestamp() - time.time())
    words = ["-q", "-n", os.environ.get("JOBS", "4"), "--dist", "loadgroup", *day.tests]
    clock = {"LD_PRELOAD": str(library), "GROWR_SHIFT": str(shift), "TZ": day.zone}
    code = subprocess.run(
        [sys.executable, "-m", "pytest", *words], check=False, env=os.environ | clock
    ).returncode
    took, used = time.monotonic() - started, resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    print(f"== {day.name}: {took:.0f} s; {used:.0f} s of processor since the first day", flush=True)
    return code != 0


sys.exit(main(sys.argv[1:]))
