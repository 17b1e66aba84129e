"""`growr complaint`: who complains, the answer she gets by text, and the figures of a year."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import click

from core import lending
from core.lending import Complaint, Outcome
from gateway.cli.common import as_json, of_organisation, tell, tell_rows
from gateway.cli.sheets import Form, form_options, show
from gateway.cli.tenant import reading, within

DECIDED = [Outcome.UPHELD, Outcome.PARTLY, Outcome.NOT_UPHELD]


@click.command("list")
@click.option("--all", "everything", is_flag=True, help="Also what is answered or closed.")
@of_organisation
@as_json
def list_complaints(organisation: str | None, *, everything: bool, as_json: bool) -> None:
    """List what waits for an answer, the most urgent first."""
    with within(organisation) as here:
        found = lending.complaints.waiting(here.db, organisation_id=here.id, everything=everything)
        rows = [_row(one) for one in found]
    tell_rows(rows, empty="nobody waits for an answer", as_json=as_json)


@click.command()
@of_organisation
@click.argument("ticket")
@click.option("--outcome", type=click.Choice([str(one) for one in DECIDED]), required=True)
@click.option("--text", required=True, help="The answer; it goes to her phone as it is.")
@as_json
def answer(
    organisation: str | None, ticket: str, outcome: str, text: str, *, as_json: bool
) -> None:
    """Decide a complaint and text her the answer; she may say that she is not content."""
    with within(organisation) as here:
        found = lending.complaints.answer(
            here.db, organisation_id=here.id, ticket=ticket, outcome=Outcome(outcome), text=text, now=here.now
        )  # fmt: skip
        facts = _row(found)
    tell(facts, as_json=as_json)


@click.command()
@of_organisation
@click.argument("ticket")
@click.option("--withdrawn", is_flag=True, help="She took it back, so it needs no answer.")
@as_json
def close(organisation: str | None, ticket: str, *, withdrawn: bool, as_json: bool) -> None:
    """Close a complaint that was answered or taken back."""
    outcome = Outcome.WITHDRAWN if withdrawn else None
    with within(organisation) as here:
        found = lending.complaints.close(
            here.db, organisation_id=here.id, ticket=ticket, outcome=outcome, now=here.now
        )
        facts = _row(found)
    tell(facts, as_json=as_json)


@click.command()
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), help="Else a year ago.")
@click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), help="Else today.")
@of_organisation
@form_options
def report(
    first: datetime | None, last: datetime | None, organisation: str | None, form: Form | None
) -> None:
    """Count the complaints of a time: what about, how decided, how long it took."""
    with reading(organisation) as here:
        zone = ZoneInfo(here.organisation.timezone)
        last = last or datetime.combine(here.today, datetime.min.time())
        first = first or last - timedelta(days=365)
        rows = lending.complaints.report(
            here.db, organisation_id=here.id, since=first.replace(tzinfo=zone),
            until=last.replace(tzinfo=zone) + timedelta(days=1),
        )  # fmt: skip
    show(rows[0], rows, form or Form.TABLE)


def _row(one: Complaint) -> dict[str, object]:
    return {
        "ticket": one.ticket,
        "about": one.about,
        "state": one.state,
        "answer_by": one.due_on,
        "outcome": one.outcome,
        "words": one.words,
    }
