"""From an offer to a loan: which project, how much, how long, the terms with their true cost, and her PIN on them."""

from __future__ import annotations

import hashlib
import uuid

from core import credentials, lending, messaging, people, sscr
from core.credentials import CredentialType
from core.errors import Refusal
from core.lending import Offer, Quote
from core.lending.durations import Length
from core.lending.schedules.terms import Unit
from core.lending.tranches import plan
from core.messaging import Template
from core.money import Money
from core.onboarding import LOAN, TITLES
from menus.dialogs import Dialog
from menus.page import End, Page
from menus.questions import questions
from menus.screen import Guard, Retry, pick
from menus.screens import group
from menus.screens.entry import me, support
from menus.screens.say import typed_amount
from menus.screens.table import menu
from menus.world import World


def offers(world: World) -> dict[int, Offer]:
    """What she may borrow from, by the number she types; a number is one project's for ever."""
    found = lending.offers(world.db, user_id=me(world), now=world.now)
    return {offer.number: offer for offer in found}


def read_offer(world: World, dialog: Dialog, typed: str) -> str:
    offer = pick(typed, offers(world))
    dialog.answers["project"] = str(offer.project_id)
    if _missing(world, offer.project_id):
        return "loan.missing"
    if (first := group.first_screen(world, offer.project_id)) is not None:
        return first
    asks_income = lending.affordability.begin(
        world.db, project_id=offer.project_id, user_id=me(world), now=world.now
    )
    return "loan.income" if asks_income else "loan.amount"


@menu.screen("loan.offers", read=read_offer)
def show_offers(world: World, _: Dialog) -> Page:
    if lending.open_loan(world.db, me(world)) is not None:
        return Page(world.say("You have an open loan. When it is repaid you can borrow again."))
    found = offers(world)
    if not found:
        return Page(
            world.say(
                "There is no offer for you now. We will have one again: please look in later."
            )
        )
    options = [
        (number, f"{offer.name}: {offer.least} - {offer.most}") for number, offer in found.items()
    ]
    return Page(world.say("Choose an offer:"), options)


def read_missing(_: World, __: Dialog, typed: str) -> str:
    if typed != "1":
        raise Retry
    return "record.prove"


@menu.screen("loan.missing", read=read_missing)
def show_missing(world: World, dialog: Dialog) -> Page:
    titles = [world.say(TITLES[kind]) for kind in _missing(world, project_of(dialog))]
    text = world.say("For this loan your record also needs: {titles}.", titles=", ".join(titles))
    return Page(text, [(1, world.say("Add a proof"))])


def read_income(world: World, _: Dialog, typed: str) -> str:
    lending.affordability.declare_income(
        world.db, user_id=me(world), monthly=typed_amount(world, typed), now=world.now
    )
    return "loan.amount"


@menu.screen("loan.income", read=read_income)
def ask_income(world: World, _: Dialog) -> Page:
    return Page(
        world.say(
            "About how much money comes in to you in a month? Whole shillings, e.g. 9000. "
            "It helps us not to lend you too much."
        )
    )


def read_amount(world: World, dialog: Dialog, typed: str) -> str:
    money, offer = typed_amount(world, typed), _offer(world, dialog)
    if not offer.least <= money <= offer.most:
        raise Refusal("amount_outside_offer", least=offer.least, most=offer.most)
    dialog.answers["amount"] = typed
    if len(offer.durations) == 1:
        dialog.answers["duration"] = str(offer.durations[0])
        return "loan.terms"
    return "loan.duration"


@menu.screen("loan.amount", read=read_amount)
def ask_amount(world: World, dialog: Dialog) -> Page:
    offer = _offer(world, dialog)
    text = world.say(
        "How much do you need? From {least} to {most}.", least=offer.least, most=offer.most
    )
    if offer.is_earned:
        text = world.say("You may now borrow up to {most}.", most=offer.most) + " " + text
    return Page(text)


def read_duration(world: World, dialog: Dialog, typed: str) -> str:
    durations = dict(enumerate(_offer(world, dialog).durations, start=1))
    dialog.answers["duration"] = str(pick(typed, durations))
    return "loan.terms"


@menu.screen("loan.duration", read=read_duration)
def ask_duration(world: World, dialog: Dialog) -> Page:
    offer = _offer(world, dialog)
    options = [
        (number, duration(world, offer.length(choice)))
        for number, choice in enumerate(offer.durations, start=1)
    ]
    return Page(world.say("For how long?"), options)


def duration(world: World, length: Length) -> str:
    """A term in her words."""
    (count, unit), many = length, world.words.many
    if unit is Unit.DAYS:
        return many("{count} day", "{count} days", count)
    if unit is Unit.WEEKS:
        return many("{count} week", "{count} weeks", count)
    return many("{count} month", "{count} months", count)


def read_terms(world: World, dialog: Dialog, typed: str) -> str | End:
    if typed != "1":
        raise Retry
    screen = world.node.screen
    if not lending.screening.may_lend(world.db, user_id=me(world), screen=screen, now=world.now):
        return End(
            world.say(
                "Before this loan our staff must check something with you. Please call {support}.",
                support=support(world),
            )
        )
    _text_terms(world, terms(world, quoted(world, dialog)))
    return "loan.check" if lending.is_first(world.db, me(world)) else to_agree(world)


def to_agree(world: World) -> str:
    """Where she says yes: with her PIN to her record here, or in the wallet of her own that has it."""
    return "loan.wallet" if sscr.is_in_wallet(world.db, me(world)) else "loan.accept"


