"""What a rule's no says at the desk: its code for a program, what it knows as money and days, and a sentence."""

from __future__ import annotations

from core.errors import No

DISK_FULL = "the disk is full: make room and try again; what was not written is not half done"

SENTENCES = {
    "amount_above_owed": "more than she owes; say --overpaid if it is right: the rest goes back to her",
    "amount_not_payable": "this cannot be paid: an amount is a multiple of the step",
    "amount_unfit": "more than there is to let go",
    "busy": "the key service does not answer at once: try again in a moment; nothing was done",
    "callback_unknown": "no callback that can be read again has this id; see growr payment attention",
    "charge_needs_notice": "a charge nobody agreed to is owed no sooner",
    "complaint_unknown": "no complaint of this organisation has this ticket",
    "group_unknown": "no group of this organisation",
    "invitations_paused": "too many numbers were tried that are with us already; go on tomorrow",
    "last_admin": "an organisation keeps an admin: invite another one first",
    "loan_not_in_default": "only a loan in default is written off",
    "loan_unknown": "no loan of this organisation has this code",
    "no_reset_under_way": "no reset and no change of number is under way for her: nothing was stopped",
    "nothing_in_suspense": "nothing is held under this id; see growr payment suspense",
    "nothing_waits": "nothing about this payment waits for a person; see growr payment attention",
    "organisation_needed": "this node has several organisations: say --org NAME, or export GROWR_ORG",
    "organisation_unknown": "there is no such organisation; see growr org list and create",
    "payment_unknown": "no payment of this organisation has this id",
    "phone_already_registered": "this number is already with us",
    "phone_not_mobile": "this number cannot receive texts: a landline or a service; give a mobile number",
    "phone_unreadable": "no phone number; write it like 0711000111 or +254711000111",
    "project_unknown": "no project of this organisation has this name or id; see growr project list",
    "rate_may_only_fall": "she agreed to this rate: it may fall and never rise",
    "reference_used": "money with this reference was recorded before",
    "residue_too_large": "only a small rest is let go",
    "user_has_history": "more is known of her than the invitation: block her instead",
    "user_not_invited": "she has come already; growr user block shuts somebody out",
    "user_unknown": "nobody of this organisation has this number; see growr user list",
}


def sentence(refusal: No) -> str:
    """One line: refused: amount_unfit (most=KES 20): more than there is to let go."""
    facts = ", ".join(f"{name}={value}" for name, value in refusal.facts.items())
    said = SENTENCES.get(refusal.code)
    return (
        f"refused: {refusal.code}"
        + (f" ({facts})" if facts else "")
        + (f": {said}" if said else "")
    )
