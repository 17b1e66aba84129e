"""The menu of this node, empty yet: each flow adds its screens. Who dials decides where it starts."""

from __future__ import annotations

from core import people
from core.people import UserState
from menus.menu import Menu
from menus.refusals import FINAL, explain
from menus.world import World

DOORS = {
    UserState.INVITED: "register.code",
    UserState.ACTIVE: "home",
    UserState.BLOCKED: "blocked",
}


def start(world: World) -> str:
    """The first screen: by what the node knows of this number now, not by what it remembers of the session."""
    user = people.by_phone(world.db, world.caller.phone)
    return "stranger" if user is None else DOORS[user.state]


menu = Menu(start, explain=explain, final=FINAL)
