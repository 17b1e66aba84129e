"""What became of each USSD session: how long, how far, at what cost."""

from core.ussd.models import UssdSession
from core.ussd.service import Trace, forget_person, forget_sessions, record_session

__all__ = ["Trace", "UssdSession", "forget_person", "forget_sessions", "record_session"]
