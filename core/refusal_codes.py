"""Every rule that may say no: its code, for programs and logs, and the sentence a person at the desk reads.

What a borrower reads of them, in her language, is in menus/refusals.py.
"""

from __future__ import annotations

from enum import StrEnum


class RefusalCode(StrEnum):
    """The name of a rule; `sentence` says in plain words what it refuses and, where it can, what to do."""

    sentence: str

    def __new__(cls, code: str, sentence: str = "") -> RefusalCode:
        made = str.__new__(cls, code)
        made._value_, made.sentence = code, sentence
        return made

    ACCOUNT_UNKNOWN = "account_unknown", "the ledger has no account of this name or number"
    AGENT_UNFIT = (
        "agent_unfit",
        "only an active agent or admin of her organisation may do this, and not for himself",
    )
    ALLOCATION_INVALID = "allocation_invalid", "this allocation table cannot be used"
    ALREADY_IN_GROUP = "already_in_group", "she is in a group of this organisation already"
    AMOUNT_ABOVE_OWED = (
        "amount_above_owed",
        "more than she owes; --overpaid says it is right: the rest goes back to her",
    )
    AMOUNT_ABOVE_RAIL = "amount_above_rail", "more than can be paid at once"
    AMOUNT_BELOW_RAIL = "amount_below_rail", "less than can be paid at once"
    AMOUNT_NOT_PAYABLE = (
        "amount_not_payable",
        "this cannot be paid: an amount is a multiple of the step",
    )
    AMOUNT_OUTSIDE_OFFER = "amount_outside_offer", "the project lends other amounts"
    AMOUNT_UNFIT = "amount_unfit", "more than there is to let go"
    AMOUNT_UNREADABLE = "amount_unreadable", "no amount; write it like 2000 or 2,000.50"
    ANOTHER_LOAN_OPEN = "another_loan_open", "she has another open loan"
    ANSWER_LENGTH = "answer_length", "an answer is a sentence or two: it has to fit her texts"
    ARRIVAL_OVER = "arrival_over", "this move is over: it is begun again where her record is"
    ASKED_TOO_FINELY = (
        "asked_too_finely",
        "a lender may ask whether she is old enough, not for her whole birth date",
    )
    CALLBACK_MALFORMED = "callback_malformed", "what the provider sent cannot be understood"
    CALLBACK_UNKNOWN = (
        "callback_unknown",
        "no callback that can be read again has this id; see growr payment attention",
    )
    CHARGE_NEEDS_NOTICE = "charge_needs_notice", "a charge nobody agreed to is owed no sooner"
    CLAIM_MALFORMED = (
        "claim_malformed",
        "a claim is not of the form its type asks for; see docs/credentials.md",
    )
    CLAIM_MISSING = (
        "claim_missing",
        "a claim that its type needs is missing; see docs/credentials.md",
    )
    CLAIM_UNKNOWN = (
        "claim_unknown",
        "credentials of this type have no such claim; see docs/credentials.md",
    )
    CODE_WRONG = "code_wrong", "this code is not right, was used or has expired"
    CODE_VOID = "code_void", "this code was guessed too often or is over: a new one is on its way"
    COMPLAINT_CLOSED = "complaint_closed", "this complaint was answered already"
    COMPLAINT_UNANSWERED = "complaint_unanswered", "this complaint was not answered yet"
    COMPLAINT_UNKNOWN = "complaint_unknown", "no complaint of this organisation has this ticket"
    COMPLAINTS_TOO_MANY = "complaints_too_many", "she complained as often today as we can take in"
    CONSENT_MISSING = "consent_missing", "she has not agreed to be asked this"
    CONSENT_UNKNOWN = "consent_unknown", "she has given no such consent, or took it back"
    CREDENTIAL_ALREADY_REVOKED = "credential_already_revoked", "this credential was revoked already"
    CREDENTIAL_ALREADY_SUSPENDED = (
        "credential_already_suspended",
        "this credential is suspended already",
    )
    CREDENTIAL_GIVEN = "credential_given", "this credential was given to her wallet already"
    CREDENTIAL_MISSING = "credential_missing", "her record holds no such credential"
    CREDENTIAL_NOT_SUSPENDED = "credential_not_suspended", "this credential is not suspended"
    CREDENTIAL_REFUSED = "credential_refused", "this credential does not hold"
    CREDENTIAL_TYPE_UNKNOWN = (
        "credential_type_unknown",
        "there is no such type of credential; see docs/credentials.md",
    )
    CREDENTIAL_UNKNOWN = "credential_unknown", "this node issued no such credential"
    CREDIT_ALREADY_RETURNED = (
        "credit_already_returned",
        "what we owed her is on its way to her already",
    )
    CREDIT_TOO_SMALL = "credit_too_small", "more than we owe her"
    CRITERIA_MALFORMED = (
        "criteria_malformed",
        "these eligibility criteria cannot be understood; see docs/projects.md",
    )
    CURRENCY_NOT_CARRIED = "currency_not_carried", "this rail carries another currency"
    CURRENCY_UNKNOWN = "currency_unknown", "there is no such currency here"
    DATE_MALFORMED = "date_malformed", "no date; write it like 2026-12-31"
    DAY_IS_ANOTHER = (
        "day_is_another",
        "today is another day wherever we lend: set this machine's clock first",
    )
    DAY_IS_PAST = "day_is_past", "this day has passed"
    DAY_NOT_POSSIBLE = "day_not_possible", "this day cannot be a due date of the loan"
    DID_MALFORMED = "did_malformed", "this is no DID that can be read"
    DURATION_NOT_OFFERED = "duration_not_offered", "the project lends for other times"
    ENTRY_ALREADY_REVERSED = "entry_already_reversed", "this posting was reversed already"
    EVENT_NOT_REVERSIBLE = "event_not_reversible", "this cannot be taken back"
    EVENT_UNKNOWN = (
        "event_unknown",
        "the loan has no event of this number; see growr loan statement",
    )
    FENCE_CARD_MALFORMED = "fence_card_malformed", "this is no card of a fence member"
    FENCE_KEY_UNKNOWN = "fence_key_unknown", "the member does not know this node's key"
    FENCE_MALFORMED = "fence_malformed", "the member cannot read what it was asked"
    FENCE_MEMBERS_ALIKE = "fence_members_alike", "three different members make a fence"
    FENCE_MEMBERS_THREE = "fence_members_three", "a fence has three members"
    FENCE_NAME_TAKEN = "fence_name_taken", "a fence of this name exists"
    FENCE_NODE_UNKNOWN = "fence_node_unknown", "the member does not know this node"
    FENCE_REPLAYED = "fence_replayed", "the member has seen this question before"
    FENCE_STALE = "fence_stale", "the clocks of this node and of the member differ too much"
    FENCE_TOKEN_WRONG = "fence_token_wrong", "the member does not believe that the PIN was right"
    FUNDING_ABOVE_SOURCE = "funding_above_source", "more than this source has given"
    FUNDING_AMOUNT = "funding_amount", "an amount above nothing, of whole payable units"
    FUNDING_RATE = (
        "funding_rate",
        "a yearly rate of 0 to 100 per cent; the first-loss money bears none",
    )
    FUNDING_REFERENCE = "funding_reference", "a reference is what your bank calls the payment"
    FUNDING_REFERENCE_TAKEN = (
        "funding_reference_taken",
        "money with this reference was recorded before",
    )
    FUNDING_SOURCE = (
        "funding_source",
        "say from which class the money was given; see growr project show",
    )
    GIVEN_TO_HER = "given_to_her", "what was given to her is taken back only on the same day"
    GROUP_DEBT_OPEN = (
        "group_debt_open",
        "her group paid for a loan of hers, and she has not paid that back",
    )
    GROUP_FULL = "group_full", "this group has as many members as it may"
    GROUP_HAS_OPEN_LOANS = "group_has_open_loans", "members of this group have open loans"
    GROUP_NAME_LENGTH = "group_name_length", "a name of a group is a word or a few"
    GROUP_NAME_TAKEN = "group_name_taken", "a group of this organisation has this name"
    GROUP_NEEDED = "group_needed", "this project lends to members of a group only"
    GROUP_NOT_AGREED = "group_not_agreed", "the others of her group have not agreed yet"
    GROUP_NOT_READY = "group_not_ready", "too few of her group have agreed yet"
    GROUP_UNKNOWN = "group_unknown", "no group of this organisation"
    GUARDIAN_UNFIT = "guardian_unfit", "a guardian is another active member of her organisation"
    GUARDIANS_ENOUGH = "guardians_enough", "she has as many guardians as she may"
    HAND_OVER_INCOMPLETE = "hand_over_incomplete", "not everything of the record has arrived yet"
    HARDSHIP_NOT_ASKED = "hardship_not_asked", "she has not asked for time"
    HOST_MALFORMED = "host_malformed", "this is no host that can be read"
    IDEMPOTENCY_KEY_REUSED = (
        "idempotency_key_reused",
        "this was asked for before with other figures",
    )
    INCOME_UNKNOWN = "income_unknown", "what she earns was not confirmed: growr user confirm"
    INVITATIONS_PAUSED = (
        "invitations_paused",
        "too many numbers were tried that are with us already; go on tomorrow",
    )
    ISSUER_UNKNOWN = "issuer_unknown", "nobody of this name is believed here; see growr issuer list"
    KEY_UNFIT = "key_unfit", "this format needs another kind of key"
    LANGUAGE_UNKNOWN = "language_unknown", "texts are written in en and sw"
    LAST_ADMIN = "last_admin", "an organisation keeps an admin: invite another one first"
    LATE_MONEY_OPEN = (
        "late_money_open",
        "money reached her late and waits for a decision: growr payment attention",
    )
    LIMIT_MAY_ONLY_GROW = "limit_may_only_grow", "a limit that was published may only grow"
    LOAN_ALREADY_OPEN = "loan_already_open", "she has an open loan"
    LOAN_IN_ARREARS = "loan_in_arrears", "a payment of this loan is overdue"
    LOAN_IN_HARDSHIP = (
        "loan_in_hardship",
        "she has asked for time: answer her first, growr loan hardship",
    )
    LOAN_NOT_CANCELLABLE = (
        "loan_not_cancellable",
        "only a loan whose money did not reach her is cancelled or sent again",
    )
    LOAN_NOT_IN_DEFAULT = "loan_not_in_default", "only a loan in default is written off"
    LOAN_NOT_OPEN = "loan_not_open", "this loan has nothing left to pay"
    LOAN_NOT_RETURNABLE = (
        "loan_not_returnable",
        "the days in which a loan may be given back have passed",
    )
    LOAN_PAID_OUT_BEFORE = "loan_paid_out_before", "this loan was paid out before"
    LOAN_PAUSE = "loan_pause", "she has just repaid a loan and may borrow again later"
    LOAN_UNKNOWN = "loan_unknown", "no loan of this organisation has this code"
    LOOK_UPS_TOO_MANY = "look_ups_too_many", "as many numbers were looked up today as may be"
    MONEY_COUNTED_BEFORE = "money_counted_before", "this payment was counted whole before"
    NAME_UNUSABLE = (
        "name_unusable",
        "a name is what a person is called, without signs that no phone shows",
    )
    NEIGHBOUR_UNKNOWN = "neighbour_unknown", "no other node of this name is known here"
    NO_INSTALMENT_LEFT = (
        "no_instalment_left",
        "no instalment is left in which another part could be repaid",
    )
    NO_LOAN = "no_loan", "she has no loan"
    NO_RECORD = "no_record", "she has no record here"
    NO_RESET_UNDER_WAY = (
        "no_reset_under_way",
        "nothing of hers is being reset or moved: nothing was stopped",
    )
    NONCE_REFUSED = "nonce_refused", "this proof was made for another question, or too long ago"
    NOT_AFFORDABLE = "not_affordable", "the instalments are more than her confirmed income carries"
    NOT_DISBURSED = "not_disbursed", "this loan has not been paid out"
    NOT_ELIGIBLE = "not_eligible", "her record does not answer what the project asks"
    NOT_IN_GROUP = "not_in_group", "she is in no group of this organisation"
    NOT_IN_REVIEW = "not_in_review", "she is not held for review"
    NOT_MISSING = "not_missing", "only money that is missing becomes a loss"
    NOT_OWED_TO_HER = "not_owed_to_her", "more reached her than we owe her"
    NOT_STAFF = "not_staff", "only staff of this organisation may do this"
    NOTHING_AFFORDABLE = (
        "nothing_affordable",
        "even the smallest loan is more than her confirmed income carries",
    )
    NOTHING_CONFIRMED = "nothing_confirmed", "nothing about her was confirmed: growr user confirm"
    NOTHING_IN_SUSPENSE = (
        "nothing_in_suspense",
        "nothing is held under this id; see growr payment suspense",
    )
    NOTHING_TO_DRAW = "nothing_to_draw", "every part of the loan was paid out"
    NOTHING_TO_SUMMARISE = "nothing_to_summarise", "she has no loan that has ended"
    NOTHING_TO_TAKE = "nothing_to_take", "her record is empty"
    NOTHING_TO_WAIVE = "nothing_to_waive", "nothing of this kind is owed"
    NOTHING_WAITS = (
        "nothing_waits",
        "nothing about this payment waits for a person; see growr payment attention",
    )
    NOTIFICATION_MALFORMED = "notification_malformed", "what the wallet told cannot be understood"
    NOTIFICATION_UNKNOWN = "notification_unknown", "no credential was given under this notification"
    OFFER_OVER = "offer_over", "this offer has expired"
    OFFER_UNKNOWN = "offer_unknown", "there is no such offer, or it is over"
    OFFERS_TOO_MANY = "offers_too_many", "she has been offered as much today as may be"
    ORGANISATION_NAME_TAKEN = "organisation_name_taken", "an organisation of this name exists"
    ORGANISATION_NEEDED = (
        "organisation_needed",
        "there are several organisations: say --org NAME, or export GROWR_ORG",
    )
    ORGANISATION_UNKNOWN = (
        "organisation_unknown",
        "there is no such organisation; see growr org list and create",
    )
    PAUSE_TOO_SHORT = "pause_too_short", "a pause ends today or later"
    PAYMENT_MAY_STILL_LEAVE = (
        "payment_may_still_leave",
        "it may leave at any moment: try again when its time is over",
    )
    PAYMENT_NOT_COUNTED = "payment_not_counted", "this payment was never counted in the loan"
    PAYMENT_NOT_OPEN = "payment_not_open", "this payment has ended"
    PAYMENT_OUTSIDE_LIMITS = "payment_outside_limits", "less or more than the rail carries at once"
    PAYMENT_UNKNOWN = "payment_unknown", "no payment of this organisation has this id"
    PAYOUT_UNDER_WAY = (
        "payout_under_way",
        "money is on its way to her: wait until it has arrived or failed",
    )
    PAYOUT_USED = (
        "payout_used",
        "repayments have built on it: it cannot be taken back as if never paid",
    )
    PEPPER_IN_USE = "pepper_in_use", "records are still locked with this pepper"
    PEPPER_UNKNOWN = "pepper_unknown", "the key service has no such pepper"
    PERSON_UNKNOWN = "person_unknown", "nobody with a record here has this number"
    PHONE_ALREADY_REGISTERED = "phone_already_registered", "this number is already with us"
    PHONE_NOT_MOBILE = (
        "phone_not_mobile",
        "a landline or a service cannot receive texts; give a mobile number",
    )
    PHONE_UNREADABLE = (
        "phone_unreadable",
        "no phone number; write it like 0711000111 or +254711000111",
    )
    PIN_BLOCKED = (
        "pin_blocked",
        "this PIN is blocked after too many wrong ones: growr user reset-pin",
    )
    PIN_FORMAT = "pin_format", "a PIN has 6 digits"
    PIN_LOCKED = "pin_locked", "locked for a while after wrong PINs"
    PIN_NOT_CHOSEN = "pin_not_chosen", "she has not chosen a new PIN yet"
    PIN_NOT_HERE = "pin_not_here", "her record is not kept here"
    PIN_PAUSED = "pin_paused", "so many wrong PINs were typed on this node that guesses wait"
    PIN_WEAK = "pin_weak", "this PIN is easy to guess"
    PIN_WRONG = "pin_wrong", "wrong PIN"
    PROJECT_CLOSED = "project_closed", "this project is closed"
    PROJECT_ENDED = "project_ended", "this project has ended"
    PROJECT_HAS_OPEN_LOANS = "project_has_open_loans", "loans of this project are still open"
    PROJECT_INVALID = "project_invalid", "the project file cannot be used; see docs/projects.md"
    PROJECT_LIMIT_REACHED = "project_limit_reached", "the project has no money left to lend"
    PROJECT_NOT_ACTIVE = "project_not_active", "this project is not active: growr project activate"
    PROJECT_NOT_APPROVED = (
        "project_not_approved",
        "this project has no approval yet: growr project approve",
    )
    PROJECT_NOT_CLOSED = "project_not_closed", "this project is not closed yet"
    PROJECT_NOT_DRAFT = "project_not_draft", "this project was published already"
    PROJECT_NOT_OPEN = "project_not_open", "this project does not lend now"
    PROJECT_UNKNOWN = (
        "project_unknown",
        "no project of this organisation has this name or id; see growr project list",
    )
    PROJECT_WITHOUT_GROUPS = "project_without_groups", "this project does not lend to groups"
    PROOF_REFUSED = "proof_refused", "this does not prove that the key is hers"
    QUESTION_OVER = "question_over", "this question has expired"
    QUESTIONS_TOO_MANY = "questions_too_many", "she was asked as often today as may be"
    RATE_MAY_ONLY_FALL = "rate_may_only_fall", "she agreed to this rate: it may fall and never rise"
    RATE_NOT_POSSIBLE = "rate_not_possible", "a yearly rate from 0 to the most a loan may have"
    REASON_MISSING = "reason_missing", "say why: --reason"
    REASON_NEEDED = "reason_needed", "say why: --reason"
    RECORD_EXISTS = "record_exists", "she has a record here already"
    RECOVERY_FIRST = "recovery_first", "her PIN is being reset: that comes first"
    RECOVERY_OVER = "recovery_over", "this reset is over"
    RECOVERY_TOO_OFTEN = "recovery_too_often", "a PIN was reset as often as may be for now"
    RECOVERY_WAITS = "recovery_waits", "the reset waits for a guardian or for its time"
    REFERENCE_MISSING = "reference_missing", "say what the decision is called: --reference"
    REFERENCE_UNKNOWN = "reference_unknown", "nothing was recorded under this reference"
    REFERENCE_USED = "reference_used", "money with this reference was recorded before"
    REQUEST_MISSING = "request_missing", "say which letter or call asks for it: --request"
    REQUEST_REFUSED = "request_refused", "what the wallet asked cannot be understood"
    REQUEST_UNKNOWN = "request_unknown", "there is no such request, or it is over"
    RESIDUE_TOO_LARGE = "residue_too_large", "only a small rest is let go"
    ROWS_NOT_POSSIBLE = "rows_not_possible", "a loan cannot have so many instalments"
    SHARE_WRONG = "share_wrong", "this guardian's share does not fit"
    SOURCE_ASKED = "source_asked", "this source was asked already and has not answered"
    STATEMENT_REFUSED = "statement_refused", "what she signed does not fit this move"
    STATUS_LIST_UNKNOWN = "status_list_unknown", "there is no such status list"
    TERMS_CHANGED = "terms_changed", "the terms have changed since they were shown"
    TERMS_INVALID = "terms_invalid", "these terms cannot be used; see docs/schedules.md"
    TIMEZONE_UNKNOWN = (
        "timezone_unknown",
        "there is no such time zone; write it like Africa/Nairobi",
    )
    TOKEN_UNKNOWN = "token_unknown", "this token is not known, or is over"
    TRANCHE_TOO_LARGE = "tranche_too_large", "more than is left of what was agreed"
    TRANSACTION_DATA_INVALID = (
        "transaction_data_invalid",
        "the terms inside the question are not ours",
    )
    TRANSCRIPT_TOO_LONG = (
        "transcript_too_long",
        "this session has been typed longer than any menu is",
    )
    TRANSFER_ABOVE_OWED = "transfer_above_owed", "more than is owed to whoever it goes to"
    TYPE_NOT_ALLOWED = (
        "type_not_allowed",
        "who sends this is not believed for this type of credential",
    )
    USER_BLOCKED = "user_blocked", "she is shut out: growr user unblock"
    USER_HAS_HISTORY = (
        "user_has_history",
        "more is known of her than the invitation: block her instead",
    )
    USER_NOT_BLOCKED = "user_not_blocked", "she is not shut out"
    USER_NOT_BORROWER = "user_not_borrower", "only a borrower may do this"
    USER_NOT_INVITED = (
        "user_not_invited",
        "she has come already; growr user block shuts somebody out",
    )
    USER_UNKNOWN = (
        "user_unknown",
        "nobody of this organisation has this number; see growr user list",
    )
    WALLET_CREDENTIAL_UNKNOWN = (
        "wallet_credential_unknown",
        "the wallet asks for a credential that is not offered",
    )
    WALLET_DECLINED = "wallet_declined", "she declined in her wallet"
    WALLET_OTHER = "wallet_other", "this is not the wallet that has her record"
    WORD_REFUSED = "word_refused", "what the other node announces does not hold"