@menu.screen("loan.terms", read=read_terms, guard=Guard.TERMS)
def show_terms(world: World, dialog: Dialog) -> Page:
    text = terms(world, quoted(world, dialog))
    dialog.answers["terms"] = _fingerprint(text)
    return Page(text, [(1, world.say("I agree"))])


def terms(world: World, quote: Quote) -> str:
    """The terms as she reads and accepts them; this very text is kept with the loan."""
    return "\n".join(lending.disclosure.lines(world.words, quote, support=support(world)))


def _text_terms(world: World, text: str) -> None:
    """The terms leave for her phone before she agrees; the same ones only once."""
    user = people.get(world.db, me(world))
    messaging.send(
        world.db, to=user.phone, template=Template.LOAN_OFFER, language=world.words.language,
        facts={"terms": text}, now=world.now, user_id=user.id,
        event_key=f"loan_offer:{user.id}:{_fingerprint(text)}",
    )  # fmt: skip


def accepted(world: World, dialog: Dialog) -> str | None:
    """The terms she read; None where a day has passed or the offer has changed, for she agrees to those only."""
    text = terms(world, quoted(world, dialog))
    return text if _fingerprint(text) == dialog.answers["terms"] else None


def read_accept(world: World, dialog: Dialog, typed: str) -> str | End:
    text = accepted(world, dialog)
    if text is None:
        return "loan.terms"
    loan = _borrow(world, dialog, pin=typed, text=text)
    return End(
        world.say(
            "Thank you. Loan {code} is agreed. {received} is on its way to your M-PESA. We will text you.",
            code=loan.code,
            received=plan(loan.terms)[0].received,
        )
    )


@menu.screen("loan.accept", read=read_accept, guard=Guard.PIN | Guard.MONEY)
def ask_pin(world: World, dialog: Dialog) -> Page:
    lines = [world.say("{name} asks your record:", name=lender(world)), *asked(world, dialog)]
    return Page("\n".join([*lines, world.say("Type your PIN to answer yes and take the loan.")]))


def lender(world: World) -> str:
    """Who lends to her, as she knows it."""
    return people.organisation(world.db, people.get(world.db, me(world)).organisation_id).name


def asked(world: World, dialog: Dialog) -> list[str]:
    """What the project wants to know of her, one question each."""
    wanted = lending.requirements(world.db, project_of(dialog), me(world))
    return questions(world.words, wanted)


def _borrow(world: World, dialog: Dialog, *, pin: str, text: str) -> lending.Loan:
    presentations, holder_did = _shown(world, dialog, pin)
    return lending.apply(
        world.db, user_id=me(world), project_id=project_of(dialog), amount=_amount(world, dialog),
        duration=int(dialog.answers["duration"]), presentations=presentations, holder_did=holder_did,
        nonce=world.key, audience=world.node.issuer.did, trust=world.node.trust, terms_text=text,
        language=world.words.language, idempotency_key=world.key, now=world.now,
    )  # fmt: skip


def _shown(world: World, dialog: Dialog, pin: str) -> tuple[list[str], str]:
    """What she agreed to show with her PIN, and whose it is; her yes to these questions is written down."""
    types = credentials.requested(lending.requirements(world.db, project_of(dialog), me(world)))
    lender = people.organisation(world.db, people.get(world.db, me(world)).organisation_id)
    verifier = sscr.Verifier(world.node.issuer.did, lender.name)
    with sscr.unlock(
        world.db, custody=world.node.custody, owner_id=me(world), pin=pin, purpose=LOAN,
        session_id=world.session_id, now=world.now, audience=lender.name,
    ) as unlocked:  # fmt: skip
        sscr.give(
            world.db, unlocked=unlocked, issuer=world.node.issuer, verifier=verifier, types=types, now=world.now,
            notice=sscr.Notice(world.words.language, lender.country),
        )  # fmt: skip
        shown = sscr.present(
            world.db, unlocked=unlocked, types=types, audience=verifier.did, nonce=world.key,
            purpose=LOAN, now=world.now,
        )  # fmt: skip
    return shown, unlocked.did


def _missing(world: World, project: uuid.UUID) -> list[CredentialType]:
    """The types of proof this project asks for and her record does not hold; what is in her wallet only it knows."""
    if sscr.is_in_wallet(world.db, me(world)):
        return []
    held = {held.type for held in sscr.holdings(world.db, me(world))}
    asked = dict.fromkeys(
        need["type"] for need in lending.requirements(world.db, project, me(world))
    )
    return [CredentialType(kind) for kind in asked if kind not in held]


def _offer(world: World, dialog: Dialog) -> Offer:
    project = project_of(dialog)
    for offer in offers(world).values():
        if offer.project_id == project:
            return offer
    raise Refusal("offer_unknown")


def project_of(dialog: Dialog) -> uuid.UUID:
    """The project she chose."""
    return uuid.UUID(dialog.answers["project"])


def _amount(world: World, dialog: Dialog) -> Money:
    return typed_amount(world, dialog.answers["amount"])


def quoted(world: World, dialog: Dialog) -> Quote:
    """What she is about to agree to, as of now."""
    return lending.quote(
        world.db, project_id=project_of(dialog), user_id=me(world), amount=_amount(world, dialog),
        duration=int(dialog.answers["duration"]), now=world.now,
    )  # fmt: skip


def _fingerprint(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
