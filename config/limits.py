"""Everything has a limit, and here is each one with its reason."""

# --- a person at a keypad
USSD_PAGE_SEPTETS = (
    160  # Safaricom's menu length, "CON " included; a setting per network may differ
)
USSD_TURN_SECONDS = 3.0  # Africa's Talking hangs up after 10 s; we answer calmly long before
USSD_WAIT_SECONDS = (
    1.0  # before a turn begins; then "in a few minutes", for what is left would be too little
)
USSD_DIAL_WAIT_SECONDS = 0.5  # a new session gives way to those that have begun
USSD_RESUME_SECONDS = 900  # how long a dropped session is offered for resumption
USSD_LOCK_SECONDS = 6  # a process that died in a turn blocks its session no longer
USSD_THREADS = 16  # turns of one process that may use the database at once
USSD_TURNS = 100  # nobody types a hundred answers in one session
USSD_DEEP_TURNS = 40  # answers dialled with the code, or walked again where our memory was lost: twice a long errand
USSD_REPEAT_SECONDS = (
    30  # so soon after its beginning a session that has ended may still be told again
)
USSD_INPUT_CHARACTERS = 160  # one answer; Safaricom passes 80
USSD_TEXT_CHARACTERS = 2_000  # the whole transcript of a session
NAME_CHARACTERS = 40  # a given or a family name, as it fits a page and a text
ORGANISATION_NAME_CHARACTERS = 60  # it stands in an invitation beside the code
MENU_OPTIONS = 5  # more do not fit in a head or on a page

# --- secrets
PIN_DIGITS = 6  # a hundred times the space of four, for two keys more
PIN_TRIES = 3  # wrong PINs before a lock-out
PIN_LOCKS_SECONDS = (
    900,
    3_600,
    86_400,
)  # 15 min, 1 h, 24 h; then blocked: twelve wrong ones in all (NIST bears 100)
PIN_HASHES_AT_ONCE = 4  # each takes 19 MiB and a core for 25 ms
PIN_HASH_WAIT_SECONDS = 2.0  # a turn has three; then "please try again" is kinder
PIN_WRONG_PER_HOUR = 1_000  # of a whole node: one popular PIN is not tried over all its people
PIN_VELOCITY_SECONDS = 3_600  # the hour in which they are counted
PIN_WRONG_SECONDS = 86_400  # in which one person counts with a lock-out's worth at most
PIN_KNOWN_SECONDS = 90 * 86_400  # a right PIN in these days, and PINs that rest do not stop her
NUMBER_PIN_TRIES = 2  # of a PIN at a new number in NUMBER_PIN_DAYS: fewer than lock it
NUMBER_PIN_DAYS = 30
RECOVERIES_OF_AGENT = 20  # a day; more is no help
RECOVERIES_BY_AGENT = 2  # of one person by one agent in a day: he cannot use up the others' tries
RECOVERIES_OF_PERSON = 6  # by all of them; each costs her a text she may not have asked for
KEY_SERVICE_SECONDS = 2.8  # a turn has three; hashing waits two of them at most
KEY_SERVICE_START_SECONDS = 1.0  # how long a service that is being started again is waited for
KEY_SERVICE_CALLS = 64  # calls it answers at once; each may wait for a place to hash
VAULT_SECONDS = (1.0, 1.5)  # connect, read; it must fit into a turn as well
FENCE_SECONDS = 1.2  # for two of three members to answer; longer, and she is asked to try again
FENCE_HTTP_SECONDS = (0.6, 1.0)  # connect, read, of one member
FENCE_RIGHT_SECONDS = (
    0.5  # to tell them that her PIN was right; who does not hear it hears the next
)
FENCE_FRESH_SECONDS = 60  # how old a question may be; the clocks of two organisations differ
FENCE_CALLS = 16  # questions one member is asked at once; four PINs are stretched at a time
FENCE_BYTES = 4 * 1024  # an answer has 200; more is an attack
FENCE_OPEN_PER_HOUR = 2_000  # guesses of one node nobody proved right; as its own service bears
RECOVERY_HOURS = 72  # from "I forgot my PIN" to a new one without a guardian: time to say no
RECOVERY_DAYS = 14  # after so long an unfinished one is forgotten
RECOVERY_CODE_HOURS = 24  # the code that shows she is there
GUARDIANS = 3  # people who may help her; more would be more doors
GUARDIAN_LOOKUPS_PER_DAY = 5  # numbers whose initials she may see: three guardians and two slips
SIM_SWAP_HOURS = 72  # a SIM younger than this may be a thief's
SIM_UNKNOWN_HOURS = (
    24  # a guardian waits so long where no carrier vouches for her SIM: time to say no
)
SIM_ASK_AGAIN_SECONDS = 300  # a question the carrier took and did not answer is asked once more
SIM_ASK_HOURS = 2  # and no longer than this: each question costs money
NUMBER_DAYS = 90  # a number silent for so long may have been given to somebody else
NUMBER_SEEN_HOURS = 24  # how often it is written down that a number was dialled from
CONSENT_DAYS = 90  # how long a yes to a lender holds; then she is asked again
CODE_DIGITS = 6  # one-time codes
CODE_TRIES = 5  # wrong codes before the code is void
WALLET_OFFER_SECONDS = (
    1_800  # time to reach a helper's phone or a printer; longer would be a door left open
)
WALLET_NEWS_SECONDS = 7 * 86_400  # until a helper with a smartphone is met: the next market day
WALLET_NEWS_PER_DAY = 3  # offers of what came after she left; each costs two texts
HANDOVER_SECONDS = 24 * 3_600  # time to reach another node, and for her to dial there tomorrow
HANDOVER_RETRY_SECONDS = (5, 30, 120, 600)  # the wait after each try to reach another node
HANDOVER_TELL_DAYS = 30  # then who had her record before is asked no more whether it let go
HANDOVER_NONCE_SECONDS = 240  # of the 300 a nonce is good for: the rest is the way
HANDOVER_OVER_DAYS = 7  # then a number that was announced, and never came, is forgotten
HANDOVER_BYTES = 4 * 1024 * 1024  # her whole record as a file
HANDOVER_CREDENTIALS = 200  # of one record; more than four times a long life of loans
REFUSED_NUMBERS_PER_DAY = (
    10  # "already with us", told to one agent; more would be a search for customers of others
)
INVITATION_DAYS = 14  # an invitation not taken up in two weeks was not wanted

