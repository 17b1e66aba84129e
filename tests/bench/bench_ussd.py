"""What a USSD turn costs: CPU and turns per second, beside a bare Flask handler in the same gunicorn and run.

Rounds are interleaved and the ratio is taken within each round, so that a busy machine disturbs all rows alike. CPU is
user + system time of the workers divided by the requests they answered; it is the number to trust.
"""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

from core import keys
from tests.databases import build_schema
from tests.servers import Redis

CONNECTIONS = 4
SESSIONS = 30  # per connection and round
TURNS = 10  # per session
ROUNDS = 5
Figures = tuple[float, float]  # CPU microseconds per turn, turns per second
TICK = os.sysconf("SC_CLK_TCK")
KINDS = {
    "bare Flask": "",
    "menu only": "1*1*3*0*1*1*3*0*9*1",  # lists, back and one hint
    "with a query": "2*1*1*1*1*1*1*1*1*1",
}


class Client:
    """Just enough HTTP: a connection for each request, as proxies do by default, or one that is kept open."""

    def __init__(self, port: int, *, kept: bool) -> None:
        self.port, self.kept = port, kept
        self.socket = self._connect()

    def _connect(self) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def post(self, path: str, body: str) -> bytes:
        head = (
            f"POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            f"Connection: {'keep-alive' if self.kept else 'close'}\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        )
        self.socket.sendall(head.encode())
        page = self._body()
        if not self.kept:
            self.socket.close()
            self.socket = self._connect()
        return page

    def _body(self) -> bytes:
        seen = b""
        while b"\r\n\r\n" not in seen:
            seen += self.socket.recv(65_536)
        head, _, body = seen.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        while len(body) < length:
            body += self.socket.recv(65_536)
        assert body.startswith(b"CON "), body
        return body


def walks(kind: str, token: str) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """The requests of one connection: the dials, which are not measured, and the turns after them."""
    dials, turns = [], []
    for _ in range(SESSIONS):
        session, number = f"ATUid_{uuid.uuid4().hex}", f"+2547{uuid.uuid4().int % 10**8:08d}"
        form = {
            "sessionId": session,
            "phoneNumber": number,
            "serviceCode": "*384*77#",
            "networkCode": "63902",
        }
        path = f"/u/{token}" if KINDS[kind] else "/bare"
        answers = KINDS[kind].split("*") if KINDS[kind] else ["1"] * TURNS
        texts = ["*".join(answers[: n + 1]) for n in range(TURNS)]
        dials.append((path, urlencode(form | {"text": ""})))
        turns += [(path, urlencode(form | {"text": text})) for text in texts]
    return dials, turns


def measure(
    kind: str, client: Callable[[], Client], token: str, cpu: Callable[[], float]
) -> Figures:
    """CPU microseconds per turn, and turns per second, of one round."""
    plans = [walks(kind, token) for _ in range(CONNECTIONS)]
    clients = [client() for _ in range(CONNECTIONS)]
    start = threading.Barrier(CONNECTIONS + 1)

    def run(client: Client, plan: tuple[list[tuple[str, str]], list[tuple[str, str]]]) -> None:
        for path, body in plan[0]:
            client.post(path, body)
        start.wait()
        start.wait()
        for path, body in plan[1]:
            client.post(path, body)

    with ThreadPoolExecutor(CONNECTIONS) as threads:
        running = [threads.submit(run, *pair) for pair in zip(clients, plans, strict=True)]
        start.wait()
        before, began = cpu(), time.perf_counter()
        start.wait()
        for walk in running:
            walk.result()
        spent, lasted = cpu() - before, time.perf_counter() - began
    for each in clients:
        each.socket.close()
    turns = CONNECTIONS * SESSIONS * TURNS
    return spent / turns * 1e6, turns / lasted


@contextmanager
def server(folder: Path) -> Iterator[tuple[int, int]]:
    """gunicorn with two workers on SQLite and a private Redis; yields its port and process id."""
    redis = Redis(folder)
    url = redis.start()
    build_schema(f"sqlite:///{folder / 'growr.db'}")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = f"-b 127.0.0.1:{port} -w 2 -k gthread --threads 8 --keep-alive 30 --no-control-socket"
    words = [
        "-m",
        "gunicorn",
        *options.split(),
        "--log-level",
        "warning",
        "tests.bench.ussd_app:make()",
    ]
    environment = os.environ | {"GROWR_HOME": str(folder), "GROWR_REDIS_URL": url}
    process = subprocess.Popen([sys.executable, *words], env=environment)
    try:
        _wait(port)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait()
        redis.stop()


def _wait(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
    raise TimeoutError("gunicorn did not start")


def workers_cpu(parent: int) -> float:
    """Seconds of CPU the children of a process have used so far."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return sum(_cpu(child) for child in children)


def _cpu(process: str) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def measure_all(folder: Path, token: str) -> dict[bool, list[dict[str, Figures]]]:
    """Every kind in turn, round after round, on fresh and on kept connections; the first round only warms up."""
    found: dict[bool, list[dict[str, Figures]]] = {False: [], True: []}
    with server(folder) as (port, pid):
        for _ in range(ROUNDS + 1):
            for kept, rounds in found.items():
                client = partial(Client, port, kept=kept)
                cpu = partial(workers_cpu, pid)
                rounds.append({kind: measure(kind, client, token, cpu) for kind in KINDS})
    return {kept: rounds[1:] for kept, rounds in found.items()}


def main() -> None:
    """Measure and print the table."""
    with tempfile.TemporaryDirectory(prefix="growr-bench-") as name:
        token = keys.create(Path(name) / "keys").token("ussd")
        found = measure_all(Path(name), token)
    print(
        f"USSD turn: {ROUNDS} interleaved rounds of {CONNECTIONS * SESSIONS * TURNS} turns, 2 gthread workers"
    )
    for kept, rounds in found.items():
        print("one connection kept open" if kept else "a connection for each request")
        print(f"  {'':14}{'CPU us/turn':>12}{'range':>12}{'x bare':>8}{'turns/s':>9}{'x bare':>8}")
        for kind in KINDS:
            print(f"  {kind:14}{_row(rounds, kind)}")


def _row(rounds: list[dict[str, Figures]], kind: str) -> str:
    cpu = [each[kind][0] for each in rounds]
    dearer = statistics.median(each[kind][0] / each["bare Flask"][0] for each in rounds)
    rate = statistics.median(each[kind][1] for each in rounds)
    slower = statistics.median(each[kind][1] / each["bare Flask"][1] for each in rounds)
    spread = f"{min(cpu):.0f}-{max(cpu):.0f}"
    return f"{statistics.median(cpu):12.0f}{spread:>12}{dearer:8.2f}{rate:9.0f}{slower:8.2f}"


if __name__ == "__main__":
    main()
