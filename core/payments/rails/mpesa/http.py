"""Calls Daraja: once each, with a time limit, never repeated; a refused token is renewed once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import redis
import requests
import structlog
from urllib3.exceptions import MaxRetryError, NewConnectionError

from config.limits import HTTP_SECONDS
from config.settings import Settings
from core import clock
from core.payments.rails.mpesa import codes
from core.payments.rails.mpesa.token import Tokens

log = structlog.get_logger(__name__)
_TOKEN_SECONDS = 3_599
_OK, _TOO_MANY = 200, 429
_LOGIN_REFUSED = (400, 401, 403)


_DATE_IS_EXACT_TO = timedelta(seconds=5)  # whole seconds, and the way takes time


class NotSent(Exception):
    """The request certainly never left: no connection, or no token to send it with."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back; status 0 and an empty body if that is not known."""

    status: int
    body: dict[str, Any]
    offset: timedelta | None = None  # how far its clock (the Date it gave) is ahead of ours

    @property
    def error(self) -> str:
        """The code of Daraja's error envelope, or "429"; empty if there is none."""
        code = self.body.get("errorCode")
        return code if isinstance(code, str) else str(_TOO_MANY) if self.status == _TOO_MANY else ""

    @property
    def ok(self) -> bool:
        """Whether Daraja took the request as such."""
        return self.status == _OK

    def text(self, name: str) -> str:
        """A field of the body as text; empty if it is absent or not text."""
        value = self.body.get(name)
        return value if isinstance(value, str) else ""


class Daraja:
    """One Daraja account: its address and its credentials."""

    def __init__(self, settings: Settings, connection: redis.Redis | None) -> None:
        self._settings = settings
        self._url = settings.mpesa_url.rstrip("/")
        self._tokens = Tokens(self._fetch_token, connection)
        self.offset = timedelta()

    def post(
        self, path: str, body: dict[str, Any], may_send: Callable[[], bool] = lambda: True
    ) -> Reply:
        """Send one request. Raises NotSent if it certainly did not arrive, or may not be sent any more."""
        token = self._tokens.get()
        reply = self._checked(path, body, token, may_send)
        if reply.error in codes.TOKEN_REFUSED:  # refused at the door, so nothing has happened yet
            reply = self._checked(path, body, self._tokens.renew(token), may_send)
        return reply

    def _checked(
        self, path: str, body: dict[str, Any], token: str, may_send: Callable[[], bool]
    ) -> Reply:
        if not may_send():
            raise NotSent("too_old")
        return self._post(path, body, token)

    def _post(self, path: str, body: dict[str, Any], token: str) -> Reply:
        headers = {"Authorization": f"Bearer {token}"}
        reply = _send(
            lambda: requests.post(
                self._url + path,
                json=body,
                headers=headers,
                timeout=HTTP_SECONDS,
                allow_redirects=False,
            )
        )
        self.offset = self.offset if reply.offset is None else reply.offset
        return reply

    def _fetch_token(self) -> tuple[str, int]:
        settings = self._settings
        login = (settings.mpesa_consumer_key, settings.mpesa_consumer_secret.get_secret_value())
        reply = _send(
            lambda: requests.get(
                f"{self._url}/oauth/v1/generate",
                params={"grant_type": "client_credentials"},
                auth=login,
                timeout=HTTP_SECONDS,
                allow_redirects=False,
            )
        )
        token, seconds = reply.text("access_token"), str(reply.body.get("expires_in", ""))
        if not reply.ok or not token:
            log.warning("no access token", status=reply.status, code=reply.error)
            raise NotSent("configuration" if reply.status in _LOGIN_REFUSED else "no_token")
        return token, int(seconds) if seconds.isdecimal() else _TOKEN_SECONDS


def _send(call: Callable[[], requests.Response]) -> Reply:
    try:
        response = call()
    except requests.ConnectTimeout:
        raise NotSent("no_connection") from None
    except requests.ConnectionError as error:
        if _never_connected(error):
            raise NotSent("no_connection") from None
        log.warning("provider call broken off", error=type(error).__name__)
        return Reply(0, {})
    except requests.RequestException as error:
        log.warning("provider call without an answer", error=type(error).__name__)
        return Reply(0, {})
    return Reply(response.status_code, _json(response), _offset(response))


def _offset(response: requests.Response) -> timedelta | None:
    try:
        date = parsedate_to_datetime(response.headers.get("Date", ""))
    except ValueError:
        return None
    ahead = date - clock.now() if date.tzinfo else timedelta()
    return ahead if abs(ahead) > _DATE_IS_EXACT_TO else timedelta()


def _never_connected(error: requests.ConnectionError) -> bool:
    cause = error.args[0] if error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)


def _json(response: requests.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
