"""In duplum: after default, interest and charges together never exceed the principal that was owed then."""

from __future__ import annotations


class InDuplum:
    """The limit, once it has begun."""

    def __init__(self) -> None:
        self.principal: int | None = None  # owed on the day of default
        self.interest = 0  # that had arisen by then
        self.charges = 0  # that arose since

    def begin(self, principal: int, interest: int) -> None:
        """The loan is in default from today; a second default changes nothing."""
        if self.principal is None:
            self.principal, self.interest = principal, interest

    def limit(self, interest: int) -> int:
        """So much of all the interest that has arisen may be asked for."""
        if self.principal is None:
            return interest
        return min(interest, max(self.interest, self.interest + self.principal - self.charges))

    def charge(self, amount: int, interest: int) -> int:
        """So much of a charge may be asked for, when so much interest has arisen."""
        if self.principal is None:
            return amount
        room = self.principal - self.charges - max(0, self.limit(interest) - self.interest)
        allowed = max(0, min(amount, room))
        self.charges += allowed
        return allowed
