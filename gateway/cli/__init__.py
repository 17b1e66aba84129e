"""The console command of an operator: `growr`. Its commands are the modules of this package, named in table.py."""

from __future__ import annotations

import errno

import click

from config import logging, start
from config.start import Unusable
from core.errors import Busy, Refusal
from gateway.cli.lazy import Lazy
from gateway.cli.refusals import DISK_FULL, sentence
from gateway.cli.table import TABLE


class Commands(Lazy):
    """All of them: what an operator can mend is told as one clear line instead of a trace."""

    def invoke(self, context: click.Context) -> object:
        try:
            # to standard error, so that --json stays readable
            logging.configure(start.read().log_format)
            return super().invoke(context)
        except (Refusal, Busy) as refusal:
            said = sentence(refusal)
        except Unusable as error:
            said = str(error)
        except OSError as error:
            if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
                raise
            said = f"{DISK_FULL} ({error})"
        raise click.ClickException(said)


main = Commands(
    "growr",
    "Run and operate a Growr node. Settings are environment variables: GROWR_HOME, GROWR_PORT, ...",
    TABLE,
)
