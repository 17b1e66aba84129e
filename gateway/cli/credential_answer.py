"""`growr credential answer`: a wallet at the command line, to try the questions of a node or of another verifier."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import click
import requests

from config.limits import BODY_BYTES, HTTP_SECONDS
from core import clock
from core.credentials import openid_wallet, trust
from core.errors import Refusal
from core.keys import jose
from core.keys.jose import Broken, PrivateKey
from core.lending import loan_terms
from gateway.cli.credential_files import PRIVATE_KEY, TEXT

HERE = ("127.0.0.1", "localhost")  # where a node is tried, without certificates


@click.command()
@click.argument("link")
@click.argument("files", nargs=-1, required=True, type=TEXT)
@click.option("--key", type=PRIVATE_KEY, required=True, help="Your private key, a JWK.")
@click.option("--yes", is_flag=True, help="Do not ask me.")
def answer(link: str, files: tuple[str, ...], key: PrivateKey, *, yes: bool) -> None:
    """Answer the question behind a code (openid4vp://...) with credentials in files."""
    did, where = openid_wallet.read_link(link)
    document = _json(_get(_near(trust.address(did))))
    question = openid_wallet.read_question(_get(where), did, document)
    try:
        terms = [loan_terms.read(text) for text in question.get("transaction_data", [])]
        chosen = openid_wallet.choose(question["dcql_query"], files, key)
    except Refusal as refusal:
        is_terms = refusal.code == "transaction_data_invalid"
        _no(question, "invalid_transaction_data" if is_terms else "access_denied")
        raise
    _tell(did, chosen, terms)
    if not yes and not click.confirm("Answer this?"):
        _no(question, "access_denied")
        raise click.Abort
    form = openid_wallet.answer(question, chosen, key, clock.now())
    click.echo(f"answered: {_post(question, form)}")


def _tell(did: str, chosen: Mapping[str, openid_wallet.Choice], terms: list[Any]) -> None:
    click.echo(f"{did} asks:")
    for name, choice in chosen.items():
        shown = [".".join(map(str, claim["path"])) for claim in choice.query.get("claims", [])]
        click.echo(f"  {name}: {', '.join(shown) or 'that you hold it'}")
    for one in terms:
        click.echo(f"  to agree to a loan: {one}")


def _no(question: Mapping[str, Any], error: str) -> None:
    _post(question, {"error": error, **openid_wallet.state(question)})


def _post(question: Mapping[str, Any], form: Mapping[str, str]) -> str:
    where = _checked(question["response_uri"])
    said = requests.post(where, data=form, timeout=HTTP_SECONDS, allow_redirects=False)
    if said.status_code != requests.codes.ok:
        raise click.ClickException(f"the verifier said {said.status_code}: {said.text[:200]}")
    return "the verifier took it" if "error" not in form else "no"


def _get(where: str) -> str:
    said = requests.get(_checked(where), timeout=HTTP_SECONDS, allow_redirects=False)
    if said.status_code != requests.codes.ok or len(said.content) > BODY_BYTES:
        raise click.ClickException(f"{where} answers {said.status_code}")
    return said.text


def _json(text: str) -> dict[str, Any]:
    try:
        found = jose.loads(text.encode())
    except Broken:
        found = None
    return found if isinstance(found, dict) else {}


def _near(where: str) -> str:
    return where.replace("https://", "http://", 1) if urlsplit(where).hostname in HERE else where


def _checked(where: str) -> str:
    """Only https, but for a node on this very machine."""
    place = urlsplit(where)
    if place.scheme != "https" and not (place.scheme == "http" and place.hostname in HERE):
        raise click.ClickException(f"{where} is not https")
    return where
