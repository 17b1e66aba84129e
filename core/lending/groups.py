"""Groups of a community project: staff add members, and nobody is liable before she herself agreed."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from datetime import datetime

import rfc8785
from sqlalchemy import func, select

from config.limits import GROUP_NAME_CHARACTERS, LIST_ROWS
from core import books, messaging, people
from core.books import Book
from core.db import Session
from core.errors import Refusal
from core.lending import projects
from core.lending.group_models import Group, Member
from core.lending.models import Loan, Project, ProjectStatus
from core.lending.projects import OPEN
from core.messaging import Template
from core.people import Role, User, UserState
from core.refusal_codes import RefusalCode


def create_group(
    db: Session, *, organisation_id: uuid.UUID, project_id: uuid.UUID, name: str, now: datetime
) -> Group:
    """A new group of a community project.

    Refuses project_unknown, project_without_groups, project_closed, group_name_length, group_name_taken.
    """
    project = projects.find(db, organisation_id=organisation_id, project_id=project_id)
    if project.community_model is None:
        raise Refusal(RefusalCode.PROJECT_WITHOUT_GROUPS)
    if project.status is ProjectStatus.CLOSED:
        raise Refusal(RefusalCode.PROJECT_CLOSED)
    if not 1 <= len(name.strip()) <= GROUP_NAME_CHARACTERS:
        raise Refusal(RefusalCode.GROUP_NAME_LENGTH, characters_at_most=GROUP_NAME_CHARACTERS)
    taken = select(Group.id).where(Group.project_id == project_id, Group.name == name.strip())
    if db.scalar(taken) is not None:
        raise Refusal(RefusalCode.GROUP_NAME_TAKEN, name=name.strip())
    group = Group(id=uuid.uuid4(), project_id=project_id, name=name.strip(), created_at=now)
    db.add(group)
    db.flush()
    _note(db, group, "group.created", str(group.id), now)
    return group


def add_member(
    db: Session,
    *,
    organisation_id: uuid.UUID,
    group_id: uuid.UUID,
    user_id: uuid.UUID,
    now: datetime,
) -> Member:
    """Put a borrower into a group and text her to read what it means; she owes nothing to it until she agrees.

    Refuses group_unknown, user_unknown, user_not_borrower, already_in_group and group_full.
    """
    group = _lock_own(db, organisation_id, group_id)
    project = db.get_one(Project, group.project_id)
    user = people.member_by_id(db, organisation_id=organisation_id, user_id=user_id)
    if user.role is not Role.BORROWER:
        raise Refusal(RefusalCode.USER_NOT_BORROWER)
    known = of(db, group.project_id, user_id)
    if known is not None:
        raise Refusal(RefusalCode.ALREADY_IN_GROUP, group=known[0].name)
    if len(members(db, group_id)) >= _size(project, "most_members"):
        raise Refusal(RefusalCode.GROUP_FULL, members_at_most=_size(project, "most_members"))
    member = _row(db, group, user_id, now)
    _invite(db, group, user, now)
    return member


def remove_member(
    db: Session,
    *,
    organisation_id: uuid.UUID,
    group_id: uuid.UUID,
    user_id: uuid.UUID,
    now: datetime,
) -> Member:
    """Let her go; her deposit no longer stands in for others.

    Refuses group_unknown, not_in_group, and while a loan or a debt of the group runs.
    """
    group = _lock_own(db, organisation_id, group_id)
    member = next((one for one in members(db, group_id) if one.user_id == user_id), None)
    if member is None:
        raise Refusal(RefusalCode.NOT_IN_GROUP)
    running = select(func.count()).where(Loan.group_id == group.id, Loan.status.in_(OPEN))
    if db.scalar(running):
        raise Refusal(RefusalCode.GROUP_HAS_OPEN_LOANS)
    member.left_at = now
    db.flush()
    _note(db, group, "group.left", f"{member.id}:{now.isoformat()}", now)
    return member


def agree(
    db: Session,
    *,
    project_id: uuid.UUID,
    user_id: uuid.UUID,
    text: str,
    language: str,
    now: datetime,
) -> Member:
    """Keep that she read this very text and agreed to stand in for her group. Twice is once. Refuses group_needed."""
    found = of(db, project_id, user_id)
    if found is None:
        raise Refusal(RefusalCode.GROUP_NEEDED)
    group, member = lock(db, found[0].id), found[1]
    if member.agreed_at is None:
        agreed = {"text": text, "language": language, "group": str(group.id)}
        member.agreed_at, member.agreed_text, member.agreed_language = now, text, language
        member.agreed_hash = hashlib.sha256(rfc8785.dumps(agreed)).hexdigest()
        db.flush()
        _note(
            db, group, "group.agreed", f"{member.id}:{now.isoformat()}", now, terms=member.agreed_hash
        )  # fmt: skip
    return member


def of(db: Session, project_id: uuid.UUID, user_id: uuid.UUID) -> tuple[Group, Member] | None:
    """Her group in this project, and her place in it; None if she is in none."""
    query = select(Group, Member).join(Member, Member.group_id == Group.id)
    mine = query.where(
        Group.project_id == project_id, Member.user_id == user_id, Member.left_at.is_(None)
    )
    row = db.execute(mine.execution_options(populate_existing=True)).first()
    return None if row is None else (row[0], row[1])


def check_member(db: Session, project: Project, user_id: uuid.UUID) -> Group | None:
    """The group that stands in for a loan to her, kept for this transaction; None where the project has no groups.

    Refuses group_needed, group_not_agreed and group_not_ready(agreed, least).
    """
    if project.community_model is None:
        return None
    found = of(db, project.id, user_id)
    if found is None:
        raise Refusal(RefusalCode.GROUP_NEEDED)
    group = lock(db, found[0].id)
    liable = [member for member in members(db, group.id) if member.is_liable]
    if not any(member.user_id == user_id for member in liable):
        raise Refusal(RefusalCode.GROUP_NOT_AGREED)
    least = _size(project, "least_members")
    if len(liable) < least:
        raise Refusal(RefusalCode.GROUP_NOT_READY, agreed=len(liable), least=least)
    return group


def find(db: Session, *, organisation_id: uuid.UUID, group_id: uuid.UUID) -> Group:
    """The group of an organisation with this id. Refuses group_unknown."""
    found = db.get(Group, group_id)
    project = db.get(Project, found.project_id) if found else None
    people.own(project, organisation_id, RefusalCode.GROUP_UNKNOWN, group=group_id)
    return db.get_one(Group, group_id)


def _lock_own(db: Session, organisation_id: uuid.UUID, group_id: uuid.UUID) -> Group:
    find(db, organisation_id=organisation_id, group_id=group_id)
    return lock(db, group_id)


def lock(db: Session, group_id: uuid.UUID) -> Group:
    """The group, kept for this transaction: whoever takes from its deposits comes one after the other.

    It comes after projects and loans in the order of locks, and before any book entry.
    """
    query = select(Group).where(Group.id == group_id)
    return db.scalars(query.with_for_update(key_share=True)).one()


def members(db: Session, group_id: uuid.UUID) -> list[Member]:
    """Who is in a group now, in the order in which they came."""
    query = select(Member).where(Member.group_id == group_id, Member.left_at.is_(None))
    found = query.order_by(Member.created_at, Member.id)
    return list(db.scalars(found.execution_options(populate_existing=True)))


def groups(db: Session, project_id: uuid.UUID) -> Sequence[Group]:
    """The groups of a project by name."""
    query = select(Group).where(Group.project_id == project_id).order_by(Group.name)
    return db.scalars(query.limit(LIST_ROWS)).all()


def _size(project: Project, name: str) -> int:
    assert project.community_model is not None, project.id
    return int(project.community_model[name])


def _row(db: Session, group: Group, user_id: uuid.UUID, now: datetime) -> Member:
    """Her place in the group; who comes back agrees afresh."""
    query = select(Member).where(Member.group_id == group.id, Member.user_id == user_id)
    member = db.scalar(query) or Member(id=uuid.uuid4(), group_id=group.id, user_id=user_id)
    member.created_at, member.left_at, member.agreed_at = now, None, None
    member.agreed_text = member.agreed_language = member.agreed_hash = ""
    db.add(member)
    db.flush()
    return member


def _invite(db: Session, group: Group, user: User, now: datetime) -> None:
    if user.state is UserState.ACTIVE:
        organisation = people.organisation(db, user.organisation_id).name
        messaging.send(
            db, to=user.phone, template=Template.GROUP_INVITED, language=user.language,
            facts={"group": group.name, "organisation": organisation}, now=now, user_id=user.id,
            event_key=f"{Template.GROUP_INVITED}:{group.id}:{user.id}:{now.isoformat()}",
        )  # fmt: skip


def _note(db: Session, group: Group, kind: str, event_id: str, now: datetime, **facts: str) -> None:
    """The project book knows groups by id alone, and nobody in them."""
    body = {"project": str(group.project_id), "group": str(group.id), **facts}
    books.append(
        db, Book.PROJECT, kind=kind, entity_id=group.id, event_id=f"{kind}:{event_id}", body=body,
        now=now,
    )  # fmt: skip
