from collections.abc import Iterator
from typing import Any

import pytest

from teams.imports import github
from teams.imports.github import GithubError, api_url, read_teams
from teams.imports.lines import Line, TeamName
from tests.teams.imports.github_stand_in import TOKEN, GithubStandIn, github_stand_in


@pytest.fixture
def octo(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[GithubStandIn]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with github_stand_in() as running:
        settings.GITHUB_URL = running.url
        yield running


def refusal(token: str = TOKEN, login: str = "octo") -> str:
    with pytest.raises(GithubError) as refused:
        read_teams(login, token)
    assert token not in str(refused.value)
    return str(refused.value)


def test_the_api_of_github_com_has_a_host_of_its_own(settings: Any) -> None:
    settings.GITHUB_URL = "https://github.com/"
    assert api_url() == "https://api.github.com"
    settings.GITHUB_URL = "https://git.acme.example"
    assert api_url() == "https://git.acme.example/api/v3"


def test_all_pages_of_teams_and_people_are_read(octo: GithubStandIn) -> None:
    octo.add("platform", maintainer=["Mara"])
    # GitHub lists the people of child teams in the parent, too.
    octo.add("payments", parent="platform", maintainer=["Lin"], member=["a", "b", "c", "d", "e"])
    octo.add("ops", "Ops & more")
    octo.members["platform"]["member"] = ["Lin", "a", "b", "c", "d", "e", "zoe"]
    platform, payments = TeamName("Platform", "platform", 100), TeamName("Payments", "payments", 101)
    ops = TeamName("Ops & more", "ops", 102)
    source = read_teams("octo", TOKEN)
    assert source.lines[:3] == [Line(0, platform), Line(0, payments, platform), Line(0, ops)]
    people = {(line.team.slug, line.github): line.is_lead for line in source.lines[3:]}
    assert people == {
        ("platform", "mara"): True, ("platform", "zoe"): None, ("payments", "lin"): True,
        **{("payments", one): None for one in "abcde"},
    }  # fmt: skip
    assert set(octo.tokens) == {f"Bearer {TOKEN}"}
    assert all("per_page=100" in path for path in octo.paths)


@pytest.mark.parametrize(
    ("status", "headers", "words"),
    [
        (401, {}, "GitHub does not know this token"),
        (403, {}, "may not read the teams"),
        (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1764090000"}, "Try again after 17:00 UTC."),
        (403, {"Retry-After": "60"}, "Try again in some minutes."),
        (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "9" * 40}, "Try again in some minutes."),
        (429, {}, "allows no more requests"),
        (404, {}, "no such organization"),
        (301, {"Location": "http://evil.example/"}, "GitHub answered with 301"),
        (500, {}, "a trouble of its own"),
        (503, {}, "a trouble of its own"),
    ],
)
def test_every_refusal_is_a_plain_sentence(
    status: int, headers: dict[str, str], words: str, octo: GithubStandIn
) -> None:
    octo.trouble = (status, headers, b"{}")
    assert words in refusal()
    assert len(octo.paths) == 1


@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b"[1]", b'[{"id": 1}]', b"\xff"])
def test_an_answer_that_is_none_is_told(body: bytes, octo: GithubStandIn) -> None:
    octo.trouble = (200, {}, body)
    assert "not what was expected" in refusal()


def test_a_wrong_token_and_a_wrong_organization(octo: GithubStandIn) -> None:
    octo.add("ops")
    assert "does not know this token" in refusal("ghp_wrong")
    assert "no such organization" in refusal(login="nobody")


def test_an_organization_without_teams_is_told(octo: GithubStandIn) -> None:
    assert "has no teams" in refusal()


def test_the_token_goes_to_github_only(octo: GithubStandIn) -> None:
    for slug in ("a", "b", "c"):
        octo.add(slug)
    with github_stand_in() as stranger:
        octo.next_link = f"{stranger.url}/api/v3/orgs/octo/teams?page=2"
        assert "points to another address" in refusal()
        assert stranger.tokens == []


def test_a_slow_github_is_not_waited_for(octo: GithubStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    octo.seconds_of_delay = 0.5
    monkeypatch.setattr(github, "READ_SECONDS", 0.1)
    assert "did not answer in time" in refusal()


def test_a_github_that_is_away_is_told(octo: GithubStandIn, settings: Any) -> None:
    settings.GITHUB_URL = "http://127.0.0.1:1"
    assert "can't be reached" in refusal()


def test_too_much_is_refused_instead_of_read_for_ever(octo: GithubStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        octo.add(f"t{number}")
    monkeypatch.setattr(github, "MOST_TEAMS", 3)
    assert "too many for one import" in refusal()