# --- credentials
CREDENTIAL_CHARACTERS = (
    64 * 1024
)  # ours have 4 kB; a presentation fifty times as large is an attack
CREDENTIAL_DEPTH = 16  # objects within objects
CREDENTIAL_DISCLOSURES = 200  # five times what our largest type has
CREDENTIAL_DAYS = 365  # how long a credential holds unless its issuer says otherwise
CREDENTIAL_DAYS_MOST = 3_650  # ten years; no key of ours should be believed for longer
PRESENTATION_SECONDS = 300  # how old a key binding may be
BAND_STEPS = 3  # steps of one measure a verifier may ask her for in BAND_DAYS; who needs more is after the figure
BAND_DAYS = 30
CLOCK_LEEWAY_SECONDS = (
    60  # how far ahead of ours another's clock may be: a phone without network time drifts so far
)
DID_DOCUMENT_SECONDS = (
    300  # how long others may keep our keys; a rotation is known everywhere by then
)
ELIGIBILITY_SECONDS = 24 * 3_600  # how long a signed statement of eligibility holds
TYPE_SECONDS = 24 * 3_600  # a type never changes: a new version has a new address
DOMAIN_LINKAGE_DAYS = 30  # how long our word holds that a DID and an address belong together
DCQL_OPTIONS = 16  # ways to meet the conditions of a project; nobody could read more
ISSUER_HOSTS = 5  # where one issuer may publish its keys and lists
PRESENTED_CREDENTIALS = 10  # of one answer; no project asks for so many
WALLET_QUESTION_SECONDS = 1_800  # time to reach a helper's phone or a printer, as for an offer
WALLET_QUESTION_TRIES = 5  # answers to one question: a wrong wallet, then the right one
WALLET_QUESTIONS_PER_DAY = 5  # of one person; each costs a text
WALLET_QUESTION_DAYS = 1  # then a question nobody answered is forgotten
WALLET_STATEMENT_DAYS = 30  # a desk's "meets" holds for a day; so long it can show what it acted on
OUTSIDE_SECONDS = 10.0  # from the first byte to the last, for a document of somebody else
OUTSIDE_BYTES = 512 * 1024  # a full status list has 64 kB; more is an attack
OUTSIDE_ROWS = 20  # documents one wake-up looks at
REFRESH_SECONDS = 30  # how often it is looked whether a document has grown old
SOURCE_TRIES = 5  # how often a source is asked that does not answer
SOURCE_RETRY_SECONDS = (10, 60, 600, 3_600)  # the wait after each try but the last
SOURCE_ANSWER_SECONDS = 300  # how old the signed answer of a source may be
SOURCE_BYTES = 32 * 1024  # facts are short
SOURCE_DAYS = 365  # how long a credential holds that was made from an answer of a source
DID_CHARACTERS = 200  # a name of an issuer; ours have sixty
URI_CHARACTERS = 400  # an address of a status list
STATUS_PLACES = 131_072  # of a status list: the least a Bitstring Status List may have
STATUS_DECOYS = 256  # places of each list that say no from the start: nobody can count ours
STATUS_TRIES = 16  # places drawn at once; if all are taken the list is full enough
STATUS_TTL_SECONDS = 300  # how long others may keep a list before they look again
STATUS_LIST_SECONDS = 24 * 3_600  # how long a published list is believed at all
STATUS_STALE_SECONDS = 24 * 3_600  # how long we believe another's list without a fresh one
STATUS_BYTES = 1024 * 1024  # of a list unpacked: four million credentials of two bits

