"""The console command of an operator: `growr`. Each group of commands is one module here."""

from __future__ import annotations

import click
from sqlalchemy.exc import OperationalError

from config import logging, start
from config.start import Unusable
from core.errors import Refusal
from gateway.cli import (
    complaint,
    credential,
    db,
    demo,
    group,
    issuer,
    ledger,
    loan,
    loan_care,
    loan_desk,
    loan_sheets,
    node,
    org,
    payment,
    portfolio,
    project,
    project_end,
    returns,
    up,
    user,
)


class Commands(click.Group):
    """A group that tells what an operator can mend as one clear line instead of a trace."""

    def invoke(self, context: click.Context) -> object:
        try:
            return super().invoke(context)
        except Refusal as refusal:
            said = _refused(refusal)
        except Unusable as error:
            said = str(error)
        except OperationalError as error:
            said = f"the database does not answer (GROWR_DATABASE_URL): {_reason(error)}"
        raise click.ClickException(said)


def _refused(refusal: Refusal) -> str:
    facts = ", ".join(f"{name}={value}" for name, value in refusal.facts.items())
    return f"refused: {refusal.code}" + (f" ({facts})" if facts else "")


def _reason(error: OperationalError) -> str:
    """What the driver says, in one line; it names host and user, never the password."""
    return " ".join(str(error.orig).split())


@click.group(cls=Commands)
def main() -> None:
    """Run and operate a Growr node. Settings are environment variables: GROWR_HOME, GROWR_PORT, ..."""
    logging.configure(start.read().log_format)  # to standard error, so that --json stays readable


for commands in (
    up.up,
    demo.demo,
    org.org,
    user.user,
    project.project,
    group.group,
    loan.loan,
    ledger.ledger,
    portfolio.portfolio,
    payment.payment,
    complaint.complaint,
    credential.credential,
    issuer.issuer,
    db.db,
    node.node,
):
    main.add_command(commands)

for command in (
    loan_sheets.show,
    loan_sheets.statement,
    *loan_desk.COMMANDS,
    loan_care.contract,
    loan_care.hardship,
):
    loan.loan.add_command(command)
for command in (project_end.fund, project_end.close, project_end.pay_back):
    project.project.add_command(command)
for command in (returns.annual_return, returns.suspicious, returns.clear):
    org.org.add_command(command)
