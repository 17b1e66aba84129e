"""How many schedules a second one core makes: 12 equal instalments, smoothed, from terms that were read before.

Beside it the bare arithmetic of the same loan in Decimal (no dates, no day count, no rows), in the same run.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from decimal import Decimal

from core.lending.schedules import build, read

ROUNDS = 5
SECONDS = 1.0  # of each round and row
TERMS = {
    "principal": "10000",
    "annual_rate_pct": "12.8",  # its last instalment is seven cents off, so it is smoothed
    "instalments": 12,
    "day_count": "30/360",
    "disbursed_on": "2027-01-15",
}


def rate(work: Callable[[], object]) -> float:
    """How often a second this can be done."""
    count, until = 0, time.perf_counter() + SECONDS
    began = time.perf_counter()
    while time.perf_counter() < until:
        for _ in range(50):
            work()
        count += 50
    return count / (time.perf_counter() - began)


def bare() -> list[tuple[int, int]]:
    """The rows of the loan, twice: what one round of smoothing costs at least."""
    factor = Decimal("0.128") / 12
    growth = (1 + factor) ** 12
    level = round(1_000_000 * factor * growth / (growth - 1))
    for instalment in (level, level + 1):
        balance, rows = 1_000_000, []
        for _ in range(12):
            interest = round(balance * factor)
            rows.append((instalment - interest, interest))
            balance -= instalment - interest
    return rows


def main() -> None:
    terms, act = read(TERMS), read(TERMS | {"day_count": "act/act"})
    kinds: dict[str, Callable[[], object]] = {
        "bare Decimal arithmetic": bare,
        "schedule, 30/360": lambda: build(terms),
        "schedule, act/act": lambda: build(act),
        "read terms and schedule": lambda: build(read(TERMS)),
    }
    found: dict[str, list[float]] = {name: [] for name in kinds}
    for _ in range(ROUNDS):
        for name, work in kinds.items():
            found[name].append(rate(work))
    print("\nSchedules of 12 equal instalments, one core")
    print(f"{'':<26}{'a second':>10}{'lowest':>10}{'highest':>10}{'of bare':>9}")
    for name, rates in found.items():
        ratio = statistics.median(
            a / b for a, b in zip(rates, found["bare Decimal arithmetic"], strict=True)
        )
        middle = statistics.median(rates)
        print(f"{name:<26}{middle:>10,.0f}{min(rates):>10,.0f}{max(rates):>10,.0f}{ratio:>9.2f}")


if __name__ == "__main__":
    main()
