"""Africa's Talking Insights: was the SIM of this phone changed lately? Asked over its SDK, answered by a callback.

The answer to the question only says that it is queued, with a `requestId` of its own per number. The callback is JSON:
{"status": "Swapped" or "NotSwapped", "lastSimSwapDate": "DD-MM-YYYY", "requestId", "transactionId", "providerRefId"}.
"""

from __future__ import annotations

from typing import Any

import requests
import structlog
from africastalking.Insights import InsightService
from africastalking.Service import AfricasTalkingException

from config.limits import HTTP_SECONDS
from config.settings import Settings

log = structlog.get_logger(__name__)


class Insights:
    """Asks Africa's Talking about one phone at a time."""

    def __init__(self, username: str, api_key: str, *, url: str = "") -> None:
        self._service = InsightService(username, api_key)
        if url:
            self._service._baseUrl = f"{url.rstrip('/').removesuffix('/version1')}/v1"

    @classmethod
    def of(cls, settings: Settings) -> Insights:
        key = settings.at_api_key.get_secret_value()
        return cls(settings.at_username, key, url=settings.at_url)

    def ask(self, phone: str) -> str | None:
        """The id of the question; None where nobody took it, whatever the reason."""
        try:
            said = self._service.check_sim_swap_state([phone], timeout=HTTP_SECONDS)
        except (AfricasTalkingException, requests.RequestException, ValueError) as error:
            log.warning("sim swap not asked", kind=type(error).__name__)
            return None
        return request_id(said)


def request_id(said: object) -> str | None:
    """The id in an answer, for the only number we asked about."""
    if not isinstance(said, dict):
        return None
    rows: list[Any] = said.get("responses") or [said]
    found = rows[0].get("requestId") if isinstance(rows[0], dict) else None
    return str(found)[:80] if found else None
