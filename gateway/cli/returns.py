"""`growr org annual-return`, `suspicious` and `clear`: what an authority is told, and who was held back."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import click

from core import lending, people
from core.errors import Refusal
from core.lending.annual import annual_return as the_year
from gateway.cli.common import as_json, of_organisation, tell, the_organisation, this_node
from gateway.cli.sheets import Form, form_options, show

SUSPICIOUS = ("rule", "on", "phone", "loan", "amount", "detail")


@click.command("annual-return")
@click.option("--year", type=click.IntRange(2000, 2100), required=True)
@of_organisation
@form_options
def annual_return(year: int, organisation: str | None, form: Form | None) -> None:
    """Print the year for the regulator: loans, sums, prices, defaults, complaints. CSV unless told otherwise."""
    with this_node().sessions.begin() as db:
        organisation_id = the_organisation(db, organisation).id
        rows = [*the_year(db, organisation_id=organisation_id, year=year)]
    columns = dict.fromkeys(name for row in rows for name in row)
    show(columns, rows, form or Form.CSV)


@click.command()
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), required=True)
@click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), required=True)
@of_organisation
@form_options
def suspicious(
    first: datetime, last: datetime, organisation: str | None, form: Form | None
) -> None:
    """Print what may have to be reported (on a list, paid back at once, overpaid): a person judges each row."""
    with this_node().sessions.begin() as db:
        ours = the_organisation(db, organisation)
        zone = ZoneInfo(ours.timezone)
        until = last.replace(tzinfo=zone) + timedelta(days=1)
        rows = [
            *lending.screening.suspicious(
                db, organisation_id=ours.id, since=first.replace(tzinfo=zone), until=until
            )
        ]
    show(SUSPICIOUS, rows, form or Form.CSV)


@click.command()
@click.option("--phone", required=True)
@click.option("--because", required=True, help="Why she may borrow; it is kept.")
@as_json
def clear(phone: str, because: str, *, as_json: bool) -> None:
    """Let somebody borrow whom the screening list held back."""
    node = this_node()
    with node.sessions.begin() as db:
        user = people.by_phone(db, phone)
        if user is None:
            raise Refusal("user_unknown", phone=phone)
        lending.screening.clear(db, user_id=user.id, because=because, now=node.clock())
    tell({"phone": phone, "cleared": because}, as_json=as_json)
