"""Who may call: an unguessable token in the path, compared in constant time, and an optional list of addresses."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from flask import Request


def check_token(given: str, expected: str) -> bool:
    """Whether the token in the path is the one we gave out."""
    return hmac.compare_digest(given.encode(), expected.encode())


def address_allowed(request: Request, allowed: Sequence[str], proxies: Sequence[str]) -> bool:
    """Whether the request comes from one of the `allowed` networks (an empty list allows everybody).

    `X-Forwarded-For` is believed only as far as it was written by our own `proxies`: the nearest address that is not
    one of them is the caller.
    """
    if not allowed:
        return True
    chain = [request.remote_addr or "", *reversed(_forwarded(request))]
    caller = next((address for address in chain if not is_within(address, tuple(proxies))), "")
    return is_within(caller, tuple(allowed))


def _forwarded(request: Request) -> list[str]:
    return [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]


def is_within(address: str, networks: tuple[str, ...]) -> bool:
    """Whether an address is in one of the networks."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return any(found in network for network in _networks(networks))


@lru_cache(maxsize=64)
def _networks(texts: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(text, strict=False) for text in texts)
