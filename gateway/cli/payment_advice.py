"""What a person does about each row that waits for one; docs/payments.md says more, and a test keeps them complete."""

from __future__ import annotations

ADVICE = {
    "amount_contradicted": "M-PESA now names another amount than it did: compare in its portal, then call M-PESA.",
    "amount_differs": "Another amount moved than was asked for: `payment suspense`, then `payment clear`.",
    "callback_set_aside": "A callback broke its reader: `payment reread` after an update, or `payment resolve`.",
    "cash_back_of_open_loan": "The loan is open again, its cash-back was paid: tell her; nothing is booked.",
    "configuration": "M-PESA refuses us: check short code, initiator and rights, then `loan disburse-again`.",
    "contradicted_late": "A callback contradicts what ended long ago: look in the portal; rows follow if it is true.",
    "credential_locked": "The initiator's password is locked: renew it in the portal and in the settings.",
    "credited_twice": "One receipt, two payments: compare both in the portal, then correct one by hand.",
    "earlier_attempt_paid": "An attempt that had failed is said to be paid: look in the portal, then `payment decide`.",
    "float_empty": "The payout account is empty: top up the Utility account; it is tried again.",
    "maybe_counted_twice": "Two equal payments far apart, one without a receipt: if it was one, call her and M-PESA.",
    "open_too_long": "No answer for a day: look in the portal, then `payment decide`.",
    "outcome_never_told": "A prompt ended unknown: if the portal has its receipt, `payment find RECEIPT`.",
    "paid_twice": "She got the money of one loan twice: call her; `payment clear` when it is agreed.",
    "pay_in_not_confirmed": "Somebody told of money M-PESA does not know: forged, or look in the portal.",
    "payout_failed": "She did not get the money: see the code, then `loan disburse-again`, or `payment resolve`.",
    "provider_does_not_know_it": "M-PESA never heard of it: look in the portal, then `payment decide`.",
    "receipt_claimed_twice": "Two loans claim one receipt: see in the portal whose it is.",
    "receipt_never_told": "Nobody told the receipt of a paid prompt: see the portal, then `payment find RECEIPT`.",
    "references_differ": "Callbacks name two loans: see whose it is, then `payment clear --into loan --loan CODE`.",
    "reversal_not_undone": "Taken back, and the loan could not follow: `payment suspense`, then `payment clear`.",
    "reversed": "M-PESA took it back and the loan says so: call her, then `payment resolve`.",
    "reversed_but_paid": "Taken back, and then said to be paid: look in the portal.",
    "same_or_second_payment": "One payment or two alike? Two receipts in the portal: `payment find` the other one.",
    "settled_but_denied": "M-PESA now says it was not paid: look in the portal, then call M-PESA.",
    "settled_but_unknown": "M-PESA no longer knows it: look in the portal, then call M-PESA.",
    "settled_late": "Paid after it failed, and she has another loan: call her, then `payment clear`.",
    "statement_differs": "The statement says otherwise than callbacks, and was followed: check it and our secrets.",
    "unknown_reference": "Money for no loan: ask whose it is, then `payment clear --into loan --loan CODE`.",
}
_OTHER = "Look at this payment in the provider's portal."


def advice(reason: str) -> str:
    """What to do about a row with this reason."""
    return ADVICE.get(reason, _OTHER)
