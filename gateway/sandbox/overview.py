"""For tests and operators: every wallet, the sums that must be zero, and whether the sandbox lives."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort

from gateway.sandbox import wallet
from gateway.sandbox.world import World


def blueprint(world: World) -> Blueprint:
    """`/shortcodes/<code>/wallet`, `/ledger`, `/health`."""
    pages = Blueprint("overview", __name__)

    @pages.get("/shortcodes/<code>/wallet")
    def shortcode(code: str) -> dict[str, Any]:
        settings = world.settings
        if code not in {settings.mpesa_short_code, settings.mpesa_payout_short_code}:
            abort(404, "there is no such short code")
        with world.store.begin() as db:
            return {"shortcode": code, **wallet.statement(db, code)}

    @pages.get("/ledger")
    def ledger() -> dict[str, Any]:
        with world.store.begin() as db:
            return wallet.totals(db)

    @pages.get("/health")
    def health() -> dict[str, Any]:
        with world.store.begin() as db:
            db.execute("SELECT 1")
        return {"status": "ok"}

    return pages
