"""The public documents of a type: its JSON Schema (2020-12) and its SD-JWT VC Type Metadata.

Both name only the type and the node that hosts them; nobody need trust them to read them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from core.credentials.catalogue import COMMON, KINDS, CredentialType, Kind
from core.credentials.labels import CLAIMS, DESCRIPTIONS, TITLES
from core.credentials.types import schema_address, vc_schema_address, vct
from core.words import LANGUAGES, words

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_SHOWN, _HIDDEN = "never", "always"  # whether a claim is disclosed selectively


def schema(type: CredentialType, base_url: str) -> dict[str, Any]:
    """The JSON Schema of all claims of a type: of an SD-JWT VC with everything disclosed, or a credentialSubject."""
    kind = KINDS[type]
    return {
        "$schema": DIALECT,
        "$id": schema_address(base_url, type),
        "title": TITLES[type],
        "description": DESCRIPTIONS[type],
        "type": "object",
        "properties": {
            name: dict(field.schema) for name, field in {**COMMON, **kind.fields}.items()
        },
        "required": sorted(kind.required | {"evidence_level"}),
    }


def vc_schema(type: CredentialType, base_url: str) -> dict[str, Any]:
    """The same for a whole credential of the W3C data model, as `credentialSchema` wants it."""
    return {
        "$schema": DIALECT,
        "$id": vc_schema_address(base_url, type),
        "title": TITLES[type],
        "description": DESCRIPTIONS[type],
        "type": "object",
        "properties": {"credentialSubject": {"$ref": schema_address(base_url, type)}},
        "required": ["credentialSubject"],
    }


def metadata(type: CredentialType, base_url: str) -> dict[str, Any]:
    """The Type Metadata found at the `vct`: what the type and its claims are called, and which may be hidden."""
    return {
        "vct": vct(base_url, type),
        "name": TITLES[type],
        "description": DESCRIPTIONS[type],
        "display": [
            {
                "locale": language,
                "name": words(language).say(TITLES[type]),
                "description": words(language).say(DESCRIPTIONS[type]),
            }
            for language in LANGUAGES
        ],
        "claims": list(_claims(KINDS[type])),
    }


def _claims(kind: Kind) -> Iterator[dict[str, Any]]:
    for name in {**COMMON, **kind.open}:
        yield _claim([name], _SHOWN, mandatory=name in kind.required or name in COMMON)
    for name in kind.hidden:
        yield _claim([name], _HIDDEN)
    for name, field in kind.answered.items():
        steps = field.schema.get("properties")
        if field.schema["type"] != "object":
            yield _claim([name], _HIDDEN)
            continue
        yield _claim([name], _SHOWN)  # that it is answered is open, the answers are not
        for step in steps or []:
            yield _claim([name, step], _HIDDEN)


def _claim(path: list[str], sd: str, *, mandatory: bool = False) -> dict[str, Any]:
    display = [
        {"locale": language, "label": " ".join([words(language).say(CLAIMS[path[0]]), *path[1:]])}
        for language in LANGUAGES
    ]
    claim: dict[str, Any] = {"path": path, "display": display, "sd": sd}
    return {**claim, "mandatory": True} if mandatory else claim
