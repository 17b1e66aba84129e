"""SMS: what carriers tell us (texts, delivery reports, opt-outs) becomes rows; workers do the rest."""

from gateway.sms.view import blueprint

__all__ = ["blueprint"]
