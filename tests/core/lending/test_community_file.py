"""What a project file says of groups, the ladder and its money is refused by name where it makes no sense."""

from __future__ import annotations

from typing import Any

import pytest

from core.errors import Refusal
from core.lending.project_file import read
from tests.core.lending.village import project_json

GROUPS: dict[str, Any] = {"community_model": True, "risk_deposit_rate": "10"}
STEP = {"repaid_on_time": 0, "most": "2000"}
SECOND = {"repaid_on_time": 2, "most": "20000"}
SENIOR = {"class": "senior", "amount": "80000", "interest_rate": "10"}
JUNIOR = {"class": "junior", "amount": "20000"}

BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"community_model": True}, "risk_deposit_rate", "missing"),
    ({"risk_deposit_rate": "10"}, "risk_deposit_rate", "needs_community_model"),
    ({**GROUPS, "risk_deposit_rate": "50"}, "risk_deposit_rate", "out_of_range"),
    ({**GROUPS, "risk_deposit_rate": "-1"}, "risk_deposit_rate", "out_of_range"),
    ({**GROUPS, "community_model": "yes"}, "community_model", "malformed"),
    ({**GROUPS, "community_model": {"size": 3}}, "community_model", "malformed"),
    ({**GROUPS, "community_model": {"least_members": True}}, "community_model", "not_a_whole_number"),
    ({**GROUPS, "community_model": {"least_members": 1}}, "community_model", "out_of_range"),
    ({**GROUPS, "community_model": {"least_members": 11}}, "community_model", "out_of_range"),
    ({**GROUPS, "community_model": {"most_members": 31}}, "community_model", "out_of_range"),
    ({"ladder": []}, "ladder", "one_to_ten_steps"),
    ({"ladder": [STEP] * 11}, "ladder", "one_to_ten_steps"),
    ({"ladder": [SECOND]}, "ladder", "first_step_not_for_everybody"),
    ({"ladder": [STEP, STEP]}, "ladder", "steps_do_not_rise"),
    ({"ladder": [STEP, {**SECOND, "most": "1500"}]}, "ladder", "steps_do_not_rise"),
    ({"ladder": [{**STEP, "most": "900"}]}, "ladder", "below_loan_min_amount"),
    ({"ladder": [STEP, {**SECOND, "most": "20001"}]}, "ladder", "above_loan_max_amount"),
    ({"ladder": [{"most": "2000"}]}, "ladder", "malformed"),
    ({"ladder": [{**STEP, "repaid_on_time": -1}]}, "ladder", "not_a_whole_number"),
    ({"ladder": [{**STEP, "most": "much"}]}, "ladder", "not_an_amount"),
    ({"funding": []}, "funding", "one_to_twenty_sources"),
    ({"funding": [{"class": "senior"}]}, "funding", "malformed"),
    ({"funding": [{**SENIOR, "bank": "x"}]}, "funding", "malformed"),
    ({"funding": [{**SENIOR, "class": "middle"}]}, "funding", "unknown_class"),
    ({"funding": [{**JUNIOR, "interest_rate": "1"}]}, "funding", "first_loss_has_no_rate"),
    ({"funding": [{**SENIOR, "amount": "0"}]}, "funding", "out_of_range"),
    ({"funding": [{**SENIOR, "interest_rate": "1001"}]}, "funding", "out_of_range"),
]  # fmt: skip


@pytest.mark.parametrize(("changed", "field", "reason"), BAD)
def test_a_mistake_is_refused_by_its_name(changed: dict[str, Any], field: str, reason: str) -> None:
    with pytest.raises(Refusal) as refused:
        read(project_json(**changed))

    assert refused.value.code == "project_invalid"
    assert (refused.value.facts["field"], refused.value.facts["reason"]) == (field, reason)


def test_what_is_right_becomes_columns() -> None:
    values = read(project_json(**GROUPS, ladder=[STEP, SECOND], funding=[SENIOR, JUNIOR]))

    assert values["community_model"] == {"least_members": 3, "most_members": 10}
    assert values["ladder"] == [
        {"repaid_on_time": 0, "most": 200_000},
        {"repaid_on_time": 2, "most": 2_000_000},
    ]
    assert values["funding"][0] == {"class": "senior", "amount": 8_000_000, "interest_rate": "10"}
    assert values["funding"][1] == {"class": "junior", "amount": 2_000_000, "interest_rate": "0"}


def test_without_a_word_there_are_no_groups_and_no_ladder() -> None:
    values = read(project_json(community_model=False))

    assert (values["community_model"], values["ladder"], values["funding"]) == (None, None, None)
