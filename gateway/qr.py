"""QR codes, as a picture for a page and as text for a terminal."""

from __future__ import annotations

from io import BytesIO, StringIO

import qrcode
from qrcode.image.svg import SvgPathImage


def svg(text: str) -> str:
    """The code as a drawing that stands in a page by itself."""
    into = BytesIO()
    _code(text).make_image(image_factory=SvgPathImage).save(into)
    return into.getvalue().decode().partition("?>")[2].strip()


def terminal(text: str) -> str:
    """The code in characters, dark on light, for a camera in front of a screen."""
    into = StringIO()
    _code(text).print_ascii(out=into, invert=True)
    return into.getvalue()


def _code(text: str) -> qrcode.QRCode:
    made = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M)
    made.add_data(text)
    made.make(fit=True)
    return made
