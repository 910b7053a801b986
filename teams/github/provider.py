"""What is asked of GitHub, and what of its answers counts."""

from typing import Any

import requests
from allauth.account.models import EmailAddress
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers.base import ProviderException
from allauth.socialaccount.providers.github.provider import GitHubProvider
from allauth.socialaccount.providers.github.views import GitHubOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest

PUBLIC_URL, PUBLIC_API = "https://github.com", "https://api.github.com"
READ_ORGANIZATIONS = "read:org"
_MOST_PAGES = 10


class GitHubAdapter(GitHubOAuth2Adapter):  # type: ignore[misc]
    """Speaks to the server of GITHUB_URL."""

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request)
        self.web_url = settings.GITHUB_URL
        self.api_url = PUBLIC_API if self.web_url == PUBLIC_URL else f"{self.web_url}/api/v3"
        self.authorize_url = f"{self.web_url}/login/oauth/authorize"
        self.access_token_url = f"{self.web_url}/login/oauth/access_token"
        self.profile_url = f"{self.api_url}/user"
        self.emails_url = f"{self.api_url}/user/emails"

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **kwargs: Any) -> SocialLogin:
        """:raises ProviderException: for an answer that is none of GitHub's."""
        try:
            return super().complete_login(request, app, token, **kwargs)
        except (KeyError, TypeError, AttributeError) as error:
            raise ProviderException("GitHub's answer can't be read.") from error

    def organizations_of(self, token: str) -> set[str]:
        """Logins, in lower case, of the organizations that the holder of the token belongs to.

        :raises RequestException: GitHub can't be asked. :raises ProviderException: or its answer can't be read.
        """
        found: set[str] = set()
        url: str | None = f"{self.api_url}/user/orgs?per_page=100"
        with get_adapter().get_requests_session() as session:
            for _ in range(_MOST_PAGES):
                if not url or not url.startswith(f"{self.api_url}/"):
                    break
                answer = session.get(url, headers={"Authorization": f"token {token}"})
                answer.raise_for_status()
                found |= _logins(answer)
                url = answer.links.get("next", {}).get("url")
        return found


def _logins(answer: requests.Response) -> set[str]:
    try:
        return {str(row["login"]).lower() for row in answer.json()}
    except (KeyError, TypeError) as error:
        raise ProviderException("GitHub's answer can't be read.") from error


class GitHub(GitHubProvider):  # type: ignore[misc]
    package = "teams.github"
    oauth2_adapter_class = GitHubAdapter

    def get_scope_from_request(self, request: HttpRequest) -> list[str]:
        """allauth lets the address ask for more; a link must not make people grant what we don't need."""
        return list(self.get_scope())

    def get_auth_params_from_request(self, request: HttpRequest, action: str) -> dict[str, Any]:
        """Nor may a link change what GitHub is told: its redirect, for instance."""
        return dict(self.get_auth_params())

    def extract_common_fields(self, data: dict[str, Any]) -> dict[str, Any]:
        """Without the address of the public profile: only `/user/emails` says whether one is verified."""
        return {"username": data.get("login"), "name": data.get("name")}

    def extract_email_addresses(self, data: dict[str, Any]) -> list[EmailAddress]:
        """Those that GitHub has verified; if it has verified none, its primary one, to be confirmed by us."""
        rows = [row for row in data.get("emails") or () if row.get("email")]
        believed = [row for row in rows if row.get("verified") is True]
        others = [row for row in rows if row.get("primary") is True][:1]
        return [
            EmailAddress(email=row["email"].lower(), verified=row.get("verified") is True, primary=bool(row["primary"]))
            for row in believed or others
        ]

    def extract_extra_data(self, data: dict[str, Any]) -> dict[str, Any]:
        """Of the profile only what is shown or compared later."""
        return {name: data.get(name) for name in ("id", "login", "name", "html_url")}


provider_classes = [GitHub]
