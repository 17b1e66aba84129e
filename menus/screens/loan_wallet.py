"""A loan for whoever took her record with her: her own wallet answers, and says yes to the terms."""

from __future__ import annotations

from core.lending import asking, asking_texts
from core.words import mark
from menus.dialogs import Dialog
from menus.page import End, Page
from menus.screens import loan_terms
from menus.screens.entry import me, my_organisation
from menus.screens.loan_steps import project_of
from menus.screens.table import menu
from menus.world import World


def ask_wallet(world: World, dialog: Dialog) -> str | End:
    """The question leaves for her wallet; nothing is agreed until it has answered."""
    text = loan_terms.accepted(world, dialog)
    if text is None:
        return "loan.terms"
    quote, node = loan_terms.quoted(world, dialog), world.node
    request = asking.ask_for_loan(
        world.db, issuer=node.issuer, user_id=me(world), project_id=project_of(dialog), quote=quote,
        terms_text=text, language=world.words.language, idempotency_key=world.key, now=world.now,
    )  # fmt: skip
    asking_texts.ask(
        world.db, request, keyring=node.keyring, issuer=node.issuer, amount=quote.amount, now=world.now
    )  # fmt: skip
    return End(
        world.say(
            "A text with an address is coming: open it with your wallet within {minutes} minutes. The loan is made "
            "when your wallet has said yes.",
            minutes=asking.MINUTES,
        )
    )


@menu.confirmation("loan.wallet", yes=ask_wallet, label=mark("Confirm in my wallet"))
def show(world: World, dialog: Dialog) -> Page:
    lines = [world.say("{name} asks your wallet:", name=my_organisation(world).name)]
    return Page("\n".join([*lines, *loan_terms.asked(world, dialog)]))
