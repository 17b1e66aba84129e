"""Let a rest go that no rail carries; show what was restructured."""

import sqlalchemy as sa
from alembic import op

revision = '0013'
down_revision = '0012'


def upgrade() -> None:
    op.add_column('lending_loan', sa.Column('rounded', sa.BigInteger(), nullable=False, server_default='0'))
    op.add_column('lending_loan', sa.Column('restructured_on', sa.Date(), nullable=True))
    op.execute(
        "UPDATE lending_loan SET restructured_on = ("
        "SELECT max(e.\"on\") FROM lending_event AS e WHERE e.loan_id = lending_loan.id AND e.kind = 'rescheduled' "
        "AND NOT EXISTS (SELECT 1 FROM lending_event AS r WHERE r.loan_id = e.loan_id AND r.kind = 'reversed' "
        "AND r.reverses = e.number))"
    )
