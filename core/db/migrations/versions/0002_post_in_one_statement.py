"""Post in one statement."""

import sqlalchemy as sa
from alembic import op

from core.db import base, triggers

revision = '0002'
down_revision = '0001'


def upgrade() -> None:
    op.create_index('ix_ledger_journal_entry_value_at', 'ledger_journal_entry', ['value_at'], unique=False)
    triggers.install_post(op.get_bind())
