"""`growr credential answer`: a wallet at the command line, to try the questions of a node or of another verifier.

Who asks names every address, so that none but public ones are spoken to, unless who asks lives on this very machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

import click
import requests

from config import start
from config.limits import BODY_BYTES, HTTP_SECONDS
from core import clock
from core.credentials import openid_wallet, times, trust
from core.errors import Refusal
from core.jobs.outside import Outside, Unreachable
from core.keys import jose
from core.keys.jose import Broken, PrivateKey
from core.lending import loan_terms
from core.lending.loan_terms import LoanTerms
from core.refusal_codes import RefusalCode
from gateway.cli.credential_files import PRIVATE_KEY, TEXT

_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
HERE = ("127.0.0.1", "localhost")  # where a node is tried, without certificates


@click.command()
@click.argument("link")
@click.argument("files", nargs=-1, required=True, type=TEXT)
@click.option("--key", type=PRIVATE_KEY, required=True, help="Your private key, a JWK.")
@click.option("--yes", is_flag=True, help="Do not ask me.")
def answer(link: str, files: tuple[str, ...], key: PrivateKey, *, yes: bool) -> None:
    """Answer the question behind a code (openid4vp://...) with credentials in files."""
    times.set_leeway(start.read().clock_leeway_seconds)
    did, where = openid_wallet.read_link(link)
    line = Line(trust.address(did))
    text = line.get(where)
    now = clock.now()
    question = openid_wallet.read_question(text, did, _json(line.get(line.home)), now=now)
    try:
        terms = [loan_terms.read(text) for text in question.get("transaction_data", [])]
        chosen = openid_wallet.choose(question["dcql_query"], files, key, now=now)
    except Refusal as refusal:
        is_terms = refusal.code == RefusalCode.TRANSACTION_DATA_INVALID
        _no(line, question, "invalid_transaction_data" if is_terms else "access_denied")
        raise
    _tell(did, chosen, terms)
    if not yes and not click.confirm("Answer this?"):
        _no(line, question, "access_denied")
        raise click.Abort
    form = openid_wallet.answer(question, chosen, key, clock.now())
    line.post(question["response_uri"], form)
    click.echo("answered: the verifier took it")


def _tell(did: str, chosen: Mapping[str, openid_wallet.Choice], terms: list[LoanTerms]) -> None:
    click.echo(f"{did} asks:")
    for name, choice in chosen.items():
        shown = [".".join(map(str, claim["path"])) for claim in choice.query.get("claims", [])]
        click.echo(f"  {name}: {', '.join(shown) or 'that you hold it'}")
    for one in terms:
        click.echo(
            f"  to agree to a loan of {one.currency} {one.principal} from {one.project}: "
            f"{one.currency} {one.total} to pay back by {one.due_dates[-1]}"
        )


def _no(line: Line, question: Mapping[str, Any], error: str) -> None:
    line.post(question["response_uri"], {"error": error, **openid_wallet.state(question)})


def _json(text: str) -> dict[str, Any]:
    try:
        found = jose.loads(text.encode())
    except Broken:
        found = None
    return found if isinstance(found, dict) else {}


class Line:
    """The way to who asks; a node that is tried here needs no certificate."""

    def __init__(self, home: str) -> None:
        self.is_here = urlsplit(home).hostname in HERE
        self.home = home.replace("https://", "http://", 1) if self.is_here else home

    def get(self, where: str) -> str:
        """The document at an address."""
        return self._said(where, None)

    def post(self, where: str, form: Mapping[str, str]) -> None:
        """Tell a form to an address."""
        self._said(where, urlencode(form))

    def _said(self, where: str, form: str | None) -> str:
        place = urlsplit(where)
        near = self.is_here and place.scheme == "http" and place.hostname in HERE
        if place.scheme != "https" and not near:
            raise click.ClickException(f"{where} is not https")
        status, text = (_near if near else _far)(where, form)
        if status != requests.codes.ok:
            raise click.ClickException(f"{where} answers {status} {text[:200]!r}")
        return text


def _near(where: str, form: str | None) -> tuple[int, str]:
    method = "GET" if form is None else "POST"
    said = requests.request(
        method, where, data=form, headers=_FORM, timeout=HTTP_SECONDS, allow_redirects=False
    )
    return said.status_code, said.text


def _far(where: str, form: str | None) -> tuple[int, str]:
    body = None if form is None else form.encode()
    try:
        said = Outside().ask(
            where, hosts=[urlsplit(where).netloc], headers=_FORM, body=body, most=BODY_BYTES
        )
    except Unreachable as reason:
        raise click.ClickException(f"{where}: {reason}") from reason
    return said.status, said.body.decode("utf-8", "replace")
