"""The texts that ask for a reply, as they leave under a sender that cannot receive one: the menu instead."""

from __future__ import annotations

from core.messaging.names import Template
from core.words import mark

WITHOUT_REPLY: dict[Template, str] = {
    Template.REMINDER_BEFORE: mark(
        "{amount} for loan {code} is due on {due}. Dial {pay_code} to pay, or M-PESA Pay Bill {paybill}, "
        "account {code}. No reminders: {service_code}, Help"
    ),
    Template.REMINDER_TODAY: mark(
        "{amount} for loan {code} is due today. Dial {pay_code} to pay, or M-PESA Pay Bill {paybill}, "
        "account {code}. No reminders: {service_code}, Help"
    ),
    Template.REMINDER_AFTER: mark(
        "{amount} for loan {code} was due {due}. Dial {pay_code} to pay, or Pay Bill {paybill}, "
        "account {code}. Hard now? No reminders? Dial {service_code}"
    ),
    Template.RECOVERY_ASKED: mark(
        "{agent} asked for a new PIN for you. It works in {hours} hours, sooner with a guardian. "
        "Not you? Dial {service_code} now."
    ),
    Template.NUMBER_ASKED: mark(
        "{agent} asks to move your account to another number. Not you? Dial {service_code} now."
    ),
    Template.PAY_HOW: mark(
        "To pay {amount} for loan {code}: dial {pay_code}, or M-PESA, Lipa na M-PESA, Pay Bill {paybill}, "
        "account {code}."
    ),
    Template.HELP: mark(
        "Balance, payments, reminders and complaints: dial {service_code}. Questions? Call {support}."
    ),
    Template.STOPPED: mark(
        "You will get no more payment reminders. Receipts and codes still come. "
        "To get reminders again, dial {service_code}, Help."
    ),
    Template.STARTED: mark(
        "You will get payment reminders again. To end them, dial {service_code}, Help."
    ),
}
