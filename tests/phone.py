"""A phone that speaks Africa's Talking's wire format: it keeps what was typed, as the gateway does."""

from __future__ import annotations

import itertools
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

_SESSIONS = itertools.count(1)


class Phone:
    """Dials, types, repeats and hangs up; every call returns the page with its prefix."""

    def __init__(
        self,
        client: FlaskClient,
        token: str,
        number: str = "+254711000111",
        service_code: str = "*384*77#",
        network: str = "63902",
    ) -> None:
        self.client, self.token = client, token
        self.number, self.service_code, self.network = number, service_code, network
        self.session, self.text = "", ""
        self.response: TestResponse | None = None

    def dial(self, tail: str = "") -> str:
        """Begin a new session; `tail` is what was dialled after the code (deep dial)."""
        self.session, self.text = f"ATUid_{next(_SESSIONS):032x}", tail
        return self.send()

    def type(self, *answers: str) -> str:
        """Type one answer after the other; the page after the last."""
        page = ""
        for answer in answers:
            self.text = f"{self.text}*{answer}" if self.text else answer
            page = self.send()
        return page

    def repeat(self) -> str:
        """The network sends the last request again."""
        return self.send()

    def send(self, **changed: str) -> str:
        """One request as it stands, with some fields `changed`."""
        self.response = self.client.post(f"/u/{self.token}", data=self.form(**changed))
        return self.response.get_data(as_text=True)

    def form(self, **changed: str) -> dict[str, str]:
        """The fields of the callback."""
        form = {
            "sessionId": self.session,
            "phoneNumber": self.number,
            "serviceCode": self.service_code,
            "networkCode": self.network,
            "text": self.text,
        }
        return form | changed

    def hang_up(self, status: str = "Incomplete", **changed: str) -> TestResponse:
        """The gateway tells that the session is over, with everything it knows (too much)."""
        form: dict[str, Any] = self.form() | {
            "date": "2026-11-21 07:31:00",
            "status": status,
            "cost": "KES 1.00",
            "durationInMillis": "41000",
            "hopsCount": "4",
            "hopsMetadata": "home|loan.amount",
            "input": self.text,
            "lastAppResponse": "CON your balance is 5,000",
        }
        del form["text"]
        return self.client.post(f"/u/{self.token}/end", data=form | changed)
