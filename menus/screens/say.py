"""How figures and days are written on a page, in her language."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime

from core import money, people
from core.errors import Refusal
from core.lending.disclosure import NEARLY_A_YEAR
from core.money import Money
from core.refusal_codes import RefusalCode
from menus.screens.entry import me
from menus.world import World


def day(world: World, on: date) -> str:
    """A day as one says it, e.g. "21 Dec 2026"."""
    return format_date(on, "d MMM yyyy", locale=world.words.language)


def short_day(world: World, on: date) -> str:
    """A day without its year, for lists, e.g. "21 Dec"."""
    return format_date(on, "d MMM", locale=world.words.language)


def near_day(world: World, on: date, today: date) -> str:
    """A day, with its year only where it would be doubtful."""
    return short_day(world, on) if abs(on - today) < NEARLY_A_YEAR else day(world, on)


def moment(world: World, at: datetime, zone: str) -> str:
    """An instant on her wall clock, e.g. "21 Nov, 10:02"."""
    local = at.astimezone(ZoneInfo(zone))
    return format_datetime(local, "d MMM, HH:mm", locale=world.words.language)


def typed_amount(world: World, typed: str) -> Money:
    """The whole shillings she typed, in the currency of her organisation, written as pages and people write them."""
    currency = people.organisation(
        world.db, people.get(world.db, me(world)).organisation_id
    ).currency
    plain = money.typed(typed, currency)
    if plain is None:
        raise Refusal(RefusalCode.AMOUNT_UNREADABLE)
    amount = money.parse(currency, plain)
    if amount.minor % money.CURRENCIES[currency].step:
        raise Refusal(RefusalCode.AMOUNT_NOT_PAYABLE)
    return amount


def moment_here(world: World, user_id: uuid.UUID, at: datetime) -> str:
    """An instant on the wall clock of somebody's organisation."""
    organisation = people.organisation(world.db, people.get(world.db, user_id).organisation_id)
    return moment(world, at, organisation.timezone)


def initials(world: World, user_id: uuid.UUID) -> str:
    """As much of a name as tells who knows somebody that it is the right number, and nobody else who it is."""
    user = people.get(world.db, user_id)
    return " ".join(f"{name[0]}." for name in (user.given_name, user.family_name))


def full_name(world: World, user_id: uuid.UUID) -> str:
    """What somebody is called, to people of her organisation."""
    user = people.get(world.db, user_id)
    return f"{user.given_name} {user.family_name}"
