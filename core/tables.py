"""Imports the tables of every room, so that whoever needs the whole schema (migrations, tests) has it."""

import importlib
from pathlib import Path

from core.db import Base

ROOMS = sorted(path.parent.name for path in Path(__file__).parent.glob("*/models.py"))

for room in ROOMS:
    importlib.import_module(f"core.{room}.models")

METADATA = Base.metadata
