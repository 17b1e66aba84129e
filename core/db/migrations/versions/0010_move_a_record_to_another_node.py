"""Move a record to another node."""

import sqlalchemy as sa
from alembic import op

from core.db import base

revision = '0010'
down_revision = '0009'


def upgrade() -> None:
    op.create_table('arrival',
    sa.Column('came_from', sa.String(length=200), nullable=False),
    sa.Column('hand_over', sa.String(length=40), nullable=False),
    sa.Column('phone', sa.String(length=16), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=True),
    sa.Column('record', sa.String(length=100), nullable=False),
    sa.Column('old_did', sa.String(length=100), nullable=False),
    sa.Column('new_did', sa.String(length=100), nullable=True),
    sa.Column('statement', sa.Text(), nullable=False),
    sa.Column('state', sa.Enum('waiting', 'asked', 'admitted', 'signed', 'taken', 'done', 'over', name='arrivalstate', native_enum=False, length=40), nullable=False),
    sa.Column('kept', sa.LargeBinary(), nullable=True),
    sa.Column('ready_at', base.Instant(), nullable=True),
    sa.Column('expires_at', base.Instant(), nullable=False),
    sa.Column('tries', sa.BigInteger(), nullable=False),
    sa.Column('guesses', sa.BigInteger(), nullable=False),
    sa.Column('look_at', base.Instant(), nullable=True),
    sa.Column('problem', sa.String(length=40), nullable=False),
    sa.Column('stored', sa.JSON(), nullable=False),
    sa.Column('others', sa.JSON(), nullable=False),
    sa.Column('file', sa.LargeBinary(), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', base.Instant(), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_arrival_user_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_arrival')),
    sa.UniqueConstraint('came_from', 'hand_over', name=op.f('uq_arrival_came_from_hand_over'))
    )
    op.create_index(op.f('ix_arrival_look_at'), 'arrival', ['look_at'], unique=False)
    op.create_index(op.f('ix_arrival_phone'), 'arrival', ['phone'], unique=False)
    op.create_index(op.f('ix_arrival_user_id'), 'arrival', ['user_id'], unique=False)
    op.create_table('hand_over',
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('custodian', sa.String(length=200), nullable=False),
    sa.Column('name', sa.String(length=30), nullable=False),
    sa.Column('service_code', sa.String(length=20), nullable=False),
    sa.Column('old_did', sa.String(length=100), nullable=False),
    sa.Column('new_did', sa.String(length=100), nullable=True),
    sa.Column('statement', sa.Text(), nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=False),
    sa.Column('state', sa.Enum('sending', 'sent', 'moved', 'over', name='handoverstate', native_enum=False, length=40), nullable=False),
    sa.Column('tries', sa.BigInteger(), nullable=False),
    sa.Column('look_at', base.Instant(), nullable=True),
    sa.Column('problem', sa.String(length=40), nullable=False),
    sa.Column('given', sa.JSON(), nullable=False),
    sa.Column('moved', sa.Text(), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', base.Instant(), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_hand_over_user_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_hand_over'))
    )
    op.create_index(op.f('ix_hand_over_look_at'), 'hand_over', ['look_at'], unique=False)
    op.create_index(op.f('ix_hand_over_old_did'), 'hand_over', ['old_did'], unique=False)
    op.create_index(op.f('ix_hand_over_user_id'), 'hand_over', ['user_id'], unique=False)
