"""A page for paper or screen: one template, its style inside, nothing fetched from anywhere."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

from flask import Response, render_template

from gateway.openid import private

HTML = "text/html; charset=utf-8"
STYLE = (Path(__file__).parent / "templates" / "paper.css").read_text()
_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
# This style and no other, no script, no picture from elsewhere; a form goes back to where it came from.
POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"


def page(template: str, **words: Any) -> Response:
    """A page that nobody keeps."""
    text = render_template(template, style=STYLE, **words)
    return private(text, HTML, **{"Content-Security-Policy": POLICY})
