"""Which sessions worked on a pull request, and how sure that is."""

import pytest

from codecard.lib.tenant import tenant
from events.models import AiEvidence, Confidence, Method
from teams.models import Organization
from tests.events.pulls.work import attribution, client_commit, hours_ago, judge, judge_of, known_login, links_of, work
from tests.pull_requests import make_commit, make_pull_request, make_repository, sha_of

pytestmark = pytest.mark.django_db


def test_the_ladder(acme: Organization) -> None:
    """One pull request, and one session for each rung; the link says by which."""
    keys = ("by-sha", "by-note", "by-key", "together", "by-patch", "by-whole", "by-branch", "stranger")
    ids = {key: work(acme, key, [hours_ago(5)], branch="feature/1" if key == "by-branch" else None,
                     repository="github.com/acme/shop") for key in keys}  # fmt: skip
    with tenant(acme.id):
        repository = make_repository(acme, "acme/shop")
        pull = make_pull_request(repository, 1, patch_id="whole", author=known_login(acme))
        for name in "abc":
            make_commit(pull, sha_of(name), patch_id=f"patch {name}")
        client_commit(repository, sha_of("a"), hours_ago(4), ids["by-sha"])
        attribution(repository, sha_of("b"), 5, session_key="by-note")
        AiEvidence.objects.create(
            organization=acme, pull_request=pull, kind="body", tool="claude-code", session_key="by-key"
        )
        attribution(repository, sha_of("lost"), 5, session_key="by-note")
        attribution(repository, sha_of("lost"), 5, session_key="together")
        client_commit(repository, sha_of("amended"), hours_ago(4), ids["by-patch"], patch_id="patch c")
        client_commit(repository, sha_of("squashed"), hours_ago(4), ids["by-whole"], patch_id="whole")
    judge(pull)
    found = {key: (Method(link.method), link.confidence) for key, link in links_of(pull).items()}
    assert found == {
        "by-sha": (Method.COMMIT_SHA, Confidence.EXACT),
        "by-note": (Method.ATTRIBUTION, Confidence.EXACT),
        "by-key": (Method.SESSION_ID, Confidence.EXACT),
        "together": (Method.SAME_SESSION, Confidence.STRONG),
        "by-patch": (Method.COMMIT_PATCH, Confidence.STRONG),
        "by-whole": (Method.WHOLE_PATCH, Confidence.STRONG),
        "by-branch": (Method.BRANCH, Confidence.MEDIUM),
    }
    for key in keys[:-1]:
        assert judge_of(ids[key], acme) == [pull.id], key
    assert judge_of(ids["stranger"], acme) == []