# --- what comes in
BODY_BYTES = 64 * 1024  # no callback of any provider is larger
HEAD_BYTES = 16 * 1024  # the lines before it
REQUEST_SECONDS = 5.0  # for a whole request to come; a carrier's comes in one piece
REQUESTS_COMING = (
    500  # connections of one process whose request has not come; then the slowest is left
)
REQUESTS_PER_THREAD = 4  # in the hands of one process; the next ones are left to the others
PUBLIC_THREADS = 4  # of one process, for pages anybody may ask for
PUBLIC_WAITING = 64  # of those; then "503, later", for who is many can wait
SMS_IN_CHARACTERS = 1_000  # an inbound message; longer ones are cut
SMS_IN_TRIES = 3  # an inbound message that breaks its worker this often is left alone
SMS_IN_BODY_DAYS = 7  # what nobody could answer is erased then: people text their PINs
SMS_IN_AGAIN_SECONDS = 10  # before it is tried again
SMS_HELPS_PER_DAY = 3  # help for texts we do not understand: two robots must not talk for ever
SMS_IN_PER_DAY = 30  # texts of one phone that we answer; each answer costs us money

# --- what goes out
HTTP_SECONDS = (3.05, 10.0)  # connect, read
SMS_PARTS = 3  # a text of ours never needs more
SMS_PARTS_TERMS = 6  # but the terms of a loan leave whole: nobody agrees to half of them
TERMS_TEXTS_PER_DAY = 5  # of terms she only looked at; those she agrees to are always texted
SMS_TRIES = 5  # only transient refusals are tried again
SMS_RETRY_SECONDS = (30, 120, 600, 3_600)  # the wait after each try but the last
SMS_SENDING_SECONDS = 60  # longer than any call of ours: the worker that held it is dead
SMS_REMINDER_SECONDS = 4 * 3_600  # a reminder that could not leave by then would come at night
SMS_REPORT_DAYS = 7  # a delivery report of nobody's message is forgotten then
CALLBACK_TRIES = 3  # a callback that breaks its worker this often is set aside
CALLBACK_BODY_DAYS = (
    30  # the bytes of one set aside, which may name somebody: time for a person to look
)
CALLBACK_DEATHS = 10  # one that let nobody even say so: the waits between make that hours
PAYMENT_ASK_SECONDS = (10, 10, 30, 60, 300, 900, 3_600)  # when an open payment is asked about again
PAYMENT_ALARM_SECONDS = 24 * 3_600  # an open payment older than this needs a person
STK_DELAY_SECONDS = 7  # a push collides with the open menu; it waits for the session to end
STK_EXPIRY_SECONDS = 180  # an unanswered prompt is dead by then
STK_MARGIN_SECONDS = 60  # clocks differ, and a last callback may still be on its way
PAYMENT_TRIES = 3  # attempts of a payment whose provider said "later"
PAYMENT_MISSING_TIMES = 3  # a provider that does not know a payment so often needs a person
PAYMENT_REPEAT_MISSING = (
    2  # "never heard of it" so often, and a payout is said again under the same key
)
PAYMENT_REPEAT_SECONDS = 600  # only so soon: how long M-PESA remembers a key is not documented
PAYMENT_REPEATS = 2  # and only so often
PAY_IN_HINT_SECONDS = 10  # a confirmation comes sooner; then what was only announced is asked about
PAY_IN_MATCH_SECONDS = (
    900  # a pay-in this near to a prompt may be the prompt's own money; clocks differ
)
STATEMENT_SECONDS = 60  # how often the provider's statement is read: a lost pay-in waits no longer
STATEMENT_DELAY_SECONDS = 30  # younger lines are left to their callbacks, which nearly always come
STATEMENT_OVERLAP_SECONDS = 2 * 3_600  # read again each time: a line may appear late
STATEMENT_MOST_SECONDS = 48 * 3_600  # M-PESA tells no more
STATEMENT_BUDGET_SECONDS = 45.0  # for all pages of one: payouts of the same lane wait no longer
STATEMENT_PAGES = 200  # calls for one statement; more would be a provider that repeats itself
PAYMENT_CHECK_SECONDS = (
    3_600  # after its end a payment is compared once more; then always after twice the time
)
PAYMENT_CHECK_PROMPT_SECONDS = (
    86_400  # a prompt that failed is compared no longer: nobody pays it later
)
PAYMENT_CLOCK_SECONDS = 2 * 3_600  # nothing waits longer: a later time was set by a wrong clock
PAYMENT_SEND_SECONDS = (
    20  # an order not sent so soon after it was taken is not sent: its worker was frozen
)
PAYMENT_DECIDE_SECONDS = (
    60  # by then an order that may still be sent has been, and a person may decide
)
SUBMITTING_SECONDS = 30  # a call hardly takes longer: its worker is taken for dead

