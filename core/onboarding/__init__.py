"""How a stranger becomes a borrower: invited, registered, and let in again when she lost her PIN or her number."""

from core.onboarding.confirming import confirm
from core.onboarding.guarding import ask_guardians, look_up, waiting_for
from core.onboarding.invitations import invitations, tell_failed, withdraw
from core.onboarding.leaving import erase
from core.onboarding.lost_texts import undelivered
from core.onboarding.models import Recovery, RecoveryState, SimState
from core.onboarding.pins import change_pin, check_agent, choose_pin_anew, confirm_pin_anew
from core.onboarding.recovery import (
    GUARDIAN_HELP,
    HELPERS,
    NUMBER_CHANGE,
    be_present,
    finish_recoveries,
    help_out,
    of_new_number,
    of_user,
    start_recovery,
    stop_recovery,
    take_number,
)
from core.onboarding.service import (
    CREDENTIAL_YEARS,
    TITLES,
    Provable,
    choose_pin,
    confirm_pin,
    invite,
    provable,
    prove,
    prove_all,
)
from core.onboarding.sims import note_sim, note_sim_request, unasked_sims
from core.onboarding.texts import (
    AGENT_HELP,
    ARRIVAL,
    GROUP,
    GUARDIANS,
    HANDOVER,
    LOAN,
    PIN_CHANGE,
    PURPOSES,
    REGISTRATION,
    WALLET,
    reason,
    take_back,
    tell_locked,
    tell_opened,
    text,
)

__all__ = [
    "AGENT_HELP", "ARRIVAL", "CREDENTIAL_YEARS", "GROUP", "GUARDIANS", "GUARDIAN_HELP", "HANDOVER", "HELPERS",
    "LOAN", "NUMBER_CHANGE", "PIN_CHANGE", "PURPOSES", "REGISTRATION", "TITLES", "WALLET", "Provable", "Recovery",
    "RecoveryState", "SimState", "ask_guardians", "be_present", "change_pin", "check_agent", "choose_pin",
    "choose_pin_anew", "confirm", "confirm_pin", "confirm_pin_anew", "erase", "finish_recoveries", "help_out",
    "invitations", "invite", "look_up", "note_sim", "note_sim_request", "of_new_number", "of_user", "provable",
    "prove", "prove_all", "reason", "start_recovery", "stop_recovery", "take_back", "take_number", "tell_failed",
    "tell_locked", "tell_opened", "text", "unasked_sims", "undelivered", "waiting_for", "withdraw",
]  # fmt: skip
