"""What an application for a loan still needs: one screen after the other, none twice, always back to the same offer."""

from __future__ import annotations

import uuid

from core import lending, onboarding, sscr
from core.credentials import CredentialType
from core.errors import Refusal
from core.lending import Offer, groups, projects
from core.refusal_codes import RefusalCode
from menus.dialogs import Dialog
from menus.screens.entry import me
from menus.world import World


def next_step(world: World, dialog: Dialog) -> str:
    """The first screen whose answer is not known yet; the terms, once all are."""
    project_id = project_of(dialog)
    if missing(world, project_id):
        return "loan.missing"
    if not _is_agreed_in_group(world, project_id):
        return "group"
    if lending.affordability.begin(
        world.db, project_id=project_id, user_id=me(world), now=world.now
    ):
        return "loan.income"
    if "amount" not in dialog.answers:
        return "loan.amount"
    if "duration" in dialog.answers:
        return terms_screen(world)
    durations = offer_of(world, dialog).durations
    if len(durations) > 1:
        return "loan.duration"
    dialog.answers["duration"] = str(durations[0])
    return terms_screen(world)


def terms_screen(world: World) -> str:
    """Where she reads the terms: who had a loan here before, and has her record here, types her PIN below them."""
    is_known = not lending.is_first(world.db, me(world)) and not sscr.is_in_wallet(
        world.db, me(world)
    )
    return "loan.agree" if is_known else "loan.terms"


def offers(world: World) -> dict[int, Offer]:
    """What she may borrow from, by the number she types; a number is one project's for ever."""
    found = lending.offers(world.db, user_id=me(world), now=world.now)
    return {offer.number: offer for offer in found}


def offer_of(world: World, dialog: Dialog) -> Offer:
    """The offer she chose, as it is now."""
    project = project_of(dialog)
    for offer in offers(world).values():
        if offer.project_id == project:
            return offer
    raise Refusal(RefusalCode.OFFER_UNKNOWN)


def project_of(dialog: Dialog) -> uuid.UUID:
    """The project she chose."""
    return uuid.UUID(dialog.answers["project"])


def missing(world: World, project_id: uuid.UUID) -> list[CredentialType]:
    """The types of proof this project asks for and her record does not hold; what is in her wallet only it knows."""
    if sscr.is_in_wallet(world.db, me(world)):
        return []
    held = {held.type for held in sscr.holdings(world.db, me(world))}
    confirmed = {one.type for one in onboarding.provable(world.db, me(world), now=world.now)}
    wanted = lending.requirements(world.db, project_id, me(world), also=confirmed)
    types = dict.fromkeys(CredentialType(one["type"]) for one in wanted)
    return [kind for kind in types if kind not in held]


def _is_agreed_in_group(world: World, project_id: uuid.UUID) -> bool:
    """Whether no group stands before a loan of this project, or hers is agreed. Refuses what a group refuses."""
    try:
        groups.check_member(world.db, projects.get(world.db, project_id), me(world))
    except Refusal as refusal:
        if refusal.code != RefusalCode.GROUP_NOT_AGREED:
            raise
        return False
    return True
