"""Organisations and the people they know: users, invitations by one-time code, and what was attested of them."""

from core.people.facts import attest, attested_facts, forget_facts, has_facts
from core.people.models import AttestedFact, Invitation, Organisation, Role, User, UserState
from core.people.phones import mobile, normalise
from core.people.service import (
    CodeCheck,
    activate,
    block,
    by_phone,
    change_phone,
    check_code,
    create_organisation,
    find,
    get,
    invite,
    is_number_quiet,
    note_in_use,
    note_seen,
    organisation,
    organisations,
    set_language,
    unblock,
)
from core.people.walls import (
    check_may_invite,
    member,
    member_by_id,
    members,
    note_refused_number,
    own,
)

__all__ = [
    "AttestedFact", "CodeCheck", "Invitation", "Organisation", "Role", "User", "UserState", "activate", "attest",
    "attested_facts", "block", "by_phone", "change_phone", "check_code", "check_may_invite", "create_organisation",
    "find", "forget_facts", "get", "has_facts", "invite", "is_number_quiet", "member", "member_by_id", "members",
    "mobile", "normalise", "note_in_use", "note_refused_number", "note_seen", "organisation", "organisations", "own",
    "set_language", "unblock",
]  # fmt: skip
