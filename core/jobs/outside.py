"""Fetch a document of somebody else, or tell another node something: the way out that a stranger has a word in.

Only https, only hosts that were written down, only public addresses; the address that was checked is the one that is
dialled. No redirects, no compression, a limit of bytes and of time. Never called in a transaction or at a keypad.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from urllib.parse import SplitResult, urlsplit

from config.limits import OUTSIDE_BYTES, OUTSIDE_SECONDS

_PORT, _FOUND = 443, 200
# IPv6 networks through which a private IPv4 address can be reached
_TUNNELS = [ipaddress.ip_network(text) for text in ("64:ff9b::/32", "2002::/16", "2001::/32")]


class Unreachable(Exception):
    """A document could not be had; the message is one stable word."""


def addresses(host: str, port: int) -> list[str]:
    """The addresses a name has now."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(one[4][0]) for one in found]


def is_public(address: str) -> bool:
    """Whether an address is one of the internet: not ours, not a neighbour's, not a way around to either."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return is_public(str(ip.ipv4_mapped))
        if ip.is_site_local or any(ip in tunnel for tunnel in _TUNNELS):
            return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved)


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody else said: a status of HTTP and a body."""

    status: int
    body: bytes


@dataclass(frozen=True)
class Outside:
    """The door to others; a test plays name service, network and certificates."""

    resolve: Callable[[str, int], Sequence[str]] = addresses
    allows: Callable[[str], bool] = is_public
    context: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    seconds: float = OUTSIDE_SECONDS

    def get(self, url: str, *, hosts: Collection[str], accept: str) -> bytes:
        """The document at `url`, if its host is one of `hosts`. Raises Unreachable."""
        answer = self.ask(url, hosts=hosts, headers={"Accept": accept})
        if answer.status != _FOUND:  # a redirect, too: whoever moved is added under the new name
            raise Unreachable(f"status_{answer.status}")
        return answer.body

    def ask(
        self,
        url: str,
        *,
        hosts: Collection[str],
        headers: Mapping[str, str],
        body: bytes | None = None,
        most: int = OUTSIDE_BYTES,
    ) -> Answer:
        """What is answered to a GET, or with a `body` to a POST, in at most `most` bytes. Raises Unreachable."""
        place = _place(url, hosts)
        host, port = str(place.hostname), place.port or _PORT
        line = self._secured(self._dial(host, port), host)
        alarm = threading.Timer(self.seconds, _hang_up, [line])
        alarm.daemon = True
        alarm.start()
        try:
            with line:
                line.do_handshake()
                return _ask(line, place, headers, body, most)
        except (OSError, HTTPException) as error:
            raise Unreachable(type(error).__name__.lower()) from error
        finally:
            alarm.cancel()

    def _dial(self, host: str, port: int) -> socket.socket:
        try:
            found = self.resolve(host, port)
        except (
            OSError,
            UnicodeError,
        ) as error:  # UnicodeError: a name that no name service can hold
            raise Unreachable("no_such_host") from error
        if not found or not all(self.allows(address) for address in found):
            raise Unreachable("private_address")
        try:
            return socket.create_connection((found[0], port), timeout=self.seconds)
        except OSError as error:
            raise Unreachable("no_connection") from error

    def _secured(self, plain: socket.socket, host: str) -> ssl.SSLSocket:
        """The line that will be spoken on; no word was said yet."""
        try:
            return self.context.wrap_socket(
                plain, server_hostname=host, do_handshake_on_connect=False,
                suppress_ragged_eofs=False,  # a document that is cut off is no document
            )  # fmt: skip
        except OSError as error:  # hung up already
            plain.close()
            raise Unreachable("no_connection") from error


def _place(url: str, hosts: Collection[str]) -> SplitResult:
    try:
        place = urlsplit(url)
        port = place.port
    except ValueError as error:
        raise Unreachable("address") from error
    if place.scheme != "https" or place.username is not None or not url.isascii():
        raise Unreachable("address")
    if any(character <= " " for character in url) or not all(str(place.hostname).split(".")):
        raise Unreachable("address")
    name = place.hostname if port in (None, _PORT) else f"{place.hostname}:{port}"
    if name not in {host.lower().removesuffix(f":{_PORT}") for host in hosts}:
        raise Unreachable("host_not_allowed")
    return place


def _ask(
    line: ssl.SSLSocket, place: SplitResult, headers: Mapping[str, str], body: bytes | None, most: int
) -> Answer:  # fmt: skip
    connection = HTTPConnection(str(place.hostname), place.port or _PORT)
    connection.sock = line
    path = (place.path or "/") + (f"?{place.query}" if place.query else "")
    sent = {**headers, "Host": place.netloc, "Connection": "close"}
    connection.request("GET" if body is None else "POST", path, body=body, headers=sent)
    with closing(connection.getresponse()) as answer:
        said = answer.read(most + 1)
    if len(said) > most:
        raise Unreachable("too_large")
    return Answer(answer.status, said)


def _hang_up(line: ssl.SSLSocket) -> None:
    """The time is over, however slowly the other side still speaks; who is reading sees the line drop."""
    with suppress(OSError):  # it may be over already
        socket.socket.shutdown(line, socket.SHUT_RDWR)
