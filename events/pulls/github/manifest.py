"""Making the instance's App: what it asks for, and the secrets that GitHub hands over for a code."""

import re
from typing import Any, Final
from urllib.parse import quote

import httpx
from django.conf import settings

from codecard.lib.sealing import seal
from events.models import GitHubApp
from events.pulls.github.fields import id_of, text

PERMISSIONS: Final = {
    "contents": "read",
    "pull_requests": "read",
    "issues": "read",
    "checks": "read",
    "actions": "read",
    "metadata": "read",
}
EVENTS: Final = (
    "pull_request", "pull_request_review", "push", "issues", "check_run", "check_suite", "workflow_run", "repository",
)  # fmt: skip
_CODE = re.compile(r"[A-Za-z0-9_-]{1,200}")


class ManifestError(Exception):
    """Says in words what to do."""


def manifest(base: str) -> dict[str, Any]:
    """`base`: the address of this instance, without a slash. The person who installs is asked to prove themselves."""
    return {
        "name": "Code Card",
        "url": base,
        "hook_attributes": {"url": f"{base}/webhooks/github/", "active": True},
        "redirect_url": f"{base}/admin/events/githubapp/made/",
        "callback_urls": [f"{base}/github/installed/"],
        "request_oauth_on_install": True,
        "public": True,
        "default_permissions": PERMISSIONS,
        "default_events": list(EVENTS),
    }


def converted(code: str) -> GitHubApp:
    """The App, not saved yet, its secrets sealed. :raises ManifestError:"""
    if not _CODE.fullmatch(code):
        raise ManifestError("GitHub sent no code. Make the App again.")
    address = f"{settings.GITHUB_API_URL}/app-manifests/{quote(code)}/conversions"
    try:
        answer = httpx.post(address, timeout=10.0, headers={"Accept": "application/vnd.github+json"})
        answer.raise_for_status()
        found = answer.json()
    except (httpx.HTTPError, ValueError):
        raise ManifestError("GitHub didn't hand the App over: the code is used up or too old. Make it again.") from None
    secrets = {name: text(found, field, 20_000) for name, field in _SECRETS.items()} if isinstance(found, dict) else {}
    app_id = id_of(found) if secrets else None
    if app_id is None or not all(secrets.values()):
        raise ManifestError("GitHub's answer lacks something. Type the App in by hand instead.")
    return GitHubApp(
        app_id=app_id,
        slug=text(found, "slug", 100),
        name=text(found, "name", 100),
        client_id=text(found, "client_id", 100),
        **{name: seal(value) for name, value in secrets.items()},
    )


_SECRETS: Final = {"client_secret": "client_secret", "private_key": "pem", "webhook_secret": "webhook_secret"}
