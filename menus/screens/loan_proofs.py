"""What her record lacks for a loan: all that is confirmed already goes in with one yes, then the loan goes on."""

from __future__ import annotations

from collections.abc import Sequence

from core import onboarding
from core.credentials import CredentialType
from core.onboarding import TITLES, Provable
from menus.dialogs import Dialog
from menus.page import Page
from menus.screen import Retry
from menus.screens.entry import me, my_organisation, support
from menus.screens.loan_steps import missing, next_step, project_of
from menus.screens.prove import askable
from menus.screens.table import menu
from menus.world import World


def read_missing(world: World, dialog: Dialog, typed: str) -> str:
    if typed != "1" or not (ways := ways_to_prove(world, dialog)):
        raise Retry
    if not isinstance(ways, list):
        return "record.prove"
    onboarding.prove_all(
        world.db, keyring=world.node.keyring, issuer=world.node.issuer, user_id=me(world),
        types=[one.type for one in ways], now=world.now,
    )  # fmt: skip
    return next_step(world, dialog)


def ways_to_prove(world: World, dialog: Dialog) -> list[Provable] | bool:
    """Of what is missing: all that her organisation confirmed; else whether a source outside can be asked."""
    wanted = missing(world, project_of(dialog))
    confirmed = onboarding.provable(world.db, me(world), now=world.now)
    if ready := [one for one in confirmed if one.type in wanted]:
        return ready
    return any(source.type in wanted for source in askable(world).values())


@menu.screen("loan.missing", read=read_missing, passing=True)
def show_missing(world: World, dialog: Dialog) -> Page:
    ways = ways_to_prove(world, dialog)
    if isinstance(ways, list):
        text = world.say(
            "{issuer} confirms for this loan: {titles}. Put that into your record?",
            issuer=ways[0].issuer, titles=_titles(world, [one.type for one in ways]),
        )  # fmt: skip
        return Page(text, [(1, world.say("Yes"))])
    titles = _titles(world, missing(world, project_of(dialog)))
    text = world.say("For this loan your record also needs: {titles}.", titles=titles)
    if ways:
        return Page(text, [(1, world.say("Add a proof"))])
    ask = world.say(
        "{name} can confirm it: call {support}.",
        name=my_organisation(world).name,
        support=support(world),
    )
    return Page(f"{text} {ask}")


def _titles(world: World, types: Sequence[CredentialType]) -> str:
    return ", ".join(world.say(TITLES[kind]) for kind in types)
