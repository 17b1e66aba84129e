"""No command and no service of one organisation reaches what is another's: it is not there, and nothing changes."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import click
import pytest
from sqlalchemy import delete

import core.lending
import core.onboarding
import core.people
from config.limits import REFUSED_NUMBERS_PER_DAY
from config.settings import Settings
from core import clock, credentials, keys, people
from core.credentials import CredentialType, Issuer
from core.errors import Refusal
from core.keys import jose
from core.lending import Outcome
from core.lending.counter_repayments import Via
from core.lending.funding_models import FundingClass
from core.lending.state import Part
from core.lending.suspense import Into
from core.people import Role, UserState
from core.people.models import RefusedNumber
from gateway.cli import main
from gateway.cli.lazy import Lazy
from tests.core.lending import village as places
from tests.core.lending.village import kes
from tests.gateway.two_organisations import Lender, Node, build

OF_THE_NODE = {  # what belongs to no organisation: keys, files, the node itself
    "books verify",
    "credential answer", "credential issue", "credential keys", "credential new-holder", "credential present",
    "credential schemas", "credential verify", "db revision", "db upgrade", "demo", "fence admit", "fence card",
    "fence check", "fence destroy", "fence dismiss", "fence join", "fence leave", "fence node", "fence serve",
    "fence show", "issuer add", "issuer list", "issuer remove", "loan day", "node callbacks", "node info",
    "node register", "node rotate-keys", "node rotate-pepper", "org create", "org list", "up",
}  # fmt: skip

# each command with the names of the other organisation, and what it must say; "" is a list that holds nothing of them
WORDS = {
    "complaint answer": ("{ticket} --outcome upheld --text Sorry", "complaint_unknown"),
    "complaint close": ("{ticket} --withdrawn", "complaint_unknown"),
    "complaint list": ("--all", ""),
    "complaint report": ("", ""),
    "credential revoke": ("{credential}", "credential_unknown"),
    "group add": ("{group} {our_phone}", "group_unknown"),
    "group create": ("{project} Tumaini", "project_unknown"),
    "group list": ("{project}", "project_unknown"),
    "group members": ("{group}", "group_unknown"),
    "group remove": ("{group} {our_phone}", "group_unknown"),
    "ledger account": ("1200", ""),
    "ledger export": ("", ""),
    "ledger subject": ("{loan}", "loan_unknown"),
    "ledger trial-balance": ("", ""),
    "loan cancel": ("{loan}", "loan_unknown"),
    "loan cancel-rest": ("{loan} --reason x", "loan_unknown"),
    "loan charge": ("{loan} --amount 5 --reason x", "loan_unknown"),
    "loan close": ("{loan} --reason x", "loan_unknown"),
    "loan contract": ("{loan}", "loan_unknown"),
    "loan disburse": ("{loan} --reason x", "loan_unknown"),
    "loan disburse-again": ("{loan}", "loan_unknown"),
    "loan hardship": ("--decline {loan}", "loan_unknown"),
    "loan list": ("", ""),
    "loan pause": ("{loan} arrears --until +5 --reason x", "loan_unknown"),
    "loan rate": ("{loan} 1 --reason x", "loan_unknown"),
    "loan repay": ("{loan} --amount 5 --via cash --reference x", "loan_unknown"),
    "loan reschedule": ("{loan} --due +40 --reason x", "loan_unknown"),
    "loan return-owed": ("{loan}", "loan_unknown"),
    "loan reverse": ("{loan} 1 --reason x", "loan_unknown"),
    "loan schedule": ("{loan}", "loan_unknown"),
    "loan show": ("{loan}", "loan_unknown"),
    "loan statement": ("{loan}", "loan_unknown"),
    "loan take-back": ("{loan} --via cash --reference x --reason x", "loan_unknown"),
    "loan waive": ("{loan} fees --amount 5 --reason x", "loan_unknown"),
    "loan write-off": ("{loan} --reason x", "loan_unknown"),
    "org annual-return": ("--year {year}", ""),
    "org clear": ("--phone {phone} --because x", "user_unknown"),
    "org suspicious": ("--from 2026-01-01 --to 2099-12-31", ""),
    "payment attention": ("", ""),
    "payment clear": ("{payment} --into loss --reason x", "nothing_in_suspense"),
    "payment decide": ("{payment} --paid", "payment_unknown"),
    "payment find": ("QK1 --amount 5 --loan {loan}", "loan_unknown"),
    "payment reread": ("{payment}", "callback_unknown"),
    "payment resolve": ("{payment}", "payment_unknown"),
    "payment suspense": ("", ""),
    "portfolio ageing": ("", ""),
    "portfolio arrears": ("", ""),
    "portfolio bureau": ("--on 2099-01-01", ""),
    "portfolio bureau-consent": ("{phone} --given --source call", "user_unknown"),
    "portfolio bureau-correct": ("{loan} --reason x", "loan_unknown"),
    "portfolio par": ("", ""),
    "project activate": ("{project}", "project_unknown"),
    "project approve": ("{project} --reference x", "project_unknown"),
    "project close": ("{project}", "project_unknown"),
    "project create": ("--file {file}", "project_invalid"),
    "project deactivate": ("{project_name}", "project_unknown"),
    "project fund": ("{project} --amount 5 --class senior --reference x", "project_unknown"),
    "project list": ("", ""),
    "project pay-back": ("{project} --amount 5 --class senior --reference x", "project_unknown"),
    "project preview": ("--file {file}", "project_invalid"),
    "project provide": ("{project} 5", "project_unknown"),
    "project raise-limit": ("{project} 900000", "project_unknown"),
    "project request": ("{project}", "project_unknown"),
    "project show": ("{project}", "project_unknown"),
    "user block": ("--phone {phone}", "user_unknown"),
    "user change-number": ("--phone {phone} --to 0799000111 --by {our_agent}", "user_unknown"),
    "user confirm": ("--phone {phone} --facts {facts}", "user_unknown"),
    "user credentials": ("{phone}", "user_unknown"),
    "user credit-summary": ("{phone}", "user_unknown"),
    "user erase": ("--phone {phone} --request letter --by me --yes", "user_unknown"),
    "user invitations": ("", ""),
    "user list": ("", ""),
    "user offer": ("{phone}", "user_unknown"),
    "user reset-pin": ("--phone {phone} --by {our_agent}", "user_unknown"),
    "user stop-reset": ("--phone {phone}", "user_unknown"),
    "user texts": ("{phone}", "user_unknown"),
    "user unblock": ("--phone {phone}", "user_unknown"),
    "user withdraw": ("--phone {phone}", "user_unknown"),
}  # fmt: skip
COUNTED = {"user invite"}  # has a test of its own: that it was refused is counted


@pytest.fixture(scope="module")
def node(
    tmp_path_factory: pytest.TempPathFactory, databases: dict[str, Any], redis_server: str
) -> Node:
    folder = tmp_path_factory.mktemp("two")
    return build(folder / "home", databases["sqlite"].fresh(folder), redis_server)


def commands(group: Lazy, before: str = "") -> Iterator[tuple[str, click.Command]]:
    for name in group.list_commands(click.Context(group)):
        found = group.get_command(click.Context(group), name)
        assert found is not None
        if isinstance(found, Lazy):
            yield from commands(found, f"{before}{name} ")
        else:
            yield f"{before}{name}", found


def test_every_command_is_tried_here_or_belongs_to_the_node_as_a_whole() -> None:
    assert {name for name, _ in commands(main)} == OF_THE_NODE | set(WORDS) | COUNTED


def test_every_command_of_a_desk_takes_an_organisation() -> None:
    without = [
        name
        for name, command in commands(main)
        if name not in OF_THE_NODE and "organisation" not in {one.name for one in command.params}
    ]

    assert without == []


def words_for(node: Node, name: str, tmp_path: Path) -> list[str]:
    for file, text in (("facts", '{"kyc": {"level": "basic"}}'), ("file", "{}")):
        (tmp_path / file).write_text(text)
    given = {
        **node.theirs.names, "year": clock.now().year, "our_phone": node.ours.names["phone"],
        "our_agent": node.ours.names["agent"], "facts": str(tmp_path / "facts"), "file": str(tmp_path / "file"),
    }  # fmt: skip
    if name == "credential revoke":
        (tmp_path / "credential").write_text(credential_of(node, node.theirs))
        given["credential"] = str(tmp_path / "credential")
    return [*name.split(), *(one.format(**given) for one in WORDS[name][0].split())]


@pytest.mark.parametrize("name", WORDS)
def test_nothing_of_another_organisation_is_told_or_changed(
    node: Node, name: str, tmp_path: Path
) -> None:
    words, said = words_for(node, name, tmp_path), WORDS[name][1]
    before = node.rows()

    done = node.run(*words, "--org", node.ours.name, typed="123456\n123456\n")

    assert (done.exit_code == 0, said in done.output) == (not said, True), done.output
    asked_with = set(words)
    assert [
        one for one in node.theirs.secrets if one in done.output and one not in asked_with
    ] == []
    assert node.rows() == before


@pytest.mark.parametrize("name", [name for name, (_, said) in WORDS.items() if not said])
def test_where_there_are_several_a_command_must_be_told_for_which(
    node: Node, name: str, tmp_path: Path
) -> None:
    done = node.run(*words_for(node, name, tmp_path))

    assert "organisation_needed" in done.output, done.output


def credential_of(node: Node, lender: Lender) -> str:
    """A credential that this node has issued to a borrower of theirs."""
    settings = Settings(home=Path(node.environment["GROWR_HOME"]))
    issuer = Issuer.of(keys.create(settings.keys), settings.url, "EdDSA")
    claims = credentials.claims.build(CredentialType.KYC, {"level": "basic"}, on=clock.now().date())
    with node.sessions.begin() as db:
        return credentials.mint(
            db, issuer=issuer, type=CredentialType.KYC, claims=claims, holder_jwk=jose.public_jwk(places.HOLDER),
            owner_id=lender.village.borrower.id, now=clock.now(), expires_at=clock.now() + timedelta(days=30),
        )  # fmt: skip


SERVICES: dict[str, tuple[dict[str, Any], str]] = {
    "lending.account.lock_own": ({"loan_id": "loan"}, "loan_unknown"),
    "lending.applications.cancel": ({"loan_id": "loan"}, "loan_unknown"),
    "lending.applications.disburse_again": ({"loan_id": "loan"}, "loan_unknown"),
    "lending.asking.ask_at_desk": ({"project_id": "project", "language": "en"}, "project_unknown"),
    "lending.bureau.correct": ({"loan_id": "loan", "reason": "x"}, "loan_unknown"),
    "lending.bureau.record_consent": (
        {"user_id": "user", "is_given": True, "source": "call"}, "user_unknown"
    ),
    "lending.closing.return_owed": ({"loan_id": "loan"}, "loan_unknown"),
    "lending.complaints.answer": (
        {"ticket": "ticket", "outcome": Outcome.UPHELD, "text": "x"}, "complaint_unknown"
    ),
    "lending.complaints.close": ({"ticket": "ticket"}, "complaint_unknown"),
    "lending.counter_repayments.record": (
        {"loan_id": "loan", "amount": kes(5), "via": Via.CASH, "reference": "x"}, "loan_unknown"
    ),
    "lending.counter_repayments.take_back": (
        {"loan_id": "loan", "via": Via.CASH, "reference": "x", "reason": "x"}, "loan_unknown"
    ),
    "lending.funds.fund": (
        {"project_id": "project", "funding_class": FundingClass.SENIOR, "amount": kes(5), "reference": "x"},
        "project_unknown",
    ),
    "lending.funds.pay_back": (
        {"project_id": "project", "funding_class": FundingClass.SENIOR, "amount": kes(5), "reference": "x"},
        "project_unknown",
    ),
    "lending.groups.add_member": ({"group_id": "group", "user_id": "our_user"}, "group_unknown"),
    "lending.groups.create_group": ({"project_id": "project", "name": "x"}, "project_unknown"),
    "lending.groups.find": ({"group_id": "group"}, "group_unknown"),
    "lending.groups.remove_member": ({"group_id": "group", "user_id": "user"}, "group_unknown"),
    "lending.hardship.decline": ({"loan_id": "loan"}, "loan_unknown"),
    "lending.owned.payment": ({"payment_id": "payment"}, "payment_unknown"),
    "lending.project_end.close": ({"project_id": "project"}, "project_unknown"),
    "lending.project_end.plan": ({"project_id": "project"}, "project_unknown"),
    "lending.projects.activate": ({"project_id": "project"}, "project_unknown"),
    "lending.projects.approve": ({"project_id": "project", "reference": "x"}, "project_unknown"),
    "lending.projects.deactivate": ({"project_id": "project"}, "project_unknown"),
    "lending.projects.find": ({"project_id": "project"}, "project_unknown"),
    "lending.projects.lock_own": ({"project_id": "project"}, "project_unknown"),
    "lending.projects.named": ({"said": "project_name"}, "project_unknown"),
    "lending.projects.raise_limit": ({"project_id": "project", "limit": kes(900_000)}, "project_unknown"),
    "lending.provisioning.provide": (
        {"project_id": "project", "amount": kes(5), "idempotency_key": "x"}, "project_unknown"
    ),
    "lending.screening.clear": ({"user_id": "user", "because": "x"}, "user_unknown"),
    "lending.standing.find": ({"code": "code"}, "loan_unknown"),
    "lending.suspense.clear": (
        {"subject_id": "payment", "into": Into.LOSS, "reason": "x"}, "nothing_in_suspense"
    ),
    "onboarding.confirming.confirm": (
        {"user_id": "user", "keyring": None, "issuer": None, "facts": {}}, "user_unknown"
    ),
    "onboarding.invitations.withdraw": ({"user_id": "user"}, "user_unknown"),
    "onboarding.leaving.erase": ({"user_id": "user", "request": "x", "by": "x"}, "user_unknown"),
    "people.service.block": ({"user_id": "user"}, "user_unknown"),
    "people.service.unblock": ({"user_id": "user", "registered": True}, "user_unknown"),
    "people.walls.member": ({"phone": "phone"}, "user_unknown"),
    "people.walls.member_by_id": ({"user_id": "user"}, "user_unknown"),
}  # fmt: skip
FAR = clock.now().date() + timedelta(days=90)
ORDERS: dict[str, dict[str, Any]] = {
    "disbursing.cancel_rest": {},
    "disbursing.disburse": {},
    "servicing.change_rate": {"rate": Decimal(1)},
    "servicing.charge_fee": {"amount": kes(5), "due_on": FAR},
    "servicing.charge_penalty": {"amount": kes(5), "due_on": FAR},
    "servicing.pause_arrears": {"until": FAR},
    "servicing.pause_interest": {"until": FAR},
    "servicing.reschedule": {"due_on": FAR},
    "servicing.waive": {"part": Part.FEE, "amount": kes(5)},
    "servicing_end.close_residue": {},
    "servicing_end.reverse": {"number": 1},
    "servicing_end.write_off": {},
}
# these have nothing foreign to name: they make, or list, what is of the organisation they are told
LISTS = {
    "lending.annual.annual_return", "lending.bureau.reports", "lending.complaints.report",
    "lending.complaints.waiting", "lending.counter_repayments.rail_of", "lending.hardship.waiting",
    "lending.day_attention.rows", "lending.set_aside.waiting",
    "lending.ladder.history", "lending.owned.attentions", "lending.owned.is_subject", "lending.owned.subjects",
    "lending.portfolio.late_loans", "lending.portfolio.portfolios", "lending.preview.example",
    "lending.projects.create_project", "lending.projects.draft", "lending.projects.listed",
    "lending.screening.suspicious", "lending.standing.newest", "lending.suspense.held",
    "onboarding.invitations.invitations", "onboarding.lost_texts.undelivered", "onboarding.service.invite",
    "people.service.invite",
    "people.service.organisation", "people.walls.check_may_invite", "people.walls.members",
    "people.walls.note_refused_number", "people.walls.own",
}  # fmt: skip


def verbs() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every public function of core that is told for which organisation it works."""
    for package in (core.lending, core.onboarding, core.people):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            yield from told_for_whom(importlib.import_module(found.name))


