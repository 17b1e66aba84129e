"""Lending: projects, offers with their true cost, loans as folds over events, repayment, arrears, and the good end."""

from core.lending import (
    affordability,
    answering,
    asking,
    asking_texts,
    attesting,
    community,
    complaints,
    credit_summary,
    deposits,
    disclosure,
    funds,
    groups,
    hardship,
    project_end,
    screening,
)
from core.lending.applications import apply, cancel, disburse_again
from core.lending.asking_models import PresentationRequest
from core.lending.care import About, Complaint, ComplaintState, Outcome
from core.lending.closing import return_owed
from core.lending.day import run_day
from core.lending.late_settlement import tell_twice
from core.lending.models import Instalment, Loan, LoanEvent, Project, ProjectStatus
from core.lending.offers import Offer, Quote, offers, quote, requirements
from core.lending.project_end import close
from core.lending.projects import (
    activate,
    approve,
    create_project,
    deactivate,
    lent,
    raise_limit,
)
from core.lending.repaying import repay
from core.lending.settlement import payment_failed, payment_settled, payment_settled_late
from core.lending.standing import (
    Standing,
    find,
    get,
    instalments,
    is_first,
    loan_for_reference,
    loans_of,
    may_give_back,
    newest,
    open_loan,
    payoff,
    standing,
    today,
)
from core.lending.state import LoanStatus
from core.lending.statement import StatementKind, StatementLine, owed, statement
from core.lending.taking_back import payment_reversed
from core.lending.terms import RepaymentModel, Terms

__all__ = [
    "About", "Complaint", "ComplaintState", "Instalment", "Loan", "LoanEvent", "LoanStatus", "Offer", "Outcome",
    "PresentationRequest", "Project", "ProjectStatus", "Quote", "RepaymentModel", "Standing", "StatementKind",
    "StatementLine", "Terms", "activate", "affordability", "answering", "apply", "approve", "asking",
    "asking_texts", "attesting", "cancel", "close", "community", "complaints", "create_project", "credit_summary",
    "deactivate", "deposits", "disburse_again", "disclosure", "find", "funds", "get", "groups", "hardship",
    "instalments", "is_first", "lent", "loan_for_reference", "loans_of", "may_give_back", "newest", "offers",
    "open_loan", "owed", "payment_failed", "payment_reversed", "payment_settled", "payment_settled_late", "payoff",
    "project_end", "quote", "raise_limit", "repay", "requirements", "return_owed", "run_day",
    "screening", "standing", "statement", "tell_twice", "today",
]  # fmt: skip
