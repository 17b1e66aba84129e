"""Every text this node sends, in one table; the Swahili is in `core/locale/sw/messages.po`.

A text says which loan, how much, how and until when, and it never shames. Pay Bill and the menu names
of M-PESA stay English in every language, because that is what the phone shows.
"""

from __future__ import annotations

from core.messaging.names import Template
from core.words import mark

TEXTS: dict[Template, str] = {
    Template.INVITATION: mark(
        "{organisation} invites you to Growr. Your code: {code}. Dial {service_code} to join. "
        "Keep the code to yourself."
    ),
    Template.WELCOME: mark(
        "Welcome {name}! Your record with {organisation} is ready. "
        "Only your PIN opens it: never share it, not even with us."
    ),
    Template.LOAN_TERMS: mark(
        "Loan {code} agreed. You get {received} and repay {total} in all. "
        "First payment: {first_amount} by {first_due}. Yearly cost (APR): {apr}%."
    ),
    Template.LOAN_TERMS_PARTS: mark(
        "Loan {code} agreed: {received} in parts, {first} now. If all came today you repay {total}. "
        "Yearly cost (APR): {apr}%. We text you with each part."
    ),
    Template.DISBURSED: mark(
        "Loan {code}: {amount} has been sent to your M-PESA. Receipt {receipt}."
    ),
    Template.DISBURSEMENT_FAILED: mark(
        "Loan {code}: the money has not reached your M-PESA, so you owe nothing yet. "
        "We are looking into it. Questions? Call {support}."
    ),
    Template.PAID_AFTER_ALL: mark(
        "Loan {code}: M-PESA paid it out after all: please repay it. "
        "Your newer request {other} is ended: you owe nothing for it. Questions? Call {support}."
    ),
    Template.PAID_TWICE: mark(
        "M-PESA sent you {amount} for loan {code} (receipt {receipt}) though it had said no. "
        "Please keep it apart: we will call you. Questions? {support}"
    ),
    Template.TRANCHE: mark(
        "Loan {code}: {amount} more has been sent to your M-PESA, receipt {receipt}. "
        "Now to pay: {outstanding} in all, next {next_amount} by {next_due}."
    ),
    Template.TRANCHE_FAILED: mark(
        "Loan {code}: the next part of your money has not reached your M-PESA, so you do not owe it. "
        "We are looking into it. Questions? Call {support}."
    ),
    Template.REST_CANCELLED: mark(
        "Loan {code}: the {amount} not paid out so far will not come, and you do not owe it. "
        "Questions? Call {support}."
    ),
    Template.REPAYMENT_RECEIVED: mark(
        "Thank you! We received {amount} for loan {code}. "
        "Still to pay: {outstanding}, next by {next_due}. Receipt {receipt}."
    ),
    Template.REPAYMENT_FAILED: mark(
        "Loan {code}: your payment did not go through ({reason}). To try again, dial {pay_code}."
    ),
    Template.LOAN_REPAID: mark(
        "Thank you! We received {amount}, receipt {receipt}. "
        "Loan {code} is fully repaid and now counts in your credit history."
    ),
    Template.LOAN_GIVEN_BACK: mark(
        "We received {amount}, receipt {receipt}. You have given loan {code} back: you owe nothing, "
        "and it counts in no history."
    ),
    Template.CASH_BACK: mark(
        "Thank you for paying loan {code} on time. "
        "Your cash-back of {amount} is on its way to your M-PESA."
    ),
    Template.REFUND: mark(
        "You paid {amount} more than loan {code} needed (receipt {receipt}). "
        "We are sending it back to your M-PESA."
    ),
    Template.CREDIT_KEPT: mark(
        "We received {paid}, receipt {receipt}, more than loan {code} needed. "
        "We keep {amount} as your credit. Questions? Call {support}."
    ),
    Template.REMINDER_BEFORE: mark(
        "{amount} for loan {code} is due on {due}. Dial {pay_code} to pay, or M-PESA Pay Bill {paybill}, "
        "account {code}. No more reminders: reply STOP"
    ),
    Template.REMINDER_TODAY: mark(
        "{amount} for loan {code} is due today. Dial {pay_code} to pay, or M-PESA Pay Bill {paybill}, "
        "account {code}. No more reminders: reply STOP"
    ),
    Template.REMINDER_AFTER: mark(
        "{amount} for loan {code} was due {due}. Dial {pay_code} to pay, or Pay Bill {paybill}, "
        "account {code}. Hard now? Reply HELP. No reminders: STOP"
    ),
    Template.BUREAU_NOTICE: mark(
        "Loan {code} is late. From {day} we may report it to a credit bureau, unless you pay or we agree "
        "on a new plan before. Let us find a way: call {support}, or dial {pay_code}."
    ),
    Template.DEFAULTED: mark(
        "Loan {code} has passed its time (default). Open: {outstanding}. "
        "Let us find a way together: call {support}, or dial {pay_code} to pay."
    ),
    Template.GROUP_INVITED: mark(
        "{organisation} invites you to the group {group}: neighbours who stand in for each other's loans. "
        "Choose Get a loan in the menu to read what it means. You owe nothing until you agree."
    ),
    Template.GROUP_PAID: mark(
        "Loan {code}: the deposits of your group paid {paid}, {own} of it from yours. "
        "Still open: {outstanding}. What you pay now goes back to your group first. "
        "Let us find a way together: call {support}."
    ),
    Template.GROUP_DEBT_PAID: mark(
        "Thank you! We received {amount}, receipt {receipt}. {restored} of it went back to your group; "
        "still owed to it: {owed}. Loan {code}: {outstanding} to pay."
    ),
    Template.DEPOSIT_USED: mark(
        "Group {group}: the deposits helped a member in difficulty. {amount} of yours was used, "
        "{left} is left. When it is paid back, you get it back. Questions? Call {support}."
    ),
    Template.DEPOSIT_RESTORED: mark(
        "Good news from group {group}: {amount} came back to your deposit. It is now {left}."
    ),
    Template.DEPOSIT_RETURNED: mark(
        "The deposit of loan {code} is free: {amount} is on its way to your M-PESA. "
        "Thank you for standing by your group."
    ),
    Template.DEPOSIT_KEPT: mark(
        "The deposit of loan {code} is free. It is too small to send: we keep {amount} as your credit. "
        "Questions? Call {support}."
    ),
    Template.DEPOSIT_CUT: mark(
        "The project of loan {code} has ended with a loss. {lost} of your deposit covered it; "
        "{amount} comes back to you. Questions? Call {support}."
    ),
    Template.CASH_BACK_CUT: mark(
        "The project of loan {code} has ended with a loss: {lost} of your cash-back cannot be paid. "
        "Questions? Call {support}."
    ),
    Template.CHARGED: mark(
        "Loan {code}: {amount} is added, to pay by {due} and not before. "
        "Why, or not right? Call {support}."
    ),
    Template.WAIVED: mark(
        "Good news: {amount} of loan {code} is forgiven. Still to pay: {outstanding}. "
        "Questions? Call {support}."
    ),
    Template.RESCHEDULED: mark(
        "Loan {code} has new dates. Next: {amount} by {due}. To pay in all: {outstanding}. "
        "Questions? Call {support}."
    ),
    Template.INTEREST_PAUSED: mark(
        "Loan {code}: no interest runs until {until}, that day included. Questions? Call {support}."
    ),
    Template.RATE_LOWERED: mark(
        "Good news: loan {code} now costs {rate}% a year, less than before. "
        "Still to pay: {outstanding}. Questions? Call {support}."
    ),
    Template.FLAT_RATE_LOWERED: mark(
        "Good news: loan {code} now costs {rate}% a year, flat: less than before. "
        "Still to pay: {outstanding}. Questions? Call {support}."
    ),
    Template.CHARGED_BACK: mark(
        "Loan {code}: M-PESA took back your payment {receipt}. {amount} is to pay again; "
        "days before today do not count as late. Questions? {support}"
    ),
    Template.WRITTEN_OFF: mark(
        "Loan {code} is closed in our books; no more interest or charges arise. "
        "You can still pay any amount. Let us find a way together: call {support}."
    ),
    Template.RECOVERED: mark(
        "Thank you! We received {amount} for loan {code}, receipt {receipt}. "
        "Questions? Call {support}."
    ),
    Template.CORRECTED: mark(
        "Loan {code}: we have corrected a mistake of ours. Still to pay: {outstanding}. "
        "Questions? Call {support}."
    ),
    Template.LOAN_CLOSED: mark(
        "Loan {code} is fully repaid: you owe nothing more. It now counts in your credit history. Thank you!"
    ),
    Template.NEWS: mark(
        "You have news from {organisation}. Dial our menu and type your PIN, or call {support}."
    ),
    Template.RECORD_OPENED: mark(
        "Your record was opened with your PIN ({time}): {purpose}. "
        "If it was not you, call {support}."
    ),
    Template.SOURCE_UNKNOWN: mark(
        "{source} does not know this phone number, so nothing was added to your record. Ask them to enter it, then "
        "choose Prove something again."
    ),
    Template.SOURCE_SILENT: mark(
        "{source} did not answer us, so nothing was added to your record. You can ask again tomorrow."
    ),
    Template.CREDENTIAL_ADDED: mark(
        "New in your record: {title}. It is yours; nobody sees it unless you agree with your PIN."
    ),
    Template.PIN_CHANGED: mark(
        "Your PIN was changed. The old one opens nothing now. If it was not you, call {support}."
    ),
    Template.PIN_LOCKED: mark(
        "Your PIN was typed wrong 3 times. It is locked for {wait}. If it was not you, call {support}."
    ),
    Template.PIN_BLOCKED: mark(
        "Your PIN was typed wrong too often and is blocked now. Your agent can help you to a new one, "
        "or call {support}."
    ),
    Template.GUARDIAN_NAMED: mark(
        "{name} trusts you to help with a forgotten PIN. You cannot see the record. "
        "Nothing to do now. Questions? Call {support}."
    ),
    Template.CONSENT_ENDED: mark(
        "You took back your consent {code}: {name} is shown nothing more. Not you? Call {support}."
    ),
    Template.RECOVERY_CODE: mark(
        "Code {code} for your agent {agent}, who is with you now. Nobody with you? "
        "Tell no one and call {support}."
    ),
    Template.RECOVERY_ASKED: mark(
        "{agent} asked for a new PIN for you. It works in {hours} hours, sooner with a guardian. "
        "Not you? Reply NO or dial {service_code}."
    ),
    Template.RECOVERY_HELP: mark(
        "{name} forgot the PIN and asks for your help. Speak to {name} first. "
        "Then dial {service_code}: My record, My PIN, Help a friend."
    ),
    Template.RECOVERY_SOON: mark(
        "{name} forgot the PIN. You can help from {time}: we text you then. Not asked for? Call {support}."
    ),
    Template.RECOVERY_DONE: mark(
        "Your new PIN works now. Your record is complete. If it was not you, call {support}."
    ),
    Template.RECOVERY_ANEW: mark(
        "Your new PIN works now. Your record is new and empty: choose My record, Prove something. "
        "If it was not you, call {support}."
    ),
    Template.RECOVERY_STOPPED: mark(
        "It is stopped. Your PIN and number stay as they were. Questions? Call {support}."
    ),
    Template.NUMBER_ASKED: mark(
        "{agent} asks to move your account to another number. Not you? "
        "Reply NO or dial {service_code} now."
    ),
    Template.NUMBER_CHANGED: mark(
        "Your account has moved to your new number. If it was not you, call {support} at once."
    ),
    Template.WALLET_OFFER: mark(
        "Your record for your own wallet: open {address} on the phone with the wallet, or let a helper show you the "
        "code there. It holds for {minutes} minutes."
    ),
    Template.WALLET_CODE: mark(
        "Your number for the wallet: {code}. Type it into your wallet yourself and tell nobody. If you did not ask "
        "for it, call {support}."
    ),
    Template.WALLET_DONE: mark(
        "Your record is in your own wallet now. We keep no copy, only the list of its openings. Your loans go on "
        "as before. Not you? Call {support}."
    ),
    Template.WALLET_ASKED: mark(
        "To take {amount}, open {address} on the phone with your wallet, or let a helper show you the code there. It "
        "holds for {minutes} minutes. Not you? Call {support}."
    ),
    Template.WALLET_REFUSED: mark(
        "We could not make your loan from your wallet's answer. {reason} You owe nothing for it. "
        "Questions? Call {support}."
    ),
    Template.WALLET_NEWS: mark(
        "Your loan history for your own wallet: open {address} on the phone with the wallet, or let a helper show you "
        "the code there, within {days} days. Only the wallet that has your record can take it."
    ),
    Template.WALLET_NEWS_CODE: mark(
        "Your number for the wallet: {code}. Type it into your wallet yourself and tell nobody. Missed it? Choose My "
        "record on our menu. Questions? Call {support}."
    ),
    Template.WALLET_STOPPED: mark(
        "Your SIM was changed lately, so your record stays here for now. Begin again 3 days after the change. "
        "Not you? Call {support}."
    ),
    Template.HANDOVER_CODE: mark(
        "{name} expects you: dial {service_code} on this phone. Your number there: {code}. Tell nobody. "
        "Good for {hours} hours. Not you? Call {support}."
    ),
    Template.HANDOVER_DONE: mark(
        "Your record is with {name} now. We keep no copy, only the list of its openings. Your loans here go on. "
        "Not you? Call {support}."
    ),
    Template.HANDOVER_OVER: mark(
        "Your record did not move to {name}. It is here as before, nothing is lost. You can try again. Questions? "
        "Call {support}."
    ),
    Template.ARRIVAL_WAITS: mark(
        "Your record from {name} waits for you. Please dial {service_code} once more."
    ),
    Template.ARRIVAL_DONE: mark(
        "Your record from {name} is here, all of it: {count} proofs. Only your PIN opens it."
    ),
    Template.ARRIVAL_PART: mark(
        "Your record from {name} is here: {count} proofs. Please prove these again, for only their issuers can renew "
        "them: {titles}."
    ),
    Template.ARRIVAL_OVER: mark(
        "Your record from {name} did not come. It is still there, nothing is lost. Please begin again there."
    ),
    Template.RECORD_ERASED: mark(
        "Your record is erased, as you asked; nobody can read it any more. What the law keeps of your "
        "loans stays. Questions? Call {support}."
    ),
    Template.BALANCE: mark(
        "Loan {code}: {outstanding} to pay in all. Next: {next_amount} by {next_due}. "
        "To pay, dial {pay_code}."
    ),
    Template.GROUP_DEBT: mark(
        "Your group paid for your loan {code}: you owe it {amount}. It goes back to your neighbours: "
        "Pay Bill {paybill}, account {code}, or dial {pay_code}."
    ),
    Template.NO_LOAN: mark(
        "You have no open loan. Dial {service_code} to see what you can borrow."
    ),
    Template.PAY_HOW: mark(
        "To pay {amount} for loan {code}: M-PESA, Lipa na M-PESA, Pay Bill {paybill}, "
        "account {code}. Or dial {pay_code}, or reply e.g. PAY 500."
    ),
    Template.HELP: mark(
        "Reply BAL: balance. PAY: how to pay. STOP: no reminders. START: reminders again. "
        "Menu: dial {service_code}. Questions? Call {support}."
    ),
    Template.STOPPED: mark(
        "You will get no more payment reminders. Receipts and codes still come. "
        "To get reminders again, reply START."
    ),
    Template.STARTED: mark("You will get payment reminders again. To end them, reply STOP."),
    Template.LOAN_OFFER: mark("{terms}\nNothing is agreed until you confirm it."),
    Template.COMPLAINT_RECEIVED: mark(
        "We have your complaint, ticket {ticket}. You get an answer by {due}. "
        "To hear more now, call {support}."
    ),
    Template.COMPLAINT_ANSWERED: mark(
        "Complaint {ticket}: {answer}\nNot content? Dial, choose Help, then My complaint."
    ),
    Template.COMPLAINT_ESCALATED: mark(
        "Your complaint {ticket} is now with the manager, who answers by {due}. "
        "Questions? Call {support}."
    ),
    Template.HARDSHIP_ASKED: mark(
        "Loan {code}: we know that you cannot pay now. {organisation} calls or texts you by {due}. "
        "Or call {support}."
    ),
    Template.HARDSHIP_GRANTED: mark(
        "Loan {code}: you have time until {until}. Nobody reminds you before that day. "
        "Pay earlier whenever you can."
    ),
    Template.HARDSHIP_DECLINED: mark(
        "Loan {code}: we could not give more time. Pay any part you can, or call {support}: "
        "we look for a way with you."
    ),
    Template.HELP_STRANGER: mark(
        "Growr lends through cooperatives. Dial {service_code} or call {support}.\n"
        "Growr hukopesha kupitia ushirika. Piga {service_code} au simu {support}."
    ),
    Template.HELP_BY_PERSON: mark(
        "We could not help you by text. {organisation} reads what you wrote and answers by {due}, ticket {ticket}. "
        "Or call {support}."
    ),
    Template.INVITATION_FAILED: mark(
        "The invitation to {name}, {phone}, did not arrive ({reason}). Please check the number, then invite again."
    ),
    Template.TURN_LATE: mark("Sorry, we were slow. Here is your answer:\n{page}"),
}
