"""The terms with their true cost, and her PIN on them: on their last page, for a first loan on one of its own."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from config.limits import TERMS_TEXTS_PER_DAY
from core import credentials, lending, messaging, people, sscr
from core.lending import Quote
from core.lending.tranches import plan
from core.messaging import Template
from core.money import Money
from core.onboarding import LOAN
from menus.dialogs import Dialog
from menus.page import End, Page
from menus.questions import questions
from menus.screen import Guard, Retry
from menus.screens.entry import me, my_organisation, support
from menus.screens.loan_steps import project_of, terms_screen
from menus.screens.say import typed_amount
from menus.screens.table import menu
from menus.world import World


def read_terms(world: World, dialog: Dialog, typed: str) -> str | End:
    if typed != "1":
        raise Retry
    if not _may_lend(world):
        return _call_us(world)
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


def _may_lend(world: World) -> bool:
    return lending.screening.may_lend(
        world.db, user_id=me(world), screen=world.node.screen, now=world.now
    )


def _call_us(world: World) -> End:
    return End(
        world.say(
            "Before this loan our staff must check something with you. Please call {support}.",
            support=support(world),
        )
    )


def terms(world: World, quote: Quote) -> str:
    """The terms as she reads and accepts them; this very text is kept with the loan."""
    return "\n".join(lending.disclosure.lines(world.words, quote, support=support(world)))


def _text_terms(world: World, text: str, *, at_most: int | None = None) -> None:
    """The terms leave for her phone before she agrees; the same ones only once, `at_most` so many texts a day."""
    user, day = people.get(world.db, me(world)), world.now - timedelta(days=1)
    sent = messaging.sent_since(world.db, user.phone, Template.LOAN_OFFER, day)
    if at_most is not None and sent >= at_most:
        return
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
        return terms_screen(world)
    _text_terms(world, text)
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
    return Page("\n".join(_question(world, dialog)))


@menu.screen("loan.agree", read=read_accept, guard=Guard.PIN | Guard.MONEY | Guard.TERMS)
def show_terms_and_ask_pin(world: World, dialog: Dialog) -> Page | End:
    """For who had a loan before: the terms, and on their last page the PIN that agrees to them."""
    if not _may_lend(world):
        return _call_us(world)
    text = terms(world, quoted(world, dialog))
    dialog.answers["terms"] = _fingerprint(text)
    _text_terms(world, text, at_most=TERMS_TEXTS_PER_DAY)
    return Page("\n".join([text, *_question(world, dialog)]))


def _question(world: World, dialog: Dialog) -> list[str]:
    return [
        world.say("{name} asks your record:", name=my_organisation(world).name),
        *asked(world, dialog),
        world.say("Type your PIN to answer yes and take the loan."),
    ]


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
    lender = my_organisation(world)
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
