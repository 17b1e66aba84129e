"""A complaint has a ticket, a clock, an answer by text, somebody above, and is counted for the regulator."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from config.limits import COMPLAINT_ANSWER_CHARACTERS, COMPLAINT_DAYS, COMPLAINTS_PER_DAY
from core import lending
from core.errors import Refusal
from core.lending import About, Complaint, ComplaintState, Outcome
from core.messaging import Template
from tests.core.lending.village import Village

ANSWER = "You were charged twice. KES 50 come back to you today."


def complain(village: Village, key: str = "k1", **changed: Any) -> Complaint:
    given: dict[str, Any] = {
        "user_id": village.borrower.id, "about": About.COST, "words": "  charged twice ",
        "idempotency_key": key, "now": village.now,
    }  # fmt: skip
    return lending.complaints.complain(village.db, **{**given, **changed})


def answer(village: Village, found: Complaint, text: str = ANSWER) -> Complaint:
    return lending.complaints.answer(
        village.db,
        organisation_id=village.project.organisation_id,
        ticket=found.ticket,
        outcome=Outcome.UPHELD,
        text=text,
        now=village.now,
    )


def say(village: Village, found: Complaint, is_content: bool) -> Complaint:
    return lending.complaints.content(
        village.db, user_id=village.borrower.id, ticket=found.ticket, is_content=is_content,
        now=village.now,
    )  # fmt: skip


def waiting(village: Village) -> list[str]:
    found = lending.complaints.waiting(village.db, organisation_id=village.borrower.organisation_id)
    return [one.ticket for one in found]


def test_she_gets_a_ticket_and_the_day_of_the_answer_by_text(village: Village) -> None:
    made = complain(village)

    (text,) = village.texts(Template.COMPLAINT_RECEIVED)
    assert made.ticket in text
    assert "28 Nov 2026" in text
    assert (made.words, made.state) == ("charged twice", ComplaintState.OPEN)
    assert made.due_on == village.now.date() + timedelta(days=COMPLAINT_DAYS)
    assert waiting(village) == [made.ticket]


def test_the_same_key_is_the_same_complaint(village: Village) -> None:
    assert complain(village) is complain(village)
    assert len(village.texts(Template.COMPLAINT_RECEIVED)) == 1


def test_the_answer_goes_to_her_phone_and_she_may_be_content(village: Village) -> None:
    made = complain(village)

    answer(village, made)
    say(village, made, is_content=True)

    assert ANSWER in village.texts(Template.COMPLAINT_ANSWERED)[0]
    assert (made.state, made.outcome) == (ComplaintState.CLOSED, Outcome.UPHELD)
    assert waiting(village) == []


def test_who_is_not_content_is_heard_by_somebody_above(village: Village) -> None:
    made = complain(village)
    answer(village, made)

    later = village.at(days=2)
    say(later, made, is_content=False)

    assert made.state is ComplaintState.ESCALATED
    assert made.due_on == later.now.date() + timedelta(days=COMPLAINT_DAYS)
    assert waiting(village) == [made.ticket]
    assert "with the manager" in village.texts(Template.COMPLAINT_ESCALATED)[0]


@pytest.mark.parametrize(("days", "carried"), [(COMPLAINT_DAYS, 0), (COMPLAINT_DAYS + 1, 1)])
def test_what_nobody_answers_in_time_is_carried_above_by_itself(
    village: Village, days: int, carried: int
) -> None:
    made = complain(village)

    later = village.at(days=days)
    found = lending.complaints.escalate(village.db, now=later.now, limit=10)

    assert found == carried
    assert (made.state is ComplaintState.ESCALATED) == bool(carried)
    assert lending.complaints.escalate(village.db, now=later.now, limit=10) == 0


def test_a_complaint_is_closed_when_answered_or_taken_back(village: Village) -> None:
    made = complain(village)

    with pytest.raises(Refusal, match="complaint_unanswered"):
        lending.complaints.close(
            village.db,
            organisation_id=village.project.organisation_id,
            ticket=made.ticket,
            now=village.now,
        )
    lending.complaints.close(
        village.db,
        organisation_id=village.project.organisation_id,
        ticket=made.ticket.lower(),
        outcome=Outcome.WITHDRAWN,
        now=village.now,
    )

    assert (made.state, made.outcome) == (ComplaintState.CLOSED, Outcome.WITHDRAWN)
    with pytest.raises(Refusal, match="complaint_closed"):
        answer(village, made)


def test_what_is_no_complaint_or_no_answer_is_refused(village: Village) -> None:
    made = complain(village)

    with pytest.raises(Refusal, match="complaint_unanswered"):
        say(village, made, is_content=True)
    for text in ("", "  ", "x" * (COMPLAINT_ANSWER_CHARACTERS + 1)):
        with pytest.raises(Refusal, match="answer_length"):
            answer(village, made, text)
    with pytest.raises(Refusal, match="complaint_unknown"):
        lending.complaints.close(
            village.db,
            organisation_id=village.project.organisation_id,
            ticket="C000",
            now=village.now,
        )


def test_nobody_complains_without_end_on_one_day(village: Village) -> None:
    for number in range(COMPLAINTS_PER_DAY):
        complain(village, f"k{number}")

    with pytest.raises(Refusal, match="complaints_too_many"):
        complain(village, "one more")
    assert complain(village.at(days=1), "tomorrow").ticket


def test_the_report_counts_by_subject_outcome_and_time(village: Village) -> None:
    answered, _ = complain(village), complain(village, "k2", about=About.DATA)
    answer(village.at(days=3), answered)

    rows = lending.complaints.report(
        village.db, organisation_id=village.borrower.organisation_id,
        since=village.now, until=village.now + timedelta(days=1),
    )  # fmt: skip

    by_subject = {row["about"]: row for row in rows}
    assert by_subject["cost"] == {
        "about": "cost", "complaints": 1, "waiting": 0, "escalated": 0, "upheld": 1, "partly": 0,
        "not_upheld": 0, "withdrawn": 0, "days_to_answer_median": 3, "days_to_answer_longest": 3,
    }  # fmt: skip
    assert (by_subject["data"]["waiting"], by_subject["payment"]["complaints"]) == (1, 0)
