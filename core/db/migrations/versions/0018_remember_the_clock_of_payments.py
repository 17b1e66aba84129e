"""The latest instant at which payments were looked at: a clock that was ahead is noticed when it comes back."""

import sqlalchemy as sa
from alembic import op

from core.db import base

revision = '0018'
down_revision = '0017'


def upgrade() -> None:
    op.create_table('payment_clock',
    sa.Column('name', sa.String(20), nullable=False),
    sa.Column('seen_at', base.Instant(), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_payment_clock'))
    )
