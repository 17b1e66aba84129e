"""On the path of a node that a test starts, this is what every process of it loads first: it is in no hurry."""

import tests.patience  # noqa: F401
from config import limits

# Tests post no time of arrival; a running node has one of every request, and would shed the turns of a busy machine.
limits.USSD_WAIT_SECONDS = limits.USSD_DIAL_WAIT_SECONDS = 50.0
