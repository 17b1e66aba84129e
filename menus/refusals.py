"""What a rule's "no" says to a person: one sentence per code, in her words, that tells what she can do."""

from __future__ import annotations

from datetime import date

from babel.dates import format_date

from core.errors import No
from core.refusal_codes import RefusalCode
from core.words import Words, mark
from menus.questions import lacking

SENTENCES = {
    "pin_format": mark("A PIN is 6 digits."),
    "pin_weak": mark("That PIN is easy to guess. Please choose another."),
    "pin_wrong": mark("Wrong PIN. Tries left: {tries_left}."),
    "pin_locked": mark("Too many wrong PINs. Please try again in {minutes} minutes."),
    "pin_blocked": mark(
        "Your PIN is blocked after too many wrong tries. Your agent can help you to a new one."
    ),
    "pin_paused": mark("To keep all records safe, PINs rest for a while. Please try in an hour."),
    "pin_not_here": mark(
        "Your PIN was wrong at this number too often. Please dial again and choose: I forgot my PIN."
    ),
    "pin_not_chosen": mark("Please choose your new PIN first."),
    "consent_missing": mark("You have not agreed to show this. Please begin again."),
    "asked_too_finely": mark("This lender asks too closely about your figures. Nothing was shown."),
    "consent_unknown": mark("This consent has ended already."),
    "guardian_unfit": mark("This person cannot help here. It must be somebody with a record here."),
    "look_ups_too_many": mark("That was tried often today. Please come back tomorrow."),
    "guardians_enough": mark("You have three guardians. Remove one first."),
    "share_wrong": mark("This help is out of date. Please ask another guardian, or wait."),
    "agent_unfit": mark("You can only help members of your organisation, and not yourself."),
    "phone_unreadable": mark("That is no phone number. Type it like 0711000111."),
    "phone_not_mobile": mark("That number cannot receive texts. Type a mobile number."),
    "user_unknown": mark("Nobody here has this number."),
    "recovery_over": mark("This is over already. Please dial again."),
    "recovery_first": mark(
        "A new PIN or number is being asked for. Please dial again: go on with that, or stop it."
    ),
    "recovery_waits": mark("It is too early to help. We text you when you can."),
    "recovery_too_often": mark("That was tried often today. Please come back tomorrow."),
    "phone_already_registered": mark("This number is registered already. Please dial again."),
    "invitations_paused": mark(
        "You tried too many numbers that are with us already. Please go on tomorrow."
    ),
    "nothing_confirmed": mark("Your organisation has not confirmed this yet. Please ask them."),
    "offers_too_many": mark("You asked for this often today. Please come back tomorrow."),
    "nothing_to_summarise": mark("There is no loan to sum up yet."),
    "source_asked": mark("We have asked {name} already. A text tells you what they say."),
    "credential_missing": mark(
        "Something is missing in your record. Choose My record, then Prove something."
    ),
    "credential_refused": mark(
        "A proof in your record was not accepted. Please ask your organisation."
    ),
    "amount_unreadable": mark("Please type an amount in whole shillings, e.g. 500."),
    "amount_outside_offer": mark("Please choose an amount from {least} to {most}."),
    "amount_not_payable": mark("Please type an amount in whole shillings, e.g. 500."),
    "user_blocked": mark("Your access is paused. Please ask your organisation."),
    "no_record": mark(
        "You have no record here. If it is in a wallet of your own, show it from there; if not, please dial again and "
        "register."
    ),
    "arrival_over": mark(
        "This move is over. Your record is where it was: please begin again there."
    ),
    "neighbour_unknown": mark("We cannot reach them now. Please try again tomorrow."),
    "nothing_to_take": mark("Your record is empty. Choose Prove something first."),
    "busy": mark("Many people are dialling now. Please try again in a minute."),
    "duration_not_offered": mark("Please choose one of the times on the list."),
    "questions_too_many": mark("Your wallet was asked often today. Please come back tomorrow."),
    "loan_already_open": mark("You have an open loan. Please repay it first."),
    "project_limit_reached": mark(
        "This project has no money left to lend now. Please try again later."
    ),
    "project_not_open": mark("This offer is closed. Please choose another."),
    "loan_not_open": mark("This loan has nothing left to pay."),
    "amount_below_rail": mark("The least you can pay is {least}."),
    "amount_above_rail": mark("The most you can pay at once is {most}."),
    "no_loan": mark("You have no loan."),
    "loan_not_returnable": mark(
        "The time to give this loan back has passed. You can still pay it early at any time."
    ),
    "loan_pause": mark(
        "You have just repaid a loan. You can borrow again from {until}: until then, breathe."
    ),
    "not_affordable": mark(
        "That is much for what comes in to you. {most} fits: choose less, or a longer time."
    ),
    "nothing_affordable": mark(
        "For this time even the smallest loan is much for what comes in to you. A longer time may fit."
    ),
    "complaints_too_many": mark("We have your complaints of today. We answer each of them."),
    "group_needed": mark(
        "This loan is for groups of neighbours. Please ask your organisation to put you into one."
    ),
    "group_not_ready": mark(
        "You have agreed; {agreed} of {least} in your group have. Please come back when the others have too."
    ),
    "group_debt_open": mark(
        "Your group paid for your loan {loan}. Please pay that back first: choose My loan."
    ),
    "late_money_open": mark(
        "M-PESA sent you money late. We look into it and call you before you borrow again."
    ),
    "offer_unknown": mark("This offer is closed. Please choose another."),
}

