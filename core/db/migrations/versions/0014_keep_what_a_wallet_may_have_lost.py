"""Keep what a wallet may have lost."""

import sqlalchemy as sa
from alembic import op

from core.db import base

revision = '0014'
down_revision = '0013'


def upgrade() -> None:
    op.create_table('wallet_copy',
    sa.Column('offer_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.String(length=32), nullable=False),
    sa.Column('credential_id', sa.Uuid(), nullable=False),
    sa.Column('thumbprint', sa.String(length=43), nullable=False),
    sa.Column('proof', sa.String(length=43), nullable=False),
    sa.Column('asked_at', base.Instant(), nullable=False),
    sa.Column('is_hers', sa.Boolean(), nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', base.Instant(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_wallet_copy'))
    )
    op.create_index(op.f('ix_wallet_copy_offer_id'), 'wallet_copy', ['offer_id'], unique=False)
    op.add_column('sscr_guardian', sa.Column('is_confirmed', sa.Boolean(), nullable=False, server_default=sa.true()))
    op.add_column('sscr_consent', sa.Column('asked', sa.JSON(), nullable=False, server_default='[]'))
    op.add_column('recovery', sa.Column('pin_tries', sa.BigInteger(), nullable=False, server_default='0'))
