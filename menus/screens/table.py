"""The menu of this node, empty yet: each flow adds its screens. Who dials decides where it starts."""

from __future__ import annotations

from core import onboarding, people, sscr
from core.onboarding import HELPERS, arrivals
from core.onboarding.models import Arrival
from core.people import User, UserState
from menus.menu import Menu
from menus.refusals import FINAL, ONWARD, explain
from menus.world import World

DOORS = {UserState.INVITED: "register.code", UserState.BLOCKED: "blocked"}


def start(world: World) -> str:
    """The first screen: by what the node knows of this number now, not by what it remembers of the session."""
    return _door(world, arriving(world))


def later(world: World) -> str:
    """The same for who leaves waiting what has come for her."""
    return _door(world, None)


def arriving(world: World) -> Arrival | None:
    """A record of hers that waits here, coming from another node."""
    known = world.node.settings.neighbours
    found = arrivals.waiting(world.db, world.caller.phone, neighbours=known, now=world.now)
    return found if found and _is_hers(world, found) else None


def _is_hers(world: World, arrival: Arrival) -> bool:
    """Whether it may join what is known here of this number, which may have been another person's until lately."""
    user = people.by_phone(world.db, world.caller.phone)
    if user is None or not people.is_number_quiet(user, world.now):
        return True
    has_pin = sscr.record_of(world.db, user.id) is not None
    return has_pin or arrivals.is_return(world.db, arrival, user.id)


def _door(world: World, arrival: Arrival | None) -> str:
    user = people.by_phone(world.db, world.caller.phone)
    if user is None and onboarding.of_new_number(world.db, world.caller.phone):
        return "number.new"
    if arrival and (user is None or user.state is UserState.INVITED):
        return "arrival"
    if user is None:
        return "stranger"
    return _inside(world, user, arrival) if user.state is UserState.ACTIVE else DOORS[user.state]


def _inside(world: World, user: User, arrival: Arrival | None) -> str:
    """Nothing is shown at a number that was silent for long; what somebody asked for in her name comes first."""
    if arrival and sscr.record_of(world.db, user.id) is None:
        return "arrival"
    if people.is_number_quiet(user, world.now):
        return "number.check" if sscr.record_of(world.db, user.id) else "number.seen"
    people.note_in_use(user, world.now)
    if onboarding.of_user(world.db, user.id):
        return "recovery"
    if arrival:
        return "arrival"
    return "agent" if user.role in HELPERS else "home"


menu = Menu(start, explain=explain, final=FINAL, onward=ONWARD)
