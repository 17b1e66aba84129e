"""`growr org annual-return`, `suspicious` and `clear`: what an authority is told, and who was held back."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import click

from core import lending
from core.lending.annual import annual_return as the_year
from gateway.cli.common import as_json, of_organisation, tell
from gateway.cli.sheets import Form, form_options, show
from gateway.cli.tenant import reading, within

SUSPICIOUS = ("rule", "on", "phone", "loan", "amount", "detail")


@click.command("annual-return")
@click.option("--year", type=click.IntRange(2000, 2100), required=True)
@of_organisation
@form_options
def annual_return(year: int, organisation: str | None, form: Form | None) -> None:
    """Print the year for the regulator: loans, sums, prices, defaults, complaints. CSV unless told otherwise."""
    with reading(organisation) as here:
        rows = [*the_year(here.db, organisation_id=here.id, year=year)]
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
    with reading(organisation) as here:
        zone = ZoneInfo(here.organisation.timezone)
        until = last.replace(tzinfo=zone) + timedelta(days=1)
        rows = [
            *lending.screening.suspicious(
                here.db, organisation_id=here.id, since=first.replace(tzinfo=zone), until=until
            )
        ]
    show(SUSPICIOUS, rows, form or Form.CSV)


@click.command()
@of_organisation
@click.option("--phone", required=True)
@click.option("--because", required=True, help="Why she may borrow; it is kept.")
@as_json
def clear(organisation: str | None, phone: str, because: str, *, as_json: bool) -> None:
    """Let somebody borrow whom the screening list held back."""
    with within(organisation) as here:
        user = here.person(phone)
        lending.screening.clear(
            here.db, organisation_id=here.id, user_id=user.id, because=because, now=here.now
        )
        number = user.phone
    tell({"phone": number, "cleared": because}, as_json=as_json)
