"""Keep a callback as it came, set aside what cannot be understood, and find what is old."""

import sqlalchemy as sa
from alembic import op

from core.db import base

revision = "0013"
down_revision = "0012"
AS_BYTES = {"sqlite": "CAST(body AS BLOB)", "postgresql": "convert_to(body, 'UTF8')"}
OLD = ("payment_inbox", "sms_inbound", "sms_message", "sms_report", "ussd_session")


def upgrade() -> None:
    op.add_column("payment_inbox", sa.Column("raw", sa.LargeBinary(), nullable=True))
    op.add_column("payment_inbox", sa.Column("set_aside_at", base.Instant(), nullable=True))
    as_bytes = AS_BYTES[op.get_bind().dialect.name]
    op.execute(f"UPDATE payment_inbox SET raw = {as_bytes} WHERE body IS NOT NULL")
    op.drop_column("payment_inbox", "body")
    op.add_column("sms_inbound", sa.Column("try_at", base.Instant(), nullable=True))
    op.add_column("sms_message", sa.Column("about_id", sa.Uuid(), nullable=True))
    op.create_index(op.f("ix_sms_message_user_id"), "sms_message", ["user_id"])
    op.create_index(op.f("ix_sms_message_about_id"), "sms_message", ["about_id"])
    for table in OLD:
        op.create_index(op.f(f"ix_{table}_created_at"), table, ["created_at"])
