"""Compare what has ended with its provider, for as long as it may be taken back."""

import sqlalchemy as sa
from alembic import op

from core.db import base

revision = '0016'
down_revision = '0015'


def upgrade() -> None:
    op.add_column('payment', sa.Column('check_at', base.Instant(), nullable=True))
    op.add_column('payment', sa.Column('clock_offset', sa.BigInteger(), nullable=True))
    op.execute("UPDATE payment SET check_at = closed_at WHERE state IN ('settled', 'settled_late')")
    op.create_index('ix_payment_check_at', 'payment', ['rail', 'check_at'], unique=False, postgresql_where=sa.text('check_at IS NOT NULL'), sqlite_where=sa.text('check_at IS NOT NULL'))
    op.create_index('ix_payment_closed_at', 'payment', ['closed_at'], unique=False, postgresql_where=sa.text('check_at IS NOT NULL'), sqlite_where=sa.text('check_at IS NOT NULL'))
    op.create_index('ix_payment_received', 'payment', ['rail', 'opened_at'], unique=False, postgresql_where=sa.text('receipt IS NOT NULL'), sqlite_where=sa.text('receipt IS NOT NULL'))
    op.create_index('ix_payment_attention_open', 'payment_attention', ['reason', 'created_at'], unique=False, postgresql_where=sa.text('resolved_at IS NULL'), sqlite_where=sa.text('resolved_at IS NULL'))
