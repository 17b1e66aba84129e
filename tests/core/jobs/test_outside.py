"""The way out: only https, only hosts written down, only public addresses, never further than asked."""

from __future__ import annotations

import datetime as dt
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from config.limits import OUTSIDE_BYTES
from core.jobs.outside import Outside, Unreachable, is_public

HOST = "sacco.example"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of sacco.example, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


class Server:
    """Speaks TLS, hears one request, says what the test wants."""

    def __init__(self, certificate: Path) -> None:
        self.says: Callable[[ssl.SSLSocket], None] = lambda line: line.sendall(OK)
        self.heard: list[bytes] = []
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                plain, _ = self._socket.accept()
            except OSError:
                return
            with (
                plain,
                suppress(OSError),
                self._context.wrap_socket(plain, server_side=True) as line,
            ):
                self.heard.append(line.recv(4_096))
                self.says(line)

    def stop(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()


@pytest.fixture
def server(certificate: Path) -> Iterator[Server]:
    made = Server(certificate)
    yield made
    made.stop()


@pytest.fixture
def outside(certificate: Path) -> Outside:
    """A door for which the loopback is a public address of sacco.example."""
    return Outside(
        resolve=lambda host, port: ["127.0.0.1"],
        allows=lambda address: address == "127.0.0.1",
        context=ssl.create_default_context(cafile=str(certificate)),
        seconds=60,
    )


def get(outside: Outside, server: Server, path: str = "/lists/1?a=b") -> bytes:
    where = f"{HOST}:{server.port}"
    return outside.get(f"https://{where}{path}", hosts=[where], accept="text/plain")


def refused(word: str, act: Callable[[], object]) -> None:
    with pytest.raises(Unreachable) as error:
        act()
    assert str(error.value) == word


def test_a_document_is_fetched_from_the_address_that_was_checked(
    outside: Outside, server: Server
) -> None:
    assert get(outside, server) == b"hello"

    head = server.heard[0].decode()
    assert head.startswith("GET /lists/1?a=b HTTP/1.1\r\n")
    assert f"Host: {HOST}:{server.port}\r\n" in head
    assert "cookie" not in head.lower()


def test_a_redirect_is_not_followed(outside: Outside, server: Server) -> None:
    server.says = lambda line: line.sendall(
        b"HTTP/1.1 302 Found\r\nLocation: https://127.0.0.1/\r\nContent-Length: 0\r\n\r\n"
    )

    refused("status_302", lambda: get(outside, server))
    assert len(server.heard) == 1


def test_too_much_is_cut_off(outside: Outside, server: Server) -> None:
    server.says = lambda line: line.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (OUTSIDE_BYTES + 1))

    refused("too_large", lambda: get(outside, server))


def test_who_speaks_for_ever_is_hung_up_on(outside: Outside, server: Server) -> None:
    over = threading.Event()

    def drip(line: ssl.SSLSocket) -> None:
        line.sendall(b"HTTP/1.1 200 OK\r\n")
        while not over.wait(0.05):
            line.sendall(b"x")  # one header line without an end

    server.says = drip
    with pytest.raises(Unreachable):
        get(replace(outside, seconds=0.3), server)
    over.set()


def test_a_certificate_of_somebody_else_is_refused(outside: Outside, server: Server) -> None:
    stranger = replace(outside, context=ssl.create_default_context())

    refused("sslcertverificationerror", lambda: get(stranger, server))
    assert server.heard == []


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("http://sacco.example/1", "address"),
        ("ftp://sacco.example/1", "address"),
        ("file:///etc/passwd", "address"),
        ("https://user:secret@sacco.example/1", "address"),
        ("https://sacco.example/1\r\nX: y", "address"),
        ("https://sacco.example:99999/1", "address"),
        ("https://sacco.ex\u00e4mple/1", "address"),
        ("https://[::1/1", "address"),
        ("https://evil.example/1", "host_not_allowed"),
        ("https://sacco.example.evil.example/1", "host_not_allowed"),
        ("https://evil.example\\@sacco.example/1", "address"),
        ("https://sacco.example:8443/1", "host_not_allowed"),
        ("https://127.0.0.1/1", "host_not_allowed"),
        ("https:///1", "host_not_allowed"),
    ],
)
def test_an_address_that_is_not_plain_or_not_written_down_is_not_dialled(
    url: str, word: str
) -> None:
    def never(host: str, port: int) -> list[str]:
        raise AssertionError("no name may be looked up")

    refused(word, lambda: Outside(resolve=never).get(url, hosts=[HOST], accept="*/*"))


@pytest.mark.parametrize(
    "found",
    [
        ["127.0.0.1"], ["10.0.0.7"], ["192.168.1.1"], ["172.16.0.1"], ["169.254.169.254"], ["100.64.0.1"],
        ["0.0.0.1"], ["224.0.0.1"], ["255.255.255.255"], ["::1"], ["::"], ["fe80::1%eth0"], ["fd00::1"],
        ["::ffff:127.0.0.1"], ["64:ff9b::7f00:1"], ["2002:7f00:1::"], ["::7f00:1"], ["fec0::1"],
        ["93.184.215.14", "10.0.0.7"], [],
    ],
)  # fmt: skip
def test_a_name_that_leads_to_a_private_address_is_not_dialled(
    found: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> socket.socket:
        raise AssertionError("nobody may be called")

    monkeypatch.setattr(socket, "create_connection", never)
    door = Outside(resolve=lambda host, port: found)

    refused("private_address", lambda: door.get(f"https://{HOST}/", hosts=[HOST], accept="*/*"))


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(address)
    assert ipaddress.ip_address(address).is_global


@pytest.mark.parametrize(
    ("host", "why"),
    [("x" * 64 + ".example", "no_such_host"), ("a..example", "address"), (f".{HOST}", "address")],
)
def test_a_name_that_cannot_be_is_nobodys(host: str, why: str) -> None:
    refused(why, lambda: Outside().get(f"https://{host}/", hosts=[host], accept="*/*"))


def test_a_name_nobody_has_is_told(outside: Outside) -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror

    refused(
        "no_such_host",
        lambda: replace(outside, resolve=unknown).get(
            f"https://{HOST}/", hosts=[HOST], accept="*/*"
        ),
    )