def told_for_whom(module: ModuleType) -> Iterator[tuple[str, Callable[..., Any]]]:
    for name, function in inspect.getmembers(module, inspect.isfunction):
        is_own = function.__module__ == module.__name__ and not name.startswith("_")
        if is_own and {"organisation_id", "owner"} & set(inspect.signature(function).parameters):
            yield f"{module.__name__.removeprefix('core.')}.{name}", function


def test_every_service_that_is_told_for_whom_is_tried_here() -> None:
    assert {name for name, _ in verbs()} == set(SERVICES) | LISTS


def ids(node: Node) -> dict[str, Any]:
    names = node.theirs.names
    return {
        "loan": uuid.UUID(names["loan_id"]), "user": uuid.UUID(names["user_id"]), "code": names["loan"],
        "project": uuid.UUID(names["project"]), "group": uuid.UUID(names["group"]), "phone": names["phone"],
        "payment": uuid.UUID(names["payment"]), "ticket": names["ticket"], "project_name": names["project_name"],
        "our_user": uuid.UUID(node.ours.names["user_id"]),
    }  # fmt: skip


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_does_not_know_what_is_of_another(node: Node, name: str) -> None:
    verb, (given, refusal) = dict(verbs())[name], SERVICES[name]
    there, wanted = ids(node), inspect.signature(verb).parameters
    told = {key: there.get(one, one) if isinstance(one, str) else one for key, one in given.items()}
    more = {"now": clock.now(), "organisation_id": node.ours.id, "owner": node.ours.id}
    before = node.rows()

    with node.sessions() as db, pytest.raises(Refusal, match=refusal):
        verb(
            db,
            **told,
            **{key: one for key, one in more.items() if key in wanted and key not in told},
        )

    assert node.rows() == before


