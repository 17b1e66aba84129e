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
from pathlib import Path
from urllib.parse import urlencode

from core import keys
from tests.databases import build_schema
from tests.servers import Redis

CONNECTIONS = 4
SESSIONS = 40  # per connection and round
TURNS = 10  # per session
ROUNDS = 7
TICK = os.sysconf("SC_CLK_TCK")
KINDS = {
    "bare Flask": "",
    "menu only": "1*1*2*0*1*1*3*0*9*1",  # lists, back and one hint
    "with a query": "2*1*1*1*1*1*1*1*1*1",
}


class Client:
    """One connection that is kept open; it knows just enough HTTP."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def post(self, path: str, body: str) -> bytes:
        head = (
            f"POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        )
        self.socket.sendall(head.encode())
        return self._body()

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
        form = {"sessionId": session, "phoneNumber": number, "serviceCode": "*384*77#", "networkCode": "63902"}
        path = f"/u/{token}" if KINDS[kind] else "/bare"
        answers = KINDS[kind].split("*") if KINDS[kind] else ["1"] * TURNS
        texts = ["*".join(answers[: n + 1]) for n in range(TURNS)]
        dials.append((path, urlencode(form | {"text": ""})))
        turns += [(path, urlencode(form | {"text": text})) for text in texts]
    return dials, turns


def measure(kind: str, port: int, token: str, cpu: Callable[[], float]) -> tuple[float, float]:
    """CPU microseconds per turn, and turns per second, of one round."""
    plans = [walks(kind, token) for _ in range(CONNECTIONS)]
    clients = [Client(port) for _ in range(CONNECTIONS)]
    start = threading.Barrier(CONNECTIONS + 1)

    def run(client: Client, plan: tuple[list[tuple[str, str]], list[tuple[str, str]]]) -> None:
        for path, body in plan[0]:
            client.post(path, body)
        start.wait()
        start.wait()
        for path, body in plan[1]:
            client.post(path, body)

    with ThreadPoolExecutor(CONNECTIONS) as threads:
        running = [threads.submit(run, *each) for each in zip(clients, plans, strict=True)]
        start.wait()
        before, began = cpu(), time.perf_counter()
        start.wait()
        for each in running:
            each.result()
        spent, lasted = cpu() - before, time.perf_counter() - began
    for client in clients:
        client.socket.close()
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
    words = ["-m", "gunicorn", "-b", f"127.0.0.1:{port}", "-w", "2", "-k", "gthread", "--threads", "8",
             "--keep-alive", "30", "--no-control-socket", "--log-level", "warning", "tests.bench.ussd_app:make()"]  # fmt: skip
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


def measure_all(folder: Path, token: str) -> list[dict[str, tuple[float, float]]]:
    """Every kind in turn, round after round; the first round only warms up."""
    with server(folder) as (port, pid):
        return [
            {kind: measure(kind, port, token, lambda: workers_cpu(pid)) for kind in KINDS}
            for _ in range(ROUNDS + 1)
        ][1:]


def main() -> None:
    """Measure and print the table."""
    with tempfile.TemporaryDirectory(prefix="growr-bench-") as name:
        token = keys.create(Path(name) / "keys").token("ussd")
        rounds = measure_all(Path(name), token)
    print(f"USSD turn, {ROUNDS} interleaved rounds of {CONNECTIONS * SESSIONS * TURNS} turns, 2 gthread workers")
    print(f"{'':14}{'CPU us/turn':>12}{'range':>14}{'x bare':>8}{'turns/s':>9}{'x bare':>8}")
    for kind in KINDS:
        cpu = [each[kind][0] for each in rounds]
        dearer = statistics.median(each[kind][0] / each["bare Flask"][0] for each in rounds)
        rate = statistics.median(each[kind][1] for each in rounds)
        slower = statistics.median(each[kind][1] / each["bare Flask"][1] for each in rounds)
        spread = f"{min(cpu):.0f}-{max(cpu):.0f}"
        print(f"{kind:14}{statistics.median(cpu):12.0f}{spread:>14}{dearer:8.2f}{rate:9.0f}{slower:8.2f}")


if __name__ == "__main__":
    main()
