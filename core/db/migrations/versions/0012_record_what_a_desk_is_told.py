"""Count refused numbers, and keep who recorded a repayment."""

import sqlalchemy as sa
from alembic import op

from core.db import base

revision = '0012'
down_revision = '0011'


def upgrade() -> None:
    op.create_table('refused_number',
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('by_id', sa.Uuid(), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', base.Instant(), nullable=False),
    sa.ForeignKeyConstraint(['by_id'], ['user_account.id'], name=op.f('fk_refused_number_by_id_user_account')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_refused_number_organisation_id_organisation')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_refused_number'))
    )
    op.create_index(op.f('ix_refused_number_organisation_id'), 'refused_number', ['organisation_id', 'by_id', 'created_at'], unique=False)
    op.add_column('payment', sa.Column('recorded_by', sa.Uuid(), nullable=True))
    op.add_column('payment', sa.Column('remark', sa.String(length=200), nullable=False, server_default=''))
