"""Whether somebody manages an installation: GitHub is asked as that person, by the code that it sent along.

Without this, whoever guesses the number of an installation could have its data.
"""

from collections.abc import Mapping
from typing import Any

import httpx
from django.conf import settings

from codecard.lib.sealing import SealBrokenError, unseal
from events.models import GitHubApp
from events.pulls.github.fields import id_of, part, parts, text

TIMEOUT = 10.0
_MOST_PAGES = 10


class NotProvenError(Exception):
    """Says in words what to do."""


def prove_installation(app: GitHubApp, *, code: str, installation_id: int) -> str:
    """The account of the installation. :raises NotProvenError:"""
    try:
        with httpx.Client(timeout=TIMEOUT, follow_redirects=False, headers={"Accept": "application/json"}) as http:
            token = _token(http, app, code)
            for found in _installations(http, token):
                if id_of(found) == installation_id:
                    return text(part(found, "account"), "login", 100)
    except (httpx.HTTPError, ValueError, SealBrokenError):
        raise NotProvenError("GitHub could not be asked who you are. Try again in a minute.") from None
    raise NotProvenError("GitHub says that you have no access to this installation, so it was not connected.")


def _token(http: httpx.Client, app: GitHubApp, code: str) -> str:
    given = {"client_id": app.client_id, "client_secret": unseal(app.client_secret).decode(), "code": code}
    answer = _object(http.post(f"{settings.GITHUB_URL}/login/oauth/access_token", data=given))
    if token := text(answer, "access_token", 500):
        return token
    raise NotProvenError("GitHub didn't confirm who you are: the link was used before or is too old. Connect again.")


def _installations(http: httpx.Client, token: str) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    for page in range(1, _MOST_PAGES + 1):
        answer = _object(
            http.get(
                f"{settings.GITHUB_API_URL}/user/installations",
                params={"per_page": 100, "page": page},
                headers={"Authorization": f"Bearer {token}"},
            )
        )
        items = parts(answer, "installations")
        found += items
        if len(items) < 100:
            break
    return found


def _object(response: httpx.Response) -> Mapping[str, Any]:
    response.raise_for_status()
    found = response.json()
    return found if isinstance(found, dict) else {}
