"""Asking the sources: claim and commit, speak, record. No source is ever waited for by a person at a keypad."""

from __future__ import annotations

import requests
from requests.exceptions import RequestException

from config.limits import HTTP_SECONDS, SOURCE_BYTES
from config.sources import Source
from core.drain import drain
from core.errors import Refusal
from core.node import Node
from core.onboarding import sources
from core.onboarding.sources import Question

_OK = 200


class Silent(Exception):
    """A source gave no answer that can be read; the message is one stable word."""


def ask(node: Node) -> int:
    """Ask what waits to be asked."""
    return drain(lambda: _ask_next(node), "source")


def _ask_next(node: Node) -> bool:
    with node.sessions.begin() as db:
        question = sources.claim(db, now=node.clock())
    if question is None:
        return False
    source = next((one for one in node.settings.sources if one.id == question.source), None)
    if source is None:  # the operator has taken it away meanwhile
        _note(node, question, question.source, "no_such_source", final=True)
        return True
    try:
        _record(node, question, source, _speak(source, question, node.issuer.did))
    except Silent as silent:
        _note(node, question, source.name, str(silent))
    except Refusal as refusal:
        problem = str(refusal.facts.get("reason", refusal.code))
        _note(node, question, source.name, problem, final=True)
    return True


def _record(node: Node, question: Question, source: Source, text: str) -> None:
    now = node.clock()
    facts = sources.read_answer(
        text, source=source, question=question, audience=node.issuer.did, now=now
    )
    with node.sessions.begin() as db:
        if facts is None:
            sources.not_known(db, request_id=question.request_id, source=source, now=now)
        else:
            sources.confirmed(
                db, request_id=question.request_id, facts=facts, source=source, issuer=node.issuer, now=now
            )  # fmt: skip


def _note(node: Node, question: Question, name: str, problem: str, *, final: bool = False) -> None:
    with node.sessions.begin() as db:
        sources.failed(
            db, request_id=question.request_id, name=name, problem=problem, now=node.clock(), final=final
        )  # fmt: skip


def _speak(source: Source, question: Question, audience: str) -> str:
    """The signed answer of a source. Its address is the operator's, so it may be a neighbour's."""
    words = {
        "type": question.type,
        "phone": question.phone,
        "nonce": question.nonce,
        "audience": audience,
    }
    try:
        with requests.post(
            source.url, json=words, timeout=HTTP_SECONDS, allow_redirects=False, stream=True
        ) as answer:
            body = answer.raw.read(SOURCE_BYTES + 1, decode_content=True)
    except (RequestException, OSError) as error:
        raise Silent("no_answer") from error
    if answer.status_code != _OK:
        raise Silent(f"status_{answer.status_code}")
    if len(body) > SOURCE_BYTES:
        raise Silent("too_large")
    return str(body.decode("ascii", "replace").strip())
