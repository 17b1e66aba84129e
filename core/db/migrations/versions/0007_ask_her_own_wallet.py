"""Ask her own wallet."""

import sqlalchemy as sa
from alembic import op

from core.db import base

revision = '0007'
down_revision = '0006'


def upgrade() -> None:
    op.create_table('sscr_wallet_key',
    sa.Column('owner_id', sa.Uuid(), nullable=False),
    sa.Column('thumbprint', sa.String(length=43), nullable=False),
    sa.Column('bound_at', base.Instant(), nullable=False),
    sa.PrimaryKeyConstraint('owner_id', 'thumbprint', name=op.f('pk_sscr_wallet_key'))
    )
    op.create_table('lending_presentation_request',
    sa.Column('project_id', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=True),
    sa.Column('idempotency_key', sa.String(length=120), nullable=False),
    sa.Column('language', sa.String(length=2), nullable=False),
    sa.Column('expires_at', base.Instant(), nullable=False),
    sa.Column('tries', sa.BigInteger(), nullable=False),
    sa.Column('problem', sa.String(length=60), nullable=False),
    sa.Column('duration', sa.BigInteger(), nullable=False),
    sa.Column('terms_text', sa.Text(), nullable=False),
    sa.Column('terms', sa.Text(), nullable=False),
    sa.Column('answered_at', base.Instant(), nullable=True),
    sa.Column('statement', sa.Text(), nullable=True),
    sa.Column('loan_id', sa.Uuid(), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', base.Instant(), nullable=False),
    sa.ForeignKeyConstraint(['loan_id'], ['lending_loan.id'], name=op.f('fk_lending_presentation_request_loan_id_lending_loan')),
    sa.ForeignKeyConstraint(['project_id'], ['lending_project.id'], name=op.f('fk_lending_presentation_request_project_id_lending_project')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_lending_presentation_request_user_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_lending_presentation_request')),
    sa.UniqueConstraint('idempotency_key', name=op.f('uq_lending_presentation_request_idempotency_key'))
    )
    op.create_index(op.f('ix_lending_presentation_request_expires_at'), 'lending_presentation_request', ['expires_at'], unique=False)
    op.create_index(op.f('ix_lending_presentation_request_loan_id'), 'lending_presentation_request', ['loan_id'], unique=False)
    op.create_index('ix_lending_presentation_request_user', 'lending_presentation_request', ['user_id', 'created_at'], unique=False)
