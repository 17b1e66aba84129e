"""What became of each USSD session: how long, how far, at what cost."""

from core.ussd.models import UssdSession
from core.ussd.service import Trace, record_session

__all__ = ["Trace", "UssdSession", "record_session"]
