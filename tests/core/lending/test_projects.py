from __future__ import annotations

import json
import re
import uuid
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from core import lending, people
from core.books import Book
from core.db import Session
from core.errors import Refusal
from core.lending import ProjectStatus, RepaymentModel, exposure
from core.lending.project_file import FIELDS, read
from core.lending.projects import draft
from tests.core.lending import village as places
from tests.core.lending.village import NOW, Village, kes, project_json

MANUAL = Path("docs/projects.md")

BAD = [
    ({"name": ""}, "name", "text_length"),
    ({"name": 7}, "name", "text_length"),
    ({"name": "x" * 61}, "name", "text_length"),
    ({"is_public": "yes"}, "is_public", "not_true_or_false"),
    ({"start_date": "21/11/2026"}, "start_date", "not_a_date"),
    ({"end_date": None}, "end_date", "not_a_date"),
    ({"end_date": "2026-10-31"}, "end_date", "before_start_date"),
    ({"currency": "XXX"}, "currency", "unknown_currency"),
    ({"amount": "many"}, "amount", "not_an_amount"),
    ({"amount": True}, "amount", "not_an_amount"),
    ({"amount": 1000.5}, "amount", "not_an_amount"),
    ({"amount": "0"}, "amount", "out_of_range"),
    ({"amount": "-5000"}, "amount", "out_of_range"),
    ({"amount": "5000000000000"}, "amount", "out_of_range"),
    ({"amount": "100000.50"}, "amount", "not_payable"),
    ({"limit": "999"}, "limit", "below_loan_min_amount"),
    ({"eligibility_criteria": {}}, "eligibility_criteria", "malformed credentials"),
    (
        {"eligibility_criteria": [{"type": "horoscope"}]},
        "eligibility_criteria",
        "malformed not_a_list",
    ),
    (
        {"eligibility_criteria": [{"type": "kyc", "claims": [{}]}]},
        "eligibility_criteria",
        "malformed not_a_list",
    ),
    ({"loan_type": ""}, "loan_type", "text_length"),
    ({"repayment_model": "balloon"}, "repayment_model", "unknown_model"),
    ({"repayment_model": []}, "repayment_model", "unknown_model"),
    ({"loan_min_amount": "nothing"}, "loan_min_amount", "not_an_amount"),
    ({"loan_max_amount": "999"}, "loan_max_amount", "below_loan_min_amount"),
    ({"loan_min_amount": "5"}, "loan_min_amount", "instalments_too_small"),
    ({"loan_min_amount": "8"}, "loan_min_amount", "not_carried_by_rail"),
    ({"loan_max_amount": "300000"}, "loan_max_amount", "not_carried_by_rail"),
    ({"loan_min_duration": 0}, "loan_min_duration", "out_of_range"),
    ({"loan_max_duration": 61}, "loan_max_duration", "out_of_range"),
    ({"loan_max_duration": "4"}, "loan_max_duration", "not_a_whole_number"),
    ({"loan_min_duration": 5}, "loan_max_duration", "below_loan_min_duration"),
    ({"loan_max_duration": 12}, "loan_durations", "missing"),
    ({"loan_durations": [1, 5]}, "loan_durations", "out_of_range"),
    ({"loan_durations": []}, "loan_durations", "one_to_five_choices"),
    ({"loan_durations": [1, 2, 3, 4, 4, 4]}, "loan_durations", "one_to_five_choices"),
    ({"interest_rate": "high"}, "interest_rate", "not_a_number"),
    ({"interest_rate": "NaN"}, "interest_rate", "out_of_range"),
    ({"interest_rate": "-1"}, "interest_rate", "out_of_range"),
    ({"interest_rate": "1001"}, "interest_rate", "out_of_range"),
    ({"interest_rate": "1.00001"}, "interest_rate", "too_precise"),
    ({"disbursement_fee": 51}, "disbursement_fee", "out_of_range"),
    ({"cash_back_rate": True}, "cash_back_rate", "not_a_number"),
    ({"cash_back_rate": "0.1"}, "cash_back_rate", "not_carried_by_rail"),
    ({"grace_period": -1}, "grace_period", "out_of_range"),
    ({"grace_period": 1.5}, "grace_period", "not_a_whole_number"),
    ({"default_after_days": 3}, "default_after_days", "within_grace_period"),
    ({"payment_rails": ["barter"]}, "payment_rails", "unknown_rail"),
    ({"payment_rails": []}, "payment_rails", "unknown_rail"),
    ({"currency": "USD"}, "loan_min_amount", "not_carried_by_rail"),
    ({"max_open_loans": 0}, "max_open_loans", "out_of_range"),
    ({"max_open_loans": 2}, "max_open_loans", "only_one_for_now"),
    ({"trusted_issuers": ["nobody"]}, "trusted_issuers", "not_a_did"),
    ({"trusted_issuers": "did:web:x"}, "trusted_issuers", "not_a_did"),
    ({"verifier_did": "web"}, "verifier_did", "not_a_did"),
    ({"approval_reference": "x" * 81}, "approval_reference", "text_length"),
    ({"colour": "green"}, "colour", "unknown"),
]


