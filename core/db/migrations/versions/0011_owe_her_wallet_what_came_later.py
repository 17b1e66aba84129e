"""Owe her wallet what came later."""

import sqlalchemy as sa
from alembic import op

from core.db import base

revision = '0011'
down_revision = '0010'


def upgrade() -> None:
    op.create_table('sscr_owed',
    sa.Column('owner_id', sa.Uuid(), nullable=False),
    sa.Column('type', sa.String(length=40), nullable=False),
    sa.Column('reference', sa.String(length=120), nullable=False),
    sa.Column('noted_at', base.Instant(), nullable=False),
    sa.Column('offered_at', base.Instant(), nullable=True),
    sa.Column('taken_at', base.Instant(), nullable=True),
    sa.PrimaryKeyConstraint('owner_id', 'type', 'reference', name=op.f('pk_sscr_owed'))
    )
    op.create_index(op.f('ix_sscr_owed_offered_at'), 'sscr_owed', ['offered_at'], unique=False)
    kinds = sa.Enum('record', 'news', name='offerkind', native_enum=False, length=40)
    op.add_column('wallet_offer', sa.Column('kind', kinds, nullable=False, server_default='record'))
