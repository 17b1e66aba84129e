"""The state of a loan: a fold over its events, and nothing else."""

from core.lending.allocation import Part, PaymentType
from core.lending.state.check import check
from core.lending.state.events import Event, EventKind, LoanStatus
from core.lending.state.figures import Accrual, InstalmentState, LoanState, Pause, PauseKind
from core.lending.state.fold import fold
from core.lending.state.overdue import Clock, clock

__all__ = [
    "Accrual", "Clock", "Event", "EventKind", "InstalmentState", "LoanState", "LoanStatus", "Part", "Pause",
    "PauseKind", "PaymentType", "check", "clock", "fold",
]  # fmt: skip
