"""Steps are asked one at a time: not two neighbours, and not one after the other until the figure is known."""

from __future__ import annotations

from typing import Any

import pytest

from core.credentials import bands, dcql
from core.errors import Refusal


def asked(name: str, *steps: Any) -> list[list[Any]]:
    return [["credit_summary", name, *([] if step == "all" else [step])] for step in steps]


@pytest.mark.parametrize(
    "fine",
    [
        [],
        [["credit_summary"]],
        asked("score_over", "600"),
        asked("score_over", "600", "600"),
        asked("score_over", "500", "600", "700"),
        asked("score_over", "600") + asked("loans_repaid_over", "3"),
        asked("score_over", "601", "602"),  # no steps of ours: nothing can be shown
        [["kyc", "resident_of", "KE"], ["kyc", "resident_of", "UG"], ["kyc", "birthdate"]],
        [["driving_licence", "score_over", "600"], ["driving_licence", "score_over", "650"]],
    ],
    ids=str,
)
def test_a_few_steps_apart_may_be_asked(fine: list[list[Any]]) -> None:
    bands.check(fine)
    bands.check(fine, before=fine)


@pytest.mark.parametrize(
    "close",
    [
        asked("score_over", "600", "650"),
        asked("score_over", "700", "500", "650"),
        asked("score_over", "all"),
        asked("score_over", None),
        [["credit_summary", None]],
        [["ownership", "land_over", "0.5"], ["ownership", "land_over", "1"]],
    ],
    ids=str,
)
def test_neighbours_and_whole_measures_are_refused(close: list[list[Any]]) -> None:
    with pytest.raises(Refusal, match="asked_too_finely"):
        bands.check(close)


def test_many_steps_are_refused_though_asked_one_after_the_other() -> None:
    before = asked("score_over", "300", "400", "500")

    bands.check(asked("score_over", "400"), before)
    bands.check(asked("loans_repaid_over", "3"), before)
    with pytest.raises(Refusal, match="asked_too_finely"):
        bands.check(asked("score_over", "600"), before)


def test_no_project_asks_so_that_nobody_could_answer() -> None:
    claims = [{"path": [*path], "values": [True]} for _, *path in asked("score_over", "600", "650")]

    with pytest.raises(Refusal) as refusal:
        dcql.check([{"type": "credit_summary", "claims": claims}])
    assert refusal.value.facts == {"part": "asked_too_finely"}
    dcql.check([{"type": "credit_summary", "claims": claims[:1]}])
