"""Read the statement."""

import sqlalchemy as sa
from alembic import op

from core.db import base

revision = '0004'
down_revision = '0003'


def upgrade() -> None:
    op.create_table('payment_statement',
    sa.Column('rail', sa.String(length=20), nullable=False),
    sa.Column('read_until', base.Instant(), nullable=False),
    sa.PrimaryKeyConstraint('rail', name=op.f('pk_payment_statement'))
    )
