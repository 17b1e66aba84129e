"""Whole payable units, restructured loans, a day end that asks before it jumps, sums that do not grow with the book."""

import sqlalchemy as sa
from alembic import op

from core.db import base, exposure

revision = '0017'
down_revision = '0016'


def upgrade() -> None:
    op.add_column('lending_loan', sa.Column('rounded', sa.BigInteger(), nullable=False, server_default='0'))
    op.add_column('lending_loan', sa.Column('restructured_on', sa.Date(), nullable=True))
    op.add_column('lending_loan', sa.Column('set_aside_on', sa.Date(), nullable=True))
    op.add_column('lending_loan', sa.Column('set_aside_why', sa.String(80), nullable=True))
    op.add_column('lending_event', sa.Column('told_on', sa.Date(), nullable=True))
    op.execute(
        "UPDATE lending_loan SET restructured_on = ("
        "SELECT max(e.\"on\") FROM lending_event AS e WHERE e.loan_id = lending_loan.id AND e.kind = 'rescheduled' "
        "AND NOT EXISTS (SELECT 1 FROM lending_event AS r WHERE r.loan_id = e.loan_id AND r.kind = 'reversed' "
        "AND r.reverses = e.number))"
    )
    op.create_index(
        'ix_lending_loan_set_aside', 'lending_loan', ['set_aside_on'],
        postgresql_where=sa.text('set_aside_on IS NOT NULL'), sqlite_where=sa.text('set_aside_on IS NOT NULL'),
    )
    op.create_table('lending_clock',
    sa.Column('name', sa.String(20), nullable=False),
    sa.Column('seen_at', base.Instant(), nullable=False),
    sa.Column('apart', sa.BigInteger(), nullable=True),
    sa.Column('doubt', sa.String(20), nullable=True),
    sa.Column('doubted_at', base.Instant(), nullable=True),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_lending_clock'))
    )
    op.create_table('lending_exposure',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('project_id', sa.Uuid(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_lending_exposure'))
    )
    op.create_index(op.f('ix_lending_exposure_project_id'), 'lending_exposure', ['project_id', 'amount'])
    exposure.install(op.get_bind())
    op.create_index(
        'ix_sms_message_ready', 'sms_message', ['secret', 'not_before'],
        postgresql_where=sa.text("state = 'ready'"), sqlite_where=sa.text("state = 'ready'"),
    )