@pytest.mark.parametrize("name", ORDERS)
def test_no_order_changes_a_loan_of_another(node: Node, name: str) -> None:
    module, verb = name.split(".")
    order = {
        "organisation_id": node.ours.id, "loan_id": ids(node)["loan"], "idempotency_key": name, "by": None,
        "reason": "x", "now": clock.now(),
    }  # fmt: skip
    before = node.rows()

    with node.sessions() as db, pytest.raises(Refusal, match="loan_unknown"):
        getattr(importlib.import_module(f"core.lending.{module}"), verb)(
            db, **ORDERS[name], **order
        )

    assert node.rows() == before


def test_every_order_about_a_loan_is_tried_here() -> None:
    found = {
        f"{name}.{verb}"
        for name in ("disbursing", "servicing", "servicing_end")
        for verb, function in inspect.getmembers(
            importlib.import_module(f"core.lending.{name}"), inspect.isfunction
        )
        if function.__module__.endswith(f".{name}")
        and any(
            one.kind is one.VAR_KEYWORD for one in inspect.signature(function).parameters.values()
        )
    }

    assert found == set(ORDERS)


@pytest.mark.parametrize("state", UserState)
def test_whom_another_knows_is_already_with_us_and_nothing_of_hers_changes(
    node: Node, state: UserState, tmp_path: Path
) -> None:
    phone = invited(node, state)
    (tmp_path / "facts").write_text('{"kyc": {"level": "enhanced"}}')
    before = node.rows()

    done = node.run(
        "user", "invite", "--org", node.ours.name, "--phone", phone, "--name", "Some Body", "--role", "agent",
        "--facts", str(tmp_path / "facts"),
    )  # fmt: skip

    assert "already with us" in done.output
    assert node.theirs.name not in done.output
    assert changed(before, node.rows()) == {"refused_number"}
    forget_refusals(node)


