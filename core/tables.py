"""Imports the tables of every room, so that whoever needs the whole schema (migrations, tests) has it."""

import importlib
import pkgutil

import core
from core.db import Base


def metadata() -> None:
    """Import every `models` module of core, so that `Base.metadata` is whole."""
    for found in pkgutil.iter_modules(core.__path__, "core."):
        if found.ispkg and importlib.util.find_spec(f"{found.name}.models"):
            importlib.import_module(f"{found.name}.models")


metadata()
METADATA = Base.metadata
