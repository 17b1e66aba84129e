"""What a lender asks of her record, as questions she can answer with her PIN, and why an answer was not enough."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.credentials import CredentialType
from core.onboarding import TITLES
from core.words import Words, mark

_ASKED = {
    "kyc": mark("Identity confirmed?"),
    "kyc.kyc_passed": mark("Identity confirmed?"),
    "kyc.age_over": mark("{band} or older?"),
    "kyc.resident_of": mark("Living in {band}?"),
    "community_membership": mark("Member of a cooperative?"),
    "community_membership.in_good_standing": mark("Member in good standing?"),
    "community_membership.member_over_years": mark("Member for {band} years or more?"),
    "credit_history": mark("A loan repaid before?"),
}
_LACKING = {
    "kyc": mark("your identity must be confirmed"),
    "kyc.kyc_passed": mark("your identity must be confirmed"),
    "kyc.age_over": mark("you must be {band} or older"),
    "kyc.resident_of": mark("you must live in {band}"),
    "community_membership": mark("you must be a member of a cooperative"),
    "community_membership.in_good_standing": mark("your membership must be in good standing"),
    "community_membership.member_over_years": mark("you must be a member for {band} years"),
    "credit_history": mark("you must have repaid a loan before"),
}
_OTHER_LACKING = mark("a condition of this project is not met")


def questions(words: Words, criteria: Sequence[Mapping[str, Any]]) -> list[str]:
    """What a lender wants to know, one question each: she approves these, not the fields behind them."""
    return [
        question(words, criterion["type"], claim)
        for criterion in criteria
        for claim in criterion.get("claims") or [{}]
    ]


def question(words: Words, type: str, claim: Mapping[str, Any]) -> str:
    """One question; a claim we have no sentence for is named as it is, so that nothing is asked unseen."""
    path = list(claim.get("path", []))
    said = _sentence(words, _ASKED, [type, *path])
    if said is not None and claim.get("values", [True]) == [True]:
        return said
    named = " ".join(path).replace("_", " ")
    wanted = ", ".join(str(value) for value in claim.get("values", []) if value is not True)
    return f"{words.say(TITLES[CredentialType(type)])}: {named} {wanted}".rstrip() + "?"


def lacking(words: Words, criterion: str) -> str:
    """Why a failed criterion (e.g. "kyc.age_over.18") keeps her from borrowing, as half a sentence."""
    return _sentence(words, _LACKING, criterion.split(".")) or words.say(_OTHER_LACKING)


def _sentence(words: Words, table: Mapping[str, str], names: Sequence[str]) -> str | None:
    whole, head = ".".join(names), ".".join(names[:-1])
    if whole in table:
        return words.say(table[whole])
    return words.say(table[head], band=names[-1]) if "{band}" in table.get(head, "") else None
