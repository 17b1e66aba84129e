"""Pay a loan out in tranches."""

import sqlalchemy as sa
from alembic import op

revision = '0008'
down_revision = '0007'


def upgrade() -> None:
    op.add_column('lending_loan', sa.Column('disbursed', sa.BigInteger(), server_default='0', nullable=False))
    op.add_column('lending_loan', sa.Column('undrawn', sa.BigInteger(), server_default='0', nullable=False))
    # until now a loan was paid out whole
    op.execute("UPDATE lending_loan SET disbursed = contract_amount WHERE disbursed_on IS NOT NULL")
