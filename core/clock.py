"""The source of "now": aware UTC instants, and the calendar day a person lives in."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

Clock = Callable[[], datetime]


def now() -> datetime:
    """This instant, in UTC."""
    return datetime.now(UTC)


def local_day(instant: datetime, zone: str) -> date:
    """The date on the wall calendar of `zone` (an IANA name) at `instant`."""
    return instant.astimezone(ZoneInfo(zone)).date()
