"""USSD: a carrier's form in, one page out."""

from gateway.ussd.view import blueprint

__all__ = ["blueprint"]
