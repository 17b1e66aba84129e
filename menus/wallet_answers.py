"""Why the answer of her wallet did not lead to a loan: a sentence that tells what she can do."""

from __future__ import annotations

from core.errors import Refusal
from core.refusal_codes import RefusalCode
from core.words import Words, mark
from menus.refusals import explain

_UNREADABLE = mark("We could not read the answer: please try again, or use another wallet app.")
REASONS = {
    "subject": mark("It came from another wallet: use the one your record moved to."),
    "status": mark("A proof in it was taken back: please ask who gave it to you."),
    "time": mark("A proof in it is no longer valid: please ask who gave it to you."),
    "issuer": mark("A proof in it is from somebody this lender does not know."),
}
_CHANGED = mark("The terms have changed since: dial and read them again.")


def why(words: Words, refusal: Refusal) -> str:
    """The reason in her words; what only a programmer could act on is told in general."""
    if refusal.code == RefusalCode.CREDENTIAL_REFUSED:
        return words.say(REASONS.get(str(refusal.facts.get("reason")), _UNREADABLE))
    if refusal.code == RefusalCode.TERMS_CHANGED:
        return words.say(_CHANGED)
    return explain(words, refusal)
