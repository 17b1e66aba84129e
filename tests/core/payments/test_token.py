"""The access token is shared by all workers, because a new one kills the one before."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from core.payments.rails.mpesa.token import Tokens


class Office:
    """Gives out tokens, and counts them."""

    def __init__(self) -> None:
        self.given = 0
        self.lock = threading.Lock()

    def fetch(self) -> tuple[str, int]:
        with self.lock:
            self.given += 1
            return f"token-{self.given}", 3_599


def test_two_workers_share_one_token_through_redis(redis_url: str) -> None:
    office, connection = Office(), redis.Redis.from_url(redis_url)
    workers = [Tokens(office.fetch, connection) for _ in range(2)]

    assert [worker.get() for worker in workers] == ["token-1", "token-1"]
    connection.close()


def test_many_workers_at_once_fetch_one_token(redis_url: str) -> None:
    office, connection = Office(), redis.Redis.from_url(redis_url)
    workers = [Tokens(office.fetch, connection) for _ in range(8)]

    with ThreadPoolExecutor(8) as pool:
        got = set(pool.map(Tokens.get, workers))

    assert got == {"token-1"}
    connection.close()


def test_a_refused_token_is_replaced_once_for_all(redis_url: str) -> None:
    office, connection = Office(), redis.Redis.from_url(redis_url)
    workers = [Tokens(office.fetch, connection) for _ in range(3)]
    refused = workers[0].get()

    assert {worker.renew(refused) for worker in workers} == {"token-2"}
    connection.close()


def test_a_token_is_forgotten_before_it_ends(redis_url: str) -> None:
    connection = redis.Redis.from_url(redis_url)

    Tokens(Office().fetch, connection).get()

    assert 3_000 < connection.ttl("growr:payments:access-token") < 3_400
    connection.close()


def test_without_redis_a_process_keeps_its_own() -> None:
    office = Office()
    tokens = Tokens(office.fetch, None)

    assert (tokens.get(), tokens.get(), tokens.renew("token-1")) == (
        "token-1",
        "token-1",
        "token-2",
    )


def test_with_redis_away_the_work_goes_on() -> None:
    office, once = Office(), Retry(NoBackoff(), 0)
    away = redis.Redis(unix_socket_path="/nowhere/redis.sock", retry=once)
    tokens = Tokens(office.fetch, away)

    assert (tokens.get(), tokens.get()) == ("token-1", "token-1")
