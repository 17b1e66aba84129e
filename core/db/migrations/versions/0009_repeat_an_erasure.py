"""Repeat an erasure, and ask about a SIM before a guardian helps or a record leaves."""

import sqlalchemy as sa
from alembic import op

from core.db import base

revision = "0009"
down_revision = "0008"
STATE = sa.Enum(
    "asked", "settled", "swapped", "unknown", name="simstate", native_enum=False, length=40
)


def upgrade() -> None:
    op.create_table(
        "sscr_shredding",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("owner_id", name=op.f("pk_sscr_shredding")),
    )
    for name in ("helps_at", "helpers_asked_at", "sim_asked_at"):
        op.add_column("recovery", sa.Column(name, base.Instant(), nullable=True))
    op.add_column("wallet_offer", sa.Column("sim", STATE, nullable=True))
    op.add_column("wallet_offer", sa.Column("sim_request", sa.String(80), nullable=True))
    op.add_column("wallet_offer", sa.Column("sim_asked_at", base.Instant(), nullable=True))
    op.create_index(op.f("ix_wallet_offer_sim_request"), "wallet_offer", ["sim_request"])
