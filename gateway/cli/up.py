"""`growr up`: a whole node on this machine, with its sandbox phone where the blueprint plays one."""

from __future__ import annotations

import errno
import os
import socket
import sys
import time
from contextlib import ExitStack

import click
import requests

from config import blueprint, start
from config.blueprint import Role
from config.settings import Settings
from core import keys
from gateway import local_redis
from gateway.cli.common import this_node
from gateway.cli.db import to_head
from gateway.cli.schema import answering
from gateway.supervisor import AlreadyRunning, Failed, Supervisor

READY_SECONDS = 600  # a process that dies is noticed at once; a slow machine is only slow


@click.command()
@answering()
def up() -> None:
    """Migrate, then run web, worker, clock, a private Redis and the sandbox. Ctrl-C stops all of them."""
    settings = start.read()
    start.check_complete(settings)
    start.open_home(settings)
    plan = blueprint.load(settings.blueprint)
    supervisor = Supervisor(settings.home, os.environ | _environment(settings, plan))
    try:
        supervisor.claim()
    except AlreadyRunning as running:
        raise click.ClickException(_already(settings, running.pid)) from None
    check_ports(settings, plan)
    keyring = keys.create(settings.keys)
    to_head(settings.database)
    try:
        _start(supervisor, settings, plan, keyring)
        await_ready(_doors(settings, plan), supervisor)
        _introduce(settings, plan)
        supervisor.watch()
    except Failed as failure:
        raise click.ClickException(str(failure)) from None
    finally:
        supervisor.stop()


def check_ports(settings: Settings, plan: blueprint.Blueprint) -> None:
    """Refuse to start where another program listens already: its answers would be taken for ours."""
    wanted = {"GROWR_PORT": (settings.host, settings.port)}
    if plan.plays(Role.SANDBOX):
        wanted["GROWR_SANDBOX_PORT"] = ("127.0.0.1", settings.sandbox_port)
    with ExitStack() as held:
        for name, (host, port) in wanted.items():
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            try:
                held.enter_context(socket.create_server((host, port), family=family))
            except OSError as error:
                taken = error.errno == errno.EADDRINUSE
                why = "is taken by another program" if taken else f"cannot be used: {error}"
                raise click.ClickException(
                    f"port {port} on {host} {why}; set {name} to another one"
                ) from None


def _start(
    supervisor: Supervisor, settings: Settings, plan: blueprint.Blueprint, keyring: keys.Keyring
) -> None:
    if not settings.redis_url:
        supervisor.add(
            "redis", _redis_program(), "--port", 0, "--unixsocket", settings.redis_socket,
            "--unixsocketperm", 600, "--dir", settings.home, "--appendonly", "yes",
            "--logfile", settings.home / "redis.log",
        )  # fmt: skip
    if plan.plays(Role.SANDBOX):
        supervisor.environment = {**supervisor.environment, **_callbacks(settings, keyring)}
        supervisor.add("sandbox", sys.executable, "-m", "gateway.sandbox")
    python = [sys.executable, "-m"]
    supervisor.add("keys", *python, "core.keys.server")
    supervisor.add("web", *python, "gunicorn", "--config", "python:config.gunicorn", "wsgi:app")
    supervisor.add("worker", *python, "core.jobs.worker")
    supervisor.add("clock", *python, "core.jobs.clock")


def _redis_program() -> str:
    found = local_redis.program()
    if found is None:
        raise Failed(local_redis.MISSING)
    return found


def _environment(settings: Settings, plan: blueprint.Blueprint) -> dict[str, str]:
    """What the children must know even where this command took a default."""
    known = {
        "HOME": settings.home,
        "PORT": settings.port,
        "SANDBOX_PORT": settings.sandbox_port,
        "KEY_SOCKET": settings.keys_socket,
    }
    return {f"GROWR_{name}": str(value) for name, value in known.items()} | {
        "GROWR_BLUEPRINT": plan.name
    }


def _callbacks(settings: Settings, keyring: keys.Keyring) -> dict[str, str]:
    """Where the sandbox finds the node: what an operator types into Africa's Talking's dashboard."""
    ussd, sms = keyring.token("ussd"), keyring.token("sms")
    return {
        "GROWR_SANDBOX_SERVICE_CODE": settings.service_code,
        "GROWR_SANDBOX_USSD_URL": f"{settings.url}/u/{ussd}",
        "GROWR_SANDBOX_END_URL": f"{settings.url}/u/{ussd}/end",
        "GROWR_SANDBOX_INBOUND_URL": f"{settings.url}/s/{sms}/in",
        "GROWR_SANDBOX_REPORT_URL": f"{settings.url}/s/{sms}/report",
        "GROWR_SANDBOX_OPTOUT_URL": f"{settings.url}/s/{sms}/optout",
        "GROWR_SANDBOX_SIM_URL": f"{settings.url}/s/{sms}/sim",
    }


def _doors(settings: Settings, plan: blueprint.Blueprint) -> list[str]:
    doors = [f"{settings.own_url}/health"]
    return [*doors, f"{settings.sandbox_url}/health"] if plan.plays(Role.SANDBOX) else doors


def await_ready(doors: list[str], supervisor: Supervisor) -> None:
    """Return when every door answers; Failed if a process of ours has died, whoever answers then."""
    deadline = time.monotonic() + READY_SECONDS
    while not all(_answers(door) for door in doors):
        supervisor.check()
        if time.monotonic() > deadline:
            raise Failed("the node did not become ready; see the log above")
        time.sleep(0.1)
    supervisor.check()


def _answers(door: str) -> bool:
    try:
        return requests.get(door, timeout=2).ok
    except requests.RequestException:
        return False


def _introduce(settings: Settings, plan: blueprint.Blueprint) -> None:
    if plan.plays(Role.SANDBOX) and "mpesa" in plan.rails:
        said = this_node().rails["mpesa"].register_urls()
        if not said:
            raise Failed(f"the sandbox did not take the addresses for pay-ins: {said.problem}")
    if unused := settings.unused(plan):
        click.echo(f"Not used, for the sandbox plays the providers: {', '.join(unused)}", err=True)
    click.echo(f"\nThe node is running.   {settings.url}/health")
    if plan.plays(Role.SANDBOX):
        click.echo(
            f"The phone is here:     {settings.sandbox_url}/   (dial {settings.service_code})"
        )
        click.echo("Something to see:      growr demo")
    click.echo("Ctrl-C stops it.\n")


def _already(settings: Settings, pid: str) -> str:
    path = settings.home / "up.children"
    children = path.read_text().split("\n") if path.exists() else []
    running = ", ".join(line.replace(" ", " (process ") + ")" for line in children if line)
    return (
        f"a node is already running here: process {pid}; {running or 'it is starting'}.\n"
        f"Web at {settings.url}; set GROWR_HOME, GROWR_PORT and GROWR_SANDBOX_PORT for another one."
    )
