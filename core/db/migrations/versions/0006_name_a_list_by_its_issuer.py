"""Name a fetched status list by its issuer, too."""

from alembic import op

revision = '0006'
down_revision = '0005'


def upgrade() -> None:
    # SQLite changes no key in place: there the table is written anew
    with op.batch_alter_table('status_cached') as table:
        table.drop_constraint('pk_status_cached', type_='primary')
        table.create_primary_key('pk_status_cached', ['uri', 'issuer', 'purpose'])
