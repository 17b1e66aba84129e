"""What the W3C's data model 2.0 demands ("MUST") of the members of a credential or presentation, whoever wrote it.

What a member means is another's concern; here only those are refused of which nobody could say what they mean.
Source: https://www.w3.org/TR/vc-data-model-2.0/, sections 4 and 5.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from core.credentials.errors import refused

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*", re.ASCII)
_TEXT_MEMBERS = {"@value", "@language", "@direction"}
# Members that are one object or several, each of a type. A schema must have a name as well.
_TYPED = ("credentialStatus", "credentialSchema", "refreshService", "termsOfUse", "evidence")
_NAMED = ("credentialSchema",)


def check(document: Mapping[str, Any]) -> None:
    """Refuse `malformed`, naming the member, for what is no credential or presentation of version 2.0."""
    _check_context(document.get("@context"))
    _demand(_has_type(document), "type")
    _demand("id" not in document or is_url(document["id"]), "id")
    for name in ("issuer", "holder"):
        _demand(name not in document or _is_party(document[name]), name)
    _check_texts(document, "")
    for name in _TYPED:
        for one in _several(document, name):
            _demand(_has_type(one), name)
            _demand(is_url(one["id"]) if "id" in one else name not in _NAMED, name)
    for subject in _several(document, "credentialSubject"):
        _demand("id" not in subject or is_url(subject["id"]), "subject")
    _check_resources(_several(document, "relatedResource"))


def is_url(value: object) -> bool:
    """Whether something is one absolute URL: https, a DID, a URN or any other."""
    if not isinstance(value, str) or not _URL.fullmatch(value):
        return False
    try:
        place = urlsplit(value)
    except ValueError:
        return False
    return place.scheme not in ("http", "https") or bool(place.hostname)


def _check_context(found: object) -> None:
    listed = found if isinstance(found, list) else []
    _demand(all(isinstance(one, dict) or is_url(one) for one in listed), "context")


def _has_type(one: Mapping[str, Any]) -> bool:
    found = one.get("type")
    listed = found if isinstance(found, list) else [found]
    return bool(listed) and all(isinstance(name, str) and name.strip() for name in listed)


def _is_party(found: object) -> bool:
    """Whether an issuer or holder is a URL, or an object that has one; its name is a text as any other."""
    if not isinstance(found, dict):
        return is_url(found)
    _check_texts(found, "issuer_")
    return is_url(found.get("id"))


def _check_texts(found: Mapping[str, Any], whose: str) -> None:
    for name in ("name", "description"):
        said = found.get(name, "")
        listed = said if isinstance(said, list) else [said]
        _demand(bool(listed) and all(map(_is_text, listed)), f"{whose}{name}")


def _is_text(said: object) -> bool:
    """Whether it is a text, or one with its language and direction and nothing else."""
    if not isinstance(said, dict):
        return isinstance(said, str)
    language, direction = said.get("@language", "en"), said.get("@direction", "ltr")
    return (
        said.keys() <= _TEXT_MEMBERS
        and isinstance(said.get("@value"), str)
        and isinstance(language, str)
        and _LANGUAGE.fullmatch(language) is not None
        and direction in ("ltr", "rtl")
    )


def _several(document: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """The objects of a member that may be one or several; none where it is not there."""
    if name not in document:
        return []
    found = document[name]
    listed = found if isinstance(found, list) else [found]
    detail = "subject" if name == "credentialSubject" else name
    _demand(bool(listed) and all(isinstance(one, dict) and one for one in listed), detail)
    return listed


def _check_resources(listed: list[dict[str, Any]]) -> None:
    names = [one.get("id") for one in listed]
    _demand(all(map(is_url, names)) and len(set(names)) == len(names), "relatedResource")
    for one in listed:
        digests = [one[name] for name in ("digestSRI", "digestMultibase") if name in one]
        _demand(bool(digests) and all(map(_is_digest, digests)), "relatedResource")


def _is_digest(found: object) -> bool:
    listed = found if isinstance(found, list) else [found]
    return bool(listed) and all(isinstance(one, str) and one for one in listed)


def _demand(is_so: bool, detail: str) -> None:
    if not is_so:
        raise refused("malformed", detail)
