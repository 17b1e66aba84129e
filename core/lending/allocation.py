"""Where a payment goes: a table of what comes first, one for each kind of payment.

The table puts the twelve pairs of {past due, due, in advance} and {penalty, fee, interest, principal} in an order. What
is paid beyond the instalments that are due goes where the surplus rule says. The default is kind to the borrower.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NoReturn, TypeVar

from core.errors import Refusal
from core.refusal_codes import RefusalCode

Kind = TypeVar("Kind", bound=StrEnum)


class When(StrEnum):
    """How an instalment stands on the value date of a payment."""

    PAST_DUE = "past_due"
    DUE = "due"
    IN_ADVANCE = "in_advance"


class Part(StrEnum):
    """What an instalment consists of."""

    PENALTY = "penalty"
    FEE = "fee"
    INTEREST = "interest"
    PRINCIPAL = "principal"


class PaymentType(StrEnum):
    """What kind of money came in; each may have an order of its own."""

    REPAYMENT = "repayment"
    DOWN_PAYMENT = "down_payment"
    GOODWILL = "goodwill"  # the lender pays for her
    COMPENSATION = "compensation"  # the group, or its risk deposit, pays for her
    REFUND = "refund"  # a shop took its goods back
    DEPOSIT = "deposit"  # her deposit is given back on a closed loan: nothing but credit


class Surplus(StrEnum):
    """Which instalment takes what is paid before it is due."""

    NEXT = "next"
    LAST = "last"
    NEXT_LAST = "next_last"  # the one that runs, after it the last
    REAMORTISE = "reamortise"  # all of them in equal parts


class Way(StrEnum):
    """Whether one instalment is finished before the next, or one part of all of them."""

    HORIZONTAL = "horizontal"
    VERTICAL = "vertical"


Step = tuple[When, Part]
P, F, I, C = Part.PENALTY, Part.FEE, Part.INTEREST, Part.PRINCIPAL  # noqa: E741 - the letters of the trade


def steps(*parts: Part, ahead: Sequence[Part] = ()) -> tuple[Step, ...]:
    """The same order of parts for every kind of due, another one for what is paid ahead where it is given."""
    orders = {When.PAST_DUE: parts, When.DUE: parts, When.IN_ADVANCE: ahead or parts}
    return tuple((when, part) for when, order in orders.items() for part in order)


@dataclass(frozen=True, slots=True)
class Rule:
    """One table: the order of the twelve pairs, and where a surplus goes."""

    order: tuple[Step, ...] = steps(I, C, F, P)
    surplus: Surplus = Surplus.NEXT

    @property
    def reversed(self) -> Rule:
        """What a refund does without a table of its own: the other way round, from the last instalment on."""
        return Rule(tuple(reversed(self.order)), Surplus.LAST)


@dataclass(frozen=True)
class Allocation:
    """The tables of one loan: the default, and those of single kinds of payment."""

    default: Rule = Rule()
    rules: Mapping[PaymentType, Rule] = field(default_factory=dict)
    way: Way = Way.HORIZONTAL

    def rule(self, kind: PaymentType) -> Rule:
        """The table for one kind of payment."""
        if kind in self.rules:
            return self.rules[kind]
        return self.default.reversed if kind is PaymentType.REFUND else self.default

    def to_json(self) -> dict[str, Any]:
        """Every table in full, as `from_json` reads it."""
        own = {kind.value: _shown(rule) for kind, rule in self.rules.items()}
        return {"way": self.way.value, "default": _shown(self.default), **own}

    @classmethod
    def from_json(cls, data: Any) -> Allocation:
        """Read a table or the name of a preset. Refuses allocation_invalid by field and reason."""
        if isinstance(data, str):
            return cls(_rule("allocation", data))
        if not isinstance(data, Mapping):
            _refuse("allocation", "not_an_object")
        rules = {name: _rule(name, value) for name, value in data.items() if name != "way"}
        default = rules.pop("default", Rule())
        kinds = {_one_of(str(name), name, PaymentType): rule for name, rule in rules.items()}
        return cls(default, kinds, _one_of("way", data.get("way", Way.HORIZONTAL), Way))


KIND_TO_BORROWER = Allocation()
PRESETS: dict[str, Rule] = {
    "kind-to-borrower": Rule(),
    "penalties-fees-interest-principal": Rule(steps(P, F, I, C)),
    "interest-principal-penalties-fees": Rule(steps(I, C, P, F)),
    "principal-interest-penalties-fees": Rule(steps(C, I, P, F)),
    "overdue-due-fee-interest-principal": Rule(steps(P, F, I, C, ahead=(C, P, F, I))),
    "early-repayment": Rule(steps(I, C, P, F)),
    "due-penalty-fee-interest-principal-in-advance-principal-penalty-fee-interest": Rule(
        steps(P, F, I, C, ahead=(C, P, F, I))
    ),
    "due-penalty-interest-principal-fee-in-advance-penalty-interest-principal-fee": Rule(
        steps(P, I, C, F)
    ),
    "heavensfamily": Rule(steps(I, C, P, F, ahead=(C, I, P, F))),
    "creocore": Rule(steps(I, C, P, F, ahead=(C, I, P, F))),
    "advanced": Rule(steps(P, F, C, I)),
}


def _shown(rule: Rule) -> dict[str, Any]:
    return {
        "order": [f"{when}.{part}" for when, part in rule.order],
        "surplus": rule.surplus.value,
    }


def _rule(name: str, data: Any) -> Rule:
    if isinstance(data, str):
        if data not in PRESETS:
            _refuse(name, "unknown_preset")
        return PRESETS[data]
    if not isinstance(data, Mapping) or not set(data) <= {"order", "surplus", "preset"}:
        _refuse(name, "not_a_table")
    if ("order" in data) == ("preset" in data):
        _refuse(name, "order_or_preset")
    order = _order(name, data["order"]) if "order" in data else _rule(name, data["preset"]).order
    surplus = data.get("surplus", Surplus.NEXT)
    return Rule(order, _one_of(f"{name}.surplus", surplus, Surplus))


def _order(name: str, data: Any) -> tuple[Step, ...]:
    """All twelve pairs, each once: money that no line of the table takes would be lost."""
    known = {f"{when}.{part}": (when, part) for when in When for part in Part}
    if not isinstance(data, Sequence) or isinstance(data, str):
        _refuse(f"{name}.order", "not_a_list")
    unknown = [text for text in data if not isinstance(text, str) or text not in known]
    if unknown:
        _refuse(f"{name}.order", "unknown_value")
    if len(data) != len(known) or len(set(data)) != len(known):
        _refuse(f"{name}.order", "not_every_pair_once")
    return tuple(known[text] for text in data)


def _one_of(name: str, value: Any, kind: type[Kind]) -> Kind:
    if not isinstance(value, str) or value not in set(kind):
        _refuse(name, "unknown_value")
    return kind(value)


def _refuse(name: str, reason: str) -> NoReturn:
    raise Refusal(RefusalCode.ALLOCATION_INVALID, field=str(name)[:40], reason=reason)
