"""What every process of a node does first: keep its files to itself, and read its settings or say why it cannot."""

from __future__ import annotations

import os
import re
import sys

from pydantic import ValidationError
from pydantic_settings import SettingsError

from config import HOPELESS, blueprint, logging, sockets
from config.settings import PREFIX, Settings

LOOPBACK = "localhost,127.0.0.0/8,::1"


class Unusable(Exception):
    """The node cannot run with these settings; the text is one line that names them, never a value of a secret."""


def read() -> Settings:
    """The settings of the environment; what this process writes from now on is its owner's alone."""
    os.umask(0o077)
    reach_ourselves()
    try:
        return Settings()
    except ValidationError as error:
        raise Unusable("; ".join(_complaints(error))) from None
    except SettingsError as error:  # a list or a map that is no JSON
        field = re.search(r'field "(\w+)"', str(error))
        name = f"{PREFIX}{field[1].upper()}" if field else "a setting"
        raise Unusable(f"{name}: this is not the JSON it must be") from None


def reach_ourselves() -> None:
    """Whatever proxy the environment names, this machine's own addresses are reached without it."""
    for name in ("no_proxy", "NO_PROXY"):
        given = os.environ.get(name) or os.environ.get("no_proxy", "")
        if LOOPBACK not in given and given != "*":
            os.environ[name] = ",".join(filter(None, (given, LOOPBACK)))


def open_home(settings: Settings) -> None:
    """Make the folder of the node, or close it to everybody else where it was open."""
    try:
        settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        if settings.home.stat().st_mode & 0o077:
            settings.home.chmod(0o700)
        sockets.make_room(settings.home)
    except OSError as error:
        raise Unusable(f"GROWR_HOME: {settings.home}: {error.strerror or error}") from None


def check_complete(settings: Settings) -> None:
    """Raise Unusable, naming them, if settings are missing that the blueprint cannot do without."""
    missing = settings.missing(blueprint.load(settings.blueprint))
    if missing:
        raise Unusable(
            f"blueprint {settings.blueprint} needs settings that are missing: {', '.join(missing)} (docs/settings.md)"
        )


def begin() -> Settings:
    """The settings of a process that serves; it ends here, with one line, if it cannot."""
    try:
        settings = read()
        check_complete(settings)
        open_home(settings)
    except Unusable as error:
        sys.stderr.write(f"growr: {error}\n")
        raise SystemExit(HOPELESS) from None
    logging.configure(settings.log_format)
    return settings


def _complaints(error: ValidationError) -> list[str]:
    """Each setting and what is wrong with it; not what was given, which may be a secret."""
    return [
        f"{PREFIX}{str(one['loc'][0]).upper()}: {one['msg'].removeprefix('Value error, ')}"
        for one in error.errors(include_input=False, include_context=False, include_url=False)
    ]
