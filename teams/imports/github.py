"""Teams and people from a GitHub organization, read once with a token that is kept nowhere."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from time import monotonic
from typing import Any
from urllib.parse import quote

import requests
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from teams.imports.lines import Line, Source, TeamName

# Logins of people that a company manages end in an underscore and its short name.
LOGIN = r"[A-Za-z0-9](?:-?[A-Za-z0-9]){0,38}(?:_[A-Za-z0-9]{1,10})?"
CONNECT_SECONDS, READ_SECONDS, ALL_SECONDS = 5, 15, 90
PAGE = 100
MOST_TEAMS = 500
MOST_PEOPLE = 5_000
AT_ONCE = 6


class GithubError(Exception):
    """GitHub did not give its teams. One plain sentence, never with the token in it."""


def api_url() -> str:
    url = str(getattr(settings, "GITHUB_URL", "https://github.com")).rstrip("/")
    if not url.startswith(("https://", "http://")):
        raise ImproperlyConfigured("GITHUB_URL must be the address of GitHub, such as https://github.com.")
    return "https://api.github.com" if url == "https://github.com" else f"{url}/api/v3"


def read_teams(login: str, token: str) -> Source:
    """One line for each team, and one for each person in the lowest team that GitHub lists them in: it lists the people
    of child teams in the parents too.

    :raises GithubError: when it can't be told completely.
    """
    client = _Client(token)
    teams = list(client.pages(f"/orgs/{login}/teams", MOST_TEAMS, f"more than {MOST_TEAMS} teams"))
    if not teams:
        raise GithubError(f"{login} has no teams on GitHub that this token can see.")
    by_id = {team["id"]: team for team in teams}
    with ThreadPoolExecutor(AT_ONCE) as threads:
        people = dict(zip(by_id, threads.map(lambda team: _people(client, login, team["slug"]), teams), strict=True))
    parents = {team["id"]: (team.get("parent") or {}).get("id") for team in teams}
    own = _without_those_below(people, parents)
    lines = [_team_line(team, by_id.get(parents[team["id"]])) for team in teams]
    for team_id, listed in own.items():
        name = _name(by_id[team_id])
        lines += [Line(0, name, github=person, is_lead=True if is_lead else None) for person, is_lead in listed.items()]
    if len(lines) - len(teams) > MOST_PEOPLE:
        raise GithubError(f"{login} has more than {MOST_PEOPLE:,} people in its teams: too many for one import.")
    return Source(f"github.com/{login}" if api_url() == "https://api.github.com" else login, lines, [], [])


def _people(client: "_Client", login: str, slug: str) -> dict[str, bool]:
    """Logins of one team, and whether they are its maintainers."""
    found: dict[str, bool] = {}
    for role in ("member", "maintainer"):
        listed = client.pages(
            f"/orgs/{login}/teams/{quote(slug, safe='')}/members?role={role}",
            MOST_PEOPLE,
            f"more than {MOST_PEOPLE:,} people in a team",
        )
        found |= {str(person["login"]).lower(): role == "maintainer" for person in listed}
    return found


def _without_those_below(
    people: dict[int, dict[str, bool]], parents: dict[int, int | None]
) -> dict[int, dict[str, bool]]:
    """Maintainers stay: that is said of a team itself."""
    below: dict[int, set[str]] = {team_id: set() for team_id in people}
    for team_id, listed in people.items():
        above, seen = parents[team_id], {team_id}
        while above in people and above not in seen:
            below[above] |= listed.keys()
            seen.add(above)
            above = parents[above]
    return {
        team_id: {login: is_lead for login, is_lead in listed.items() if is_lead or login not in below[team_id]}
        for team_id, listed in people.items()
    }


def _team_line(team: dict[str, Any], parent: dict[str, Any] | None) -> Line:
    return Line(0, _name(team), parent=_name(parent) if parent else None)


def _name(team: dict[str, Any]) -> TeamName:
    return TeamName(" ".join(str(team["name"]).split())[:150], str(team["slug"])[:63], int(team["id"]))


class _Auth(requests.auth.AuthBase):
    """As an object of its own, or requests would take what stands for the host in the account's .netrc instead."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class _Client:
    def __init__(self, token: str) -> None:
        self._url = api_url()
        self._auth = _Auth(token)
        self._gives_up_at = monotonic() + ALL_SECONDS

    def pages(self, path: str, most: int, too_many: str) -> Iterator[dict[str, Any]]:
        url: str | None = f"{self._url}{path}{'&' if '?' in path else '?'}per_page={PAGE}"
        count = 0
        while url:
            answer = self._get(url)
            for row in _rows(answer):
                count += 1
                if count > most:
                    raise GithubError(f"There are {too_many}: too many for one import.")
                yield row
            url = answer.links.get("next", {}).get("url")
            if url and not url.startswith(f"{self._url}/"):
                # The token goes nowhere else, whatever an answer says.
                raise GithubError("GitHub's answer points to another address; nothing was read from there.")

    def _get(self, url: str) -> requests.Response:
        if monotonic() > self._gives_up_at:
            raise GithubError(f"GitHub took longer than {ALL_SECONDS} seconds. Try again later.")
        try:
            answer = requests.get(
                url,
                auth=self._auth,
                headers={"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"},
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,
            )
        except requests.Timeout:
            raise GithubError("GitHub did not answer in time. Try again in a minute.") from None
        except requests.RequestException:
            raise GithubError("GitHub can't be reached from this server. Try again, or ask whoever runs it.") from None
        if why := _refusal(answer):
            raise GithubError(why)
        return answer


def _rows(answer: requests.Response) -> list[dict[str, Any]]:
    try:
        rows = answer.json()
    except requests.JSONDecodeError:
        rows = None
    # Everything that is read of a row later.
    if not isinstance(rows, list) or not all(
        isinstance(row, dict) and ("login" in row or {"id", "name", "slug"} <= row.keys()) for row in rows
    ):
        raise GithubError("GitHub's answer is not what was expected. Is its address set to the right server?")
    return rows


def _refusal(answer: requests.Response) -> str:
    """Why an answer is none, or ""."""
    status = answer.status_code
    if status == 200:
        return ""
    if status in {403, 429} and _is_limit(answer):
        return f"GitHub allows no more requests with this token for now. {_when(answer)}"
    if status >= 500:
        return "GitHub has a trouble of its own at the moment. Try again in a minute."
    return {
        401: "GitHub does not know this token: it is mistyped, revoked or expired.",
        403: "This token may not read the teams of that organization. It needs “Members: read”, or read:org, and where "
        "the organization uses single sign-on it must be authorized there.",
        404: "GitHub shows this token no such organization. Check the login, and that the token belongs to a member.",
    }.get(status, f"GitHub answered with {status}, which was not expected. Check the login.")


def _is_limit(answer: requests.Response) -> bool:
    headers = answer.headers
    return answer.status_code == 429 or headers.get("x-ratelimit-remaining") == "0" or "retry-after" in headers


def _when(answer: requests.Response) -> str:
    told = answer.headers.get("x-ratelimit-reset", "")
    if not told.isascii() or not told.isdecimal() or len(told) > 11:
        return "Try again in some minutes."
    return f"Try again after {datetime.fromtimestamp(int(told), UTC):%H:%M} UTC."
