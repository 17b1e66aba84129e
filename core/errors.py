"""Two kinds of wrong: a Refusal is a rule saying no to a person; everything else is a bug."""

from typing import Any


class Refusal(Exception):
    """A rule said no. `code` names the rule, `facts` fill the sentence the person will read."""

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code, facts)
        self.code = code
        self.facts = facts

    def __str__(self) -> str:
        return self.code
