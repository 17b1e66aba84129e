"""The self-sovereign credit record in custody: only its owner's PIN opens it, and every opening leaves a receipt."""

from core.sscr.custody import Custody, Unlocked
from core.sscr.models import Opening, Record, StoredCredential
from core.sscr.receipts import openings, openings_whole, write_receipts
from core.sscr.rules import check_pin_allowed
from core.sscr.service import (
    change_pin,
    erase,
    open_record,
    record_of,
    unlock,
)
from core.sscr.store import Holding, deliver, holder_jwk, holdings, present

__all__ = [
    "Custody",
    "Holding",
    "Opening",
    "Record",
    "StoredCredential",
    "Unlocked",
    "change_pin",
    "check_pin_allowed",
    "deliver",
    "erase",
    "holder_jwk",
    "holdings",
    "open_record",
    "openings",
    "openings_whole",
    "present",
    "record_of",
    "unlock",
    "write_receipts",
]