FINAL = frozenset(
    {
        "arrival_over",
        "neighbour_unknown",
        "pin_locked",
        "pin_blocked",
        "pin_paused",
        "pin_not_chosen",
        "pin_not_here",
        "consent_missing",
        "asked_too_finely",
        "consent_unknown",
        "guardians_enough",
        "look_ups_too_many",
        "share_wrong",
        "recovery_over",
        "recovery_first",
        "recovery_waits",
        "recovery_too_often",
        "phone_already_registered",
        "invitations_paused",
        "nothing_confirmed",
        "credential_missing",
    }
    | {"credential_refused", "not_eligible", "loan_already_open", "project_limit_reached"}
    | {"project_not_open", "offer_unknown", "loan_not_open", "no_loan"}
    | {"group_needed", "group_not_ready", "group_debt_open", "late_money_open"}
    | {"user_blocked", "no_record", "loan_pause", "loan_not_returnable", "complaints_too_many"}
    | {"questions_too_many", "offers_too_many", "nothing_to_summarise"}
)

ONWARD = {  # what she can do instead
    **dict.fromkeys(("loan_already_open", "group_debt_open"), (mark("My loan"), "loan.mine")),
    **dict.fromkeys(("project_limit_reached", "project_not_open"), (mark("Other offers"), "loan.offers")),
    "offer_unknown": (mark("Other offers"), "loan.offers"),
    **dict.fromkeys(("no_loan", "loan_not_open"), (mark("Get a loan"), "loan.offers")),
    **dict.fromkeys(("credential_missing", "credential_refused"), (mark("Prove something"), "record.prove")),
    **dict.fromkeys(("nothing_to_summarise", "nothing_confirmed"), (mark("Help, complaints"), "help")),
    **dict.fromkeys(("not_eligible", "complaints_too_many"), (mark("Help, complaints"), "help")),
    "loan_not_returnable": (mark("Pay"), "repay"),
    "loan_pause": (mark("My loan"), "loan.mine"),
    "guardians_enough": (mark("My guardians"), "guardians"),
    "consent_unknown": (mark("My consents"), "consents"),
}  # fmt: skip

_OTHER = mark("This is not possible now. Please ask for help.")
_NOT_ELIGIBLE = mark("Not possible yet: {reason}. Please talk to your organisation.")
_LOCKED_LONG = mark("Too many wrong PINs. Please try again in {hours} hours.")
LONG_MINUTES = 90  # beyond it a wait is told in hours


def explain(words: Words, refusal: No) -> str:
    """The sentence for a refusal; a code without one is answered in general, and never shown as a code."""
    if refusal.code == RefusalCode.NOT_ELIGIBLE:
        reason = lacking(words, str(refusal.facts.get("criterion", "")))
        return words.say(_NOT_ELIGIBLE, reason=reason)
    if refusal.code == RefusalCode.PIN_LOCKED and refusal.facts["minutes"] > LONG_MINUTES:
        return words.say(_LOCKED_LONG, hours=-(-refusal.facts["minutes"] // 60))
    facts = {name: _shown(words, fact) for name, fact in refusal.facts.items()}
    return words.say(SENTENCES.get(refusal.code, _OTHER), **facts)


def _shown(words: Words, fact: object) -> object:
    return format_date(fact, "d MMM", locale=words.language) if isinstance(fact, date) else fact