@pytest.mark.parametrize(("changed", "field", "reason"), BAD)
def test_a_mistake_in_the_file_is_refused_by_its_name(
    changed: dict[str, Any], field: str, reason: str
) -> None:
    with pytest.raises(Refusal) as refused:
        draft(uuid.uuid4(), project_json(**changed))

    found = (refused.value.code, refused.value.facts)
    assert found == ("project_invalid", {"field": field, "reason": reason})


@pytest.mark.parametrize(
    "name", ["name", "currency", "interest_rate", "eligibility_criteria", "end_date"]
)
def test_what_has_no_default_must_be_there(name: str) -> None:
    data = {key: value for key, value in project_json().items() if key != name}

    with pytest.raises(Refusal) as refused:
        read(data)

    assert refused.value.facts == {"field": name, "reason": "missing"}


def test_a_file_becomes_a_draft_with_amounts_in_cents(village: Village) -> None:
    project = village.project

    assert (project.amount, project.limit, project.loan_min_amount) == (
        10_000_000,
        10_000_000,
        100_000,
    )
    assert (project.interest_rate, project.loan_durations) == (Decimal(24), [1, 2, 3, 4])
    assert (project.rail, project.max_open_loans) == ("mpesa", 1)


def test_amounts_and_rates_may_be_numbers_as_well() -> None:
    values = read(project_json(amount=50_000, interest_rate=17.25, disbursement_fee=Decimal("1.5")))

    assert (values["amount"], values["interest_rate"]) == (5_000_000, Decimal("17.25"))


def test_two_projects_of_one_organisation_have_two_names(village: Village) -> None:
    with pytest.raises(Refusal) as refused:
        lending.create_project(
            village.db,
            organisation_id=village.project.organisation_id,
            data=project_json(),
            now=NOW,
        )

    assert refused.value.facts == {"field": "name", "reason": "taken"}


def make(village: Village, **changed: Any) -> lending.Project:
    return lending.create_project(
        village.db, organisation_id=village.project.organisation_id,
        data=project_json(name="Second", **changed), now=NOW,
    )  # fmt: skip


def test_a_product_nobody_approved_cannot_be_activated(village: Village) -> None:
    project = make(village, approval_reference="")

    with pytest.raises(Refusal) as refused:
        lending.activate(
            village.db, organisation_id=project.organisation_id, project_id=project.id, now=NOW
        )

    assert (refused.value.code, project.status) == ("project_not_approved", ProjectStatus.DRAFT)
    lending.approve(
        village.db,
        organisation_id=project.organisation_id,
        project_id=project.id,
        reference="CBK-1",
        now=NOW,
    )
    assert (
        lending.activate(
            village.db, organisation_id=project.organisation_id, project_id=project.id, now=NOW
        ).status
        is ProjectStatus.ACTIVATED
    )


def test_an_approval_has_a_reference_and_comes_before_the_first_loan(village: Village) -> None:
    project = make(village, approval_reference="")

    for given, code in ((project, "project_invalid"), (village.project, "project_not_draft")):
        with pytest.raises(Refusal) as refused:
            lending.approve(
                village.db,
                organisation_id=given.organisation_id,
                project_id=given.id,
                reference=" ",
                now=NOW,
            )
        assert refused.value.code == code


def test_a_project_that_has_ended_cannot_be_activated(village: Village) -> None:
    project = make(village)

    with pytest.raises(Refusal) as refused:
        lending.activate(
            village.db,
            organisation_id=project.organisation_id,
            project_id=project.id,
            now=datetime(2027, 11, 1, tzinfo=UTC),
        )

    assert refused.value.code == "project_ended"


def test_a_project_stops_and_starts_again(village: Village) -> None:
    lending.deactivate(
        village.db,
        organisation_id=village.project.organisation_id,
        project_id=village.project.id,
        now=NOW,
    )
    stopped = lending.offers(village.db, user_id=village.borrower.id, now=NOW)

    lending.activate(
        village.db,
        organisation_id=village.project.organisation_id,
        project_id=village.project.id,
        now=village.at(hours=1).now,
    )

    assert stopped == []
    assert len(lending.offers(village.db, user_id=village.borrower.id, now=NOW)) == 1
    with pytest.raises(Refusal):
        lending.deactivate(
            village.db,
            organisation_id=make(village).organisation_id,
            project_id=make(village).id,
            now=NOW,
        )


