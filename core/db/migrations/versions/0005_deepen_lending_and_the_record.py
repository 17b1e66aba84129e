"""Deepen lending and the record."""

import sqlalchemy as sa
from alembic import op

from core.db import base, triggers

revision = '0005'
down_revision = '0004'


def upgrade() -> None:
    op.create_table('did_log',
    sa.Column('url', sa.String(length=400), nullable=False),
    sa.Column('number', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('line', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('url', 'number', name=op.f('pk_did_log'))
    )
    op.create_table('known_issuer',
    sa.Column('did', sa.String(length=200), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('hosts', sa.JSON(), nullable=False),
    sa.Column('keys', sa.JSON(), nullable=False),
    sa.Column('types', sa.JSON(), nullable=False),
    sa.Column('added_at', base.Instant(), nullable=False),
    sa.Column('fetch_at', base.Instant(), nullable=True),
    sa.Column('problem', sa.String(length=40), nullable=False),
    sa.PrimaryKeyConstraint('did', name=op.f('pk_known_issuer'))
    )
    op.create_index(op.f('ix_known_issuer_fetch_at'), 'known_issuer', ['fetch_at'], unique=False)
    op.create_table('lending_day',
    sa.Column('zone', sa.String(length=40), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.Column('is_done', sa.Boolean(), nullable=False),
    sa.Column('reminded_on', sa.Date(), nullable=True),
    sa.Column('noticed_on', sa.Date(), nullable=True),
    sa.PrimaryKeyConstraint('zone', name=op.f('pk_lending_day'))
    )
    op.create_table('sscr_consent',
    sa.Column('owner_id', sa.Uuid(), nullable=False),
    sa.Column('code', sa.String(length=8), nullable=False),
    sa.Column('verifier', sa.String(length=300), nullable=False),
    sa.Column('verifier_name', sa.String(length=60), nullable=False),
    sa.Column('purpose', sa.String(length=80), nullable=False),
    sa.Column('ticket', sa.String(length=40), nullable=False),
    sa.Column('expires_at', base.Instant(), nullable=False),
    sa.Column('withdrawn_at', base.Instant(), nullable=True),
    sa.Column('sealed', sa.LargeBinary(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', base.Instant(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sscr_consent'))
    )
    op.create_index(op.f('ix_sscr_consent_owner_id'), 'sscr_consent', ['owner_id'], unique=False)
    op.create_index(op.f('ix_sscr_consent_ticket'), 'sscr_consent', ['ticket'], unique=False)
    op.create_table('sscr_guardian',
    sa.Column('owner_id', sa.Uuid(), nullable=False),
    sa.Column('guardian_id', sa.Uuid(), nullable=False),
    sa.Column('epoch', sa.BigInteger(), nullable=False),
    sa.Column('pepper_kid', sa.String(length=20), nullable=False),
    sa.Column('share', sa.LargeBinary(length=80), nullable=False),
    sa.Column('sealed', sa.LargeBinary(length=72), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', base.Instant(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sscr_guardian')),
    sa.UniqueConstraint('owner_id', 'guardian_id', name=op.f('uq_sscr_guardian_owner_id_guardian_id'))
    )
    op.create_index(op.f('ix_sscr_guardian_guardian_id'), 'sscr_guardian', ['guardian_id'], unique=False)
    op.create_index(op.f('ix_sscr_guardian_owner_id'), 'sscr_guardian', ['owner_id'], unique=False)
    op.create_table('status_cached',
    sa.Column('uri', sa.String(length=400), nullable=False),
    sa.Column('issuer', sa.String(length=200), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('purpose', sa.String(length=20), nullable=False),
    sa.Column('bits', sa.BigInteger(), nullable=False),
    sa.Column('packed', sa.LargeBinary(), nullable=True),
    sa.Column('good_until', base.Instant(), nullable=True),
    sa.Column('fetch_at', base.Instant(), nullable=False),
    sa.Column('problem', sa.String(length=40), nullable=False),
    sa.PrimaryKeyConstraint('uri', name=op.f('pk_status_cached'))
    )
    op.create_index(op.f('ix_status_cached_fetch_at'), 'status_cached', ['fetch_at'], unique=False)
    op.create_table('status_change',
    sa.Column('credential_id', sa.Uuid(), nullable=False),
    sa.Column('value', sa.Enum('valid', 'revoked', 'suspended', name='statusvalue', native_enum=False, length=40), nullable=False),
    sa.Column('reason', sa.String(length=200), nullable=False),
    sa.Column('changed_by', sa.String(length=200), nullable=False),
    sa.Column('at', base.Instant(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', base.Instant(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_status_change'))
    )
    op.create_index(op.f('ix_status_change_credential_id'), 'status_change', ['credential_id'], unique=False)
    op.create_table('status_list',
    sa.Column('number', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('opened_at', base.Instant(), nullable=False),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_status_list'))
    )
    op.create_table('status_entry',
    sa.Column('list_number', sa.BigInteger(), nullable=False),
    sa.Column('place', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('credential_id', sa.Uuid(), nullable=True),
    sa.Column('owner_id', sa.Uuid(), nullable=True),
    sa.Column('type', sa.String(length=40), nullable=False),
    sa.Column('reference', sa.String(length=120), nullable=False),
    sa.Column('issued_at', base.Instant(), nullable=False),
    sa.Column('expires_at', base.Instant(), nullable=False),
    sa.Column('value', sa.Enum('valid', 'revoked', 'suspended', name='statusvalue', native_enum=False, length=40), nullable=False),
    sa.ForeignKeyConstraint(['list_number'], ['status_list.number'], name=op.f('fk_status_entry_list_number_status_list')),
    sa.PrimaryKeyConstraint('list_number', 'place', name=op.f('pk_status_entry')),
    sa.UniqueConstraint('credential_id', name=op.f('uq_status_entry_credential_id'))
    )
    op.create_index('ix_status_entry_owner', 'status_entry', ['owner_id', 'type', 'reference'], unique=False)
    op.create_index('ix_status_entry_value', 'status_entry', ['list_number', 'value'], unique=False)
    op.create_table('complaint',
    sa.Column('ticket', sa.String(length=12), nullable=False),
    sa.Column('idempotency_key', sa.String(length=120), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('about', sa.Enum('payment', 'cost', 'treatment', 'data', 'other', name='about', native_enum=False, length=40), nullable=False),
    sa.Column('words', sa.String(length=160), nullable=False),
    sa.Column('state', sa.Enum('open', 'answered', 'escalated', 'closed', name='complaintstate', native_enum=False, length=40), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('outcome', sa.Enum('upheld', 'partly', 'not_upheld', 'withdrawn', name='outcome', native_enum=False, length=40), nullable=True),
    sa.Column('answer', sa.String(length=300), nullable=False),
    sa.Column('answered_at', base.Instant(), nullable=True),
    sa.Column('escalated_at', base.Instant(), nullable=True),
    sa.Column('closed_at', base.Instant(), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', base.Instant(), nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_complaint_organisation_id_organisation')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_complaint_user_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_complaint')),
    sa.UniqueConstraint('idempotency_key', name=op.f('uq_complaint_idempotency_key')),
    sa.UniqueConstraint('ticket', name=op.f('uq_complaint_ticket'))
    )
    op.create_index(op.f('ix_complaint_organisation_id'), 'complaint', ['organisation_id'], unique=False)
    op.create_index(op.f('ix_complaint_state'), 'complaint', ['state', 'due_on'], unique=False)
    op.create_index(op.f('ix_complaint_user_id'), 'complaint', ['user_id'], unique=False)
    op.create_table('declared_income',
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('monthly', sa.BigInteger(), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', base.Instant(), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_declared_income_user_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_declared_income')),
    sa.UniqueConstraint('user_id', name=op.f('uq_declared_income_user_id'))
    )
    op.create_table('erasure',
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('request', sa.String(length=200), nullable=False),
    sa.Column('by', sa.String(length=80), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', base.Instant(), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_erasure_user_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_erasure'))
    )
    op.create_index(op.f('ix_erasure_user_id'), 'erasure', ['user_id'], unique=False)
    op.create_table('lending_bureau_consent',
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('is_given', sa.Boolean(), nullable=False),
    sa.Column('source', sa.String(length=40), nullable=False),
    sa.Column('at', base.Instant(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', base.Instant(), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_lending_bureau_consent_user_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_lending_bureau_consent'))
    )
    op.create_index('ix_lending_bureau_consent_user', 'lending_bureau_consent', ['user_id', 'at'], unique=False)
    op.create_table('lending_funding',
    sa.Column('project_id', sa.Uuid(), nullable=False),
    sa.Column('funding_class', sa.Enum('senior', 'junior', name='fundingclass', native_enum=False, length=40), nullable=False),
    sa.Column('source', sa.BigInteger(), nullable=True),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('interest_rate', base.ExactDecimal(), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('reference', sa.String(length=40), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', base.Instant(), nullable=False),
    sa.ForeignKeyConstraint(['project_id'], ['lending_project.id'], name=op.f('fk_lending_funding_project_id_lending_project')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_lending_funding')),
    sa.UniqueConstraint('project_id', 'reference', name=op.f('uq_lending_funding_project_id_reference'))
    )
    op.create_table('lending_group',
    sa.Column('project_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.String(length=30), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', base.Instant(), nullable=False),
    sa.ForeignKeyConstraint(['project_id'], ['lending_project.id'], name=op.f('fk_lending_group_project_id_lending_project')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_lending_group')),
    sa.UniqueConstraint('project_id', 'name', name=op.f('uq_lending_group_project_id_name'))
    )
    op.create_table('recovery',
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('agent_id', sa.Uuid(), nullable=False),
    sa.Column('state', sa.Enum('started', 'present', 'chosen', 'done', 'cancelled', 'expired', name='recoverystate', native_enum=False, length=40), nullable=False),
    sa.Column('new_phone', sa.String(length=16), nullable=True),
    sa.Column('code_hash', sa.LargeBinary(length=32), nullable=False),
    sa.Column('code_until', base.Instant(), nullable=False),
    sa.Column('tries', sa.BigInteger(), nullable=False),
    sa.Column('ready_at', base.Instant(), nullable=True),
    sa.Column('helped_by', sa.Uuid(), nullable=True),
    sa.Column('sim', sa.Enum('asked', 'settled', 'swapped', 'unknown', name='simstate', native_enum=False, length=40), nullable=True),
    sa.Column('sim_request', sa.String(length=80), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', base.Instant(), nullable=False),
    sa.ForeignKeyConstraint(['agent_id'], ['user_account.id'], name=op.f('fk_recovery_agent_id_user_account')),
    sa.ForeignKeyConstraint(['helped_by'], ['user_account.id'], name=op.f('fk_recovery_helped_by_user_account')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_recovery_user_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_recovery'))
    )
    op.create_index(op.f('ix_recovery_new_phone'), 'recovery', ['new_phone'], unique=False)
    op.create_index(op.f('ix_recovery_sim_request'), 'recovery', ['sim_request'], unique=False)
    op.create_index(op.f('ix_recovery_user_id'), 'recovery', ['user_id'], unique=False)
    op.create_table('screening_hit',
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('cleared_at', base.Instant(), nullable=True),
    sa.Column('cleared_because', sa.Text(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', base.Instant(), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_screening_hit_user_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_screening_hit'))
    )
    op.create_index(op.f('ix_screening_hit_user_id'), 'screening_hit', ['user_id'], unique=False)
    op.create_table('source_request',
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('source', sa.String(length=30), nullable=False),
    sa.Column('type', sa.String(length=40), nullable=False),
    sa.Column('state', sa.Enum('asked', 'confirmed', 'unknown', 'failed', name='sourcestate', native_enum=False, length=40), nullable=False),
    sa.Column('nonce', sa.String(length=64), nullable=False),
    sa.Column('tries', sa.BigInteger(), nullable=False),
    sa.Column('ask_at', base.Instant(), nullable=True),
    sa.Column('problem', sa.String(length=40), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', base.Instant(), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_source_request_user_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_source_request'))
    )
    op.create_index(op.f('ix_source_request_ask_at'), 'source_request', ['ask_at'], unique=False)
    op.create_index(op.f('ix_source_request_user_id'), 'source_request', ['user_id'], unique=False)
    op.create_table('wallet_offer',
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('code_hash', sa.LargeBinary(length=32), nullable=False),
    sa.Column('tries', sa.BigInteger(), nullable=False),
    sa.Column('expires_at', base.Instant(), nullable=False),
    sa.Column('token_hash', sa.LargeBinary(length=32), nullable=True),
    sa.Column('taken', sa.JSON(), nullable=False),
    sa.Column('exported_at', base.Instant(), nullable=True),
    sa.Column('left_at', base.Instant(), nullable=True),
    sa.Column('sealed', sa.LargeBinary(), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', base.Instant(), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_wallet_offer_user_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_wallet_offer')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_wallet_offer_token_hash'))
    )
    op.create_index(op.f('ix_wallet_offer_expires_at'), 'wallet_offer', ['expires_at'], unique=False)
    op.create_index(op.f('ix_wallet_offer_user_id'), 'wallet_offer', ['user_id'], unique=False)
    op.create_table('lending_group_member',
    sa.Column('group_id', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('agreed_at', base.Instant(), nullable=True),
    sa.Column('agreed_text', sa.Text(), nullable=False),
    sa.Column('agreed_language', sa.String(length=2), nullable=False),
    sa.Column('agreed_hash', sa.String(length=64), nullable=False),
    sa.Column('left_at', base.Instant(), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', base.Instant(), nullable=False),
    sa.ForeignKeyConstraint(['group_id'], ['lending_group.id'], name=op.f('fk_lending_group_member_group_id_lending_group')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_lending_group_member_user_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_lending_group_member')),
    sa.UniqueConstraint('group_id', 'user_id', name=op.f('uq_lending_group_member_group_id_user_id'))
    )
    op.create_index(op.f('ix_lending_group_member_user_id'), 'lending_group_member', ['user_id'], unique=False)
    op.create_table('hardship_request',
    sa.Column('loan_id', sa.Uuid(), nullable=False),
    sa.Column('state', sa.Enum('open', 'granted', 'declined', name='hardshipstate', native_enum=False, length=40), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('decided_at', base.Instant(), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', base.Instant(), nullable=False),
    sa.ForeignKeyConstraint(['loan_id'], ['lending_loan.id'], name=op.f('fk_hardship_request_loan_id_lending_loan')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_hardship_request'))
    )
    op.create_index(op.f('ix_hardship_request_loan_id'), 'hardship_request', ['loan_id'], unique=False)
    op.create_index(op.f('ix_hardship_request_state'), 'hardship_request', ['state'], unique=False)
    op.create_table('lending_bureau_correction',
    sa.Column('loan_id', sa.Uuid(), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('reason', sa.String(length=200), nullable=False),
    sa.Column('by_id', sa.Uuid(), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', base.Instant(), nullable=False),
    sa.ForeignKeyConstraint(['by_id'], ['user_account.id'], name=op.f('fk_lending_bureau_correction_by_id_user_account')),
    sa.ForeignKeyConstraint(['loan_id'], ['lending_loan.id'], name=op.f('fk_lending_bureau_correction_loan_id_lending_loan')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_lending_bureau_correction'))
    )
    op.create_index('ix_lending_bureau_correction_loan', 'lending_bureau_correction', ['loan_id', 'on'], unique=False)
    op.create_table('lending_bureau_notice',
    sa.Column('loan_id', sa.Uuid(), nullable=False),
    sa.Column('message_id', sa.Uuid(), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('listed_from', sa.Date(), nullable=False),
    sa.Column('overdue_from', sa.Date(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', base.Instant(), nullable=False),
    sa.ForeignKeyConstraint(['loan_id'], ['lending_loan.id'], name=op.f('fk_lending_bureau_notice_loan_id_lending_loan')),
    sa.ForeignKeyConstraint(['message_id'], ['sms_message.id'], name=op.f('fk_lending_bureau_notice_message_id_sms_message')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_lending_bureau_notice'))
    )
    op.create_index('ix_lending_bureau_notice_loan', 'lending_bureau_notice', ['loan_id', 'on'], unique=False)
    op.create_table('lending_deposit_use',
    sa.Column('loan_id', sa.Uuid(), nullable=False),
    sa.Column('for_loan_id', sa.Uuid(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('payment_id', sa.Uuid(), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', base.Instant(), nullable=False),
    sa.ForeignKeyConstraint(['for_loan_id'], ['lending_loan.id'], name=op.f('fk_lending_deposit_use_for_loan_id_lending_loan')),
    sa.ForeignKeyConstraint(['loan_id'], ['lending_loan.id'], name=op.f('fk_lending_deposit_use_loan_id_lending_loan')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_lending_deposit_use'))
    )
    op.create_index(op.f('ix_lending_deposit_use_for_loan_id'), 'lending_deposit_use', ['for_loan_id'], unique=False)
    op.create_index(op.f('ix_lending_deposit_use_payment_id'), 'lending_deposit_use', ['payment_id'], unique=False)
    op.add_column('lending_event', sa.Column('details', sa.JSON(), server_default='{}', nullable=False))
    op.add_column('lending_event', sa.Column('idempotency_key', sa.String(length=120), nullable=True))
    op.add_column('lending_event', sa.Column('by_id', sa.Uuid(), sa.ForeignKey('user_account.id', name=op.f('fk_lending_event_by_id_user_account')), nullable=True), inline_references=True)
    op.add_column('lending_event', sa.Column('reason', sa.String(length=200), server_default='', nullable=False))
    op.create_index('ix_lending_event_key', 'lending_event', ['idempotency_key'], unique=True)
    op.add_column('lending_instalment', sa.Column('fee', sa.BigInteger(), server_default='0', nullable=False))
    op.add_column('lending_instalment', sa.Column('penalty', sa.BigInteger(), server_default='0', nullable=False))
    op.add_column('lending_instalment', sa.Column('fee_paid', sa.BigInteger(), server_default='0', nullable=False))
    op.add_column('lending_instalment', sa.Column('penalty_paid', sa.BigInteger(), server_default='0', nullable=False))
    op.add_column('lending_loan', sa.Column('group_id', sa.Uuid(), sa.ForeignKey('lending_group.id', name=op.f('fk_lending_loan_group_id_lending_group')), nullable=True), inline_references=True)
    op.add_column('lending_loan', sa.Column('eligibility', sa.Text(), nullable=True))
    op.add_column('lending_loan', sa.Column('on_time', sa.Boolean(), server_default=sa.true(), nullable=False))
    op.add_column('lending_loan', sa.Column('compensated_on', sa.Date(), nullable=True))
    op.add_column('lending_loan', sa.Column('principal_written_off', sa.BigInteger(), server_default='0', nullable=False))
    op.add_column('lending_loan', sa.Column('charged_back', sa.BigInteger(), server_default='0', nullable=False))
    op.add_column('lending_loan', sa.Column('interest_billed', sa.BigInteger(), server_default='0', nullable=False))
    op.add_column('lending_loan', sa.Column('interest_waived', sa.BigInteger(), server_default='0', nullable=False))
    op.add_column('lending_loan', sa.Column('interest_written_off', sa.BigInteger(), server_default='0', nullable=False))
    op.add_column('lending_loan', sa.Column('fee_withheld', sa.BigInteger(), server_default='0', nullable=False))
    op.add_column('lending_loan', sa.Column('fees_charged', sa.BigInteger(), server_default='0', nullable=False))
    op.add_column('lending_loan', sa.Column('fees_paid', sa.BigInteger(), server_default='0', nullable=False))
    op.add_column('lending_loan', sa.Column('fees_waived', sa.BigInteger(), server_default='0', nullable=False))
    op.add_column('lending_loan', sa.Column('fees_written_off', sa.BigInteger(), server_default='0', nullable=False))
    op.add_column('lending_loan', sa.Column('penalties_charged', sa.BigInteger(), server_default='0', nullable=False))
    op.add_column('lending_loan', sa.Column('penalties_paid', sa.BigInteger(), server_default='0', nullable=False))
    op.add_column('lending_loan', sa.Column('penalties_waived', sa.BigInteger(), server_default='0', nullable=False))
    op.add_column('lending_loan', sa.Column('penalties_written_off', sa.BigInteger(), server_default='0', nullable=False))
    op.add_column('lending_loan', sa.Column('recovered', sa.BigInteger(), server_default='0', nullable=False))
    op.add_column('lending_loan', sa.Column('provision_used', sa.BigInteger(), server_default='0', nullable=False))
    op.add_column('lending_loan', sa.Column('accrual_begins', sa.Date(), nullable=True))
    op.add_column('lending_loan', sa.Column('accrual_ends', sa.Date(), nullable=True))
    op.add_column('lending_loan', sa.Column('accrued_at_begin', sa.BigInteger(), server_default='0', nullable=False))
    op.add_column('lending_loan', sa.Column('accrued_at_end', sa.BigInteger(), server_default='0', nullable=False))
    op.add_column('lending_loan', sa.Column('next_change_on', sa.Date(), nullable=True))
    op.add_column('lending_loan', sa.Column('overdue_from', sa.Date(), nullable=True))
    op.add_column('lending_loan', sa.Column('paused_from', sa.Date(), nullable=True))
    op.add_column('lending_loan', sa.Column('paused_until', sa.Date(), nullable=True))
    op.add_column('lending_loan', sa.Column('defaults_on', sa.Date(), nullable=True))
    op.drop_index(op.f('ix_lending_loan_day'), table_name='lending_loan')
    op.create_index('ix_lending_loan_group', 'lending_loan', ['group_id', 'status', 'closed_on'], unique=False, postgresql_where=sa.text('group_id IS NOT NULL'), sqlite_where=sa.text('group_id IS NOT NULL'))
    op.drop_column('lending_loan', 'day_done')
    op.add_column('lending_project', sa.Column('options', sa.JSON(), server_default='{}', nullable=False))
    op.add_column('lending_project', sa.Column('affordability', base.ExactDecimal(), nullable=True))
    op.add_column('lending_project', sa.Column('pause_days', sa.BigInteger(), server_default='0', nullable=False))
    op.add_column('lending_project', sa.Column('community_model', sa.JSON(), nullable=True))
    op.add_column('lending_project', sa.Column('risk_deposit_rate', base.ExactDecimal(), server_default='0', nullable=False))
    op.add_column('lending_project', sa.Column('ladder', sa.JSON(), nullable=True))
    op.add_column('lending_project', sa.Column('funding', sa.JSON(), nullable=True))
    op.add_column('lending_project', sa.Column('closed_on', sa.Date(), nullable=True))
    op.add_column('lending_project', sa.Column('settled_on', sa.Date(), nullable=True))
    op.add_column('sscr_opening', sa.Column('audience', sa.String(length=300), server_default='', nullable=False))
    op.add_column('sscr_wrap', sa.Column('public', sa.LargeBinary(length=32), nullable=True))
    op.add_column('sscr_wrap', sa.Column('box', sa.LargeBinary(length=80), nullable=True))
    op.add_column('user_account', sa.Column('seen_at', base.Instant(), nullable=True))
    # What the books held so far was interest that was due or paid, and a fee withheld from every loan paid out.
    op.execute(
        "UPDATE lending_loan SET interest_billed = interest_earned, next_change_on = as_of "
        "WHERE disbursed_on IS NOT NULL"
    )
    op.execute(
        "UPDATE lending_loan SET fee_withheld = contract_amount - (SELECT min(amount) FROM lending_event "
        "WHERE lending_event.loan_id = lending_loan.id AND kind = 'disbursed') WHERE disbursed_on IS NOT NULL"
    )
    # Nobody is asked for her PIN because of the move, and a project closed before owes nothing more.
    op.execute("UPDATE user_account SET seen_at = CURRENT_TIMESTAMP WHERE state = 'active'")
    op.execute("UPDATE lending_project SET settled_on = end_date WHERE status = 'closed'")
    if op.get_bind().dialect.name == "postgresql":
        # the day end writes every loan: with room in its page a row changes there, and no index with it
        op.execute("ALTER TABLE lending_loan SET (fillfactor = 50)")
    triggers.append_only(op.get_bind(), "did_log", "lending_deposit_use", "status_change")
