"""`growr user reset-pin`, `change-number`, `stop-reset` and `erase`: what staff may do for a person, never alone.

Each begins with a code that goes to her phone and is finished by herself; none opens her record. As by phone, the agent
who sees her types his own PIN: his name alone begins nothing.
"""

from __future__ import annotations

import uuid

import click

from core import onboarding, people
from core.db import Session
from core.errors import Refusal
from core.onboarding import Recovery
from core.people import CodeCheck, User
from gateway.cli.common import as_json, ask_pin, tell, this_node

by_agent = click.option(
    "--by", required=True, help="Phone number of the agent who sees her; he types his PIN."
)
of_person = click.option("--phone", required=True, help="The number we know her by.")
with_code = click.option("--code", help="The code her phone got; without it, one is sent.")


@click.command("reset-pin")
@of_person
@by_agent
@with_code
@as_json
def reset_pin(phone: str, by: str, code: str | None, as_json: bool) -> None:
    """Help somebody who forgot her PIN: first without --code, then with the code that came to her phone."""
    _recover(phone, by, code, None, as_json=as_json)


@click.command("change-number")
@of_person
@click.option("--to", required=True, help="Her new number; that phone must be with her.")
@by_agent
@with_code
@as_json
def change_number(phone: str, to: str, by: str, code: str | None, as_json: bool) -> None:
    """Move somebody to a new number: first without --code, then with the code that came to the new phone."""
    _recover(phone, by, code, to, as_json=as_json)


@click.command("stop-reset")
@of_person
@as_json
def stop_reset(phone: str, as_json: bool) -> None:
    """End a reset or a change of number that is under way, because she says it is not hers."""
    node = this_node()
    with node.sessions.begin() as db:
        found = onboarding.stop_recovery(db, user_id=person(db, phone).id, now=node.clock())
    tell({"phone": phone, "stopped": found}, as_json=as_json)


@click.command("erase")
@of_person
@click.option("--request", required=True, help="How she asked, e.g. letter of 3 May.")
@click.option("--by", required=True, help="Who of the staff does it.")
@click.confirmation_option(prompt="Nobody can ever read her record again. Go on?")
@as_json
def erase(phone: str, request: str, by: str, as_json: bool) -> None:
    """Destroy the record of a person who asked for it. What the law keeps of her loans stays."""
    node = this_node()
    with node.sessions.begin() as db:
        user = person(db, phone)
        epoch = onboarding.erase(db, user_id=user.id, request=request, by=by, now=node.clock())
    node.custody.service.erase(owner=str(user.id), epoch=epoch)
    tell({"phone": user.phone, "record": "erased", "request": request}, as_json=as_json)


def person(db: Session, phone: str) -> User:
    """Whoever has this number; refuses a number nobody has."""
    found = people.by_phone(db, people.normalise(phone))
    if found is None:
        raise Refusal("user_unknown", phone=phone)
    return found


def _recover(phone: str, by: str, code: str | None, to: str | None, *, as_json: bool) -> None:
    node, pin = this_node(), ask_pin(by)
    with node.sessions.begin() as db:
        user, agent = person(db, phone), person(db, by)
        onboarding.check_agent(
            db, custody=node.custody, agent_id=agent.id, pin=pin, session_id=f"desk {uuid.uuid4()}",
            now=node.clock(),
        )  # fmt: skip
        if code is None:
            made: Recovery | None = onboarding.start_recovery(
                db, keyring=node.keyring, agent_id=agent.id, user_id=user.id, now=node.clock(),
                new_phone=people.normalise(to) if to else None, service_code=node.settings.service_code,
            )  # fmt: skip
            check = None
        else:
            check = onboarding.be_present(
                db,
                keyring=node.keyring,
                agent_id=agent.id,
                user_id=user.id,
                code=code,
                now=node.clock(),
            )
            made = onboarding.of_user(db, user.id)
    if check in (CodeCheck.WRONG, CodeCheck.VOID):
        raise Refusal("code_wrong" if check is CodeCheck.WRONG else "code_void")
    assert made is not None
    tell({"phone": user.phone, "state": made.state, "next": _next(made)}, as_json=as_json)


def _next(recovery: Recovery) -> str:
    if recovery.state is onboarding.RecoveryState.STARTED:
        return "the same command with --code and the code her phone got"
    return "she dials from her phone and goes on alone"
