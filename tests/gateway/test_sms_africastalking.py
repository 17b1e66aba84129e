"""Their forms, read into our words; whatever breaks the contract is named by its field."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.messaging import Inbound, MessageState, Report
from gateway.sms.africastalking import (
    FAILURES,
    STATES,
    Malformed,
    parse_inbound,
    parse_opt_out,
    parse_report,
)

JANE = "+254711000111"
TEXT = {"from": JANE, "id": "d7f1-1", "text": "BAL", "to": "22141", "date": "2026-11-21 07:30:00"}
REPORT = {"id": "ATXid_1", "status": "Success", "phoneNumber": JANE}
ANYTHING = st.text() | st.sampled_from([JANE, "Success", "1", "\0"])
FIELDS = st.sampled_from(["from", "id", "text", "to", "status", "failureReason", "phoneNumber"])


def test_a_text_is_read() -> None:
    assert parse_inbound(TEXT) == Inbound("d7f1-1", JANE, "22141", "BAL")


@pytest.mark.parametrize(("word", "state"), STATES.items())
def test_every_status_of_a_report_is_understood(word: str, state: MessageState) -> None:
    assert parse_report(REPORT | {"status": word}) == Report("ATXid_1", state)


@pytest.mark.parametrize(("reason", "failure"), [*FAILURES.items(), ("New", "delivery_failed")])
def test_every_reason_of_a_failure_is_understood(reason: str, failure: str) -> None:
    report = parse_report(REPORT | {"status": "Failed", "failureReason": reason})

    assert report == Report("ATXid_1", MessageState.FAILED, failure)


def test_an_opt_out_is_read() -> None:
    assert parse_opt_out({"senderId": "GROWR", "phoneNumber": "254711000111"}) == JANE


@pytest.mark.parametrize(
    ("parse", "form", "field"),
    [
        (parse_inbound, {}, "from"),
        (parse_inbound, {"from": JANE}, "id"),
        (parse_inbound, TEXT | {"id": ""}, "id"),
        (parse_inbound, TEXT | {"id": "x" * 101}, "id"),
        (parse_inbound, TEXT | {"id": "a\0b"}, "id"),
        (parse_report, {}, "status"),
        (parse_report, {"status": "Success"}, "id"),
        (parse_report, REPORT | {"status": "Lost"}, "status"),
        (parse_opt_out, {}, "phoneNumber"),
        (parse_opt_out, {"phoneNumber": "GROWR"}, "phoneNumber"),
    ],
)
def test_a_malformed_form_is_refused_by_the_name_of_its_field(
    parse: Callable[[Mapping[str, str]], object], form: Mapping[str, str], field: str
) -> None:
    with pytest.raises(Malformed) as refused:
        parse(form)

    assert str(refused.value) == field


@given(form=st.dictionaries(FIELDS, ANYTHING))
@pytest.mark.parametrize("parse", [parse_inbound, parse_report, parse_opt_out])
def test_no_form_breaks_a_parser(
    parse: Callable[[Mapping[str, str]], object], form: dict[str, str]
) -> None:
    try:
        read = parse(form)
    except Malformed:
        return
    assert "\0" not in repr(read)
    assert "\\x00" not in repr(read)
