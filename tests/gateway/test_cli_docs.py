"""Every growr command that the documentation shows in a block does what it says, pasted into a shell as it stands."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from gateway.cli import demo, main
from tests.journey.running import PIN, borrow
from tests.village import registered, village

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"```sh\n(.*?)```|((?:^    [^\n]*\n)+)", re.DOTALL | re.MULTILINE)
COMMAND = re.compile(r"^\s*growr |[|&] growr ", re.MULTILINE)
PAGES = [
    "README.md",
    "docs/credentials.md",
    "docs/people.md",
    "docs/projects.md",
    "docs/ledger.md",
    "docs/loans.md",
    "docs/schedules.md",
    "docs/portfolio.md",
]
OF_NAKURU = ("docs/people.md", "docs/projects.md")  # the others use what the demo has
FIRST = re.compile(r"growr org create .*")
PROJECT = """growr project list --json | python -c 'import json,sys; print(json.load(sys.stdin)[-1]["project"])'"""


def shown(page: str) -> list[str]:
    """The blocks of a page in which growr is called."""
    text = (ROOT / page).read_text()
    blocks = [fenced or indented for fenced, indented in BLOCK.findall(text)]
    return [block for block in blocks if COMMAND.search(block)]


def example(page: str) -> str:
    """The first JSON of a page."""
    found = re.search(r"```json\n(.*?)```", (ROOT / page).read_text(), re.DOTALL)
    assert found is not None
    return found.group(1)


def desk(folder: Path) -> Path:
    """A folder with the files an originator has at hand."""
    folder.mkdir()
    (folder / ".venv").symlink_to(sys.prefix)
    (folder / "faith.json").write_text(example("docs/people.md"))
    (folder / "project.json").write_text(example("docs/projects.md"))
    return folder


def paste(script: str, folder: Path, environment: dict[str, str]) -> None:
    words = ["bash", "-euo", "pipefail", "-c", script]
    with subprocess.Popen(
        words, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, start_new_session=True,
    ) as shell:  # fmt: skip
        try:
            said, _ = shell.communicate(timeout=900)
        finally:
            with suppress(ProcessLookupError):  # nothing it started outlives a shell
                os.killpg(shell.pid, signal.SIGKILL)
    assert shell.returncode == 0, f"{script}\n{said}"


def test_no_page_is_forgotten() -> None:
    pages = [str(path.relative_to(ROOT)) for path in [ROOT / "README.md", *ROOT.glob("docs/*.md")]]

    assert sorted(page for page in pages if shown(page)) == sorted(PAGES)


def test_the_reader_is_told_where_growr_is() -> None:
    assert shown("README.md")[0].startswith(". .venv/bin/activate")


def lent(home: Path, url: str, redis_url: str) -> str:
    """The code of a loan that was paid out, beside what `make demo` writes."""
    with village(home, url, redis_url) as place:
        phone = registered(place, PIN)
        borrow(phone)
        phone.hang_up()
        place.live()
        loan = place.loan(phone)
    assert loan is not None
    return loan.code


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_shows_works_beside_the_demo(
    tmp_path: Path, databases: dict[str, Any], redis_url: str, page: str
) -> None:
    home, url, blocks = tmp_path / "home", databases["sqlite"].fresh(tmp_path), shown(page)
    code = lent(home, url, redis_url) if "L1042X" in "".join(blocks) else "no loan"
    folder, environment = desk(tmp_path / "desk"), os.environ | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "GROWR_HOME": str(home),
        "GROWR_DATABASE_URL": url,
        "GROWR_REDIS_URL": redis_url,
        "GROWR_ORG": "Nakuru Farmers" if page in OF_NAKURU else demo.COOPERATIVE,
    }  # fmt: skip
    assert CliRunner().invoke(main, ["demo"], env=environment).exit_code == 0
    if "Nakuru Farmers" in "".join(blocks) and page != "README.md":
        paste(FIRST.findall(shown("README.md")[0])[0], folder, environment)

    for block in blocks:
        script = block.replace("PROJECT_ID", f"$({PROJECT})").replace("L1042X", code)
        paste(script, folder, environment)


def test_the_example_of_a_person_is_the_one_invited() -> None:
    facts = json.loads(example("docs/people.md"))["kyc"]

    for page in ("README.md", "docs/people.md"):
        assert f'"{facts["given_name"]} {facts["family_name"]}" ' in shown(page)[0]
