"""Callbacks in every shape they have been seen in are read; anything else is refused."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from core.errors import Refusal
from core.payments import Topic
from tests.core.payments.counter import Counter


@pytest.mark.parametrize(
    "body",
    [{}, {"Body": 1}, {"Body": {"stkCallback": []}}, {"Body": {"stkCallback": {"ResultCode": 0}}},
     {"Result": {"ConversationID": "A"}}, {"Result": {"ConversationID": "A", "ResultCode": None}},
     {"Result": {"ConversationID": ["A"], "ResultCode": 0}}, {"Result": {"ConversationID": "A", "ResultCode": True}},
     {"Result": {"ConversationID": "A" * 500, "ResultCode": 0}}],
)  # fmt: skip
def test_a_malformed_callback_is_refused(counter: Counter, body: dict[str, Any]) -> None:
    for topic in Topic:
        if topic is not Topic.LATE:
            with pytest.raises(Refusal, match="callback_malformed"):
                counter.rail.read(topic, body)


def test_three_shapes_of_result_parameters_are_read(counter: Counter) -> None:
    items = [
        {"Key": "TransactionStatus", "Value": "Completed"},
        {"Key": "Amount", "Value": "10.00"},
    ]
    shapes: list[Any] = [
        {"ResultParameter": items}, items, {"ResultParameters": items}, {"ResultParameter": items[:1] + items[1:]},
    ]  # fmt: skip

    for shape in shapes:
        result = {"ConversationID": str(uuid.uuid4()), "ResultCode": "0", "ResultParameters": shape}
        answer = counter.rail.read(Topic.ANSWER, {"Result": result}).answer

        assert (answer.verdict, answer.amount and answer.amount.minor) == ("paid", 1_000)
