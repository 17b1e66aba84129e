"""`python -m gateway.sandbox`: run the sandbox until it is told to stop."""

from __future__ import annotations

import signal
import sys
import threading

from config import start
from gateway.sandbox import create_sandbox


def main() -> None:
    """Listen on 127.0.0.1 until SIGTERM or Ctrl-C."""
    start.reach_ourselves()
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    sandbox = create_sandbox()
    sandbox.start()
    sys.stdout.write(f"sandbox: phones, telco and mobile money on {sandbox.url}\n")
    sys.stdout.flush()
    stopping.wait()
    sandbox.stop()


if __name__ == "__main__":
    main()
