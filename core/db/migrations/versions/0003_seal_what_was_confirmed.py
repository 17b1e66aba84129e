"""Seal what was confirmed."""

import sqlalchemy as sa
from alembic import op

from core.db import base

revision = '0003'
down_revision = '0002'


def upgrade() -> None:
    # What stood here in clear is not carried over: it cannot be sealed without the keys of the node, and no release
    # has ever written it. The organisation confirms it again.
    op.drop_table('attested_fact')
    op.create_table('attested_fact',
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('type', sa.String(length=40), nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=False),
    sa.Column('attested_by', sa.Uuid(), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', base.Instant(), nullable=False),
    sa.ForeignKeyConstraint(['attested_by'], ['user_account.id'], name=op.f('fk_attested_fact_attested_by_user_account')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_attested_fact_user_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_attested_fact')),
    sa.UniqueConstraint('user_id', 'type', name=op.f('uq_attested_fact_user_id_type'))
    )
    op.drop_column('user_account', 'birth_date')  # no batch: SQLite cannot rebuild a table others refer to
