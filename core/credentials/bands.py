"""An answer by steps hides the figure behind it only while few steps are asked: two neighbours between them pin it.

What is asked comes as the consent names it: a list of type and claim path each.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from config.limits import BAND_STEPS
from core.credentials.catalogue import KINDS, CredentialType
from core.errors import Refusal
from core.refusal_codes import RefusalCode

Asked = Iterable[Sequence[Any]]
_Steps = dict[tuple[str, str], set[str]]


def check(asked: Asked, before: Asked = ()) -> None:
    """Refuse asked_too_finely for neighbouring steps of one measure, or for too many with those asked `before`."""
    earlier = _steps(before)
    for (type, name), steps in _steps(asked).items():
        ladder = _ladders(type)[name]
        places = sorted(ladder.index(step) for step in steps)
        close = any(higher - lower == 1 for lower, higher in pairwise(places))
        if close or len(steps | earlier.get((type, name), set())) > BAND_STEPS:
            raise Refusal(RefusalCode.ASKED_TOO_FINELY, claim=f"{type}.{name}")


def _steps(asked: Asked) -> _Steps:
    """The steps asked of each measure; whoever asks for it as a whole asks for all of them."""
    found: _Steps = {}
    for type, *path in asked:
        name, step = [*path, None, None][:2]
        for measure, ladder in _ladders(type).items():
            if path and name in (measure, None):
                wanted = {step} if step in ladder else set(ladder if step is None else ())
                found.setdefault((type, measure), set()).update(wanted)
    return found


def _ladders(type: str) -> dict[str, list[str]]:
    """The steps of each measure of a type, the lowest first; none for a type that is not ours."""
    answered = KINDS[CredentialType(type)].answered if type in list(CredentialType) else {}
    steps = {name: list(field.schema.get("properties", ())) for name, field in answered.items()}
    return {name: ladder for name, ladder in steps.items() if ladder}
