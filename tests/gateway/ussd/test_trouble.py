"""Slow, broken, doubled, lost: she gets a calm page, and what happened happened once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
import redis
import structlog
from flask import Flask
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from core.node import Node
from gateway.ussd import desk
from tests.gateway.ussd.conftest import make_app
from tests.menus import demo
from tests.phone import Phone


def test_two_identical_requests_at_once_act_once(app: Flask, phone: Phone, done: demo.Done) -> None:
    phone.dial()
    phone.type("1", "500")
    phone.text += "*1"
    form, path = phone.form(), f"/u/{phone.token}"

    with ThreadPoolExecutor(4) as threads:
        asked = [threads.submit(app.test_client().post, path, data=form) for _ in range(4)]
        pages = {request.result().get_data(as_text=True) for request in asked}

    assert pages == {"CON Your loan is on its way.\n0 Back\n00 Home"}
    assert len(done.effects) == 1


def test_a_slow_turn_ends_calmly_completes_once_and_is_texted(
    phone: Phone, done: demo.Done, texts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    phone.dial()
    phone.type("4")
    monkeypatch.setattr(desk, "USSD_TURN_SECONDS", 0.05)

    page = phone.type("2")
    done.gate.set()
    _wait_for(texts)

    assert page == "END This takes a little longer. We will text you the answer."
    assert phone.repeat() == page
    assert done.effects == ["slow"]
    assert texts == ["It took a while."]


def test_a_slow_question_is_not_texted_but_dialled_again(
    phone: Phone, app: Flask, texts: list[str], monkeypatch: pytest.MonkeyPatch, done: demo.Done
) -> None:
    phone.dial()
    monkeypatch.setattr(desk, "USSD_TURN_SECONDS", 0.05)
    done.slow_amount = True

    page = phone.type("1")
    done.gate.set()
    _wait_for(texts)

    assert page.startswith("END This takes")
    assert texts == ["We are ready now. Please dial *384*77# again."]


def test_a_bug_is_told_by_a_reference_and_logged_without_a_secret(phone: Phone) -> None:
    phone.dial()
    with structlog.testing.capture_logs() as logs:
        page = phone.type("4", "3")

    [entry] = [entry for entry in logs if entry["event"] == "ussd turn failed"]
    assert page == (
        "END Sorry, that did not work. Please dial again, or call +254700000000 "
        f"and say {entry['reference']}."
    )
    assert entry["kind"] == "RuntimeError"
    assert any("broken" in place for place in entry["at"])
    assert demo.PIN not in str(logs)
    assert phone.repeat() == page


def test_a_bug_rolls_back_and_the_next_dial_is_fine(phone: Phone) -> None:
    phone.dial()
    phone.type("4", "3")

    assert phone.dial().startswith("CON Welcome")


def test_without_redis_she_is_asked_to_dial_again(
    small_node: Node, done: demo.Done, texts: list[str], db: Session
) -> None:
    away = redis.Redis(host="127.0.0.1", port=1, socket_connect_timeout=0.2)
    app = make_app(small_node, done, texts, redis=away)
    phone = Phone(app.test_client(), small_node.keyring.token("ussd"))

    with structlog.testing.capture_logs() as logs:
        page = phone.dial()

    assert page == "END Please dial again in a minute."
    assert logs[0]["event"] == "ussd without redis"
    assert phone.hang_up().status_code == 200


def test_a_lock_that_is_never_given_back_ends_calmly(
    small_node: Node, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.ussd.dialogs.USSD_TURN_SECONDS", 0.05)
    phone.dial()
    small_node.redis.set(f"ussd:lock:{phone.session}", "somebody", px=5_000)

    assert phone.type("1") == "END Please dial again in a minute."


def test_a_session_without_end_is_ended(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk, "USSD_TURNS", 5)
    phone.dial()

    assert phone.type("1", "0", "1", "0").startswith("CON")
    assert phone.type("1") == "END This session has become too long. Please dial again."


def test_what_is_kept_holds_no_transcript_no_pin_and_no_number(
    phone: Phone, small_node: Node
) -> None:
    phone.dial()
    phone.type("2", demo.PIN)

    kept = b" ".join(
        key + (small_node.redis.get(key) or b"") for key in small_node.redis.keys("ussd:*")
    )
    assert b"balance" in kept
    assert demo.PIN.encode() not in kept
    assert b"254711000111" not in kept
    assert b"711000111" not in kept


class Counting(redis.UnixDomainSocketConnection):
    """A connection to Redis that counts the answers it waits for."""

    asked = 0

    def read_response(self, *words: Any, **options: Any) -> Any:
        Counting.asked += 1
        return super().read_response(*words, **options)


def test_a_turn_takes_two_round_trips_and_a_plain_one_no_database(
    small_node: Node, done: demo.Done, texts: list[str]
) -> None:
    pool = redis.ConnectionPool.from_url(small_node.settings.redis, connection_class=Counting)
    counting = redis.Redis(connection_pool=pool)
    app = make_app(small_node, done, texts, redis=counting)
    phone = Phone(app.test_client(), small_node.keyring.token("ussd"))
    phone.dial()
    Counting.asked = 0

    def nobody_may_connect() -> None:
        raise AssertionError("a plain turn touched the database")

    with event_listener(small_node.engine, "checkout", nobody_may_connect):
        phone.type("4", "0", "4")

    assert Counting.asked == 6
    counting.close()


@contextmanager
def event_listener(engine: Engine, name: str, listen: Callable[[], None]) -> Iterator[None]:
    def heard(*_: object) -> None:
        listen()

    event.listen(engine, name, heard)
    yield
    event.remove(engine, name, heard)


def test_a_redis_that_was_restarted_is_found_again(phone: Phone, small_node: Node) -> None:
    phone.dial()
    small_node.redis.script_flush()
    _cut_connections(small_node.redis)

    assert phone.type("1").startswith("CON How much?")


def test_everything_kept_expires(phone: Phone, small_node: Node) -> None:
    phone.dial()
    phone.type("1")

    assert all(0 < small_node.redis.ttl(key) <= 900 for key in small_node.redis.keys("ussd:*"))


def _cut_connections(client: redis.Redis) -> None:
    """As a restart would; the server is this worker's own."""
    for other in client.client_list():
        client.client_kill_filter(_id=other["id"])


def _wait_for(texts: list[str]) -> None:
    done = threading.Event()
    for _ in range(6_000):
        if texts:
            return
        done.wait(0.01)
    raise AssertionError("nothing was texted")
