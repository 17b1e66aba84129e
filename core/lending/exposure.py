"""What a project has out at this moment: the sum of the changes that the database notes (`core.db.exposure`)."""

from __future__ import annotations

import uuid
from collections import defaultdict

from sqlalchemy import BigInteger, Index, Integer, delete, func, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from config.limits import EXPOSURE_ROWS
from core.db import Base, Session


class Exposure(Base):
    """So much more or less is out with the loans of a project; all rows of a project add up."""

    __tablename__ = "lending_exposure"
    __table_args__ = (Index("ix_lending_exposure_project_id", "project_id", "amount"),)

    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=True
    )
    project_id: Mapped[uuid.UUID]
    amount: Mapped[int]


def lent(db: Session, project_id: uuid.UUID) -> int:
    """What is out at this moment: promised or not yet paid back, in minor units."""
    db.flush()
    query = select(func.coalesce(func.sum(Exposure.amount), 0))
    return int(db.scalar(query.where(Exposure.project_id == project_id)) or 0)


def fold_changes(db: Session, *, limit: int = EXPOSURE_ROWS) -> int:
    """Put many changes into one for each project, so that a sum stays short; how many there were.

    A change that somebody holds is left; who reads meanwhile sees all of them or their sum.
    """
    oldest = (
        select(Exposure.id).order_by(Exposure.id).limit(limit).with_for_update(skip_locked=True)
    )
    ids = list(db.scalars(oldest))
    if len(ids) < limit:
        return 0
    sums: defaultdict[uuid.UUID, int] = defaultdict(int)
    gone = (
        delete(Exposure).where(Exposure.id.in_(ids)).returning(Exposure.project_id, Exposure.amount)
    )
    for project_id, amount in db.execute(gone):
        sums[project_id] += amount
    db.execute(insert(Exposure), [{"project_id": key, "amount": one} for key, one in sums.items()])
    return len(ids) if len(ids) > 2 * len(sums) else 0
