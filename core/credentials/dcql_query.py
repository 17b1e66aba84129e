"""A project's conditions as the DCQL query a wallet gets: what is ours alone is left out, and compared by us."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.credentials.dcql import FORMAT, Criteria, Criterion, query_ids
from core.credentials.types import CredentialType, vct

_OF_A_CLAIM = ("id", "path", "values")


def query(criteria: Criteria, hosts: Sequence[str]) -> dict[str, Any]:
    """The query; `hosts` are the addresses of the nodes whose types will do.

    Without conditions it asks for any one credential: only with one can a wallet say who speaks, and sign.
    """
    if isinstance(criteria, dict):
        return _standard(criteria)
    if not criteria:
        asked = query([{"type": kind} for kind in CredentialType], hosts)
        return asked | {"credential_sets": [{"options": [[kind] for kind in CredentialType]}]}
    names = query_ids([one["type"] for one in criteria])
    return {
        "credentials": [
            _credential(one, hosts, name) for one, name in zip(criteria, names, strict=True)
        ]
    }


def _credential(criterion: Criterion, hosts: Sequence[str], name: str) -> dict[str, Any]:
    kind = CredentialType(criterion["type"])
    meta = {"vct_values": [vct(host, kind) for host in hosts]}
    return {"id": name, "format": FORMAT, "meta": meta, **_claims(criterion.get("claims", []))}


def _claims(claims: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The claims to show; a query without any asks for what is in the open."""
    told = [{name: one[name] for name in _OF_A_CLAIM if name in one} for one in claims]
    return {"claims": told} if told else {}


def _standard(criteria: dict[str, Any]) -> dict[str, Any]:
    """A query stays as it is, but that figures which we compare must be shown."""
    figures = criteria.get("conditions", [])
    credentials = []
    for one in criteria["credentials"]:
        more = [claim for claim in figures if claim["credential"] == one["id"]]
        rest = {name: value for name, value in one.items() if name != "claims"}
        credentials.append({**rest, **_claims([*one.get("claims", []), *more])})
    kept = {name: value for name, value in criteria.items() if name != "conditions"}
    return {**kept, "credentials": credentials}
