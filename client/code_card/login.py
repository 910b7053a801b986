"""Signing this machine in: it shows a code, a person says yes on the server's page, the keys come once (RFC 8628)."""

from __future__ import annotations

import contextlib
import json
import platform
import time
import webbrowser
from typing import Any, Callable

from . import VERSION, account, web
from .account import Account
from .places import Places
from .terminal import say

CODE, TOKEN = "/api/v1/device/code/", "/api/v1/device/token/"
_MORE_SECONDS = 5


class LoginError(ValueError):
    """Nobody is signed in now. Says why."""


def sign_in(
    places: Places,
    server: str,
    *,
    opens_browser: bool = False,
    wait: Callable[[float], None] = time.sleep,
) -> Account:
    """Asks until somebody has decided, and keeps the keys.

    :raises LoginError: denied, or nobody decided in time. :raises web.OfflineError: the server isn't there.
    """
    server = web.checked(server)
    about = {"host": platform.node()[:100] or "a machine", "client_version": VERSION, "may_read": True}
    answer = web.ask(server, CODE, json.dumps(about).encode())
    asked = answer.json()
    if not answer.is_ok or not {"device_code", "user_code", "verification_uri_complete"} <= asked.keys():
        raise LoginError(f"{server} can't sign a machine in: {answer.reason}")
    say(f"Open this page, look whether it shows the same code, and say yes:\n\n  {asked['verification_uri_complete']}")
    say(f"\n  Code: {asked['user_code']}\n\nWaiting …")
    if opens_browser:
        with contextlib.suppress(Exception):  # there may be none
            webbrowser.open(str(asked["verification_uri_complete"]))
    told = _keys(server, asked, wait)
    where = told["organization"]
    made = Account(
        server, where["name"], told["ingest_key"], told.get("api_token", ""), where["slug"], str(told.get("key_id", ""))
    )
    account.save(places, made)
    return made


def _keys(server: str, asked: dict[str, Any], wait: Callable[[float], None]) -> dict[str, Any]:
    interval, passed = float(asked.get("interval", _MORE_SECONDS)), 0.0
    body = json.dumps({"device_code": asked["device_code"]}).encode()
    while passed < float(asked.get("expires_in", 600)):
        wait(interval)
        passed += interval
        try:
            answer = web.ask(server, TOKEN, body)
        except web.OfflineError:
            continue
        if answer.is_ok:
            return answer.json()
        error = answer.json().get("error")
        if error == "slow_down" or answer.status == 429:
            interval += max(_MORE_SECONDS, answer.retry_after)
        elif error != "authorization_pending" and answer.status < 500:
            raise LoginError("It was denied on the page." if error == "access_denied" else answer.reason)
    raise LoginError("Nobody decided in time. Start it again for a new code.")
