"""What no provider offers: ordering faults."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, jsonify
from flask.typing import ResponseReturnValue

from gateway.sandbox import faults, web
from gateway.sandbox.world import World


def blueprint(world: World) -> Blueprint:
    """`GET`, `POST` and `DELETE /faults`."""
    pages = Blueprint("control", __name__)

    @pages.get("/faults")
    def list_faults() -> dict[str, Any]:
        with world.store.begin() as db:
            return {"faults": faults.ordered(db), "known": faults.KNOWN}

    @pages.post("/faults")
    def add_fault() -> ResponseReturnValue:
        data = web.body()
        target = web.text(data, "target", most=20).strip().lower()
        kind = faults.name_of(web.text(data, "kind", most=40))
        count = web.whole(data, "count", least=1, most=faults.COUNT_MAX, default=1)
        seconds = _seconds(data)
        if not faults.is_known(target, kind):
            return jsonify(error="unknown target or kind", known=faults.KNOWN), 400
        with world.store.begin() as db:
            faults.add(db, target, kind, count, seconds)
        return {"target": target, "kind": kind, "count": count}, 201

    @pages.delete("/faults")
    def clear_faults() -> dict[str, Any]:
        with world.store.begin() as db:
            faults.clear(db)
        return {"faults": []}

    return pages


def _seconds(data: dict[str, Any]) -> float | None:
    value = data.get("seconds")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        abort(400, "'seconds' must be a number")
    if not 0 <= value <= faults.SECONDS_MAX:
        abort(400, f"'seconds' must be from 0 to {faults.SECONDS_MAX:g}")
    return float(value)