# --- lending
LOAN_RATE_MOST = 1_000  # percent a year; beyond it is a typing error or a crime
LOAN_MONTHS_MOST = 60  # five years of monthly instalments
LOAN_DAYS_MOST = 366  # an ad-hoc loan longer than a year wants instalments
RESIDUE_STEPS = 10  # a rest below ten shillings may be let go: mobile money carries no less
SCHEDULE_ROWS_MOST = 1_200  # three years of daily instalments; more is a typing error
SCHEDULE_YEARS_MOST = 40  # no loan of ours outlives its borrower's working life
SCHEDULE_FEES_MOST = 20  # kinds of fee in one loan; nobody could read more
SCHEDULE_DAYS_MOST = 1_000  # local days off or on in one calendar
CALENDAR_GAP_DAYS = 60  # a calendar with no working day for so long is wrong
REASON_CHARACTERS = 200  # why somebody of the staff changed a loan: a sentence, not a story
TRANCHES_MOST = 6  # payouts of one loan: each wants somebody who has seen the work
COOLING_OFF_DAYS_MOST = 30  # longer, and it is a loan without interest
GRACE_DAYS_MOST = 365  # days late that do not count
NOTICE_DAYS = 30  # a charge nobody agreed to is owed no sooner (DCP Regulations)
PROJECT_MOST = 10**14  # minor units; a project larger than this is a typing error
ARREARS_BUCKETS = (30, 60, 90, 180)  # days at which a loan ages into the next bucket of the reports
GROUP_MEMBERS = (2, 30)  # fewer is nobody to stand in; more do not know each other
GROUP_NAME_CHARACTERS = 30  # it stands in texts and on pages
DEPOSIT_CATCH_UP_DAYS = 30  # a node that slept longer leaves the rest to the closing of the project
LADDER_STEPS = 10  # more is no ladder a person can see the end of
FUNDING_SOURCES = 20  # lines of a project file; more belong into an investor's register
BANK_REFERENCE_CHARACTERS = 40  # the number of a bank transfer
# portfolio at risk: PAR1 is all that is late at all, as microfinance counts it; PAR30 is later than 30 days
PAR_DAYS = {1: 0, 30: 30, 60: 60, 90: 90}
BUREAU_LEAST = {"KES": 100_000}  # minor units; what is less is nobody's business but ours (Kenya)
BUREAU_NEGATIVE_DAYS = 90  # days past due from which a listing is bad news
BUREAU_NOTICE_DAYS = 30  # between the notice and the first negative listing
BUREAU_AGAIN_DAYS = 7  # a notice that did not leave, e.g. to a silent number, is written once more
BUREAU_CLOSED_DAYS = 31  # a repaid loan is reported in the month after
REMINDER_DAYS = (-3, 0, 1, 3, 7)  # days from the due date on which a person is reminded
DAY_PAGES = 2_048  # pages of 8 kB of loans in one transaction of the day end: a payment waits no longer than that
DAY_ROWS = 16_000  # the same in rows, where the database is SQLite
DAY_CHANGES = 1_000  # loans refolded in one transaction of the day end
DAY_REMINDERS = 1_000  # loans whose reminders are written in one transaction
DAY_NOTICES = 100  # notices that a bureau may hear of a loan, in one transaction
DAY_WAKE_SECONDS = 2.0  # then a worker does what else waits, and comes back
DAY_PAUSE_SECONDS = 0.02  # between two pieces on SQLite: a payment that waits gets its turn
DAY_CATCH_UP_DAYS = 31  # days missed for longer are closed as one
DAY_ASIDE_MOST = 10  # loans of one piece that may be unreadable; of more, something else is broken
EXPOSURE_ROWS = (
    1_000  # changes of what projects have out that are put into one, so that a sum reads few
)
DAY_JUMP_HOURS = 36  # the day end waits for a person if the clock has gone further than that since it last looked
REMINDER_CATCH_UP_DAYS = 2  # a reminder missed for longer is not sent any more
REMINDER_HOURS = (8, 19)  # from and until, on the clock of the organisation
REMINDERS_PER_WEEK = 4  # texts that ask one phone for money in any seven days, however many loans
COMPLAINT_DAYS = 7  # until an answer is due; unanswered then, a complaint is escalated by itself
COMPLAINT_CHARACTERS = 160  # her own words, as long as a keypad gives
COMPLAINT_ANSWER_CHARACTERS = 300  # with ticket and farewell it fits the parts of a text
COMPLAINTS_PER_DAY = 5  # of one person; each has its own ticket and answer
HARDSHIP_DAYS = 3  # until somebody answers who cannot pay
INCOME_DAYS = 180  # how long an income she declared is believed; seasons change it
INCOME_MOST = 10**9  # minor units a month; more is a typing error
AFFORDABILITY_MOST = 50  # percent of an income: beyond half, a loan is no help
PAUSE_DAYS_MOST = 365  # between two loans
SUSPICIOUS_DAYS = 3  # a loan paid back so soon was perhaps not needed for itself
SUSPICIOUS_TIMES = 2  # overpayment of so many times a loan is no mistake of typing
CREDIT_SUMMARY_DAYS = 365  # how long a summary of loans is believed: it grows old with the next one
CREDIT_SUMMARY_LOANS = 200  # the newest ones it looks at
CREDIT_HISTORY_DAYS = 5 * 365  # how long a credential about a loan is believed

