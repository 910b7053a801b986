"""`POST /api/v1/attributions/`: what it keeps, what it answers, and whom it lets in (tests/test_roles.py)."""

import json
from typing import Any

import pytest
from django.test import Client

from codecard.lib.tenant import tenant
from events.models import Attribution, Chore
from teams.models import Organization
from tests.factories import make_key
from tests.pull_requests import make_commit, make_pull_request, make_repository, sha_of

pytestmark = pytest.mark.django_db


def note(lines: str, session: str = "s-1") -> str:
    agent = {"agent_id": {"tool": "claude", "id": session, "model": "claude-opus-4-5"}}
    return f"src/cart.py\n  s_0123456789abcd {lines}\n---\n{json.dumps({'sessions': {'s_0123456789abcd': agent}})}"


def item(lines: str = "1-4", **fields: Any) -> dict[str, Any]:
    return {"repository": "github.com/acme/shop", "commit": sha_of("one"), "note": note(lines), **fields}


def send(organization: Organization, body: Any, query: str = "", content_type: str = "application/json") -> Any:
    key = make_key(organization).secret
    text = body if isinstance(body, str) else json.dumps(body)
    headers = {"Authorization": f"Bearer {key}"}
    return Client().post(f"/api/v1/attributions/{query}", text, content_type=content_type, headers=headers)


def test_keeps_lines_once_and_a_later_note_instead_of_the_one_before(acme: Organization) -> None:
    with tenant(acme.id):
        pull = make_pull_request(make_repository(acme, "acme/shop"))
        make_commit(pull, sha_of("one"))
    first = send(acme, [item(), item(commit="short")])
    assert first.status_code == 200
    assert first.json() == {
        "accepted": 1, "duplicates": 0, "rejected": [{"index": 1, "reason": "commit: not a full SHA"}],
        "dry_run": False,
    }  # fmt: skip
    with tenant(acme.id):
        assert list(Chore.objects.values_list("kind", "key")) == [("pull", pull.id)]
        Chore.objects.all().delete()
    assert send(acme, item()).json()["duplicates"] == 1
    with tenant(acme.id):
        assert not Chore.objects.exists()
    assert send(acme, item("1-2", note=note("1-2", "s-2"))).json()["accepted"] == 1
    with tenant(acme.id):
        rows = Attribution.objects.values_list("source", "session_key", "ai_lines", "ranges")
        assert list(rows) == [("git_ai", "s-2", 2, [[1, 2]])]


def test_takes_a_note_as_it_is(acme: Organization) -> None:
    query = f"?repository=acme/shop&commit={sha_of('one')}"
    assert send(acme, note("7"), query, "text/plain").json()["accepted"] == 1


def test_a_dry_run_keeps_nothing(acme: Organization) -> None:
    assert send(acme, item(), "?dry_run=1").json() == {
        "accepted": 1, "duplicates": 0, "rejected": [], "dry_run": True,
    }  # fmt: skip
    with tenant(acme.id):
        assert not Attribution.objects.exists()


def test_a_body_that_cannot_be_read_is_told_so(acme: Organization) -> None:
    assert send(acme, "{").status_code == 400
    assert send(acme, "<a/>", content_type="text/html").status_code == 415
