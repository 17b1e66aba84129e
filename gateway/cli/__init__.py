"""The console command of an operator: `growr`. Each group of commands is one module here."""

from __future__ import annotations

import click

from config import logging
from config.settings import Settings
from core.errors import Refusal
from gateway.cli import db, demo, ledger, loan, node, org, payment, project, up, user


class Commands(click.Group):
    """A group that tells a refusal as one clear line instead of a trace."""

    def invoke(self, context: click.Context) -> object:
        try:
            return super().invoke(context)
        except Refusal as refusal:
            facts = ", ".join(f"{name}={value}" for name, value in refusal.facts.items())
            raise click.ClickException(
                f"refused: {refusal.code}" + (f" ({facts})" if facts else "")
            ) from None


@click.group(cls=Commands)
def main() -> None:
    """Run and operate a Growr node. Settings are environment variables: GROWR_HOME, GROWR_PORT, ..."""
    logging.configure(Settings().log_format)  # to standard error, so that --json stays readable


for command in (
    up.up,
    demo.demo,
    org.org,
    user.user,
    project.project,
    loan.loan,
    ledger.ledger,
    payment.payment,
    db.db,
    node.node,
):
    main.add_command(command)
