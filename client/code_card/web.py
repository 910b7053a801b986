"""Asking the server: over https, or http to this very machine, and never anywhere that an answer sends us to."""

from __future__ import annotations

import ipaddress
import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from . import VERSION

SECONDS = 15.0
_MOST = 4 << 20


class AddressError(ValueError):
    """The address of the server can't be used. Says why."""


class OfflineError(OSError):
    """The server was not reached."""


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    retry_after: int = 0

    @property
    def is_ok(self) -> bool:
        return 200 <= self.status < 300

    def json(self) -> dict[str, Any]:
        """{} where it is no JSON object."""
        try:
            told = json.loads(self.body)
        except ValueError:
            return {}
        return told if isinstance(told, dict) else {}

    @property
    def reason(self) -> str:
        """In words for people."""
        told = self.json()
        errors = told.get("errors")
        words = [str(one) for many in errors.values() for one in many] if isinstance(errors, dict) else []
        return " ".join(words) or str(told.get("detail") or f"The server answered {self.status}.")


def checked(address: str) -> str:
    """The server's address without a slash at its end.

    :raises AddressError: plain http to another machine, something with a password, or no address at all.
    """
    parts = urlsplit(address if "://" in address else f"https://{address}")
    try:
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        host = ""
    if not host or parts.scheme not in ("https", "http") or parts.query or parts.fragment:
        raise AddressError(f"{address} is no address of a server. It looks like https://code-card.example.com.")
    if parts.username or parts.password:
        raise AddressError("The address must not hold a name or password.")
    if parts.scheme == "http" and not is_loopback(host):
        raise AddressError(f"Plain http would show your key to the network. Use https://{parts.netloc} instead.")
    return f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/")


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect would take the key along."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


def ask(
    server: str,
    path: str,
    body: bytes | None = None,
    *,
    key: str = "",
    content_type: str = "application/json",
    seconds: float = SECONDS,
) -> Answer:
    """POST with a body, GET without.

    :raises OfflineError: nobody answered. :raises AddressError: as `checked` does.
    """
    headers = {"User-Agent": f"code-card/{VERSION}", "Accept": "application/json"}
    if body is not None:
        headers["Content-Type"] = content_type
    if key:
        headers["Authorization"] = f"Bearer {key}"
    request = urllib.request.Request(checked(server) + path, body, headers)  # noqa: S310 - the scheme is checked
    handlers: list[urllib.request.BaseHandler] = [_NoRedirects()]
    if is_loopback(urlsplit(request.full_url).hostname or ""):
        handlers.append(urllib.request.ProxyHandler({}))
    try:
        with urllib.request.build_opener(*handlers).open(request, timeout=seconds) as answer:
            return Answer(answer.status, answer.read(_MOST))
    except urllib.error.HTTPError as error:
        with error:
            return _refused(error)
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise OfflineError(f"{server} does not answer ({reason}).") from None


def _refused(error: urllib.error.HTTPError) -> Answer:
    told = error.headers.get("Retry-After", "")
    try:
        content = error.read(_MOST)
    except OSError:
        content = b""
    return Answer(error.code, content, int(told) if told.isdigit() else 0)
