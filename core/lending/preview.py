"""What a project would offer: the same checks, quotes and words as for a borrower, from a file nobody published."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from core.db import Session
from core.errors import Refusal
from core.lending import disclosure, projects
from core.lending.models import Project
from core.lending.offers import Quote, make_quote
from core.money import Money, parse
from core.people import organisation
from core.refusal_codes import RefusalCode
from core.words import Words


@dataclass(frozen=True, slots=True)
class Example:
    """One loan of a project, and its terms as she reads them before she agrees."""

    project: Project
    quote: Quote
    terms: tuple[str, ...]


def example(
    db: Session,
    *,
    organisation_id: uuid.UUID,
    data: Mapping[str, Any],
    words: Words,
    on: date,
    amount: str | None = None,
    duration: int | None = None,
) -> Example:
    """A loan of the project in `data`, paid out on a day: by default the largest, for as long as may be.

    Refuses project_invalid, amount_outside_offer(least, most) and duration_not_offered(choices). Nothing is written.
    """
    with db.no_autoflush:
        project = projects.draft(organisation_id, data)
    least, most = (
        Money(project.currency, minor)
        for minor in (project.loan_min_amount, project.loan_max_amount)
    )
    wanted = most if amount is None else parse(project.currency, amount)
    if not least <= wanted <= most:
        raise Refusal(RefusalCode.AMOUNT_OUTSIDE_OFFER, least=least, most=most)
    length = duration or max(project.loan_durations)
    if length not in project.loan_durations:
        raise Refusal(RefusalCode.DURATION_NOT_OFFERED, choices=tuple(project.loan_durations))
    quote = make_quote(project.terms(wanted, length), on)
    support = organisation(db, organisation_id).support_phone
    return Example(project, quote, tuple(disclosure.lines(words, quote, support=support)))
