"""A project's conditions written as a DCQL query (OpenID4VP 1.0, section 6), with numbers compared beside it.

{"credentials": [{"id": "sum", "format": "dc+sd-jwt", "meta": {"vct_values": [".../vct/credit_summary/1"]},
  "claims": [{"path": ["no_default_24m"], "values": [true]}]}],
 "credential_sets": [{"options": [["sum"]]}],
 "conditions": [{"credential": "sum", "path": ["loans_repaid"], "at_least": 3}]}

`conditions` is ours: DCQL knows no numbers, and a wallet ignores members it does not know. Whoever writes conditions is
told of such members, because a condition nobody reads is met by everybody.
`claim_sets` are refused, because a keypad can show but one list of questions.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from itertools import product
from typing import Any, TypeGuard

from config.limits import DCQL_OPTIONS
from core.credentials import bands
from core.credentials.catalogue import CredentialType
from core.credentials.types import type_of
from core.errors import Refusal
from core.refusal_codes import RefusalCode

Criterion = dict[str, Any]
Criteria = list[Criterion] | dict[str, Any]  # our own short form, or a query

FORMAT = "dc+sd-jwt"
OF_A_CREDENTIAL = {
    "id", "format", "meta", "claims", "multiple", "require_cryptographic_holder_binding",
}  # fmt: skip
OF_A_CLAIM = {"id", "path", "values", "at_least", "at_most"}
_OF_A_QUERY = {"credentials", "credential_sets", "conditions"}
_OF_A_SET = {"options", "required", "purpose"}
_ID = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)


def check(criteria: object) -> None:
    """Refuse `criteria_malformed` for what is neither a list of criteria nor a query we can ask by phone."""
    if not isinstance(criteria, dict | list):
        raise _malformed("not_a_list")
    if isinstance(criteria, list) and not all(_is_criterion(one) for one in criteria):
        raise _malformed("not_a_list")
    for option in options(criteria):
        _check_steps(option)
    _check_members(criteria)


def _check_members(criteria: Criteria) -> None:
    """Refuse what we would not act on: a slip of the pen as well as what the standard has and we have not."""
    if isinstance(criteria, list):
        claims = [claim for one in criteria for claim in one.get("claims", [])]
        known = all(one.keys() <= {"type", "claims"} for one in criteria)
    else:
        sets = criteria.get("credential_sets", [])
        known = criteria.keys() <= _OF_A_QUERY and all(one.keys() <= _OF_A_SET for one in sets)
        known = known and all(map(_is_known, criteria["credentials"]))
        claims = [claim for one in criteria["credentials"] for claim in one.get("claims", [])]
        claims += [
            {name: value for name, value in one.items() if name != "credential"}
            for one in criteria.get("conditions", [])
        ]
    if not known or not all(claim.keys() <= OF_A_CLAIM for claim in claims):
        raise _malformed("not_understood")


def _is_known(query: Mapping[str, Any]) -> bool:
    """Whether a credential query asks for nothing but what we do: one credential, bound to its holder."""
    meant = (query.get("multiple", False), query.get("require_cryptographic_holder_binding", True))
    return (
        query.keys() <= OF_A_CREDENTIAL
        and query["meta"].keys() <= {"vct_values"}
        and meant == (False, True)
    )


def _check_steps(option: list[Criterion]) -> None:
    asked = [[one["type"], *claim["path"]] for one in option for claim in one.get("claims", [])]
    try:
        bands.check(asked)
    except Refusal as refusal:
        raise _malformed(refusal.code) from refusal


def every(criteria: Criteria) -> list[Criterion]:
    """Whatever might be asked, in whichever way the conditions are met."""
    return criteria if isinstance(criteria, list) else list(_credentials(criteria).values())


def chosen(criteria: Criteria, held: Collection[str]) -> list[Criterion]:
    """What to ask somebody who holds credentials of these types: the first option she can answer, else the first."""
    found = options(criteria)
    return next((one for one in found if {part["type"] for part in one} <= set(held)), found[0])


def options(criteria: Criteria) -> list[list[Criterion]]:
    """Every way to meet the conditions, the preferred one first; what a query makes optional is not asked."""
    if isinstance(criteria, list):
        names = query_ids([one["type"] for one in criteria])
        return [[{**one, "id": name} for name, one in zip(names, criteria, strict=True)]]
    known = _credentials(criteria)
    sets = criteria.get("credential_sets")
    if sets is None:
        return [list(known.values())]
    if not isinstance(sets, list) or not sets:
        raise _malformed("credential_sets")
    needed = [_options_of(one, known) for one in sets]
    found = [
        [known[name] for name in dict.fromkeys(name for option in way for name in option)]
        for way in product(*(one for one in needed if one))
    ]
    if len(found) > DCQL_OPTIONS:
        raise _malformed("too_many_options")
    return found


def query_ids(types: Sequence[str]) -> list[str]:
    """What the queries for these types are called, where nobody has named them: kyc, kyc_2, ..."""
    return [
        f"{kind}_{count}" if (count := types[: place + 1].count(kind)) > 1 else str(kind)
        for place, kind in enumerate(types)
    ]


def _credentials(query: Mapping[str, Any]) -> dict[str, Criterion]:
    listed = query.get("credentials")
    if not isinstance(listed, list) or not listed:
        raise _malformed("credentials")
    found: dict[str, Criterion] = {}
    for one in listed:
        name = one.get("id") if isinstance(one, dict) else None
        if not is_id(name) or name in found:
            raise _malformed("id")
        found[name] = {"id": name, **_criterion(one)}
    for condition in _conditions(query):
        if condition.get("credential") not in found:
            raise _malformed("conditions")
        claim = {key: value for key, value in condition.items() if key != "credential"}
        found[condition["credential"]]["claims"].append(claim)
    if not all(_is_criterion(one) for one in found.values()):
        raise _malformed("claims")
    return found


def _criterion(query: Mapping[str, Any]) -> Criterion:
    meta = query.get("meta")
    if query.get("format") != FORMAT or not isinstance(meta, dict):
        raise _malformed("format")
    names = meta.get("vct_values")
    types = {type_of(name) for name in names} if isinstance(names, list) else set()
    if len(types) != 1 or None in types:
        raise _malformed("vct_values")  # which type is asked must be clear
    if "claim_sets" in query:
        raise _malformed("claim_sets")
    claims = query.get("claims", [])
    if not isinstance(claims, list) or ("claims" in query and not claims):
        raise _malformed("claims")
    return {"type": str(types.pop()), "claims": list(claims)}


def _conditions(query: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = query.get("conditions", [])
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise _malformed("conditions")
    if any(not {"at_least", "at_most"} & one.keys() for one in found):
        raise _malformed("conditions")
    return found


def _options_of(one: object, known: Mapping[str, Criterion]) -> list[list[str]]:
    """The options of a set that must be met; none if the set is optional."""
    listed = one.get("options") if isinstance(one, dict) else None
    if not isinstance(one, dict) or not isinstance(listed, list) or not listed:
        raise _malformed("credential_sets")
    for option in listed:
        if not isinstance(option, list) or not option or any(name not in known for name in option):
            raise _malformed("credential_sets")
    required = one.get("required", True)
    if not isinstance(required, bool):  # "false" is a text, and true to Python
        raise _malformed("credential_sets")
    return listed if required else []


def _is_criterion(one: object) -> bool:
    if not isinstance(one, dict) or one.get("type") not in list(CredentialType):
        return False
    claims = one.get("claims", [])
    return isinstance(claims, list) and all(is_claim(claim) for claim in claims)


def is_id(name: object) -> TypeGuard[str]:
    """Whether something may be called so in a query."""
    return isinstance(name, str) and _ID.fullmatch(name) is not None


def is_claim(claim: object) -> bool:
    """Whether it has the shape of a claim query."""
    if not isinstance(claim, dict) or not isinstance(claim.get("values", []), list):
        return False
    bounds = [claim[name] for name in ("at_least", "at_most") if name in claim]
    if any(isinstance(one, bool) or not isinstance(one, int) for one in bounds):
        return False
    path = claim.get("path")
    if not isinstance(path, list) or not path:
        return False
    return all(step is None or type(step) is str or _is_place(step) for step in path)


def _is_place(step: object) -> bool:
    return type(step) is int and step >= 0


def _malformed(part: str) -> Refusal:
    return Refusal(RefusalCode.CRITERIA_MALFORMED, part=part)
