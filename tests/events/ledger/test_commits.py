"""Commits of our own wire: kept once, whatever tells them in which order, with the lines that they attribute."""

import itertools
from datetime import timedelta
from typing import Any

import pytest

from codecard.lib.tenant import tenant
from events.ledger import record
from events.models import Attribution, Chore, ClientCommit, Session
from events.pulls.chores import ChoreKind
from teams.models import Organization
from tests.events.ledger.books import NOW, access, parse
from tests.factories import make_organization
from tests.pull_requests import make_commit, make_pull_request, make_repository, sha_of

pytestmark = pytest.mark.django_db
AT = NOW - timedelta(hours=1)


def commit(**fields: Any) -> dict[str, Any]:
    return {
        "kind": "commit", "sha": sha_of("one"), "at": AT.isoformat(), "tool": "Claude-Code", "session": "s1",
        "repository": "https://github.com/Acme/Shop.git", "branch": "feature/1", "github": "alice-gh", **fields,
    }  # fmt: skip


WHOLE = commit(
    authored_at=(AT - timedelta(minutes=5)).isoformat(), parents=[sha_of("zero")], tree_sha=sha_of("tree"),
    patch_id=sha_of("patch"), model="claude-opus-4-5",
    files=[{"path": "src/cart.py", "ai_ranges": [[1, 5], [5, 9]], "human_lines": 2}, {"path": "README.md"},
           {"path": "src/b.py", "ai_lines": 3}],
)  # fmt: skip
PROMPT = {"kind": "prompt", "id": "p1", "at": (AT - timedelta(minutes=9)).isoformat(), "tool": "claude-code",
          "session": "s1", "github": "alice-gh"}  # fmt: skip


def kept(organization: Organization) -> list[tuple[Any, ...]]:
    with tenant(organization.id):
        sessions = dict(Session.objects.filter(organization=organization).values_list("id", "key"))
        rows = ClientCommit.objects.filter(organization=organization).order_by("sha")
        return [
            (c.sha, sessions.get(c.session_id), c.committed_at, c.authored_at, c.parents, c.tree_sha, c.patch_id)
            for c in rows
        ]


def test_keeps_what_a_commit_tells(acme: Organization) -> None:
    receipt = record(parse(WHOLE), access(acme), now=NOW, source="test")
    again = record(parse(WHOLE, PROMPT), access(acme), now=NOW, source="test")
    assert (receipt.stored, receipt.duplicates) == (1, 0)
    assert (again.stored, again.duplicates) == (1, 1)
    authored = AT - timedelta(minutes=5)
    assert kept(acme) == [(sha_of("one"), "s1", AT, authored, [sha_of("zero")], sha_of("tree"), sha_of("patch"))]
    with tenant(acme.id):
        lines = Attribution.objects.order_by("path").values_list(
            "source", "sha", "path", "tool", "model", "session_key", "ai_lines", "human_lines", "ranges"
        )
        common = ("claude-code", "claude-opus-4-5", "s1")
        assert list(lines) == [
            ("commit", sha_of("one"), "src/b.py", *common, 3, None, []),
            ("commit", sha_of("one"), "src/cart.py", *common, 9, 2, [[1, 9]]),
        ]


def test_any_order_makes_the_same_row() -> None:
    """A bare SHA without a session, the whole of it, a later telling, and the session's own facts."""
    late = (AT + timedelta(minutes=3)).isoformat()
    told = [commit(session=None), WHOLE, commit(at=late, session="s2"), PROMPT]
    seen = []
    for order in itertools.permutations(told):
        organization = make_organization()
        who = access(organization)
        for item in order:
            record(parse(item), who, now=NOW, source="test")
        seen.append(kept(organization))
    together = make_organization()
    record(parse(*told), access(together), now=NOW, source="test")
    assert all(one == kept(together) for one in seen)
    assert seen[0][0][1] == "s1"


def test_leaves_its_session_to_be_linked_where_somebody_connected_the_repository(
    acme: Organization, globex: Organization
) -> None:
    with tenant(acme.id):
        pull = make_pull_request(make_repository(acme, "acme/shop"))
        make_commit(pull, sha_of("one"))
    for organization in (acme, globex):
        who = access(organization)
        record(parse(WHOLE), who, now=NOW, source="test")
        record(parse(WHOLE, PROMPT), who, now=NOW, source="test")
        record(parse(commit(sha=sha_of("two"), repository="github.com/acme/other")), who, now=NOW, source="test")
    with tenant(globex.id):
        assert not Chore.objects.exists()
    with tenant(acme.id):
        session = Session.objects.get(key="s1")
        left = sorted(set(Chore.objects.values_list("kind", "key")))
        assert left == [(ChoreKind.PULL, pull.id), (ChoreKind.SESSION, session.id)]


def test_a_commit_whose_time_cannot_be_true_is_refused_by_its_place(acme: Organization) -> None:
    future = (NOW + timedelta(days=2)).isoformat()
    body = parse(PROMPT, commit(at=future), {**PROMPT, "id": "p2", "at": future}, commit())
    receipt = record(body, access(acme), now=NOW, source="test")
    assert (receipt.stored, receipt.refused_commits) == (2, [(0, "at: more than a day in the future")])
    assert body.commit_places == [1, 3]