# --- work
DRAIN_ROWS = 100  # rows one wake-up may claim before it yields
DRAIN_SECONDS = 20.0  # and so long: behind a slow provider others of its lane get their turn
DRAIN_BREAKS = 10  # rows of one wake-up that may break; then it is not the rows
TICK_SECONDS = 2  # how often the clock looks for what has become due
SWEEP_SECONDS = 5  # how often the clock looks for what was lost
RETENTION_SECONDS = 3_600  # how often the clock looks for what is past its term
RETENTION_ROWS = 500  # deleted in one transaction: a payment waits no longer than that
DAY_SECONDS = 300  # how often the work of the day is looked at; each part is done once
JOB_SECONDS = 120  # one wake-up works no longer than this, however slowly a provider still speaks
REDIS_SECONDS = 2.0  # a Redis that does not answer by then is away
LIST_ROWS = 50  # any list, anywhere
LEDGER_CHUNK_ROWS = 1_000  # rows of a journal held at once while it is exported

# --- the database
DISK_FREE_BYTES = 200_000_000  # with less, /health says so before a database fails for want of room
CONNECT_SECONDS = 5  # a database that has not answered by then is away
LOCK_WAIT_MS = 5_000  # waiting longer than this for a lock is a failure
STATEMENT_MS = 30_000  # no statement of ours needs longer
