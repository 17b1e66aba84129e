"""The page with the phone: one HTML file, one style sheet and one script, all our own."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request

from gateway.sandbox import numbers
from gateway.sandbox.world import World

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
EXAMPLE = "254711000111"


def blueprint(world: World) -> Blueprint:
    """`GET /`, with `?phone=254711000111` to begin with that phone."""
    pages = Blueprint("page", __name__)

    @pages.get("/")
    def phone() -> str:
        asked = numbers.msisdn(request.args.get("phone", "")) or ""
        return render_template(
            "phone.html",
            asked=asked,
            example=EXAMPLE,
            service_code=world.settings.service_code,
            pay_bill=world.settings.mpesa_short_code,
            wallet_pin=world.settings.phone_pin,
        )

    @pages.after_app_request
    def protect(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return pages
