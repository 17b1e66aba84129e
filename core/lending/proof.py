"""Whether what somebody shows meets the conditions of a project, by the issuers that project believes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from core import credentials
from core.credentials import Eligibility, Issuer, Shown, StatusReader, Trust
from core.db import Session
from core.keys import did as dids
from core.lending.models import Project


def check(
    db: Session,
    project: Project,
    presentations: Shown,
    *,
    holder_did: str,
    audience: str,
    nonce: str,
    trust: Trust,
    now: datetime,
    holder_keys: Collection[str] | None = None,
    transaction_data: Sequence[str] = (),
) -> Eligibility:
    """Decide; the caller uses up the nonce. Refuses `credential_refused` and `not_eligible`.

    With `holder_keys` (thumbprints) the keys of her wallet show, else the one key of `holder_did` does.
    """
    return credentials.check_eligibility(
        presentations, criteria=project.eligibility_criteria, holder_did=holder_did, audience=audience,
        trust=trusted(db, project, trust), nonce=nonce, now=now, status=status_reader(db, now),
        holder_keys=holder_keys, transaction_data=transaction_data,
    )  # fmt: skip


def statement(db: Session, eligible: Eligibility, project: Project) -> str | None:
    """Whether she meets the criteria of this project, signed and nothing more: it is all a lender keeps."""
    issuer: Issuer | None = db.info.get("issuer")
    if issuer is None:
        return None
    return credentials.attest(eligible, issuer=issuer, project_id=str(project.id))


def trusted(db: Session, project: Project, own: Trust) -> Trust:
    """The issuers this project believes; all the node trusts if it names none."""
    known = credentials.trust.known(db, own)
    if not project.trusted_issuers:
        return known
    named = _named(project)
    return {did: keys for did, keys in known.items() if dids.canonical(did) in named}


def status_reader(db: Session, now: datetime) -> StatusReader | None:
    """Who tells whether a credential still holds: this node's own table, and what it fetched from others."""
    issuer: Issuer | None = db.info.get("issuer")
    return credentials.status_reader(db, issuer=issuer, now=now) if issuer else None


def believed(db: Session, project: Project) -> list[str]:
    """The addresses of the issuers this project believes that have one (did:web)."""
    known = {issuer.did for issuer in credentials.trust.listed(db) if issuer.keys}
    named = _named(project) & known if project.trusted_issuers else known
    return sorted(
        credentials.trust.home(did) for did in named if did.startswith("did:web:")
    )  # fmt: skip


def _named(project: Project) -> set[str]:
    """The issuers a project names; hosts are the same in any case."""
    return {dids.canonical(did) for did in project.trusted_issuers}
