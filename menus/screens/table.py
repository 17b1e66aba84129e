"""The menu of this node, empty yet: each flow adds its screens. Who dials decides where it starts."""

from __future__ import annotations

from core import onboarding, people
from core.onboarding import HELPERS
from core.people import User, UserState
from menus.menu import Menu
from menus.refusals import FINAL, explain
from menus.world import World

DOORS = {UserState.INVITED: "register.code", UserState.BLOCKED: "blocked"}


def start(world: World) -> str:
    """The first screen: by what the node knows of this number now, not by what it remembers of the session."""
    user = people.by_phone(world.db, world.caller.phone)
    if user is None:
        coming = onboarding.of_new_number(world.db, world.caller.phone)
        return "number.new" if coming else "stranger"
    return _inside(world, user) if user.state is UserState.ACTIVE else DOORS[user.state]


def _inside(world: World, user: User) -> str:
    """Nothing is shown at a number that was silent for long; what somebody asked for in her name comes first."""
    if people.is_number_quiet(user, world.now):
        return "number.check"
    if not people.is_seen_lately(user, world.now):
        people.note_seen(world.db, user_id=user.id, now=world.now)
    if onboarding.of_user(world.db, user.id):
        return "recovery"
    return "agent" if user.role in HELPERS else "home"


menu = Menu(start, explain=explain, final=FINAL)
