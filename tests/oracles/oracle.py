"""Libraries nobody here wrote, asked from Python: one Node process that answers many questions."""

from __future__ import annotations

import json
import shutil
import subprocess
from itertools import count
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


class Said(Exception):
    """What the library threw at the question."""


def missing() -> str | None:
    """Why no oracle can be asked here, if so."""
    if not shutil.which("node"):
        return "there is no Node here, so the libraries of others judge nothing; CI has it"
    if not (HERE / "node_modules").is_dir():
        return "the libraries of others are not installed: make install"
    return None


class Oracle:
    """Questions of the form module.verb, e.g. ask("sdjwt.verify", text=…); a module is a file `<module>.mjs` here."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            ["node", "run.mjs"],
            cwd=HERE,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        self._ids = count()

    def ask(self, question: str, **words: Any) -> Any:
        """The library's answer; raises Said where it threw."""
        assert self._process.stdin
        assert self._process.stdout
        line = json.dumps({"id": next(self._ids), "do": question, "with": words})
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        if "error" in answer:
            raise Said(answer["error"], *answer["details"])
        return answer["found"]

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(timeout=60)
        self._process.stdout.close()
