"""The application that is measured: a bare handler and a USSD menu in the same process."""

from __future__ import annotations

from flask import Flask, Response

from config.settings import Settings
from core import keys, people
from core.db import Session
from core.node import Node
from core.words import DEFAULT_LANGUAGE
from gateway import ussd
from menus.dialogs import Dialog
from menus.menu import Menu
from menus.page import Page
from menus.screen import Retry
from menus.world import Caller, World
from tests import nodes


def make() -> Flask:
    """What gunicorn serves."""
    settings = Settings()
    node: Node = nodes.small_node(settings, keys.create(settings.keys))
    app = Flask("bench")
    app.config["MAX_CONTENT_LENGTH"] = 64 * 1024

    @app.post("/bare")
    def bare() -> Response:
        return Response("CON hello", content_type="text/plain; charset=utf-8")

    app.register_blueprint(ussd.blueprint(node, menu(), find_caller=stranger, late=lambda *_: None))
    return app


def stranger(db: Session, phone: str) -> Caller:
    """A caller nobody asked the database about."""
    return Caller(None, phone, DEFAULT_LANGUAGE)


def menu() -> Menu:
    """Two lists, and a screen that asks the database once."""
    made = Menu("home", explain=lambda words, refusal: refusal.code)
    lines = [(1, "Borrow money", "loans"), (2, "My balance", "balance"), (3, "Language", "loans")]
    made.choices("home", "Welcome to Growr", lines)
    made.choices("loans", "Loans", [(1, "New loan", "home"), (2, "My loans", "home")])

    def again(world: World, dialog: Dialog, typed: str) -> str:
        if typed != "1":
            raise Retry
        return "balance"

    @made.screen("balance", read=again)
    def balance(world: World, dialog: Dialog) -> Page:
        user = people.by_phone(world.db, world.caller.phone)
        return Page(f"You are {user.given_name if user else 'new'}.", [(1, "Again")])

    return made