@pytest.mark.parametrize("state", UserState)
def test_no_organisation_begins_with_an_admin_who_is_another_s(
    node: Node, state: UserState
) -> None:
    phone = invited(node, state)
    before = node.rows()

    done = node.run(
        "org", "create", "--name", f"Third {state}", "--admin-phone", phone, "--admin-name", "Some Body"
    )  # fmt: skip

    assert "already with us" in done.output
    assert node.rows() == before


def test_who_tries_number_after_number_learns_no_more(node: Node) -> None:
    def invite(phone: str) -> str:
        words = ("user", "invite", "--org", node.ours.name, "--name", "Some Body", "--phone", phone)
        return node.run(*words).output

    theirs = node.theirs.names["phone"]
    for _ in range(REFUSED_NUMBERS_PER_DAY):
        assert "already with us" in invite(theirs)

    assert "invitations_paused" in invite(theirs)
    assert "invitations_paused" in invite("0799111222")
    forget_refusals(node)
    assert "invited" in invite("0799111222")


def forget_refusals(node: Node) -> None:
    with node.sessions.begin() as db:
        db.execute(delete(RefusedNumber))


def invited(node: Node, state: UserState) -> str:
    """The number of somebody whom the other organisation knows."""
    phone = f"+25473300{list(UserState).index(state):04}"
    with node.sessions.begin() as db:
        if people.by_phone(db, phone) is None:
            user, _ = people.invite(
                db, keyring=keys.create(Settings(home=Path(node.environment["GROWR_HOME"])).keys),
                organisation_id=node.theirs.id, role=Role.BORROWER, phone=phone, language="en", given_name="Tabu",
                family_name="Were", now=clock.now(),
            )  # fmt: skip
            user.state = state
    return phone


def changed(before: dict[str, list[str]], after: dict[str, list[str]]) -> set[str]:
    return {table for table in after if before[table] != after[table]}
