from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from codecard.lib.tenant import tenant
from events.models import PullRequest
from teams.models import Organization
from tests._github_api import GithubApi
from tests.events.pulls import asking
from tests.events.pulls.asking import connect, forge_of

pytestmark = pytest.mark.django_db(transaction=True)


def told(*arguments: str) -> list[str]:
    out = StringIO()
    call_command("backfill", *arguments, stdout=out)
    return out.getvalue().splitlines()


def test_it_brings_all_in_with_progress_and_again_from_the_beginning(
    acme: Organization, globex: Organization, github_api: GithubApi
) -> None:
    github_api.serve(forge_of(8))
    connect(acme)
    connect(globex)
    lines = told("--organization", "acme", "--days", "0")
    assert f"{asking.NAME}: pull requests: 9 of 9 (0 calls, 1 points) done" in lines
    assert f"{asking.NAME}: changed lines: " in lines[-1]
    assert lines[-1].endswith("done")
    with tenant(acme.id):
        assert PullRequest.objects.count() == 9
    with tenant(globex.id):
        assert not PullRequest.objects.exists()
    asked = len(github_api.asked)
    told("--organization", "acme", "--repository", asking.NAME.upper())
    assert len(github_api.asked) == asked
    told("--repository", asking.NAME, "--restart", "--days", "0", "--organization", "acme")
    assert len(github_api.asked) > asked


def test_it_says_so_where_there_is_nothing_to_ask(acme: Organization) -> None:
    connect(acme, token="")
    with pytest.raises(CommandError, match="no repository that GitHub can be asked for"):
        told()


def test_it_stops_where_github_wants_patience_and_says_until_when(acme: Organization, github_api: GithubApi) -> None:
    github_api.serve(forge_of(8))
    connect(acme)
    github_api.too_fast(300, times=None)
    (line,) = told("--days", "0")
    assert "GitHub's rate limit is used up. It goes on by itself." in line
