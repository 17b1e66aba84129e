"""The self-sovereign credit record in custody: only its owner's PIN opens it, and every opening leaves a receipt."""

from core.sscr.anchors import agrees_with_book, anchor
from core.sscr.consents import (
    Notice,
    Verifier,
    consents,
    give,
    is_live,
    of_opening,
    receipt_text,
    withdraw,
)
from core.sscr.custody import Custody, Unlocked
from core.sscr.guardians import (
    add_guardian,
    confirm_guardian,
    data_key_by_guardian,
    guarded_by,
    guardians_of,
    remove_guardian,
)
from core.sscr.models import Consent, Opening, Record, StoredCredential
from core.sscr.owed import (
    Draft,
    forget_owed,
    offer_owed,
    owe,
    owe_no_more,
    owed,
    take_owed,
    unoffered,
)
from core.sscr.pins import begin_anew, choose_next, confirm_next, drop_next, hand_over, take_next
from core.sscr.receipts import new_receipt, opened_since, openings, openings_whole, write_receipts
from core.sscr.rules import check_pin_allowed
from core.sscr.service import erase, open_record, record_of, unlock, wraps_by_fence, wraps_by_pepper
from core.sscr.shredding import confirm_erasures, unconfirmed_erasures
from core.sscr.store import (
    Holding,
    deliver,
    held,
    holder_jwk,
    holdings,
    let_go,
    present,
    stored_ids,
)
from core.sscr.wallet_keys import bind_wallet, forget_wallet, is_in_wallet, wallet_keys

__all__ = [
    "Consent",
    "Custody",
    "Draft",
    "Holding",
    "Notice",
    "Opening",
    "Record",
    "StoredCredential",
    "Unlocked",
    "Verifier",
    "add_guardian",
    "agrees_with_book",
    "anchor",
    "begin_anew",
    "bind_wallet",
    "check_pin_allowed",
    "choose_next",
    "confirm_erasures",
    "confirm_guardian",
    "confirm_next",
    "consents",
    "data_key_by_guardian",
    "deliver",
    "drop_next",
    "erase",
    "forget_owed",
    "forget_wallet",
    "give",
    "guarded_by",
    "guardians_of",
    "hand_over",
    "held",
    "holder_jwk",
    "holdings",
    "is_in_wallet",
    "is_live",
    "let_go",
    "new_receipt",
    "of_opening",
    "offer_owed",
    "open_record",
    "opened_since",
    "openings",
    "openings_whole",
    "owe",
    "owe_no_more",
    "owed",
    "present",
    "receipt_text",
    "record_of",
    "remove_guardian",
    "stored_ids",
    "take_next",
    "take_owed",
    "unconfirmed_erasures",
    "unlock",
    "unoffered",
    "wallet_keys",
    "withdraw",
    "wraps_by_fence",
    "wraps_by_pepper",
    "write_receipts",
]  # fmt: skip
