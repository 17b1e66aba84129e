"""Only who knows the path and calls from a known network is let in."""

from __future__ import annotations

import pytest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from gateway import guard

PROXIES = ["10.0.0.0/8", "::1"]


def coming(address: str | None, forwarded: str | None = None) -> Request:
    headers = {"X-Forwarded-For": forwarded} if forwarded is not None else {}
    builder = EnvironBuilder(
        headers=headers, environ_base={"REMOTE_ADDR": address} if address else {}
    )
    return Request(builder.get_environ())


@pytest.mark.parametrize(
    ("given", "right"),
    [("secret", True), ("secre", False), ("", False), ("sécret", False), ("SECRET", False)],
)
def test_a_token_must_be_the_one_we_gave(given: str, right: bool) -> None:
    assert guard.check_token(given, "secret") is right


def test_an_empty_list_allows_everybody() -> None:
    assert guard.address_allowed(coming("203.0.113.9"), [], [])
    assert guard.address_allowed(coming(None), [], [])


@pytest.mark.parametrize(
    ("address", "forwarded", "allowed"),
    [
        ("192.0.2.7", None, True),
        ("192.0.3.7", None, False),
        ("2001:db8::5", None, True),
        (None, None, False),
        ("10.1.1.1", "192.0.2.7", True),
        ("10.1.1.1", "192.0.2.7, 10.2.2.2", True),
        ("10.1.1.1", "192.0.2.7, 203.0.113.9", False),  # the caller wrote the first part himself
        ("203.0.113.9", "192.0.2.7", False),  # not our proxy: what it says counts for nothing
        ("10.1.1.1", "", False),
        ("10.1.1.1", "nonsense", False),
        ("10.1.1.1", None, False),
    ],
)
def test_the_caller_must_be_in_a_listed_network(
    address: str | None, forwarded: str | None, allowed: bool
) -> None:
    networks = ["192.0.2.0/24", "2001:db8::/32"]

    assert guard.address_allowed(coming(address, forwarded), networks, PROXIES) is allowed
