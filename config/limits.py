"""Everything has a limit, and here is each one with its reason."""

# --- a person at a keypad
USSD_PAGE_SEPTETS = (
    160  # Safaricom's menu length, "CON " included; a setting per network may differ
)
USSD_TURN_SECONDS = 3.0  # Africa's Talking hangs up after 10 s; we answer calmly long before
USSD_SESSION_SECONDS = 180  # the telco ends a session then, so the dialog need not live longer
USSD_RESUME_SECONDS = 900  # how long a dropped session is offered for resumption
USSD_TURNS = 100  # nobody types a hundred answers in one session
USSD_INPUT_CHARACTERS = 160  # one answer; Safaricom passes 80
USSD_TEXT_CHARACTERS = 2_000  # the whole transcript of a session
MENU_OPTIONS = 5  # more do not fit in a head or on a page

# --- secrets
PIN_DIGITS = 6  # a hundred times the space of four, for two keys more
PIN_TRIES = 3  # wrong PINs before a lock-out
PIN_LOCKS_SECONDS = (900, 3_600, 86_400)  # 15 min, 1 h, 24 h; after these the PIN is blocked
CODE_DIGITS = 6  # one-time codes
CODE_TRIES = 5  # wrong codes before the code is void
INVITATION_DAYS = 14  # an invitation not taken up in two weeks was not wanted

# --- what comes in
BODY_BYTES = 64 * 1024  # no callback of any provider is larger
SMS_IN_CHARACTERS = 1_000  # an inbound message; longer ones are cut

# --- what goes out
HTTP_SECONDS = (3.05, 10.0)  # connect, read
SMS_PARTS = 3  # a text of ours never needs more
SMS_TRIES = 5  # only transient refusals are tried again
PAYMENT_ASK_SECONDS = (
    10,
    30,
    60,
    120,
    300,
    900,
    3_600,
)  # when an open payment is asked about again
PAYMENT_ALARM_SECONDS = 24 * 3_600  # an open payment older than this needs a person
STK_DELAY_SECONDS = 7  # a push collides with the open menu; it waits for the session to end
STK_EXPIRY_SECONDS = 180  # an unanswered prompt is dead by then

# --- work
DRAIN_ROWS = 100  # rows one wake-up may claim before it yields
TICK_SECONDS = 2  # how often the clock looks for what has become due
SWEEP_SECONDS = 15  # how often the clock looks for what was lost
DAY_SECONDS = 300  # how often the work of the day is looked at; each part is done once
JOB_SECONDS = 300  # one wake-up works no longer than this
REDIS_SECONDS = 2.0  # a Redis that does not answer by then is away
LIST_ROWS = 50  # any list, anywhere

# --- the database
LOCK_WAIT_MS = 5_000  # waiting longer than this for a lock is a failure
STATEMENT_MS = 30_000  # no statement of ours needs longer
