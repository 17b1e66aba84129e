"""Slow, broken, doubled, lost: she gets a calm page, and what happened happened once."""

from __future__ import annotations

import threading
import time
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

from config import limits
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

    assert page == (
        "END This takes a little longer. We will text you the answer. If no text comes, please dial again."
    )
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


def test_a_turn_that_breaks_after_its_time_costs_no_text(
    phone: Phone, texts: list[str], monkeypatch: pytest.MonkeyPatch, done: demo.Done
) -> None:
    phone.dial()
    monkeypatch.setattr(desk, "USSD_TURN_SECONDS", 0.05)

    with structlog.testing.capture_logs() as logs:
        page = phone.type("4", "7")
        done.gate.set()
        _until(lambda: any(entry["event"] == "ussd turn failed" for entry in logs))

    assert page.startswith("END This takes a little longer.")
    assert texts == []


SHED = (
    "END Very many are calling. Nothing is lost. Please dial again in 5 minutes.\n"
    "Wengi wanapiga sasa. Hakuna kilichopotea. Tafadhali piga tena baada ya dakika 5."
)


@pytest.fixture
def behind_a_proxy(small_node: Node, done: demo.Done, texts: list[str]) -> Phone:
    """A phone whose requests pass a proxy of ours, which says when they came."""
    settings = small_node.settings.model_copy(update={"trusted_proxies": ["127.0.0.0/8"]})
    app = make_app(small_node, done, texts, settings=settings)
    phone = Phone(app.test_client(), small_node.keyring.token("ussd"))
    arrived(phone, 0)
    phone.dial()
    return phone


def arrived(phone: Phone, seconds_ago: float) -> None:
    since = f"t={time.time() - seconds_ago:.3f}"
    phone.client.environ_base["HTTP_X_REQUEST_START"] = since


def test_a_request_that_waited_too_long_is_shed_at_once_and_loses_nothing(
    behind_a_proxy: Phone, texts: list[str]
) -> None:
    phone = behind_a_proxy
    page = phone.type("1")
    arrived(phone, 20)
    assert phone.type("500") == SHED
    assert len(SHED) <= 160
    phone.text = "1"

    arrived(phone, 0)

    assert phone.repeat() == page, "the session is as it was"
    assert phone.type("500").startswith("CON Borrow 500?")
    assert texts == []


def test_a_new_session_gives_way_to_those_that_have_begun(
    behind_a_proxy: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "USSD_WAIT_SECONDS", 60)
    arrived(behind_a_proxy, 20)

    assert behind_a_proxy.type("1").startswith("CON How much?")
    assert behind_a_proxy.dial() == SHED


def test_nobody_but_our_proxy_says_when_a_request_came(phone: Phone) -> None:
    phone.dial()
    arrived(phone, 20)

    assert phone.type("1").startswith("CON How much?")


def test_a_turn_that_found_no_thread_in_its_time_never_begins(
    phone: Phone, app: Flask, small_node: Node, done: demo.Done, texts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    slow = [
        Phone(app.test_client(), phone.token, f"+2547110002{n:02}")
        for n in range(limits.USSD_THREADS)
    ]
    for one in slow:
        one.dial()
        one.type("4")
    phone.dial()
    phone.type("1")
    with ThreadPoolExecutor(len(slow)) as threads:
        waiting = [threads.submit(one.type, "2") for one in slow]
        _until(lambda: done.shown.count("slow") == len(slow))
        monkeypatch.setattr(desk, "USSD_TURN_SECONDS", 0.2)
        page = phone.type("500")
        done.gate.set()
        assert {one.result()[:21] for one in waiting} == {"CON It took a while.\n"}

    assert page == SHED
    phone.text = "1"
    monkeypatch.setattr(desk, "USSD_TURN_SECONDS", 60)
    assert phone.type("500").startswith("CON Borrow 500?"), "and nothing of it was lost"
    assert texts == []


def test_a_deep_dial_of_hundreds_of_answers_is_counted_as_so_many(phone: Phone) -> None:
    page = phone.dial("*".join(["1", "0"] * 495))

    assert page == "END This session has become too long. Please dial again."


def test_a_session_id_that_comes_again_is_a_new_session(phone: Phone, done: demo.Done) -> None:
    """Some carriers count their sessions in a circle."""
    phone.dial()
    assert phone.type("1", "500", "1").startswith("CON Your loan")
    assert phone.type("00", "4", "5") == "END Bye."

    for _ in range(2):
        phone.text = ""
        assert phone.send().startswith("CON Welcome")
        assert phone.type("1", "500", "1").startswith("CON Your loan")
        assert phone.type("00", "4", "5") == "END Bye."

    assert len(done.effects) == 3, "money moves as often as she said so"
    assert len(set(done.effects)) == 3


def test_an_end_is_told_again_to_who_did_not_hear_it(phone: Phone) -> None:
    phone.dial()
    page = phone.type("4", "5")

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
    phone.dial()
    monkeypatch.setattr(desk, "USSD_TURN_SECONDS", 0.05)
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
    _until(lambda: bool(texts))


def _until(happened: Callable[[], bool]) -> None:
    done = threading.Event()
    for _ in range(6_000):
        if happened():
            return
        done.wait(0.01)
    raise AssertionError("it never happened")
