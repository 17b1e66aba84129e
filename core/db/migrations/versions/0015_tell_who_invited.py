"""Keep who invited a person, and when that was told that the text did not arrive."""

import sqlalchemy as sa
from alembic import op

from core.db import base

revision = '0015'
down_revision = '0014'


def upgrade() -> None:
    with op.batch_alter_table('invitation') as batch:
        batch.add_column(sa.Column('invited_by', sa.Uuid(), nullable=True))
        batch.add_column(sa.Column('failure_told_at', base.Instant(), nullable=True))
        batch.create_foreign_key(
            op.f('fk_invitation_invited_by_user_account'), 'user_account', ['invited_by'], ['id']
        )
