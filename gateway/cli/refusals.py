"""What a rule's no says at the desk: its code for a program, what it knows as money and days, and a sentence."""

from __future__ import annotations

from core.errors import No, Refusal

DISK_FULL = "the disk is full: make room and try again; what was not written is not half done"

BUSY = "the key service does not answer at once: try again in a moment; nothing was done"


def sentence(refusal: No) -> str:
    """One line: refused: amount_unfit (most=KES 20): more than there is to let go."""
    facts = ", ".join(f"{name}={value}" for name, value in refusal.facts.items())
    said = refusal.code.sentence if isinstance(refusal, Refusal) else BUSY
    return f"refused: {refusal.code}" + (f" ({facts})" if facts else "") + f": {said}"