def test_an_offer_keeps_its_number_when_others_come_and_go(village: Village) -> None:
    def numbers() -> dict[str, int]:
        found = lending.offers(village.db, user_id=village.borrower.id, now=village.now)
        return {offer.name: offer.number for offer in found}

    never_opened = lending.create_project(
        village.db, organisation_id=village.project.organisation_id, data=project_json(name="Draft"),
        now=village.at(hours=1).now,
    )  # fmt: skip
    third = lending.create_project(
        village.db, organisation_id=village.project.organisation_id, data=project_json(name="Goats"),
        now=village.at(hours=2).now,
    )  # fmt: skip
    lending.activate(
        village.db, organisation_id=third.organisation_id, project_id=third.id, now=village.now
    )
    before = numbers()
    lending.close(
        village.db,
        organisation_id=village.project.organisation_id,
        project_id=village.project.id,
        now=village.now,
    )

    assert before == {"Maize inputs": 1, "Goats": 3}
    assert numbers() == {"Goats": 3}
    lending.activate(
        village.db,
        organisation_id=never_opened.organisation_id,
        project_id=never_opened.id,
        now=village.now,
    )
    assert numbers() == {"Draft": 2, "Goats": 3}


def test_the_projects_of_others_do_not_count_in_a_number(village: Village) -> None:
    other = people.create_organisation(
        village.db, name="Other", country="KE", currency="KES", timezone="Africa/Nairobi",
        support_phone="+254700000002",
    )  # fmt: skip
    made = lending.create_project(
        village.db, organisation_id=other.id, data=project_json(), now=village.at(hours=1).now
    )
    lending.activate(
        village.db, organisation_id=made.organisation_id, project_id=made.id, now=village.now
    )
    theirs = places.borrower(village.db, other.id, 2)

    (offer,) = lending.offers(village.db, user_id=theirs.id, now=village.now)

    assert (offer.project_id, offer.number) == (made.id, 1)


def test_the_limit_may_only_grow(village: Village) -> None:
    lending.raise_limit(
        village.db,
        organisation_id=village.project.organisation_id,
        project_id=village.project.id,
        limit=kes(200_000),
        now=NOW,
    )

    with pytest.raises(Refusal) as refused:
        lending.raise_limit(
            village.db,
            organisation_id=village.project.organisation_id,
            project_id=village.project.id,
            limit=kes(200_000),
            now=NOW,
        )

    assert refused.value.facts == {"limit": kes(200_000)}
    assert village.project.limit == 20_000_000


def test_a_project_with_an_open_loan_cannot_be_closed_and_a_closed_one_never_opens(
    village: Village,
) -> None:
    loan = village.borrow()
    with pytest.raises(Refusal) as refused:
        lending.close(
            village.db,
            organisation_id=village.project.organisation_id,
            project_id=village.project.id,
            now=NOW,
        )
    village.pay(loan, kes(1_000))

    lending.close(
        village.db,
        organisation_id=village.project.organisation_id,
        project_id=village.project.id,
        now=village.at(hours=1).now,
    )

    assert refused.value.code == "project_has_open_loans"
    with pytest.raises(Refusal) as closed:
        lending.activate(
            village.db,
            organisation_id=village.project.organisation_id,
            project_id=village.project.id,
            now=NOW,
        )
    assert closed.value.code == "project_closed"


def test_every_change_of_a_project_is_in_its_book(village: Village, db: Session) -> None:
    lending.deactivate(
        db,
        organisation_id=village.project.organisation_id,
        project_id=village.project.id,
        now=village.at(hours=1).now,
    )

    kinds = [entry.kind for entry in places.book(db, Book.PROJECT)]

    assert kinds == ["project.created", "project.activated", "project.deactivated"]


@pytest.mark.skipif(not MANUAL.exists(), reason="docs/ is not shipped with this installation")
def test_the_example_of_the_manual_is_a_project_and_every_field_is_explained() -> None:
    text = MANUAL.read_text()

    examples = [json.loads(one) for one in re.findall(r"```json\n(.*?)```", text, re.DOTALL)]
    projects = [one for one in examples if "repayment_model" in one]  # the others show one field

    assert {read(one)["repayment_model"] for one in projects} >= {
        RepaymentModel.FIXED,
        RepaymentModel.SCHEDULE,
    }
    assert [name for name in FIELDS if f"`{name}`" not in text] == []


def test_many_changes_of_what_is_out_are_folded_into_one_and_the_sum_stays(db: Session) -> None:
    village = places.found(db)
    for _ in range(3):
        village.project.max_open_loans = 9
        village.pay(village.borrow(places.kes(2_000)), places.kes(500))
    out = exposure.lent(db, village.project.id)
    rows = select(func.count()).select_from(exposure.Exposure)
    assert (db.scalar(rows) or 0) >= 6

    while exposure.fold_changes(db, limit=3):
        pass

    assert exposure.lent(db, village.project.id) == out
    assert (db.scalar(rows) or 0) <= 3
