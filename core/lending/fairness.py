"""What no lender may ask of a person: who she is, whom she loves, what she believes, how her body is.

A criterion on a protected attribute is refused when the project is written, so that no borrower ever meets it. Of her
birth there is one question: whether she is old enough to sign.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

PROTECTED = frozenset(
    {
        "gender", "sex", "pregnancy", "pregnant", "marital", "married", "spouse", "orientation", "race", "colour",
        "color", "ethnicity", "ethnic", "tribe", "clan", "caste", "nationality", "birthplace", "language", "dress",
        "culture", "religion", "religious", "faith", "belief", "conscience", "political", "politics", "party", "union",
        "disability", "disabled", "health", "medical", "hiv", "illness", "age", "birth", "birthdate", "birthday",
    }
)  # fmt: skip
OLD_ENOUGH = ["age_over", "18"]


def protected(criteria: Sequence[Mapping[str, Any]]) -> str | None:
    """The first path of these criteria that asks what nobody may ask, e.g. "kyc.gender"; None if there is none."""
    for criterion in criteria:
        for claim in criterion.get("claims", []):
            path = list(claim["path"])
            is_age = path == OLD_ENOUGH and claim.get("values", [True]) == [True]
            if not is_age and not PROTECTED.isdisjoint(_words(path)):
                return ".".join([str(criterion["type"]), *map(str, path)])
    return None


def _words(path: Sequence[object]) -> Iterator[str]:
    for step in path:
        yield from str(step).lower().replace("-", "_").split("_")
