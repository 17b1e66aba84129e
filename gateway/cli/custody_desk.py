"""`growr user reset-pin`, `change-number`, `stop-reset` and `erase`: what staff may do for a person, never alone.

Each begins with a code that goes to her phone and is finished by herself; none opens her record. As by phone, the agent
who sees her types his own PIN: his name alone begins nothing.
"""

from __future__ import annotations

import uuid

import click

from core import onboarding, people
from core.errors import Refusal
from core.onboarding import Recovery
from core.people import CodeCheck
from core.refusal_codes import RefusalCode
from gateway.cli.common import as_json, ask_pin, of_organisation, tell
from gateway.cli.tenant import within

by_agent = click.option(
    "--by", required=True, help="Phone number of the agent who sees her; he types his PIN."
)
of_person = click.option("--phone", required=True, help="The number we know her by.")
with_code = click.option("--code", help="The code her phone got; without it, one is sent.")


@click.command("reset-pin")
@of_organisation
@of_person
@by_agent
@with_code
@as_json
def reset_pin(
    organisation: str | None, phone: str, by: str, code: str | None, as_json: bool
) -> None:
    """Help somebody who forgot her PIN: first without --code, then with the code that came to her phone."""
    _recover(organisation, phone, by, code, None, as_json=as_json)


@click.command("change-number")
@of_organisation
@of_person
@click.option("--to", required=True, help="Her new number; that phone must be with her.")
@by_agent
@with_code
@as_json
def change_number(
    organisation: str | None, phone: str, to: str, by: str, code: str | None, as_json: bool
) -> None:
    """Move somebody to a new number: first without --code, then with the code that came to the new phone."""
    _recover(organisation, phone, by, code, to, as_json=as_json)


@click.command("stop-reset")
@of_organisation
@of_person
@as_json
def stop_reset(organisation: str | None, phone: str, as_json: bool) -> None:
    """End a reset or a change of number that is under way, because she says it is not hers."""
    with within(organisation) as here:
        user = here.person(phone)
        if not onboarding.stop_recovery(here.db, user_id=user.id, now=here.now):
            raise Refusal(RefusalCode.NO_RESET_UNDER_WAY)
        number = user.phone
    tell({"phone": number, "stopped": True}, as_json=as_json)


@click.command("erase")
@of_organisation
@of_person
@click.option("--request", required=True, help="How she asked, e.g. letter of 3 May.")
@click.option("--by", required=True, help="Who of the staff does it.")
@click.confirmation_option(prompt="Nobody can ever read her record again. Go on?")
@as_json
def erase(organisation: str | None, phone: str, request: str, by: str, as_json: bool) -> None:
    """Destroy the record of a person who asked for it. What the law keeps of her loans stays."""
    with within(organisation) as here:
        user, node = here.person(phone), here.node
        epoch = onboarding.erase(
            here.db, organisation_id=here.id, user_id=user.id, request=request, by=by, now=here.now
        )
        owner, number = user.id, user.phone
    node.custody.service.erase(owner=str(owner), epoch=epoch)
    tell({"phone": number, "record": "erased", "request": request}, as_json=as_json)


def _recover(
    organisation: str | None,
    phone: str,
    by: str,
    code: str | None,
    to: str | None,
    *,
    as_json: bool,
) -> None:
    pin = ask_pin(by)
    with within(organisation) as here:
        db, node = here.db, here.node
        user, agent = here.person(phone), here.person(by)
        here.by = agent.id
        onboarding.check_agent(
            db, custody=node.custody, agent_id=agent.id, pin=pin, session_id=f"desk {uuid.uuid4()}",
            now=node.clock(),
        )  # fmt: skip
        if code is None:
            made: Recovery | None = onboarding.start_recovery(
                db, keyring=node.keyring, agent_id=agent.id, user_id=user.id, now=node.clock(),
                new_phone=people.mobile(to, here.organisation.country) if to else None,
                service_code=node.settings.service_code,
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
        raise Refusal(RefusalCode.CODE_WRONG if check is CodeCheck.WRONG else RefusalCode.CODE_VOID)
    assert made is not None
    tell({"phone": user.phone, "state": made.state, "next": _next(made)}, as_json=as_json)


def _next(recovery: Recovery) -> str:
    if recovery.state is onboarding.RecoveryState.STARTED:
        return "the same command with --code and the code her phone got"
    return "she dials from her phone and goes on alone"
