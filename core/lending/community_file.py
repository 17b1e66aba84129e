"""Reads what project.json says of groups, the ladder and the sources of money; each mistake is refused by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Any, NoReturn

from config.limits import FUNDING_SOURCES, GROUP_MEMBERS, LADDER_STEPS
from core.errors import Refusal
from core.lending.funding_models import FundingClass
from core.refusal_codes import RefusalCode

Values = Mapping[str, Any]
Reader = Callable[[str, Any, Values], Any]
GROUP = {"least_members": 3, "most_members": 10}


def community_model(field: str, given: Any, _: Values) -> dict[str, int] | None:
    """`true`, `false`, or how many members a group must and may have."""
    if isinstance(given, bool):
        return dict(GROUP) if given else None
    if not isinstance(given, dict) or not set(given) <= set(GROUP):
        _refuse(field, "malformed")
    found = {**GROUP, **given}
    if any(not _is_whole(size) for size in found.values()):
        _refuse(field, "not_a_whole_number")
    least, most = GROUP_MEMBERS
    if not least <= found["least_members"] <= found["most_members"] <= most:
        _refuse(field, "out_of_range")
    return found


def ladder(amount: Reader) -> Reader:
    """Steps that rise in both: after so many loans repaid on time, at most so much. The first is for everybody."""

    def read(field: str, given: Any, values: Values) -> list[dict[str, int]]:
        if not isinstance(given, list) or not 1 <= len(given) <= LADDER_STEPS:
            _refuse(field, "one_to_ten_steps")
        steps = [_step(field, one, amount, values) for one in given]
        if steps[0]["repaid_on_time"] != 0:
            _refuse(field, "first_step_not_for_everybody")
        if any(upper[name] <= lower[name] for lower, upper in pairwise(steps) for name in lower):
            _refuse(field, "steps_do_not_rise")
        if steps[0]["most"] < values["loan_min_amount"]:
            _refuse(field, "below_loan_min_amount")
        if steps[-1]["most"] > values["loan_max_amount"]:
            _refuse(field, "above_loan_max_amount")
        return steps

    return read


def funding(amount: Reader, percent: Reader) -> Reader:
    """Sources of money: class, amount, and the yearly yield of senior ones. The first loss earns what is left."""

    def read(field: str, given: Any, values: Values) -> list[dict[str, Any]]:
        if not isinstance(given, list) or not 1 <= len(given) <= FUNDING_SOURCES:
            _refuse(field, "one_to_twenty_sources")
        return [_source(field, one, amount, percent, values) for one in given]

    return read


def check_together(values: Values) -> None:
    """A deposit without a group would stand in for nobody; groups without one would have nothing to share."""
    deposit: Decimal = values["risk_deposit_rate"]
    if values["community_model"] is None and deposit:
        _refuse("risk_deposit_rate", "needs_community_model")
    if values["community_model"] is not None and not deposit:
        _refuse("risk_deposit_rate", "missing")
    if deposit + values["disbursement_fee"] > _WITHHELD_MOST:
        _refuse("risk_deposit_rate", "out_of_range")


_WITHHELD_MOST = 50  # percent: fee and deposit; she must receive half of what she owes at least


def _step(field: str, given: Any, amount: Reader, values: Values) -> dict[str, int]:
    if not isinstance(given, dict) or set(given) != {"repaid_on_time", "most"}:
        _refuse(field, "malformed")
    count = given["repaid_on_time"]
    if not _is_whole(count) or not 0 <= count <= _LOANS_MOST:
        _refuse(field, "not_a_whole_number")
    return {"repaid_on_time": count, "most": amount(field, given["most"], values)}


_LOANS_MOST = 100  # nobody repays more loans than this before a step


def _source(
    field: str, given: Any, amount: Reader, percent: Reader, values: Values
) -> dict[str, Any]:
    if not isinstance(given, dict) or not {"class", "amount"} <= set(given) <= _SOURCE:
        _refuse(field, "malformed")
    if given["class"] not in list(FundingClass):
        _refuse(field, "unknown_class")
    rate = percent(field, given.get("interest_rate", 0), values)
    if rate and given["class"] == FundingClass.JUNIOR:
        _refuse(field, "first_loss_has_no_rate")
    return {
        "class": str(given["class"]),
        "amount": amount(field, given["amount"], values),
        "interest_rate": str(rate),
    }


_SOURCE = {"class", "amount", "interest_rate"}


def _is_whole(given: Any) -> bool:
    return isinstance(given, int) and not isinstance(given, bool)


def _refuse(field: str, reason: str) -> NoReturn:
    raise Refusal(RefusalCode.PROJECT_INVALID, field=field, reason=reason)
