"""Whether an event may happen: asked before it is recorded, for what is recorded is folded whatever it says."""

from __future__ import annotations

from collections.abc import Sequence

from core.errors import Refusal
from core.lending.state.events import Event, EventKind
from core.lending.state.fold import fold
from core.lending.terms import Terms


def check(terms: Terms, events: Sequence[Event], event: Event) -> None:
    """Refuse what cannot happen to this loan on that day, e.g. not_disbursed."""
    state = fold(terms, events, event.on)
    if event.kind not in (EventKind.APPROVED, EventKind.DISBURSED) and state.disbursed_on is None:
        raise Refusal("not_disbursed")
