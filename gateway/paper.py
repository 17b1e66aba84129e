"""A page for paper or screen: one template, its style inside, nothing fetched from anywhere."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

from flask import Response, render_template

from core.words import DEFAULT_LANGUAGE, LANGUAGES, mark, words
from gateway.openid import private

HTML = "text/html; charset=utf-8"
_NOT_FOUND = 404
STYLE = (Path(__file__).parent / "templates" / "paper.css").read_text()
_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
# This style and no other, no script, no picture from elsewhere; a form goes back to where it came from.
POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"


TITLE = mark("This page is over")
GONE = mark(
    "It was used, its time has passed, or its address is not complete. Ask for a new one by phone."
)


def gone() -> Response:
    """What a browser shows of a page that is no more, in every language we have: whose it was is not known."""
    tongues = [words(language) for language in LANGUAGES]
    title = " / ".join(tongue.say(TITLE) for tongue in tongues)
    lines = [tongue.say(GONE) for tongue in tongues]
    answer = page("gone.html", say={"title": title}, language=DEFAULT_LANGUAGE, lines=lines)
    answer.status_code = _NOT_FOUND
    return answer


def page(template: str, **facts: Any) -> Response:
    """A page that nobody keeps."""
    text = render_template(template, style=STYLE, **facts)
    return private(text, HTML, **{"Content-Security-Policy": POLICY})
