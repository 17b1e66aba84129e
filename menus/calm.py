"""What a person reads when a turn cannot go its way: short, without blame, and with somewhere to go next."""

from core.words import mark

LATE = mark(
    "This takes a little longer. We will text you the answer. If no text comes, please dial again."
)
BUSY = mark(
    "Very many are calling. Nothing is lost. Please dial again in 5 minutes."
)  # in every language at once
READY = mark("We are ready now. Please dial {code} again.")
DOWN = mark("Please dial again in a minute.")
TOO_LONG = mark("This session has become too long. Please dial again.")
FOREIGN = mark("This session is not yours to continue. Please dial again.")
UNREADABLE = mark("We could not read that. Please dial again.")
FAILED = mark("Sorry, that did not work. Please dial again, or call {phone} and say {reference}.")
